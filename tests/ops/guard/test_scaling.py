"""Scaling around an update: what is taken away, and how it comes back."""

from __future__ import annotations

import copy
import logging
import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.session import get_session

from shadow_ops.aws import records
from shadow_ops.aws.scaling import Scaling
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import INVOCATIONS, Code, Stack, night, scaling, tracking
from tests.ops.guard.test_reasons import put
from tests.ops.guard.test_recovery import notice
from tests.ops.guard.world import ENDPOINT
from tests.ops.parameter_store import aws_error

TESTING = Code(shadow="v2", scaling=(scaling(), scaling("shadow", 1, 4)))
BIGGER = "ml.m5.2xlarge"
METRICS = {
    "x": INVOCATIONS,
    "y": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    "z": "SageMakerInferenceComponentInvocationsPerCopy",
}


def started(code: Code = TESTING) -> Stack:
    """A stack that was created."""
    stack = Stack()
    assert stack.deploy(code).ok
    return stack


def changed_by_hand(stack: Stack) -> None:
    """Somebody changes production's scaling in the console."""
    key = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/churn/variant/production",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    autoscaling = stack.world.clients().autoscaling
    suspended = {"DynamicScalingInSuspended": True}
    autoscaling.register_scalable_target(**key, MinCapacity=2, MaxCapacity=20, SuspendedState=suspended)
    autoscaling.put_scaling_policy(**key, **tracking("mine", 7.0))
    autoscaling.put_scheduled_action(**key, **night("holiday", 3))


def test_declared_scaling_is_registered_at_creation() -> None:
    """What the code declares scales once the endpoint is there."""
    stack = started(Code(scaling=(scaling(schedules=[night()]),)))

    target = stack.world.targets["production"]
    assert (target["min"], target["max"]) == (1, 8)
    assert list(target["policies"]) == ["track"]
    assert list(target["schedules"]) == ["night"]


def test_promotion_with_both_variants_scaled() -> None:
    """The shadow's target goes before the update, production's stays untouched."""
    stack = started()
    before = stack.world.targets["production"]

    assert stack.deploy(TESTING.promoted()).ok
    assert stack.world.targets == {"production": before}
    deregistered = stack.world.calls.count("application-autoscaling:DeregisterScalableTarget")
    assert deregistered == 1


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_scaled_variant_of_another_instance_type_scales_as_before(by_hand: bool) -> None:
    """Bounds, policies, schedules and what is suspended, as somebody left it between two deployments."""
    stack = started()
    if by_hand:
        changed_by_hand(stack)
    before = shape(stack.world.targets)

    assert stack.deploy(replace(TESTING, instance_type=BIGGER)).ok
    assert shape(stack.world.targets) == before


def test_a_change_in_the_code_wins_over_one_by_hand() -> None:
    """Declared bounds and policies are set; what others added beside them stays."""
    stack = started()
    changed_by_hand(stack)

    assert stack.deploy(replace(TESTING, scaling=(scaling(high=10, policies=[tracking("other")]),))).ok
    target = stack.world.targets["production"]
    assert (target["min"], target["max"]) == (1, 10)
    assert set(target["policies"]) == {"other", "mine"}
    assert set(target["schedules"]) == {"holiday"}
    assert target["suspended"]["DynamicScalingInSuspended"]


def policies(said: str) -> list[dict[str, Any]]:
    """Policies, each told by the letter of its name and by that of the metric that it follows; `-` is step scaling."""
    steps = {
        "AdjustmentType": "ExactCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 4}],
    }
    step = {"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": steps}
    return [
        {"PolicyName": one[0], **step} if one[1] == "-" else tracking(one[0], metric=METRICS[one[1]])
        for one in said.split()
    ]


@pytest.mark.parametrize(
    ("before", "by_hand", "code", "after"),
    [
        ("ax", "", "bx", "bx"),
        ("ax by", "", "ay bx", "ay bx"),
        ("ax by", "", "by cx", "by cx"),
        ("", "hx", "ax", "ax"),
        ("by", "hx", "ax by", "ax by"),
        ("by", "hx", "by", "by hx"),
        ("by", "hx", "bx", "bx"),
        ("by", "hx iz", "ax", "ax iz"),
        ("a-", "h-", "a- b-", "a- b- h-"),
    ],
)
@pytest.mark.parametrize("type_changes", [False, True])
def test_one_policy_follows_a_metric_whatever_it_was_called_before(
    type_changes: bool, before: str, by_hand: str, code: str, after: str
) -> None:
    """AWS takes no second one: the code's takes the place of its last one, or of people's; a rollback undoes it."""

    def declared(said: str) -> tuple[dict[str, Any], ...]:
        return (scaling(policies=policies(said)),)

    old = replace(TESTING, scaling=declared(before))
    new = replace(old, scaling=declared(code), instance_type=BIGGER if type_changes else old.instance_type)
    for fails in (True, False):
        stack = started(old)
        there = stack.world.targets["production"]["policies"]
        for one in policies(by_hand):
            there[one["PolicyName"]] = {**one, "PolicyARN": "arn:by-hand", "Alarms": []}
        was, stack.fails_last = shape(stack.world.targets), fails
        assert stack.deploy(new).ok is not fails
        found = shape(stack.world.targets)
        if fails:
            assert found == was
        else:
            assert found["production"]["policies"] == {one["PolicyName"]: one for one in policies(after)}
        gone = {*by_hand.split()} - {*after.split()}
        assert any("gives way to the code's" in one for one in stack.said) is bool(gone)


def test_scaling_that_the_code_gives_up_goes() -> None:
    """Without a declaration, and without anything of somebody else's, the variant doesn't scale."""
    stack = started()

    assert stack.deploy(replace(TESTING, scaling=())).ok
    assert stack.world.targets == {}


def test_scaling_that_somebody_stopped_comes_back_once_the_code_has_been_without_it() -> None:
    """As `shadow-test status` says: to deploy the same again would be nothing to CloudFormation."""
    stack = started()
    before = shape(stack.world.targets)
    stack.world.targets.clear()

    for code in (replace(TESTING, scaling=()), TESTING):
        assert stack.deploy(code).ok
    assert shape(stack.world.targets) == before


def test_giving_scaling_up_leaves_what_others_made() -> None:
    """A hand-made policy keeps its target."""
    stack = started()
    changed_by_hand(stack)

    assert stack.deploy(replace(TESTING, scaling=())).ok
    assert list(stack.world.targets) == ["production"]
    assert list(stack.world.targets["production"]["policies"]) == ["mine"]


def test_scaling_that_nobody_declared_is_left_alone() -> None:
    """A target made by hand outlives a change of instance type."""
    stack = started(Code())
    changed_by_hand(stack)
    before = shape(stack.world.targets)

    assert stack.deploy(Code(instance_type=BIGGER)).ok
    assert shape(stack.world.targets) == before


def add_step_policy(stack: Stack) -> str:
    """Somebody adds a step scaling policy with an alarm that calls it; returns the policy's ARN."""
    key = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/churn/variant/production",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    step = {"PolicyName": "step", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {"Cooldown": 60}}
    arn = str(stack.world.clients().autoscaling.put_scaling_policy(**key, **step)["PolicyARN"])
    stack.world.alarms["busy"] = {
        "AlarmName": "busy",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:busy",
        "AlarmActions": [arn, "arn:aws:sns:eu-west-1:123456789012:ops"],
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    stack.world.targets["production"]["policies"]["step"]["Alarms"] = [{"AlarmName": "busy"}]
    return arn


def test_alarms_of_step_scaling_call_the_policy_that_was_put_again() -> None:
    """A policy that is put again has another ARN; the user's own alarms are pointed at it, and nothing else of them."""
    stack = started()
    arn = add_step_policy(stack)
    alarm = stack.world.alarms["busy"]

    assert stack.deploy(replace(TESTING, instance_type=BIGGER)).ok
    new = stack.world.targets["production"]["policies"]["step"]["PolicyARN"]
    assert new != arn
    changed = {**alarm, "AlarmActions": [new, "arn:aws:sns:eu-west-1:123456789012:ops"]}
    del changed["AlarmArn"]
    assert stack.world.alarms["busy"] == changed


def given_back(stack: Stack, way: str) -> None:
    """A deployment takes scaling out of its way, or has left it so; it comes back."""
    moved = replace(TESTING, instance_type=BIGGER)
    if way == "deployed":
        assert stack.deploy(moved).ok
        return
    if way == "taken back":
        stack.fails_last = True
        assert not stack.deploy(moved).ok
        return
    old = (TESTING, stack.config)
    config, stack.world.status = stack._new_config(moved), "UPDATE_IN_PROGRESS"
    answer = stack.ask("Update", "before", moved, config, old)
    assert answer is not None
    assert "production" not in stack.world.targets
    if way == "past the endpoint":
        stack.world.update_endpoint(config, retain=True)
        stack.world.settle()
        del stack.world.configs[config]
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"
    if way == "deployed again":
        assert stack.deploy(replace(TESTING, policy="other")).ok
    else:
        notice(stack)


@pytest.mark.parametrize("way", ["deployed", "taken back", "event", "deployed again", "past the endpoint"])
def test_an_alarm_that_may_not_be_changed_is_named(way: str, caplog: pytest.LogCaptureFixture) -> None:
    """It goes on: the policy is back, and who owns the alarm can point it there; no event tries it again for good."""
    stack = started()
    arn = add_step_policy(stack)
    stack.world.refused["put_metric_alarm"] = aws_error("AccessDenied", "not authorized", "PutMetricAlarm")

    with caplog.at_level(logging.ERROR, "shadow_ops"):
        given_back(stack, way)
    new = stack.world.targets["production"]["policies"]["step"]["PolicyARN"]
    assert new != arn
    assert f"put {new} into its actions" in caplog.text
    # `shadow-test status` shows it, as what is left of a deployment that is done.
    for _ in range(2):
        record = records.pending(stack.world, ENDPOINT)
        assert record is not None
        assert (record.done, record.taken) == (True, ())
        said = next(one for one in record.lost if one.startswith("the alarm busy calls a step scaling policy that has"))
        assert new in said
        notice(stack)
    if way in ("deployed", "taken back", "deployed again"):
        assert said in str(stack.said)


@pytest.mark.parametrize("works", [False, True])
def test_alarms_are_pointed_at_the_new_policy_though_the_guard_is_killed_between(works: bool) -> None:
    """At whichever call: whoever finds the policy there looks after its alarms all the same."""
    moved = replace(TESTING, instance_type=BIGGER)
    config_of = started()
    add_step_policy(config_of)
    config_of.world.calls.clear()
    assert config_of.deploy(moved).ok
    calls = len(config_of.world.calls)
    pointed = 0
    for call in range(1, calls + 1):
        stack = started()
        add_step_policy(stack)
        stack.kill = (1, call, works)
        stack.deploy(moved)
        policy = stack.world.targets["production"]["policies"]["step"]["PolicyARN"]
        pointed += stack.world.alarms["busy"]["AlarmActions"][0] == policy
        assert stack.world.alarms["busy"]["AlarmActions"][0] == policy, call
    assert pointed == calls


def test_an_alarm_keeps_all_that_it_has() -> None:
    """Every member that the installed API model has, also those that were not there when this was written."""
    stack = started()
    arn = add_step_policy(stack)
    of: Any = get_session().get_service_model("cloudwatch").operation_model("PutMetricAlarm").input_shape
    values = {"string": "x", "integer": 1, "double": 1.0, "boolean": True, "timestamp": stack.world.now}
    all_of_it = {name: values[one.type_name] for name, one in of.members.items() if one.type_name in values}
    stack.world.alarms["busy"] |= {**all_of_it, "AlarmName": "busy", "OKActions": [arn], "StateValue": "OK"}
    scaling_of = Scaling(stack.world.clients(), ENDPOINT)
    there = scaling_of.read(["production"])["production"]
    put: list[dict[str, Any]] = []
    other = {"AlarmName": "other", "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:ops"]}
    alarms = SimpleNamespace(
        describe_alarms=lambda **_: {"MetricAlarms": [other, stack.world.alarms["busy"]]},
        put_metric_alarm=lambda **alarm: put.append(alarm),
    )
    clients = SimpleNamespace(autoscaling=stack.world.clients().autoscaling, cloudwatch=alarms)
    scaling_of.deregister("production")

    assert Scaling(clients, ENDPOINT).put(there, None) == []

    (alarm,) = put
    new = stack.world.targets["production"]["policies"]["step"]["PolicyARN"]
    assert alarm["OKActions"] == alarm["AlarmActions"][:1] == [new] != [arn]
    assert set(all_of_it) < set(alarm)
    assert "StateValue" not in alarm


def test_a_one_time_action_that_came_due_meanwhile_is_left_out() -> None:
    """The service refuses times that have passed; everything else comes back."""
    stack = started()
    stack.world.targets["production"]["schedules"]["once"] = {
        "ScheduledActionName": "once",
        "Schedule": "at(2020-01-01T00:00:00)",
    }
    stack.world.targets["production"]["schedules"]["night"] = night()

    assert stack.deploy(replace(TESTING, instance_type=BIGGER)).ok
    assert set(stack.world.targets["production"]["schedules"]) == {"night"}


def test_fails_to_update_scaling_too_large_to_record() -> None:
    """What could not be restored is not taken away: refused before anything was touched."""
    stack = started()
    # Nothing in it repeats, so that it can't be made smaller.
    noise = random.Random(4)
    for number in range(60):
        name = "".join(noise.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=250))
        stack.world.targets["production"]["schedules"][name] = night(name, number)
    before = copy.deepcopy(stack.world.targets)

    result = stack.deploy(replace(TESTING, instance_type=BIGGER))
    assert not result.ok
    assert "can't be recorded" in result.reason
    assert stack.world.targets == before


@pytest.mark.parametrize("notices", [True, False])
def test_scaling_is_back_when_sagemaker_takes_the_update_back(notices: bool) -> None:
    """Whether CloudFormation notices it or the guard does."""
    stack = started()
    changed_by_hand(stack)
    before, config = shape(stack.world.targets), stack.world.live.config  # type: ignore[union-attr] # it was created
    stack.notices, stack.world.next_update = notices, "no capacity for ml.m5.2xlarge"

    result = stack.deploy(replace(TESTING, instance_type=BIGGER, scaling=(scaling(high=12),)))
    assert not result.ok
    assert "no capacity" in result.reason
    assert shape(stack.world.targets) == before
    assert stack.world.live is not None
    assert stack.world.live.config == config


def test_scaling_is_back_when_another_resource_fails_after_all() -> None:
    """Even what was changed by hand before the deployment, and the shadow's, which the update had removed."""
    stack = started()
    changed_by_hand(stack)
    before = shape(stack.world.targets)
    stack.fails_last = True

    assert not stack.deploy(TESTING.promoted(instance_type=BIGGER, scaling=(scaling(high=12),))).ok
    assert shape(stack.world.targets) == before


def test_a_rollback_of_declared_scaling_alone_restores_what_was() -> None:
    """No endpoint update is needed for the guard to put scaling back."""
    stack = started()
    changed_by_hand(stack)
    before = shape(stack.world.targets)
    stack.fails_last = True

    assert not stack.deploy(replace(TESTING, scaling=(scaling(high=12, policies=[tracking("new")]),))).ok
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (scaling(policies=[{**tracking(), "PolicyType": "TargetTracking"}]), "policy track: PolicyType must be one of"),
        (scaling(policies=[tracking(target=2.0**361)]), "TargetValue must be a number from"),
        (scaling(schedules=[{**night(), "Schedule": "cron(0 22 * * ?)"}]), "schedule night: cron has six fields"),
        (scaling(schedules=[{**night(), "Timezone": "Berlin"}]), "not 'Berlin'"),
        (scaling(low=9, high=8), "can't scale from 9 to 8"),
        (
            scaling(policies=[tracking(), tracking("again", metric=INVOCATIONS)]),
            "policy again: tracks a metric that another one tracks, the service takes one",
        ),
        (scaling(policies=[tracking("x" * 257)]), "the name of a policy has 1 to 256 printable characters"),
        (scaling(policies=[tracking("a\nb")]), "the name of a policy has 1 to 256 printable characters"),
        (scaling(schedules=[night("")]), "the name of a schedule has 1 to 256 printable characters"),
        (scaling(schedules=[night("a|b")]), "the name of a schedule has none of : / |"),
        (scaling(schedules=[night(" a")]), "and no space at its ends"),
        (scaling(schedules=[{**night(), "StartTime": "yesterday"}]), "StartTime must be a time"),
        (scaling(schedules=[{**night(), "EndTime": 5}]), "EndTime must be a time"),
        *(
            (scaling(schedules=[{**night(), "ScalableTargetAction": action}]), said)
            for action, said in (
                ({"MinCapacity": "abc"}, "MinCapacity must be a whole number from 0"),
                ({"MinCapacity": "3"}, "MinCapacity must be a whole number from 0"),
                ({"MaxCapacity": -1}, "MaxCapacity must be a whole number from 0"),
                ({"MaxCapacity": 2**31}, "MaxCapacity must be a whole number from 0"),
                ({"MaxCapacity": None}, "MaxCapacity has no value"),
                ({"MinCapacity": 5, "MaxCapacity": 4}, "its minimum 5 is above its maximum 4"),
                ({"DesiredCapacity": 5}, "has no member 'DesiredCapacity'"),
                ([1], "ScalableTargetAction must be a mapping"),
            )
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_scaling_that_the_service_would_refuse_is_refused_before_the_endpoint_is_touched(
    declared: dict[str, Any], said: str, first: bool
) -> None:
    """Whatever tokens hid at synthesis: not once the fleet has been swapped, and at the first creation neither."""
    stack = Stack() if first else started()
    config, before = (None, {}) if first else (stack.world.endpoints["churn"].config, shape(stack.world.targets))

    result = stack.deploy(Code(version="v3", scaling=(declared,)))

    assert not result.ok
    assert said in result.reason
    assert shape(stack.world.targets) == before
    assert first or stack.world.endpoints["churn"].config == config


PAST = (
    {"Schedule": "at(2026-11-24T11:59:59)", "Timezone": "Etc/UTC"},
    {"Schedule": "at(2026-11-23T23:00:00)", "Timezone": "Pacific/Kiritimati"},
    {"Schedule": "cron(0 7 * * ? 2025)"},
    {"Schedule": "cron(0 7 ? JAN-OCT MON 2026)"},
    {"EndTime": "2026-11-24T11:00:00+00:00"},
)


@pytest.mark.parametrize("past", PAST, ids=str)
@pytest.mark.parametrize("how", ["first", "update", "alone"])
def test_a_schedule_that_lies_in_the_past_is_refused_before_anything_is_touched(how: str, past: dict[str, str]) -> None:
    """Declared for the first time it would do nothing, and nobody would learn of it; whatever else is deployed."""
    stack = Stack() if how == "first" else started()
    config, before = (
        (None, {}) if how == "first" else (stack.world.endpoints["churn"].config, shape(stack.world.targets))
    )
    code = replace(TESTING, scaling=(scaling(schedules=[{**night(), **past}]), scaling("shadow", 1, 4)))

    result = stack.deploy(replace(code, version="v3") if how == "update" else code)

    assert not result.ok
    assert "production, schedule night: " in result.reason
    assert "lies in the past; nothing was touched" in result.reason
    assert shape(stack.world.targets) == before
    assert how == "first" or stack.world.endpoints["churn"].config == config


@pytest.mark.parametrize("past", PAST, ids=str)
def test_a_schedule_that_was_declared_or_is_there_may_have_become_past(past: dict[str, str]) -> None:
    """It is no new mistake, and a shadow that follows production has it as well."""
    over = {**night(), **past}
    stack = started()
    stack.code = replace(TESTING, scaling=(scaling(schedules=[over]), scaling("shadow", 1, 4)))
    follows = scaling("shadow", 1, 4, schedules=[over])
    assert stack.deploy(replace(stack.code, version="v3", scaling=(stack.code.scaling[0], follows))).ok

    stack = started()
    stack.world.targets["production"]["schedules"]["night"] = over
    assert stack.deploy(replace(TESTING, scaling=(scaling(schedules=[over]), scaling("shadow", 1, 4)))).ok


@pytest.mark.parametrize("reason", [None, "it is slow"])
@pytest.mark.parametrize("past", PAST, ids=str)
def test_whoever_goes_back_is_not_held_up_by_a_schedule_that_is_over(
    past: dict[str, str], reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A bad model in production is worse; the log says that the schedule does nothing. The reason may be on record."""
    stack = started()
    assert stack.deploy(TESTING.promoted()).ok
    back = Code(scaling=(scaling(schedules=[{**night(), **past}]),), rollback=reason)
    if reason is None:
        (promotion,) = stack.history()
        put(stack, purpose="rollback", subject=promotion.id)
    with caplog.at_level(logging.WARNING, "shadow_ops"):
        assert stack.deploy(back).ok
    assert stack.history()[-1].kind == "rollback"
    assert "production, schedule night: " in caplog.text


@pytest.mark.parametrize(("many", "more"), [(1, ""), (3, ""), (4, "; and 1 more"), (7, "; and 4 more")])
def test_three_mistakes_are_told_and_the_others_counted(many: int, more: str) -> None:
    """CloudFormation's reason is short."""
    declared = scaling(schedules=[night(f"a|{number}") for number in range(many)])
    reason = Stack().deploy(Code(scaling=(declared,))).reason
    assert reason.count("the name of a schedule has none of") == min(many, 3)
    assert f"{more}; nothing was touched" in reason
    assert ("more; nothing" in reason) is bool(more)


def test_the_longest_names_and_the_most_instances_are_taken() -> None:
    """256 characters, 2,147,483,647 instances, as the API has it."""
    longest = "x" * 256
    most = {**night(longest), "ScalableTargetAction": {"MaxCapacity": 2**31 - 1}}
    assert Stack().deploy(Code(scaling=(scaling(policies=[tracking(longest)], schedules=[most]),))).ok


def test_what_the_service_has_taken_already_is_not_judged_again() -> None:
    """A policy of a kind that this release doesn't know goes on, if it was declared before, too."""
    stack = started()
    odd = {"PolicyName": "odd", "PolicyType": "NewScaling"}
    code = replace(TESTING, scaling=(scaling(policies=[odd]), scaling("shadow", 1, 4)))
    stack.code = code

    result = stack.deploy(replace(code, version="v3"))

    assert "PolicyType" not in result.reason
