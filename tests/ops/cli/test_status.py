"""``shadow-test status`` and ``history``: what serves, what the code says, what was promoted."""

from __future__ import annotations

import copy
import datetime
import functools
import json
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from shadow_ops.contract.declared import Declared, DeclaredVariant, settings_name
from shadow_ops.contract.sentences import LOST
from shadow_ops.contract.text import compact
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, Services
from tests.ops.guard.stack import night, scaling, tracking

ENTRY = {
    "id": "one",
    "kind": "promotion",
    "at": "2026-11-01T09:00:00+00:00",
    "by": "ann",
    "stack": "arn:stack",
    "from_version": "v0",
    "from_model": "model-0",
    "from_config": "config-0",
    "to_version": "v1",
    "to_model": "model-1",
    "to_config": "config-1",
    "gate": "PASS: all 9 deciding rules hold",
}
BACK = {
    **ENTRY,
    "id": "two",
    "kind": "rollback",
    "gate": None,
    "reason": "too bold",
    "from_version": "v1",
    "to_version": "v0",
}
UNDONE = {"id": "two", "kind": "undone", "at": "2026-11-01T10:00:00+00:00"}


def drifts(run: Run) -> list[str]:
    """What differs from the code."""
    found: list[str] = json.loads(run("status", "churn", "--format", "json").stdout)["drifts"]
    return found


def test_status_shows_what_serves(run: Run) -> None:
    """Variants with versions, models, instances and shares; config, age, capture, alarms; and that the code agrees."""
    text = run("status", "churn").stdout
    assert text.startswith("churn: InService, a shadow test, since 10 h 2 min (2026-11-02 08:00 UTC)")
    for cells in (
        ["production", "production", "v1", "model-of-production", "ml.m5.xlarge", "2", "2", "-", "-", "all"],
        ["shadow", "shadow", "v2", "model-of-shadow", "ml.m5.xlarge", "1", "1", "-", "-", "50", "%"],
        ["churn-shadow-slow", "OK", "because"],
        ["churn-not-fit", "ALARM", "because"],
        ["config:", "churn-config"],
        ["capture:", "s3://captures"],
        ["code:", "says", "the", "same"],
    ):
        assert cells in [line.split() for line in text.splitlines()], cells
    assert "DRIFT" not in text


def test_scaling_limits_are_shown(run: Run, services: Services) -> None:
    """Minimum and maximum of a scaled variant stand beside its counts, and a count between them is no drift."""
    services.targets = [
        {
            "ResourceId": "endpoint/churn/variant/production",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "MinCapacity": 1,
            "MaxCapacity": 6,
        }
    ]
    services.endpoints["churn"]["ProductionVariants"][0] |= {"CurrentInstanceCount": 4, "DesiredInstanceCount": 5}
    (line,) = [one for one in run("status", "churn").stdout.splitlines() if one.startswith("production ")]
    assert line.split()[5:9] == ["4", "5", "1", "6"]
    assert drifts(run) == []


ELSEWHERE = replace(DECLARED, production=(DeclaredVariant(name="AllTraffic", version="v1", label="v1"),))


@pytest.mark.parametrize(
    ("said", "drift"),
    [
        (replace(DECLARED, config="newer"), "endpoint config churn-config serves, the code says newer"),
        (
            ELSEWHERE,
            "production is production, the code says AllTraffic",
        ),
        (replace(DECLARED, shadow=None), "the shadow is shadow, the code says none"),
        (replace(DECLARED, sampling_percent=10), "50 % of the requests are copied, the code says 10 %"),
        (replace(DECLARED, capture_uri=None), "data is captured to s3://captures, the code says nowhere"),
    ],
)
def test_each_drift_is_shown_loudly(run: Run, services: Services, said: Declared, drift: str) -> None:
    """Where code and endpoint differ, one line says what serves and what the code says."""
    services.settle(said)
    (line,) = drifts(run)
    assert line.startswith(drift)
    assert f"DRIFT: {drift}" in run("status", "churn").stdout


def test_a_stack_without_a_guard_says_what_is_lost(run: Run, services: Services) -> None:
    """The reason, and what no deployment does: for people and for scripts; nothing of it where there is a guard."""
    assert "guard: off" not in run("status", "churn").stdout
    services.settle(replace(DECLARED, guard_off="no functions here"))

    assert f"guard: off (no functions here): {LOST}" in run("status", "churn").stdout
    assert json.loads(run("status", "churn", "--format", "json").stdout)["guard_off"] == "no functions here"


def test_a_count_changed_by_hand_is_a_drift(run: Run, services: Services) -> None:
    """An unscaled variant that was given another count differs from the code."""
    services.endpoints["churn"]["ProductionVariants"][0]["DesiredInstanceCount"] = 7
    assert drifts(run) == ["production is set to 7 instances and doesn't scale, the code says 2"]


COMMAND = re.compile(r"\(aws ([^)]*)\)")


def assert_takes(command: str) -> None:
    """AWS's command line has it, with these options: they are an operation and its members."""
    service, operation, *words = command.split()
    model: Any = get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    members = {xform_name(name, "-") for name in model.operation_model(names[operation]).input_shape.members}
    assert {word.removeprefix("--") for word in words if word.startswith("--")} <= members


@pytest.mark.parametrize(("variants", "changed"), [(1, False), (2, True)])
@pytest.mark.parametrize(("weight", "differs"), [(0.0, True), (0.31, True), (0.30000001192092896, False)])
def test_a_weight_changed_by_hand_is_a_drift(
    run: Run, services: Services, variants: int, changed: bool, weight: float, differs: bool
) -> None:
    """An update keeps none. The API's numbers are short ones; a variant that is alone gets everything."""
    endpoint, config = services.endpoints["churn"], services.configs["churn-config"]
    for described, name, value in ((endpoint, "CurrentWeight", weight), (config, "InitialVariantWeight", 0.3)):
        described["ProductionVariants"][0][name] = value
        second = {**described["ProductionVariants"][0], "VariantName": "second", name: 0.7}
        described["ProductionVariants"] += [second] * (variants - 1)
    others = (DeclaredVariant(name="second", version="v1", label="v1"),) * (variants - 1)
    services.settle(replace(DECLARED, production=(*DECLARED.production, *others)))
    drift = [f"production has the weight {weight:g}, its config says 0.3: somebody changed it, and the endpoint's next"]
    assert [line[: len(drift[0])] for line in drifts(run)] == (drift if changed and differs else [])


PENDING = {
    "id": "request",
    "stack": "arn:stack",
    "started": "2026-01-01T09:00:00+00:00",
    "source": "old",
    "target": "churn-config",
    "variants": ["production"],
    "taken": ["production"],
}
SCALED = replace(DECLARED, production=(replace(DECLARED.production[0], minimum=2, maximum=8),))


@pytest.mark.parametrize(
    ("said", "pending", "drift"),
    [
        (SCALED, None, "production doesn't scale, the code says from 2 to 8 instances"),
        (DECLARED, PENDING, "the scaling of production was taken away by the deployment of 2026-01-01 09:00 UTC"),
        # A deletion that failed has taken the settings away.
        (None, PENDING, "the scaling of production was taken away by the deployment of 2026-01-01 09:00 UTC"),
        (DECLARED, {**PENDING, "done": True, "lost": ["gone"]}, "the last deployment could not bring everything back"),
        (DECLARED, {"started": 1}, "the record of the last deployment can't be read"),
        (replace(DECLARED, config="newer"), None, "endpoint config churn-config serves, the code says newer"),
    ],
)
def test_lost_scaling_and_what_was_left_over_fail_a_check_that_asks_for_it(
    run: Run, services: Services, said: Declared | None, pending: dict[str, object] | None, drift: str
) -> None:
    """With --fail-on-drift the exit code is 5 and the line is there; without it the status is only shown."""
    if said is None:
        services.parameters.pop(settings_name("churn"), None)
    else:
        services.settle(said)
    if pending is not None:
        services.parameters["/shadow-test/churn/pending"] = [json.dumps(pending)]

    failing = run("status", "churn", "--fail-on-drift")

    assert f"DRIFT: {drift}" in failing.stdout
    assert failing.exit_code == 5
    assert run("status", "churn").exit_code == 0
    # To deploy the same again is nothing to CloudFormation.
    assert "deploy again" not in failing.stdout
    for command in COMMAND.findall(failing.stdout):
        assert_takes(command)


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (("status", "churn", "--fail-on-drift"), 5),
        (("status", "churn"), 1),
        (("compare", "churn"), 1),
        (("gate", "churn"), 1),
    ],
)
def test_an_endpoint_whose_config_was_deleted_is_said_to_have_none(
    run: Run, services: Services, command: tuple[str, ...], exit_code: int
) -> None:
    """CloudFormation deletes it where nobody called the guard: whoever asks for drift is told by the exit code."""
    services.configs.clear()

    found = run(*command)

    assert "churn serves with the endpoint config churn-config, which has been deleted" in found.stderr
    assert found.exit_code == exit_code


def test_a_check_that_finds_nothing_does_not_fail(run: Run, services: Services) -> None:
    """A deployment that took scaling away a moment ago is under way, and one that is done left nothing."""
    assert run("status", "churn", "--fail-on-drift").exit_code == 0
    now = datetime.datetime.now(datetime.UTC).isoformat()
    for pending in ({**PENDING, "started": now}, {**PENDING, "done": True, "taken": []}):
        services.parameters["/shadow-test/churn/pending"] = [json.dumps(pending)]
        assert run("status", "churn", "--fail-on-drift").exit_code == 0


TRACK, NIGHT = tracking(), {**night(), "Schedule": "cron(0 22 * * ? *)"}
TARGET = {
    "ResourceId": "endpoint/churn/variant/production",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": 2,
    "MaxCapacity": 8,
}


def template(said: object, **more: object) -> dict[str, object]:
    """A stack's template, with what it asks of the guard."""
    asked = {"EndpointName": "churn", "Scaling": said, **more}
    guard = {"Type": "Custom::EndpointUpdateGuardAfter", "Properties": asked}
    return {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "After": guard}}


def scaled(services: Services, said: object) -> None:
    """Production scales, and the stack's code says how."""
    services.settle(SCALED)
    services.parameters["/shadow-test/churn/pending"] = [json.dumps({**PENDING, "done": True, "taken": []})]
    services.targets, services.templates = [dict(TARGET)], {"arn:stack": said}
    services.policies = [{**copy.deepcopy(TRACK), "PolicyARN": "arn:policy", "Alarms": []}]
    services.schedules = [copy.deepcopy(NIGHT)]


def text() -> str:
    """How the code has production scale."""
    return compact([scaling(low=2, policies=[TRACK], schedules=[NIGHT])])


def with_policy(services: Services, **changes: object) -> None:
    """Somebody changed the policy."""
    services.policies[0]["TargetTrackingScalingPolicyConfiguration"].update(changes)


SUSPENDED: Any = get_session().get_service_model("application-autoscaling").shape_for("SuspendedState")
SUSPENDABLE = tuple(SUSPENDED.members)


def suspend(services: Services, names: Collection[str] = ()) -> None:
    """Somebody suspended some of the scaling, and resumed the rest."""
    services.targets[0]["SuspendedState"] = {name: name in names for name in SUSPENDABLE}


@pytest.mark.parametrize(
    ("by_hand", "drift"),
    [
        *(
            (
                functools.partial(suspend, names=[name]),
                f"production doesn't scale in full, somebody has suspended {name}: ",
            )
            for name in SUSPENDABLE
        ),
        (lambda one: one.policies.clear(), "production scales without the policy track that the code has"),
        (lambda one: one.schedules.clear(), "production scales without the schedule night that the code has"),
        (
            lambda one: with_policy(one, TargetValue=70.0),
            "production, policy track: TargetTrackingScalingPolicyConfiguration.TargetValue is 70.0, the code says",
        ),
        (
            lambda one: with_policy(one, PredefinedMetricSpecification={}),
            "production, policy track: TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification."
            'PredefinedMetricType is absent, the code says "SageMakerVariantInvocationsPerInstance"',
        ),
        (
            lambda one: one.schedules[0].update(Schedule="cron(0 23 * * ? *)"),
            'production, schedule night: Schedule is "cron(0 23 * * ? *)", the code says "cron(0 22 * * ? *)"',
        ),
        (
            lambda one: one.schedules[0].pop("Timezone"),
            'production, schedule night: Timezone is absent, the code says "Europe/Berlin"',
        ),
        (
            lambda one: one.schedules[0].update(ScalableTargetAction={"MinCapacity": 3}),
            "production, schedule night: ScalableTargetAction.MinCapacity is 3, the code says 1",
        ),
    ],
)
def test_scaling_that_is_not_as_the_code_says_is_a_drift(
    run: Run, services: Services, by_hand: Callable[[Services], object], drift: str
) -> None:
    """Policies and schedules that are gone, or changed by hand, though the variant scales within the code's limits."""
    scaled(services, template(text()))
    assert run("status", "churn", "--fail-on-drift").exit_code == 0
    by_hand(services)

    found = run("status", "churn", "--fail-on-drift")

    assert f"DRIFT: {drift}" in found.stdout
    assert found.stdout.count("DRIFT") == 1
    assert found.exit_code == 5
    for command in COMMAND.findall(found.stdout):
        assert_takes(command)


@pytest.mark.parametrize(
    "by_hand",
    [
        # What the service adds, and what people have beside the code's.
        suspend,
        lambda one: with_policy(one, DisableScaleIn=False),
        lambda one: one.policies.append({**tracking("mine", 7.0), "PolicyARN": "arn:mine"}),
        lambda one: one.schedules.append(night("holiday", 3)),
        # Schedules change the limits.
        lambda one: one.targets[0].update(MinCapacity=1, MaxCapacity=9),
        # A deployment is under way, there was none, another stack's template, or none any more.
        lambda one: (one.policies.clear(), one.parameters.pop("/shadow-test/churn/pending")),
        lambda one: (one.policies.clear(), one.templates.clear()),
        lambda one: (one.policies.clear(), one.templates.update({"arn:stack": "no template"})),
        lambda one: (one.policies.clear(), one.templates.update({"arn:stack": template({"Ref": "Scaling"})})),
        lambda one: (
            one.policies.clear(),
            one.templates.update({"arn:stack": template('[{"variant": "production"}]')}),
        ),
        lambda one: (one.policies.clear(), one.templates.update({"arn:stack": template(text(), EndpointName="chess")})),
    ],
)
def test_what_the_service_adds_and_people_have_beside_is_no_drift(
    run: Run, services: Services, by_hand: Callable[[Services], object]
) -> None:
    """Nor are limits that schedules change, and what no template says."""
    scaled(services, template(text()))
    by_hand(services)
    assert drifts(run) == []


def test_scaling_is_compared_once_its_deployment_is_over(run: Run, services: Services) -> None:
    """While it is under way policies come after the limits."""
    scaled(services, template(text()))
    services.policies.clear()
    now = datetime.datetime.now(datetime.UTC).isoformat()
    services.parameters["/shadow-test/churn/pending"] = [json.dumps({**PENDING, "started": now})]
    assert drifts(run) == []


def test_limits_that_no_schedule_changes_are_the_codes(run: Run, services: Services) -> None:
    """Somebody raised them."""
    scaled(services, json.dumps(template(compact([scaling(low=2, policies=[TRACK])]))))
    services.schedules.clear()
    assert drifts(run) == []
    services.targets[0]["MaxCapacity"] = 9
    services.endpoints["churn"]["ProductionVariants"][0]["DesiredInstanceCount"] = 9
    (line,) = drifts(run)
    assert line.startswith("production scales from 2 to 9 instances, the code says 2 to 8: put it back")


def test_what_only_cloudformation_knows_is_not_compared(run: Run, services: Services) -> None:
    """A token in a policy is a reference in the template."""
    tokens = text().replace("SageMakerVariantInvocationsPerInstance", "TOKEN").partition("TOKEN")
    scaled(services, template({"Fn::Join": ["", [tokens[0], {"Ref": "Metric"}, tokens[2]]]}))
    assert drifts(run) == []
    with_policy(services, TargetValue=70.0)
    (line,) = drifts(run)
    assert "TargetValue is 70.0" in line


def test_a_time_that_is_over_is_no_drift(run: Run, services: Services) -> None:
    """The service forgets it."""
    once = {**NIGHT, "Schedule": "at(2020-01-01T00:00:00)"}
    scaled(services, template(compact([scaling(low=2, policies=[TRACK], schedules=[once])])))
    services.schedules.clear()
    assert drifts(run) == []


def test_versions_are_not_shown_of_another_config(run: Run, services: Services) -> None:
    """Where another config serves than the code's, the code's versions say nothing of it."""
    services.settle(replace(DECLARED, config="newer"))
    found = json.loads(run("status", "churn", "--format", "json").stdout)
    assert [variant["version"] for variant in found["variants"]] == [None, None]


def test_a_failed_update_is_shown_with_its_reason(run: Run, services: Services) -> None:
    """SageMaker's own reason comes right below the status."""
    services.endpoints["churn"]["FailureReason"] = "the alarm fired"
    assert run("status", "churn").stdout.splitlines()[1] == "the last update failed: the alarm fired"


def test_an_alarm_that_is_gone_is_missing(run: Run, services: Services) -> None:
    """An alarm that the stack made and that isn't there any more is shown, not left out."""
    del services.alarms["churn-shadow-slow"]
    assert "churn-shadow-slow  MISSING  there is no such alarm" in run("status", "churn").stdout


def test_an_endpoint_of_somebody_else_has_a_status_too(run: Run, services: Services) -> None:
    """Without the stack's settings the live half is shown, and why the other half is missing."""
    services.parameters.clear()
    result = run("status", "churn")
    assert result.exit_code == 0
    assert "code: unknown; there is no /shadow-test/churn/settings" in result.stdout


def test_fails_on_settings_that_are_none(run: Run, services: Services) -> None:
    """A parameter with something else in it is one line that names it."""
    services.parameters[settings_name("churn")] = ["{}"]
    result = run("status", "churn")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: /shadow-test/churn/settings: not the settings of an endpoint")


def test_history_tells_each_promotion_and_way_back(run: Run, services: Services) -> None:
    """Promotions with the verdict, ways back with the reason; what CloudFormation rolled back says so."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps(one) for one in (ENTRY, BACK, UNDONE)]
    text = run("history", "churn").stdout
    assert "2026-11-01 09:00  promotion  v0    v1  ann  PASS: all 9 deciding rules hold" in text
    assert "too bold (rolled back by CloudFormation, 2026-11-01 10:00)" in text
    assert json.loads(run("history", "churn", "--format", "json").stdout)[0]["gate"].startswith("PASS")


def test_the_last_promotion_that_stood_is_part_of_the_status(run: Run, services: Services) -> None:
    """What was rolled back isn't what happened last."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps(one) for one in (ENTRY, BACK, UNDONE)]
    assert "last promotion: 2026-11-01 09:00 UTC by ann, v0 to v1" in run("status", "churn").stdout


def test_what_was_promoted_on_an_endpoint_that_had_the_name_before_is_not_said_of_this_one(
    run: Run, services: Services
) -> None:
    """It was deleted; what is there now was created since, and nothing of it can be rolled back."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps(ENTRY)]
    services.endpoints["churn"]["CreationTime"] = services.endpoints["churn"]["LastModifiedTime"]
    assert "last promotion" not in run("status", "churn").stdout
    assert "v0" in run("history", "churn").stdout
    said = run("override", "churn", "--for", "rollback", "--reason", "complaints")
    assert "no promotion stands on churn that could be rolled back" in said.output


@pytest.mark.parametrize(
    ("change", "drifts"), [({}, False), ({"InitialInstanceCount": 4}, True), ({"VolumeSizeInGB": 20}, True)]
)
def test_a_config_made_by_hand_is_drift_unless_it_says_the_same(
    run: Run, services: Services, change: dict[str, Any], drifts: bool
) -> None:
    """Numbers of instances included: what scaling and the guard change is not in a config."""
    config = copy.deepcopy(services.configs["churn-config"])
    config["ProductionVariants"][0] |= change
    services.configs["by-hand"] = config
    services.endpoints["churn"]["EndpointConfigName"] = "by-hand"
    assert ("endpoint config by-hand serves" in run("status", "churn").stdout) is drifts


def test_no_history_is_no_failure(run: Run) -> None:
    """An endpoint on which nothing was promoted has an empty history."""
    result = run("history", "churn")
    assert (result.exit_code, result.stdout) == (0, "")
    assert run("history", "churn", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("command", ["status", "compare", "gate"])
def test_what_a_newer_release_says_is_left_out_with_a_word(run: Run, services: Services, command: str) -> None:
    """One line on standard error, whose last word is to upgrade; the result is there all the same."""
    said = json.loads(services.parameters[settings_name("churn")][0]) | {"version": 3, "colour": "blue"}
    services.parameters[settings_name("churn")] = [json.dumps(said)]
    result = run(command, "churn", "--format", "json")

    [line] = [one for one in result.stderr.splitlines() if "newer" in one]
    assert line == (
        "warning: /shadow-test/churn/settings: made by a newer release (format 3, this one knows 2); "
        "/shadow-test/churn/settings: this release doesn't know 'colour' and leaves it out; upgrade shadow-test"
    )
    assert json.loads(result.stdout)
