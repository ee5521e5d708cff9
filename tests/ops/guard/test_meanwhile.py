"""What happens between a look and the step that follows from it, and records that people or time have changed."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws import parameters
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.act import Actor
from shadow_ops.guard.decision import SetCounts
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Code, Stack, night, scaling, tracking
from tests.ops.guard.world import ENDPOINT, STACK, World

_SCALED = Code(scaling=(scaling(low=2, high=8),))


def deployed(code: Code = _SCALED) -> Stack:
    """A stack that was created."""
    stack = Stack()
    assert stack.deploy(code).ok
    return stack


def live(world: World) -> dict[str, int]:
    """The instances that each variant has."""
    assert world.live is not None
    return world.live.counts


@pytest.mark.parametrize(("meanwhile", "after"), [(3, 4), (4, 4), (6, 6)])
def test_what_scaling_has_raised_meanwhile_is_not_taken_down(meanwhile: int, after: int) -> None:
    """A count is given back to what it was; more than that is autoscaling's, and stays."""
    world = deployed().world
    live(world)["production"] = meanwhile
    actor = Actor(world.clients(), ENDPOINT, STACK, lambda: None)
    assert actor.run((SetCounts({"production": (3, 4)}),), regardless=False) == ()
    world.settle()
    assert live(world)["production"] == after


def test_a_count_that_the_code_lowers_is_lowered() -> None:
    """That is what was asked for."""
    world = deployed(Code()).world
    live(world)["production"] = 6
    Actor(world.clients(), ENDPOINT, STACK, lambda: None).run((SetCounts({"production": (6, 2)}),), regardless=False)
    world.settle()
    assert live(world)["production"] == 2


def add(target: dict[str, Any]) -> None:
    """Other bounds, and a policy more."""
    target["min"], target["max"] = 3, 30
    target["policies"]["mine"] = {**tracking("mine", 7.0), "PolicyARN": "arn:mine", "Alarms": []}


def turn(target: dict[str, Any]) -> None:
    """Another value of a policy that the code declares, and another time of a schedule."""
    target["policies"]["track"] |= tracking("track", 42.0)
    target["schedules"]["night"] |= night(minimum=2)


def remove(target: dict[str, Any]) -> None:
    """Less than the code declares."""
    del target["policies"]["track"], target["schedules"]["night"]


def people(stack: Stack, moment: int, change: Callable[[dict[str, Any]], None], changed: list[int]) -> None:
    """At a call of the guard's, somebody changes how production scales, if it does then."""
    calls = itertools.count(1)

    def watched(_: str) -> None:
        target = stack.world.targets.get("production")
        if next(calls) == moment and target is not None and target["schedules"]:
            change(target)
            changed.append(moment)

    stack.world.watched = watched


@pytest.mark.parametrize(("change", "fails"), [(add, False), (add, True), (turn, False), (turn, True), (remove, False)])
@pytest.mark.parametrize("type_changes", [False, True])
def test_what_people_change_while_a_deployment_is_under_way_holds(
    type_changes: bool, change: Callable[[dict[str, Any]], None], fails: bool
) -> None:
    """Whenever they do, whether it goes through or is rolled back: only its own changes are taken back."""
    before = replace(_SCALED, scaling=(scaling(low=2, high=8, schedules=[night()]),))
    asked = replace(before, version="v2", instance_type="ml.m5.2xlarge" if type_changes else "ml.m5.xlarge")
    changed, lost = list[int](), list[int]()
    for moment in range(1, 90, 2 if fails else 1):
        stack = deployed(before)
        wanted = copy.deepcopy(stack.world.targets)
        change(wanted["production"])
        people(stack, moment, change, changed)
        stack.fails_last = fails
        assert stack.deploy(asked).ok is not fails
        if moment in changed and shape(stack.world.targets) != shape(wanted):
            lost.append(moment)
    assert len(changed) > 20
    # Between the last look and the call that takes the scaling away, or puts it, nobody can see it.
    assert len(lost) <= (5 if type_changes else 0), lost


def test_what_a_guard_that_died_had_taken_away_stays_on_record_whatever_people_change_meanwhile() -> None:
    """They have registered the variant anew, and turn its bounds while the next deployment is at it."""
    before, bigger = replace(_SCALED, scaling=(scaling(schedules=[night()]),)), "ml.m5.2xlarge"
    stack = deployed(before)
    world, asked = stack.world, replace(before, version="v2", instance_type=bigger)
    world.status = "UPDATE_IN_PROGRESS"
    stack.ask("Update", "before", asked, stack._new_config(asked), (before, stack.config))
    assert world.targets == {}
    key = {"ResourceId": f"endpoint/{ENDPOINT}/variant/production", "MinCapacity": 1, "MaxCapacity": 5}
    world._register_scalable_target(**key)
    world.status = "UPDATE_ROLLBACK_COMPLETE"

    def turned(operation: str) -> None:
        if operation == "register_scalable_target":
            world.watched, world.targets["production"]["max"] = None, 6

    world.watched = turned
    assert stack.deploy(asked).ok
    target = world.targets["production"]
    assert (target["max"], set(target["policies"]), set(target["schedules"])) == (6, {"track"}, {"night"})


_BEFORE = Scaled("v", 1, 8, {"In": False}, {"a": {"t": 1}, "b": {"t": 1}}, {"n": {"s": 1}})
_MADE = Scaled("v", 2, 9, {"In": False}, {"a": {"t": 2}, "b": {"t": 1}, "c": {"t": 1}})


@pytest.mark.parametrize(
    ("people", "after"),
    [
        ({}, {}),
        ({"minimum": 3}, {"minimum": 3, "maximum": 9}),
        ({"minimum": 1, "maximum": 8}, {}),
        ({"suspended": {"In": True}}, {"suspended": {"In": True}}),
        ({"suspended": None}, {}),
        ({"policies": {"b": {"t": 7}}}, {"policies": {"a": {"t": 1}, "b": {"t": 7}}}),
        ({"policies": {"a": {"t": 7}}}, {}),
        ({"policies": {"d": {"t": 7}}}, {"policies": {**_BEFORE.policies, "d": {"t": 7}}}),
        ({"policies": {"c": {"t": 7}}}, {}),
    ],
)
def test_a_rollback_takes_back_what_the_deployment_changed_and_nothing_else(
    people: dict[str, Any], after: dict[str, Any]
) -> None:
    """Bounds and suspension that are neither one's are people's; so are policies that it left alone or never knew."""
    policies = {**_MADE.policies, **people.get("policies", {})}
    now = replace(_MADE, **{**people, "policies": policies})
    assert now.back_to(_BEFORE, _MADE) == replace(_BEFORE, **after)


@pytest.mark.parametrize(
    ("before", "made", "now", "after"),
    [
        ("ax", "bx", "bx", "ax"),
        ("ax", "bx", "cx", "ax"),
        ("ax", "ax", "cx", "cx"),
        ("ax", "", "cx", "ax"),
        ("ax by", "ax by", "ay", "ay"),
        ("ax by", "ay bx", "ay bx", "ax by"),
        ("ax", "ax ny", "ax ny cz", "ax cz"),
        ("ax", "ax", "ax cy", "ax cy"),
        ("ax", "by", "by cx cz", "ax cz"),
    ],
)
def test_a_rollback_leaves_one_policy_for_each_metric(before: str, made: str, now: str, after: str) -> None:
    """AWS takes no second one: what the deployment changed is back, what people put where it changed nothing holds."""

    def scaled(said: str) -> Scaled:
        policies = (tracking(one[0], metric=one[1]) for one in said.split())
        return replace(_BEFORE, policies={one["PolicyName"]: one for one in policies}, schedules={})

    assert scaled(now).back_to(scaled(before), scaled(made)) == scaled(after)


def test_scaling_that_ends_between_two_reads_is_none() -> None:
    """Half of it would be put on record, and come back without its policies."""
    world = deployed().world
    world.watched = lambda operation: world.targets.clear() if operation == "describe_scaling_policies" else None
    assert Scaling(world.clients(), ENDPOINT).read(["production"]) == {}


def test_ten_deployments_that_failed_do_not_make_the_guard_forget_what_serves() -> None:
    """The answer for the serving config stays the same, so that CloudFormation never updates an endpoint to it anew."""
    stack = deployed()
    code = replace(_SCALED, count=3)
    assert stack.deploy(code).ok
    serving = stack.config
    world = stack.world
    for number in range(12):
        world.status = "UPDATE_IN_PROGRESS"
        config = world.make_config(f"tried-{number}", world.configs[serving])
        answer = stack.ask("Update", "before", replace(code, count=4), config, (code, serving))
        assert answer is not None
        assert answer["Status"] == "SUCCESS"
    [state] = world.parameters[f"/shadow-test/{ENDPOINT}/state"][-1:]
    assert serving in parameters.unpack(state)["keep"]


_NAIVE = "2026-11-24T00:00:00"
_ENTRY = {
    **dict.fromkeys(("by", "stack", "from_version", "from_config", "to_version", "to_config"), "x"),
    "id": "1",
    "kind": "promotion",
    "at": _NAIVE,
}


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("lock", {"token": "x", "until": _NAIVE}),
        ("requests/x", {"answer": {"Status": "SUCCESS"}, "stack": STACK, "at": _NAIVE}),
    ],
)
def test_a_time_without_an_offset_is_a_damaged_record_and_holds_nothing_up(name: str, record: object) -> None:
    """Before and after can't be told of it, so it counts as one that can't be read."""
    stack = deployed()
    stack.world.parameters[f"/shadow-test/{ENDPOINT}/{name}"] = [json.dumps(record)]
    assert stack.deploy(replace(_SCALED, count=3)).ok


def test_a_history_with_such_a_time_holds_no_rollback_up() -> None:
    """It goes through without it."""
    stack = deployed()
    stack.world.parameters[f"/shadow-test/{ENDPOINT}/history/1"] = [json.dumps(_ENTRY)]
    stack.world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    answer = stack.ask("Update", "before", _SCALED, stack.config, (replace(_SCALED, count=3), "other"))
    assert answer is not None
    assert answer["Status"] == "SUCCESS"
