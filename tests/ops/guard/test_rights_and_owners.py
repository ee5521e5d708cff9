"""Rights that are missing where something is given away or handed over, and scaling that has another owner."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws import history
from tests.ops.guard.harm.account import Faults
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Code, Stack, night, scaling, tracking
from tests.ops.guard.test_other_names import SHADOW, TEST, Case
from tests.ops.guard.test_recovery import notice
from tests.ops.guard.world import ENDPOINT, STACK
from tests.ops.parameter_store import aws_error

TESTING = Code(shadow="v2", scaling=(scaling(), scaling("shadow", 1, 4)))


def started(code: Code = TESTING) -> Stack:
    """A stack that was created."""
    stack = Stack()
    assert stack.deploy(code).ok
    return stack


def refuse(stack: Stack, *operations: str) -> None:
    """Take rights away."""
    for operation in operations:
        stack.world.refused[operation] = aws_error("AccessDeniedException", "no", operation)


def deleted(stack: Stack, step: str) -> dict[str, object]:
    """CloudFormation deletes one of the guard's resources, and with it the stack."""
    stack.world.status = "DELETE_IN_PROGRESS"
    assert stack.code is not None
    answer = stack.ask("Delete", step, stack.code, stack.config)
    assert answer is not None
    return answer


def test_scaling_that_could_not_be_given_back_is_not_taken_away() -> None:
    """Of an endpoint that outlives its stack, without the right to register: it goes on scaling."""
    stack = started()
    before = shape(stack.world.targets)
    refuse(stack, "register_scalable_target")

    for step in ("after", "before"):
        assert deleted(stack, step)["Status"] == "SUCCESS"
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize("target", [100.0, 42.0])
def test_an_endpoint_that_outlives_its_stack_scales_as_before(target: float) -> None:
    """What is taken away before the endpoint might go is given back if it stays, as people have turned it meanwhile."""
    stack = started()
    before = shape(stack.world.targets)
    before["production"]["policies"]["track"] |= tracking(target=target)

    def turned(operation: str) -> None:
        # The guard has looked, and proves its rights next.
        if operation == "register_scalable_target":
            stack.world.watched = None
            stack.world.targets["production"]["policies"]["track"] |= tracking(target=target)

    stack.world.watched = turned
    deleted(stack, "after")
    assert stack.world.targets == {}
    deleted(stack, "before")
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize("operation", ["get_parameters_by_path", "deregister_scalable_target"])
def test_a_copy_of_a_deletion_does_not_do_what_could_not_be_done(operation: str) -> None:
    """Once the rights are back it would take scaling away when nobody gives it back any more."""
    stack = started()
    before = shape(stack.world.targets)
    refuse(stack, operation)
    first = deleted(stack, "after")
    stack.world.refused.clear()
    stack._number -= 1

    assert deleted(stack, "after") == first
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize(
    "changed",
    [
        (),
        (scaling(high=5), scaling("shadow", 1, 4)),
        (scaling(policies=[tracking("other")]), scaling("shadow", 1, 3)),
        (scaling(policies=[], schedules=[night()]),),
    ],
)
@pytest.mark.parametrize("by_hand", [False, True])
def test_scaling_that_alone_changes_is_as_the_code_says_whether_or_not_the_stack_can_be_looked_at(
    changed: tuple[dict[str, Any], ...], by_hand: bool
) -> None:
    """Nothing tells then which way CloudFormation goes; what people added stays."""
    told, blind = started(), started()
    for stack in (told, blind):
        if by_hand:
            stack.world.targets["production"]["policies"]["mine"] = tracking("mine", 7.0)
    refuse(blind, "describe_stacks")
    for stack in (told, blind):
        assert stack.deploy(replace(TESTING, scaling=changed)).ok
    assert shape(blind.world.targets) == shape(told.world.targets)
    assert set(told.world.targets) == {one["variant"] for one in changed} | ({"production"} if by_hand else set())


@pytest.mark.parametrize("unseen", ["describe_endpoint", "describe_scalable_targets", "describe_scaling_policies"])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_rollback_that_can_not_look_leaves_what_is_declared_on_record(damaged: bool, unseen: str) -> None:
    """A record of scaling that is gone is replaced by what the code declares, and comes back with the next event."""
    stack = started()
    promoted = TESTING.promoted()
    stack.fails_last = True
    world = stack.world

    def lose() -> None:
        if world.status == "UPDATE_ROLLBACK_IN_PROGRESS" and not world.refused:
            refuse(stack, unseen)
            for name in [one for one in world.parameters if one.endswith("/scaling/shadow") and damaged]:
                del world.parameters[name]

    world.watched = lambda _: lose()
    assert not stack.deploy(promoted).ok
    world.watched = None
    world.refused.clear()
    notice(stack)
    assert set(world.targets) == {"production", "shadow"}
    assert world.targets["shadow"]["max"] == 4


@pytest.mark.parametrize(
    "forged",
    [
        {"suspended": "x"},
        {"suspended": {"DynamicScalingInSuspended": "perhaps"}},
        {"schedules": [{"ScheduledActionName": "n", "Schedule": "rate(1 day)", "StartTime": "yesterday"}]},
        {"policies": [{"PolicyName": "p", "ResourceId": "endpoint/other/variant/production"}]},
        {"policies": [{"PolicyName": "p", "PolicyType": 7}], "step_alarms": "none"},
        {"min": 9, "max": 2},
        {"variant": "production"},
    ],
)
def test_a_record_that_somebody_forged_holds_no_rollback_up(forged: dict[str, object]) -> None:
    """Whatever it holds, the rollback goes through, all scales, and nothing is called about what isn't the stack's."""
    stack = started()
    world, name = stack.world, "/shadow-test/churn/scaling/shadow"
    stack.fails_last = True

    def forge() -> None:
        if world.status == "UPDATE_ROLLBACK_IN_PROGRESS" and "forged" not in world.parameters[name][-1]:
            record = json.loads(world.parameters[name][-1])
            world.parameters[name] = [json.dumps({**record, **forged, "forged": True})]

    world.watched, world.forged = lambda _: forge(), True
    assert not stack.deploy(TESTING.promoted()).ok
    assert world.status == "UPDATE_ROLLBACK_COMPLETE"
    assert set(world.scaling) == {"churn"}
    assert set(world.targets) == {"production", "shadow"}


def test_scaling_that_could_not_be_ended_is_ended_later() -> None:
    """A deployment that adds scaling is taken back while the right to end it is missing; the next event ends it."""
    stack = started(replace(TESTING, scaling=(scaling("shadow", 1, 4),)))
    before = shape(stack.world.targets)
    stack.fails_last = True
    refuse(stack, "deregister_scalable_target")

    assert not stack.deploy(TESTING).ok
    assert set(stack.world.targets) == {"production", "shadow"}
    stack.world.refused.clear()
    notice(stack)

    assert shape(stack.world.targets) == before
    again = dict(stack.world.parameters)
    notice(stack)
    assert stack.world.parameters == again


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("delete_scaling_policy", {"policies": [tracking("other")]}),
        ("delete_scheduled_action", {"schedules": [night("track")]}),
    ],
)
def test_what_a_variant_should_no_longer_scale_by_is_removed_later(operation: str, more: dict[str, Any]) -> None:
    """The rollback may not remove what was added; the next event may, and leaves what is called alike."""
    stack = started()
    before = shape(stack.world.targets)
    stack.fails_last = True
    refuse(stack, operation)

    assert not stack.deploy(replace(TESTING, scaling=(scaling(**more), scaling("shadow", 1, 4)))).ok
    assert shape(stack.world.targets) != before
    stack.world.refused.clear()
    notice(stack)
    assert shape(stack.world.targets) == before


@pytest.mark.parametrize(("status", "refused"), [("UPDATE_COMPLETE", True), ("DELETE_COMPLETE", False)])
def test_a_guard_that_comes_back_refuses_scaling_that_cloudformation_would_end(status: str, refused: bool) -> None:
    """Where the stack has scaling of its own, CloudFormation ends it after the guard has put it: in two steps."""
    stack = started()
    stack.code = None
    stack.world.native = {"production": status}
    before = shape(stack.world.targets)

    result = stack.deploy(replace(TESTING, count=TESTING.count + 1))
    assert result.ok is not refused
    if refused:
        assert "the stack churn scales production by resources of its own (Guard.off)" in result.reason
        assert "first deploy with the guard and without scaling" in result.reason
        assert shape(stack.world.targets) == before


def test_a_guard_that_comes_back_without_scaling_is_let_through() -> None:
    """The first of both steps: nothing that CloudFormation ends afterwards is the guard's."""
    stack = started()
    stack.code = None
    stack.world.native = {"production": "UPDATE_COMPLETE"}

    assert stack.deploy(replace(TESTING, scaling=())).ok
    assert stack.world.owners["churn"] == (STACK, "CREATE_COMPLETE")


_PROMOTED = TEST.promoted()


@pytest.mark.parametrize("left", [replace(TEST, production=(replace(TEST.production[0], count=3),)), _PROMOTED])
def test_what_failures_had_promoted_is_taken_back_in_the_history_once_it_may_be_written(left: Any) -> None:  # noqa: ANN401 - the harm's code
    """A rollback beyond several of them, in which nothing could be written: the next event does it, for all of them."""
    case, again = Case(TEST), replace(_PROMOTED, shadow=replace(SHADOW, version="v3"), promotion=False)
    tries = [left] if left is not _PROMOTED else [left, again]
    for code in tries:
        case.account.begin(Faults(no_rollback=True, fails_last=True))
        assert not case.account.update(case.stack, code).ok
    case.account.begin(Faults(denied=("describe_stacks", "put_parameter"), fails_last=True))
    assert not case.account.update(case.stack, tries[-1].promoted()).ok
    case.account.end()
    assert case.live.config == case.stack.config

    case.account._event(case.stack)
    entries = history.history(case.world, ENDPOINT)
    assert len(entries) == len(tries)
    assert all(one.undone is not None for one in entries)


def by_hand(stack: Stack) -> None:
    """Somebody has production scale, or scale otherwise, while a deployment is under way."""
    key = {"ResourceId": f"endpoint/{ENDPOINT}/variant/production"}
    stack.world._register_scalable_target(**key, MinCapacity=1, MaxCapacity=9)
    stack.world._put_scaling_policy(**key, **tracking("mine", 7.0))


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("unable", ["put_parameter", "get_parameter", "get_parameters_by_path", None])
def test_a_rollback_takes_no_scaling_away_that_is_not_on_record(unable: str | None, lost: bool, declared: bool) -> None:
    """Without a right, or after its record was lost: `Before` fails, or all that people have made comes back."""
    stack = started(replace(TESTING, scaling=TESTING.scaling[:1] if declared else ()))
    assert stack.code is not None
    world, old = stack.world, (stack.code, stack.config)
    moved = stack.code.promoted(instance_type="ml.m5.2xlarge")
    new = (moved, stack._new_config(moved))
    world.status = "UPDATE_IN_PROGRESS"
    stack.ask("Update", "before", *new, old)
    world.update_endpoint(new[1], retain=False)
    world.settle()
    stack.ask("Update", "after", *new, old)
    by_hand(stack)
    before = shape(world.targets)
    world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    if lost:
        world.parameters.pop(f"/shadow-test/{ENDPOINT}/scaling/production", None)
    refuse(stack, *([] if unable is None else [unable]))

    answer = stack.ask("Update", "before", *old, new)
    assert answer is not None
    if answer["Status"] == "FAILED":
        assert unable in ("put_parameter", "get_parameter")
        assert "continue the rollback" in answer["Reason"]
        assert shape(world.targets) == before
        world.refused.clear()
        answer = stack.ask("Update", "before", *old, new)
        assert answer is not None
    assert (answer["Status"], world.targets) == ("SUCCESS", {})
    world.update_endpoint(old[1], retain=answer["Data"]["KeepLiveCounts"] == "true")
    world.settle()
    stack.ask("Update", "after", *old, new)
    world.status = "UPDATE_ROLLBACK_COMPLETE"
    world.refused.clear()
    notice(stack)
    if declared and unable == "get_parameters_by_path":
        # What is on record of before the deployment isn't written over by what nobody can hold against it.
        del before["production"]["policies"]["mine"]
        before["production"]["max"] = 8
    assert shape(world.targets) == before
