"""A guard that dies, is throttled, or hears of something late."""

from __future__ import annotations

import datetime
import functools
import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shadow_ops.aws import journal, records
from shadow_ops.aws.journal import Hold
from shadow_ops.guard.clients import TimeUpError
from shadow_ops.guard.handler import on_event
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.run import HandOverError
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Clock, Code, Stack, night, scaling
from tests.ops.guard.world import ENDPOINT, Killed, Live
from tests.ops.parameter_store import aws_error

TESTING = Code(shadow="v2", scaling=(scaling(schedules=[night()]), scaling("shadow", 1, 4)))
MOVED = TESTING.promoted(instance_type="ml.m5.2xlarge")
READS = (
    *("describe_stacks", "list_stack_resources", "describe_endpoint", "describe_endpoint_config"),
    *("describe_scalable_targets", "describe_scaling_policies", "describe_scheduled_actions"),
    *("get_parameter", "get_parameters_by_path", "get_parameter_history"),
)
WRITES = (
    *("register_scalable_target", "put_scaling_policy", "put_scheduled_action", "put_parameter", "delete_parameters"),
    *("describe_alarms", "update_endpoint_weights_and_capacities"),
)
EVENT = {"source": "aws.sagemaker", "detail": {"EndpointName": ENDPOINT, "EndpointStatus": "IN_SERVICE"}}


def started() -> Stack:
    """A stack that was created."""
    stack = Stack()
    assert stack.deploy(TESTING).ok
    return stack


def calls_of(code: Code) -> tuple[int, int]:
    """How many calls the guard makes before and after a deployment."""
    stack = started()
    stack.world.calls.clear()
    config = stack._new_config(code)
    old = (TESTING, stack.config)
    stack.ask("Update", "before", code, config, old)
    before = len(stack.world.calls)
    stack.world.update_endpoint(config, retain=False)
    stack.world.settle()
    stack.ask("Update", "after", code, config, old)
    return before, len(stack.world.calls) - before


@pytest.mark.parametrize("step", [0, 1])
def test_a_guard_killed_at_any_call_leaves_everything_as_it_was(step: int) -> None:
    """Before or after the call's effect: scaling is back, nothing counts as promoted, the next deployment works."""
    for call in range(1, calls_of(MOVED)[step] + 1):
        for works in (False, True):
            stack = started()
            before, config = shape(stack.world.targets), stack.config
            stack.kill = (step, call, works)

            assert not stack.deploy(MOVED).ok, (call, works)
            assert shape(stack.world.targets) == before, (call, works)
            assert stack.config == config
            assert [one for one in stack.history() if one.undone is None] == []
            assert stack.deploy(MOVED).ok, (call, works)
            assert set(stack.world.targets) == {"production"}
            assert [one.kind for one in stack.history() if one.undone is None] == ["promotion"]


@pytest.mark.parametrize("step", ["before", "after"])
@pytest.mark.parametrize("times", [5, 20])
def test_throttling_of_any_read_holds_nothing_up_for_good(step: str, times: int) -> None:
    """However long, at either step: it is waited for, and never taken for a way back or for half of what there is."""
    for operation in READS:
        stack = started()
        before = shape(stack.world.targets)["production"]
        if step == "before":
            stack.world.throttles[operation] = times
        else:
            stack.world.watched = functools.partial(throttle_after, stack, operation, times)

        assert stack.deploy(MOVED).ok, operation
        assert shape(stack.world.targets) == {"production": before}, operation
        assert [one.kind for one in stack.history()] == ["promotion"], operation


def throttle_after(stack: Stack, operation: str, times: int, _: str) -> None:
    """Throttle an operation once the endpoint's update is through."""
    live = stack.world.live
    if live is not None and live.config != stack.config:
        stack.world.throttles[operation] = times
        stack.world.watched = None


def test_the_guard_adds_little_time() -> None:
    """Without trouble it does not wait at all: only its calls take time, some seventy of them."""
    stack = started()
    start = stack.world.now
    before, after = calls_of(MOVED)

    assert stack.deploy(MOVED).ok
    # The second is that of the new endpoint config.
    assert stack.world.now - start == datetime.timedelta(seconds=301)
    assert before + after <= 75


def die_before_update(stack: Stack) -> str:
    """The guard dies right after it has deregistered, and CloudFormation never comes back to it."""
    config = stack._new_config(MOVED)
    old = (TESTING, stack.config)
    stack.world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Update", "before", MOVED, config, old)
    assert answer is not None
    assert stack.world.targets == {}
    return config


def notice(stack: Stack) -> None:
    """EventBridge sends an event."""
    on_event(EVENT, stack.world.clients(), Clock(stack.world))


def test_scaling_that_a_dead_deployment_left_is_given_back_on_the_next_event() -> None:
    """The endpoint still serves what it did; so it scales as it did."""
    stack = started()
    before = shape(stack.world.targets)
    die_before_update(stack)
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"

    notice(stack)
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize("status", ["UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_what_has_failed_is_not_over(status: str) -> None:
    """Who continues the rollback would meet the scaling that was given back, and CloudFormation won't ask again."""
    stack = started()
    die_before_update(stack)
    stack.world.status = status
    stack.world.sleep(7 * 24 * 3600)

    notice(stack)
    assert stack.world.targets == {}


def test_an_event_whose_call_outlasts_the_lock_looks_anew() -> None:
    """Whoever had the lock meanwhile is through; what scales is as it was, and nothing is open."""
    stack = started()
    before = shape(stack.world.targets)
    die_before_update(stack)
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"
    calls = list[str]()

    def outlast(operation: str) -> None:
        if operation == "register_scalable_target" and operation not in calls:
            stack.world.sleep(80)
            now = stack.world.now
            other = Hold(token="other", until=now + datetime.timedelta(seconds=75))
            assert journal.take(stack.world, ENDPOINT, other, now)
            journal.release(stack.world, ENDPOINT, "other")
        calls.append(operation)

    stack.world.watched = outlast
    notice(stack)

    assert calls.count("register_scalable_target") >= 1
    assert calls.count("describe_endpoint") >= 2
    assert shape(stack.world.targets) == before
    record = records.pending(stack.world, ENDPOINT)
    assert record is None or record.done


def test_an_event_that_could_not_put_right_what_was_left_is_delivered_again() -> None:
    """Lambda does that for a function that fails: nothing else would come."""
    stack = started()
    before = shape(stack.world.targets)
    die_before_update(stack)
    live, world = stack.world.live, stack.world
    assert live is not None
    live.counts["production"], world.status = 1, "UPDATE_ROLLBACK_COMPLETE"
    operation = "update_endpoint_weights_and_capacities"
    world.refused[operation] = aws_error("ValidationException", "not now", operation)

    with pytest.raises(Refusal, match="not now"):
        notice(stack)
    world.refused.clear()
    notice(stack)
    assert live.counts["production"] == 2
    assert shape(world.targets) == before


def test_a_promotion_whose_end_nobody_saw_is_remembered_on_the_next_event() -> None:
    """The new config serves, and the stack is at rest: it is one."""
    stack = started()
    config = die_before_update(stack)
    stack.world.update_endpoint(config, retain=False)
    stack.world.settle()
    stack.world.status = "UPDATE_COMPLETE"

    notice(stack)
    assert [one.to_version for one in stack.history()] == ["v2"]
    assert set(stack.world.targets) == {"production"}


def test_an_event_during_a_deployment_changes_nothing() -> None:
    """The deployment's own next step gives scaling back; before the update it would only be in the way."""
    stack = started()
    die_before_update(stack)

    notice(stack)
    assert stack.world.targets == {}


@pytest.mark.parametrize(
    "event", [{"source": "aws.sagemaker"}, {"source": "aws.sagemaker", "detail": {"ModelName": "m"}}]
)
def test_events_about_something_else_are_left_alone(event: dict[str, object]) -> None:
    """No call is made."""
    stack = started()
    stack.world.calls.clear()
    on_event(event, stack.world.clients(), Clock(stack.world))

    assert stack.world.calls == []


def test_a_late_request_during_the_rollback_takes_nothing_away_again() -> None:
    """Lambda may deliver a request twice; by then CloudFormation is going back."""
    stack = started()
    before = shape(stack.world.targets)
    config = die_before_update(stack)
    stack.world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    stack.ask("Update", "before", TESTING, stack.config, (MOVED, config))
    stack.ask("Update", "before", MOVED, config, (TESTING, stack.config))

    assert shape(stack.world.targets) == before


@pytest.mark.parametrize("change", [{"instance_type": "ml.m5.2xlarge"}, {"policy": "other"}])
def test_the_next_deployment_recovers_what_a_dead_one_had_taken(change: dict[str, str]) -> None:
    """Without a rollback and an event in between (`cdk deploy --no-rollback`); another policy is reason enough."""
    stack = started()
    before = shape(stack.world.targets)
    die_before_update(stack)

    assert stack.deploy(replace(TESTING, **change)).ok  # type: ignore[arg-type] # its own fields
    assert shape(stack.world.targets) == before


def test_a_promotion_that_died_after_the_swap_is_remembered_by_the_next_deployment() -> None:
    """So that an old pipeline can't demote what nobody had written down."""
    stack = started()
    config = die_before_update(stack)
    stack.world.update_endpoint(config, retain=False)
    stack.world.settle()

    result = stack.deploy(replace(TESTING, shadow_count=2))
    assert "replaced v1 with v2" in result.reason


def limits(stack: Stack, lowest: int, highest: int) -> None:
    """People register production's bounds."""
    stack.world.clients().autoscaling.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/churn/variant/production",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=lowest,
        MaxCapacity=highest,
    )


def test_what_was_registered_by_hand_meanwhile_holds() -> None:
    """Bounds set by hand after the guard died win; its recorded policies come back beside them."""
    stack = started()
    die_before_update(stack)
    limits(stack, 3, 30)
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"

    notice(stack)
    target = stack.world.targets["production"]
    assert (target["min"], target["max"]) == (3, 30)
    assert list(target["policies"]) == ["track"]


def test_the_record_tells_a_rollback_when_cloudformation_cannot() -> None:
    """A rollback goes on, unasked, although the stack's state is unknown."""
    stack = started()
    before = shape(stack.world.targets)
    config = die_before_update(stack)
    stack.world.update_endpoint(config, retain=False)
    stack.world.settle()
    stack.world.refused["describe_stacks"] = aws_error("AccessDenied", "no", "DescribeStacks")
    answer = stack.ask("Update", "before", TESTING, stack.config, (MOVED, config))
    assert answer is not None
    assert answer["Status"] == "SUCCESS"

    stack.world.update_endpoint(stack.config, retain=False)
    stack.world.settle()
    stack.ask("Update", "after", TESTING, stack.config, (MOVED, config))
    assert shape(stack.world.targets) == before


def forward(code: Code = MOVED) -> tuple[Stack, tuple[Code, str], tuple[Code, str]]:
    """An endpoint that was promoted, by default to another type, after which another resource fails."""
    stack = started()
    old, new = (TESTING, stack.config), (code, stack._new_config(code))
    stack.world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Update", "before", *new, old)
    assert answer is not None
    stack.world.update_endpoint(new[1], retain=answer["Data"]["KeepLiveCounts"] == "true")
    stack.world.settle()
    stack.ask("Update", "after", *new, old)
    stack.world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    return stack, old, new


def test_a_rollback_to_a_config_that_is_gone_takes_no_scaling_away() -> None:
    """SageMaker can't update to it: the sentence says so; made again by its name, it goes through when continued."""
    stack, old, new = forward()
    variants = stack.world.configs.pop(old[1])
    before = shape(stack.world.targets)

    refused = stack.ask("Update", "before", *old, new)
    assert refused is not None
    assert refused["Status"] == "FAILED"
    assert (
        f"{old[1]}, the endpoint config that the rollback of churn goes back to, has been deleted" in refused["Reason"]
    )
    assert "create a config of that name again, then continue the rollback" in refused["Reason"]
    assert shape(stack.world.targets) == before
    assert before

    stack.world.sleep(7200)
    stack.world.make_config(old[1], variants)
    answer = stack.ask("Update", "before", *old, new)
    assert answer is not None
    assert answer["Status"] == "SUCCESS"
    # It would refuse another type for a variant that scales.
    stack.world.update_endpoint(old[1], retain=answer["Data"]["KeepLiveCounts"] == "true")
    stack.world.settle()
    after = stack.ask("Update", "after", *old, new)
    assert after is not None
    assert after["Status"] == "SUCCESS"
    assert set(stack.world.targets) == {"production", "shadow"}


def test_a_rollback_is_never_refused() -> None:
    """Not even when nothing can be read."""
    stack = started()
    config = die_before_update(stack)
    stack.world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    stack.world.refused["describe_endpoint"] = aws_error("AccessDenied", "no", "DescribeEndpoint")

    answer = stack.ask("Update", "before", TESTING, stack.config, (MOVED, config))
    assert answer is not None
    assert answer["Status"] == "SUCCESS"


def test_deleting_the_stack_leaves_nothing() -> None:
    """No scalable target, no parameter but the template's own and the history."""
    stack = started()
    stack.world.parameters["/shadow-test/churn/settings"] = ["{}"]
    assert stack.deploy(TESTING.promoted()).ok
    stack.delete()

    assert stack.world.targets == {}
    assert sorted(stack.world.parameters) == ["/shadow-test/churn/history/request-5", "/shadow-test/churn/settings"]


def test_deleting_the_stack_takes_peoples_reasons_whoever_left_records_beside_them() -> None:
    """Its own were deleted by hand, and another stack that was refused left an answer: what they were for is gone."""
    stack = Stack()
    assert stack.deploy(Code(shadow="v2")).ok
    parameters = stack.world.parameters
    parameters["/shadow-test/churn/reasons/one"] = [json.dumps({"purpose": "promotion"})]
    answer = "/shadow-test/churn/requests/another"
    parameters[answer] = [json.dumps({"stack": "another"})]
    del parameters["/shadow-test/churn/pending"], parameters["/shadow-test/churn/state"]
    stack.delete()

    assert list(parameters) == [answer]


def test_deleting_the_stack_after_the_endpoint_is_fine() -> None:
    """Somebody deleted the endpoint by hand."""
    stack = started()
    stack.world.delete_endpoint()
    stack.delete()

    assert stack.world.parameters == {}


def test_a_deletion_succeeds_even_if_every_call_is_refused() -> None:
    """A stack that can't be deleted helps nobody."""
    stack = started()
    for operation in ("describe_stacks", "describe_endpoint", "get_parameters_by_path", "deregister_scalable_target"):
        stack.world.refused[operation] = aws_error("AccessDenied", "no", operation)
    start = stack.world.now

    stack.delete()
    # What isn't allowed isn't waited for.
    assert stack.world.now - start < datetime.timedelta(minutes=1)


def test_a_failed_first_creation_leaves_nothing() -> None:
    """Its rollback removes what the guard wrote."""
    stack = Stack()
    stack.kill = (1, 3, False)

    assert not stack.deploy(TESTING).ok
    assert stack.world.parameters == {}


def serving(stack: Stack) -> Live:
    """The endpoint."""
    assert stack.world.live is not None
    return stack.world.live


@pytest.mark.parametrize("denied", ["register_scalable_target", "put_scaling_policy", "put_scheduled_action"])
@pytest.mark.parametrize(
    "code",
    [
        MOVED,
        TESTING.promoted(),
        replace(TESTING, instance_type="ml.m5.2xlarge"),
        replace(TESTING, shadow=None, scaling=TESTING.scaling[:1]),
        Code(instance_type="ml.m5.2xlarge", scaling=TESTING.scaling[:1], rollback="it is slow"),
    ],
    ids=["promoted to another type", "promoted", "another type", "the shadow goes", "with a reason"],
)
def test_who_may_not_put_scaling_takes_none_away(code: Code, denied: str) -> None:
    """What could not be given back stays: each right is proven before, and nothing changes by that."""
    stack = Stack()
    both = (TESTING.scaling[0], scaling("shadow", 1, 4, schedules=[night()]))
    assert stack.deploy(replace(TESTING, scaling=both)).ok
    before, config, counts = shape(stack.world.targets), stack.config, dict(serving(stack).counts)
    stack.world.refused[denied] = aws_error("AccessDeniedException", "not authorized", denied)

    result = stack.deploy(code)

    assert not result.ok
    assert f"{denied} was refused with AccessDeniedException" in result.reason
    assert "application-autoscaling:DeregisterScalableTarget" not in stack.world.calls
    assert (shape(stack.world.targets), stack.config, serving(stack).counts) == (before, config, counts)
    stack.world.refused.clear()
    assert stack.deploy(code).ok


def test_proving_changes_no_count() -> None:
    """Somebody has set more instances than scaling allows: to register its limits anew would end them."""
    stack = started()
    serving(stack).counts["production"] = 20
    stack.world.refused["put_scheduled_action"] = aws_error("AccessDeniedException", "no", "PutScheduledAction")
    assert not stack.deploy(MOVED).ok
    assert serving(stack).counts["production"] == 20


@pytest.mark.parametrize("by_hand", [False, True])
def test_scaling_is_given_back_where_a_rollback_was_continued_past_the_endpoint(by_hand: bool) -> None:
    """Its config went with the clean-up, so that nothing can be deployed; bounds that people set meanwhile hold."""
    stack, old, (_, config) = forward()
    before = shape(stack.world.targets)["production"]
    stack.ask("Update", "before", *old, (MOVED, config))
    assert stack.world.targets == {}
    stack.world.status = "UPDATE_ROLLBACK_FAILED"
    notice(stack)
    assert stack.world.targets == {}
    del stack.world.configs[config]
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"
    if by_hand:
        limits(stack, 3, 30)

    notice(stack)

    bounds = {"min": 3, "max": 30} if by_hand else {}
    assert shape(stack.world.targets) == {"production": {**before, **bounds}}
    found = records.pending(stack.world, ENDPOINT)
    assert found is not None
    assert found.done
    assert "has been deleted" in found.lost[-1]
    calls = len(stack.world.calls)
    notice(stack)
    assert not [one for one in stack.world.calls[calls:] if "Put" in one.partition(":")[2] and "autoscaling" in one]


@pytest.mark.parametrize("retried", [False, True])
@pytest.mark.parametrize("status", ["DELETE_FAILED", "ROLLBACK_FAILED"])
def test_scaling_is_given_back_where_the_endpoint_could_not_be_deleted(status: str, retried: bool) -> None:
    """Who tries again doesn't call again what has answered; what scales then doesn't outlive the endpoint."""
    stack = started()
    before = shape(stack.world.targets)
    stack.world.status = "DELETE_IN_PROGRESS"
    stack.ask("Delete", "after", TESTING, stack.config)
    assert stack.world.targets == {}
    stack.world.status = status

    notice(stack)
    assert shape(stack.world.targets) == before
    if retried:
        stack.world.status = "DELETE_IN_PROGRESS"
        stack.world.endpoints.clear()
        stack.world.owners[ENDPOINT] = (stack.world.owners[ENDPOINT][0], "DELETE_COMPLETE")
        stack.ask("Delete", "before", TESTING, stack.config)
        assert stack.world.targets == {}


def left_open() -> tuple[Stack, dict[str, Any]]:
    """A stack at rest whose guard died, and how its endpoint scaled."""
    stack = started()
    before = shape(stack.world.targets)
    die_before_update(stack)
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"
    stack.world.calls.clear()
    return stack, before


def troubled(stack: Stack) -> bool:
    """Whether an event that meets trouble fails."""
    try:
        notice(stack)
    except (ClientError, Refusal, TimeUpError, HandOverError, Killed):
        return True
    return False


@pytest.mark.parametrize("trouble", ["throttled", "denied"])
@pytest.mark.parametrize("left", ["open", "done but undone", "without its config"])
def test_an_event_that_can_not_do_its_work_fails(trouble: str, left: str) -> None:
    """Whatever it can't read or write: Lambda delivers it again, and once it can, all is put right."""
    for operation in (*READS, *WRITES):
        stack, before = left_open()
        world, live = stack.world, stack.world.live
        assert live is not None
        if left == "done but undone":
            record = records.pending(world, ENDPOINT)
            assert record is not None
            records.save_pending(world, ENDPOINT, replace(record, done=True, taken=()))
        elif left == "without its config":
            del world.configs[live.config]
        if trouble == "throttled":
            world.throttles[operation] = 10**6
        else:
            world.refused[operation] = aws_error("AccessDeniedException", "no", operation)
        failed = troubled(stack)
        record = records.pending(world, ENDPOINT)
        through = shape(world.targets) == before and record is not None and record.done
        assert failed or through, operation

        world.throttles.clear()
        world.refused.clear()
        world.sleep(600)
        notice(stack)
        assert shape(world.targets) == before, operation


def test_an_event_that_is_killed_is_done_by_the_next_one() -> None:
    """At any call, before its effect or after."""
    stack, _ = left_open()
    notice(stack)
    for call in range(1, len(stack.world.calls) + 1):
        for works in (False, True):
            stack, before = left_open()
            stack.world.last_call = (call, works)
            assert troubled(stack)
            stack.world.last_call = None
            stack.world.sleep(60)
            notice(stack)
            assert shape(stack.world.targets) == before, (call, works)


def test_an_event_waits_for_nobody_who_is_at_it() -> None:
    """A deployment that goes on keeps the lock; its own end is another event."""
    stack, before = left_open()
    now = stack.world.now
    assert journal.take(stack.world, ENDPOINT, Hold(token="other", until=now + datetime.timedelta(hours=1)), now)
    stack.world.status = "UPDATE_IN_PROGRESS"
    notice(stack)
    assert stack.world.now == now
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"

    assert troubled(stack)
    stack.world.sleep(3600)
    notice(stack)
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize("moved", [False, True])
def test_a_way_back_that_sagemaker_took_back_goes_through_once_it_was_made_by_hand(moved: bool) -> None:
    """The step after it says how, as often as the rollback is continued; what serves scales meanwhile."""
    before = shape(started().world.targets)
    stack, old, new = forward(MOVED if moved else TESTING.promoted())
    stack.ask("Update", "before", *old, new)
    stack.world.next_update = "no capacity"
    stack.world.update_endpoint(old[1], retain=True)
    stack.world.settle()
    for _ in range(2):
        failed = stack.ask("Update", "after", *old, new)
        assert failed is not None
        assert failed["Status"] == "FAILED"
        said = f"update-endpoint --endpoint-name churn --endpoint-config-name {old[1]} --retain-all-variant-properties"
        assert said in failed["Reason"]
        assert "(no capacity)" in failed["Reason"]
        assert shape(stack.world.targets) == {"production": before["production"]}
        record = records.pending(stack.world, ENDPOINT)
        assert record is not None
        assert record.lost == (failed["Reason"],)
        assert [one.to_version for one in stack.history() if one.undone is None] == ["v2"]
        stack.world.status = "UPDATE_ROLLBACK_FAILED"
        notice(stack)
        stack.world.status = "UPDATE_ROLLBACK_IN_PROGRESS"

    if moved:
        # SageMaker says to the person that it is in the way.
        del stack.world.targets["production"]
    stack.world.update_endpoint(old[1], retain=True)
    stack.world.settle()
    through = stack.ask("Update", "after", *old, new)
    assert through is not None
    assert through["Status"] == "SUCCESS"
    assert shape(stack.world.targets) == before
    assert [one for one in stack.history() if one.undone is None] == []
    record = records.pending(stack.world, ENDPOINT)
    assert record is not None
    assert (record.done, record.lost) == (True, ())
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"
    stack.code, stack.config = old
    assert stack.deploy(new[0]).ok


@pytest.mark.parametrize(("status", "answers"), [("OutOfService", "SUCCESS"), ("UpdateRollbackFailed", "FAILED")])
def test_a_way_back_to_an_endpoint_that_is_down_goes_through(status: str, answers: str) -> None:
    """It has the config that it shall have, and scales once it is up; only one of different configs is people's."""
    stack, old, new = forward()
    assert stack.ask("Update", "before", *old, new) is not None
    stack.world.update_endpoint(old[1], retain=True)
    stack.world.settle()
    live = stack.world.live
    assert live is not None
    live.status = status
    after = stack.ask("Update", "after", *old, new)
    assert after is not None
    assert after["Status"] == answers
    if answers == "FAILED":
        assert "continue the rollback" in after["Reason"]
        return
    live.status, stack.world.status = "InService", "UPDATE_ROLLBACK_COMPLETE"
    notice(stack)
    assert set(stack.world.targets) == {"production", "shadow"}


def test_what_a_rollback_left_serving_is_no_managed_test() -> None:
    """A shadow of a deployment that was passed over is the stack's own: with its config made again, it is replaced."""
    stack = Stack()
    assert stack.deploy(Code()).ok
    old, new = (Code(), stack.config), (Code(shadow="v2"), stack._new_config(Code(shadow="v2")))
    stack.world.status = "UPDATE_IN_PROGRESS"
    stack.ask("Update", "before", *new, old)
    stack.world.update_endpoint(new[1], retain=True)
    stack.world.settle()
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"

    assert stack.deploy(Code(count=3)).ok
