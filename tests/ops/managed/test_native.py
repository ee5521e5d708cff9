"""A managed test that the template has itself: each row of what its handler drops in silence is refused, or waited for.

The handler's own behaviour, row by row, is in local_aws/tests/test_experiment_resources.py.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.permissions import managed_needs
from tests.ops.managed.test_begin import ALONE, ASKED, STACK, _action, ask, event, fresh
from tests.ops.managed.world import START, World

STARTS = fresh().now + datetime.timedelta(days=1)
NATIVE = replace(ASKED, native=Instances("ml.m5.xlarge", 3), starts=STARTS)
NAME = NATIVE.name(STACK)
FORBIDDEN = ("create_inference_experiment", "update_inference_experiment")


def deployed(asked: ManagedAsked = NATIVE) -> World:
    """The function has looked, then the template has made the test."""
    world = fresh()
    answer = ask(world, event("Create", asked))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", asked.name(STACK)), answer
    assert not [one for one in world.calls if one in FORBIDDEN]
    assert asked.native is not None
    assert asked.starts is not None
    end = asked.starts + datetime.timedelta(seconds=asked.seconds)
    request = asked.to_request(asked.name(STACK), asked.native)
    world.create_inference_experiment(**request, Schedule={"StartTime": asked.starts, "EndTime": end})
    world.describe_inference_experiment(Name=asked.name(STACK))
    world.stack = "UPDATE_IN_PROGRESS"
    world.calls.clear()
    return world


def at(world: World, status: str) -> World:
    """The test is in a status."""
    assert world.test is not None
    world.test["Status"] = status
    if status == "Running":
        world.now = STARTS + datetime.timedelta(hours=1)
        world.endpoint["config"] = "run"
    return world


def test_the_function_makes_nothing_and_answers_the_name() -> None:
    """So that the template's resource is another one when anything in it is another."""
    world = deployed()
    assert world.test is not None
    assert world.test["Name"] == NAME
    larger = replace(NATIVE, on=Instances("ml.m5.xlarge", 2))
    assert larger.name(STACK) != NAME
    assert replace(NATIVE, sampling_percent=5, seconds=7200).name(STACK) == NAME


@pytest.mark.parametrize("status", ["Creating", "Starting", "Updating", "Stopping"])
def test_a_change_that_the_handler_would_drop_waits_until_the_test_has_settled(status: str) -> None:
    """In each of these statuses the handler does nothing but tags, and says SUCCESS."""
    world, settled = at(deployed(), status), "Completed" if status == "Stopping" else "Running"
    world.pending, world.now = None, STARTS + datetime.timedelta(hours=1)
    looks = iter(range(3))

    def settle() -> None:
        if next(looks, None) is None and world.test is not None:
            at(world, settled)

    world.before_describe = settle
    answer = ask(world, event("Update", replace(NATIVE, sampling_percent=25), old=NATIVE))
    assert answer["Status"] == ("FAILED" if status == "Stopping" else "SUCCESS"), answer
    assert world.calls.count("describe_inference_experiment") > 3


@pytest.mark.parametrize("status", ["Completed", "Cancelled"])
def test_a_change_after_the_end_is_refused(status: str) -> None:
    """The handler would say SUCCESS and do nothing."""
    world = at(deployed(), status)
    answer = ask(world, event("Update", replace(NATIVE, sampling_percent=25), old=NATIVE))
    assert answer["Status"] == "FAILED"
    assert f"is {status} since" in answer["Reason"]


@pytest.mark.parametrize(
    "changes",
    [
        {"shadow_model": "v3"},
        {"on": Instances("ml.m5.xlarge", 2)},
        {"native": Instances("ml.m5.xlarge", 4)},
        {"capture": None},
        {"starts": STARTS + datetime.timedelta(days=1)},
    ],
)
@pytest.mark.parametrize("status", ["Created", "Running"])
def test_what_a_running_test_swallows_is_another_test_and_refused_until_this_one_is_concluded(
    changes: dict[str, Any], status: str
) -> None:
    """Variants and the place of captured data: the handler drops them while it runs."""
    world, other = at(deployed(), status), replace(NATIVE, **changes)
    answer = ask(world, event("Update", other, old=NATIVE, physical=NAME))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", NAME)
    assert "can't become another one; conclude it first" in answer["Reason"]


@pytest.mark.parametrize("status", ["Created", "Running"])
@pytest.mark.parametrize("changes", [{"sampling_percent": 25}, {"seconds": 10 * 24 * 3600}, {"tags": {"team": "x"}}])
def test_what_the_handler_does_take_goes_on_to_it(status: str, changes: dict[str, Any]) -> None:
    """Share, end and tags; the function itself changes nothing."""
    world = at(deployed(), status)
    answer = ask(world, event("Update", replace(NATIVE, **changes), old=NATIVE))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", NAME), answer
    assert not [one for one in world.calls if one in FORBIDDEN]


@pytest.mark.parametrize("changes", [{"sampling_percent": 25}, {"seconds": 7200}, {"tags": {}}])
def test_a_change_of_a_test_that_is_gone_is_refused_with_the_way_on(changes: dict[str, Any]) -> None:
    """Cancelled before it began: the handler would find nothing; another start is another test, and begins."""
    world = deployed()
    world.test = world.pending = None
    answer = ask(world, event("Update", replace(NATIVE, **changes), old=NATIVE))
    assert answer["Status"] == "FAILED"
    assert "write another starts=, which begins another test" in answer["Reason"]
    other = replace(NATIVE, starts=STARTS + datetime.timedelta(days=1))
    answer = ask(world, event("Update", other, old=NATIVE))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", other.name(STACK)), answer
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert ask(world, event("Update", NATIVE, old=replace(NATIVE, **changes)))["Status"] == "SUCCESS"


def _share(world: World) -> None:
    assert world.test is not None
    world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] = 10


def _end(world: World) -> None:
    assert world.test is not None
    world.test["Schedule"]["EndTime"] += datetime.timedelta(days=1)


def _early(world: World) -> None:
    assert world.test is not None
    world.test["Schedule"] = {one: time - datetime.timedelta(hours=2) for one, time in world.test["Schedule"].items()}


def _near(world: World) -> None:
    assert world.test is not None
    world.now = world.test["Schedule"]["EndTime"] - datetime.timedelta(minutes=5)


UNDONE: dict[str, tuple[Callable[[World], None], str]] = {
    "a share that somebody set": (_share, "to 10 %, and this update would put it back: write sampling_percent=10"),
    "an end that somebody moved": (_end, "this update would put it back: write duration="),
    "a start that somebody made early": (_early, "was started early"),
    "an end that is near": (_near, "a change may come too late"),
}


@pytest.mark.parametrize("case", UNDONE)
def test_an_update_that_would_undo_or_come_too_late_is_refused(case: str) -> None:
    """The handler sends the template's schedule and share whatever has changed in it."""
    change, words = UNDONE[case]
    world = at(deployed(), "Running")
    change(world)
    answer = ask(world, event("Update", replace(NATIVE, tags={"team": "y"}), old=NATIVE))
    assert answer["Status"] == "FAILED"
    assert words in answer["Reason"]


def test_what_somebody_has_set_may_be_written_into_the_code() -> None:
    """Share and end as they are by now."""
    world = at(deployed(), "Running")
    _share(world)
    _end(world)
    written = replace(NATIVE, sampling_percent=10, seconds=NATIVE.seconds + 24 * 3600)
    assert ask(world, event("Update", written, old=NATIVE))["Status"] == "SUCCESS"


def test_a_change_just_before_the_start_waits_until_it_runs() -> None:
    """It would meet Starting."""
    world = deployed()
    world.now = STARTS - datetime.timedelta(minutes=3)

    def begin() -> None:
        if world.now >= STARTS and world.test is not None and world.test["Status"] == "Created":
            at(world, "Running")

    world.before_describe = begin
    answer = ask(world, event("Update", replace(NATIVE, sampling_percent=25), old=NATIVE))
    assert (answer["Status"], world.now >= STARTS) == ("SUCCESS", True), answer


SOON = fresh().now + datetime.timedelta(minutes=9)


@pytest.mark.parametrize(
    ("changes", "count", "words"),
    [
        ({"starts": START}, 3, "would begin 2026-11-02 08:00 UTC, and CloudFormation takes a test that begins while"),
        ({"starts": SOON}, 3, "takes a test that begins while it is made for a failure"),
        (
            {"native": Instances("ml.m5.xlarge", 2)},
            3,
            "serves on 3 x ml.m5.xlarge, and the test would put production on 2",
        ),
        ({"native": Instances("ml.m5.large", 3)}, 3, "would put production on 3 x ml.m5.large"),
        ({}, 4, "serves on 4 x ml.m5.xlarge"),
    ],
)
def test_a_beginning_that_fails_or_takes_capacity_is_refused(changes: dict[str, Any], count: int, words: str) -> None:
    """Before the template makes anything."""
    world = fresh()
    world.counts["production"] = count
    answer = ask(world, event("Create", replace(NATIVE, **changes)))
    assert answer["Status"] == "FAILED"
    assert words in answer["Reason"]


def test_production_that_scales_is_refused() -> None:
    """By the time the test begins it may serve on more than the template says."""
    answer = ask(fresh(scaled=True), event("Create", NATIVE))
    assert answer["Status"] == "FAILED"
    assert "production of churn scales" in answer["Reason"]


def test_the_stacks_end_leaves_production_and_no_shadow() -> None:
    """The handler's deletion would leave the shadow, so the resource is retained and the function ends the test."""
    world = at(deployed(), "Running")
    world.stack = "DELETE_IN_PROGRESS"
    assert ask(world, event("Delete", NATIVE, physical=NAME))["Status"] == "SUCCESS"
    assert world.serving() == ALONE
    called = {_action(one) for one in world.calls}
    allowed = {action for need in managed_needs(begins=False, ramps=False) for action in need.actions}
    assert called <= allowed
