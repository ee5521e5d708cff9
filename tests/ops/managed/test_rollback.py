"""A deployment that is taken back: what it changed of a managed test is as it was, and nothing else is touched.

Whatever it asked for, however far it came, and whatever people have done before and meanwhile.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws import parameters
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import ManagedAsked, changed_name, ramp_name
from shadow_ops.managed.changed import Changed
from tests.ops.managed.test_begin import ASKED, STACK, ask, event, fresh
from tests.ops.managed.world import ENDPOINT, KilledError, World

SAID = replace(ASKED, versions="v1 and v2", deployed="v1 and v2")
NAME = SAID.name(STACK)
DAY = datetime.timedelta(days=1)
RAMP = '{"id":"1","of":"somebody"}'
CHANGES: dict[str, dict[str, Any]] = {
    "share": {"sampling_percent": 20},
    "end": {"seconds": 10 * 24 * 3600},
    "tags": {"tags": {"owner": "ada", "cost": "x"}},
    "candidate": {"shadow_model": "v3"},
}
EVERY = [
    {key: value for name in names for key, value in CHANGES[name].items()}
    for count in range(1, len(CHANGES) + 1)
    for names in itertools.combinations(CHANGES, count)
]


def share(world: World, percent: int | None = None) -> int:
    """What is copied, changed first where a share is given."""
    assert world.test is not None
    shadow = world.test["ShadowModeConfig"]["ShadowModelVariants"][0]
    if percent is not None:
        world.test["ShadowModeConfig"] = {
            **world.test["ShadowModeConfig"],
            "ShadowModelVariants": [{**shadow, "SamplingPercentage": percent}],
        }
        return percent
    found: int = shadow["SamplingPercentage"]
    return found


def end(world: World, days: int) -> None:
    """Somebody moves the end."""
    assert world.test is not None
    schedule = world.test["Schedule"]
    world.test["Schedule"] = {**schedule, "EndTime": schedule["StartTime"] + days * DAY}


def state(world: World) -> dict[str, Any]:
    """All that a deployment could have changed."""
    assert world.test is not None
    return {
        "share": share(world),
        "end": world.test["Schedule"]["EndTime"],
        "tags": dict(world.tags),
        "ramp": world.parameters.get(ramp_name(ENDPOINT)),
        "status": world.test["Status"],
    }


def people(world: World) -> None:
    """Another share, another end, a tag of theirs, one of ours changed, and a ramp."""
    share(world, 5)
    end(world, 20)
    world.tags |= {"theirs": "1", "team": "moved"}
    world.parameters[ramp_name(ENDPOINT)] = RAMP


def as_now(world: World) -> None:
    """They have set by hand what the code says by now."""
    share(world, 20)
    end(world, 10)
    world.tags |= {"cost": "x"}
    world.parameters[ramp_name(ENDPOINT)] = RAMP


BEFORE: dict[str, Callable[[World], None]] = {"nobody": lambda _: None, "people": people, "as the code": as_now}
MEANWHILE: dict[str, tuple[Callable[[World], object], str]] = {
    "nothing": (lambda _: None, ""),
    "a share": (lambda world: share(world, 33), "share"),
    "an end": (lambda world: end(world, 14), "end"),
    "tags": (lambda world: world.tags.update(owner="bob", cost="y", more="z"), "tags"),
    "a ramp": (lambda world: world.parameters.update({ramp_name(ENDPOINT): "{}"}), "ramp"),
}


def running(before: str) -> World:
    """A test that runs, after whatever people have done to it."""
    world = fresh()
    ask(world, event("Create", SAID))
    BEFORE[before](world)
    world.stack = "UPDATE_IN_PROGRESS"
    world.calls.clear()
    return world


def taken_back(world: World, asked: ManagedAsked) -> None:
    """The rollback, which never fails; heard twice."""
    world.stack, world.kill_at = "UPDATE_ROLLBACK_IN_PROGRESS", None
    for _ in range(2):
        answer = ask(world, event("Update", SAID, old=asked, physical=asked.name(STACK)))
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", NAME), answer
    assert changed_name(ENDPOINT) not in world.parameters


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("refused", [False, True], ids=["done", "refused"])
def test_a_deployment_that_is_taken_back_leaves_what_was_there(before: str, meanwhile: str, refused: bool) -> None:
    """Not what the code said before; and what people have set meanwhile stays, whatever else goes back."""
    happens, touched = MEANWHILE[meanwhile]
    for changes in EVERY:
        world, asked = running(before), replace(SAID, **changes)
        asked = replace(asked, deployed="v0 and v9") if refused else asked
        was = state(world)
        answer = ask(world, event("Update", asked, old=SAID))
        assert (answer["Status"] == "FAILED") is (refused or "shadow_model" in changes), answer
        if answer["Status"] == "FAILED":
            assert state(world) == was, changes
        happens(world)
        theirs = state(world)
        taken_back(world, asked)
        found = state(world)
        if touched == "share":
            # The ramp of a share that isn't there any more would be ended by it at once.
            was["ramp"] = found["ramp"]
        if touched == "tags":
            assert {key: found["tags"].get(key) for key in ("owner", "cost", "more")} == {
                "owner": "bob",
                "cost": "y",
                "more": "z",
            }
            assert found["tags"].get("team") == was["tags"].get("team")
            assert {**found, "tags": {}} == {**was, "tags": {}}, changes
            continue
        assert found == {**was, **({touched: theirs[touched]} if touched else {})}, changes


def test_a_deployment_sets_what_the_code_has_changed_and_ends_the_ramp() -> None:
    """Whatever people had set; a tag that the code doesn't name stays theirs."""
    world = running("people")
    asked = replace(SAID, **{key: value for one in ("share", "end", "tags") for key, value in CHANGES[one].items()})
    assert ask(world, event("Update", asked, old=SAID))["Status"] == "SUCCESS"
    assert world.test is not None
    assert state(world) == {
        "share": 20,
        "end": world.test["Schedule"]["StartTime"] + 10 * DAY,
        "tags": {"owner": "ada", "cost": "x", "theirs": "1"},
        "ramp": None,
        "status": "Running",
    }


@pytest.mark.parametrize("how", ["unheard", "heard", "throttled"])
@pytest.mark.parametrize("again", [False, True], ids=["given up", "delivered again"])
def test_whoever_is_stopped_at_any_call_leaves_what_was_there(how: str, again: bool) -> None:
    """Of the deployment, delivered again or not, and of its rollback."""
    asked = replace(SAID, **{key: value for one in ("share", "end", "tags") for key, value in CHANGES[one].items()})

    forward = event("Update", asked, old=SAID)
    counted = running("people")
    ask(counted, forward)
    most = len(counted.calls)
    for number in range(1, most + 1):
        world = running("people")
        was = state(world)
        world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
        with contextlib.suppress(KilledError):
            ask(world, forward)
        world.kill_at = None
        if again:
            assert ask(world, forward)["Status"] == "SUCCESS"
            assert (share(world), state(world)["ramp"]) == (20, None)
        taken_back(world, asked)
        assert state(world) == was, number
    for number in range(1, most + 1):
        world = running("people")
        was = state(world)
        ask(world, forward)
        world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
        world.calls.clear()
        world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
        with contextlib.suppress(KilledError):
            ask(world, event("Update", SAID, old=asked))
        taken_back(world, asked)
        assert state(world) == was, number


def _gone(world: World) -> None:
    world.gone = True
    world.refuses = "update_inference_experiment"


def _deleted(world: World) -> None:
    world.test = None


def _late(world: World) -> None:
    world.now += 8 * DAY


ENDS: dict[str, Callable[[World], object]] = {
    "its schedule ends it": World.end_by_schedule,
    "its endpoint is gone": _gone,
    "it is deleted": _deleted,
    "its end before is over": _late,
    "what is on record is damaged": lambda world: world.parameters.update({changed_name(ENDPOINT): "garbage"}),
}


@pytest.mark.parametrize("what", ENDS)
@pytest.mark.parametrize("before", BEFORE)
def test_whatever_people_have_done_a_rollback_does_not_fail(what: str, before: str) -> None:
    """A stack whose rollback has failed can't be deployed by anybody."""
    world, asked = running(before), replace(SAID, **CHANGES["share"], **CHANGES["end"])
    ask(world, event("Update", asked, old=SAID))
    ENDS[what](world)
    taken = None if world.test is None else world.test["Schedule"]["EndTime"]
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    answer = ask(world, event("Update", SAID, old=asked))
    assert answer["Status"] == "SUCCESS", answer
    if what == "its end before is over" and before == "nobody":
        assert world.test is not None
        assert (world.test["Schedule"]["EndTime"], share(world)) == (taken, 50)


def test_a_test_that_can_not_be_ended_holds_no_rollback_up() -> None:
    """Somebody has put another model into production: it serves on, and the test is named."""
    world, other = fresh(), replace(SAID, shadow_model="v3")
    ask(world, event("Create", other))
    world.config("hotfix", [world._variant("production", "v9", "ml.m5.xlarge", 3)], [])
    world._serve("hotfix")
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    answer = ask(world, event("Update", SAID, old=other, physical=other.name(STACK)))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", NAME)
    assert "serves v9 as production now" in answer["Reason"]
    assert world.serving()["production"] == ("v9", "ml.m5.xlarge", 3)


def test_a_deployment_before_the_last_one_is_not_taken_back() -> None:
    """What it has changed is forgotten by the next one, refused or not."""
    world, twenty = running("nobody"), replace(SAID, sampling_percent=20)
    ask(world, event("Update", twenty, old=SAID))
    assert changed_name(ENDPOINT) in world.parameters
    share(world, 50)
    ask(world, event("Update", SAID, old=twenty))
    assert changed_name(ENDPOINT) not in world.parameters
    share(world, 20)
    refused = replace(twenty, deployed="v0 and v9")
    assert ask(world, event("Update", refused, old=SAID))["Status"] == "FAILED"
    taken_back(world, refused)
    assert share(world) == 20


def test_a_ramp_goes_on_where_the_template_has_the_test_itself_and_the_deployment_is_refused() -> None:
    """Ended once the share may go on to the template; as it was when that is taken back."""
    starts = fresh().now + DAY
    native = replace(SAID, native=Instances("ml.m5.xlarge", 3), starts=starts)
    fewer = replace(native, sampling_percent=20)
    world = fresh()
    ask(world, event("Create", native))
    request = native.to_request(native.name(STACK), Instances("ml.m5.xlarge", 3))
    world.create_inference_experiment(**request, Schedule={"StartTime": starts, "EndTime": starts + 7 * DAY})
    assert world.test is not None
    world.test["Status"], world.pending, world.stack = "Created", None, "UPDATE_IN_PROGRESS"
    world.parameters[ramp_name(ENDPOINT)] = RAMP
    share(world, 5)
    assert ask(world, event("Update", fewer, old=native))["Status"] == "FAILED"
    assert world.parameters[ramp_name(ENDPOINT)] == RAMP

    share(world, 50)
    assert ask(world, event("Update", fewer, old=native))["Status"] == "SUCCESS"
    assert (ramp_name(ENDPOINT) in world.parameters, share(world)) == (False, 50)
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert ask(world, event("Update", native, old=fewer))["Status"] == "SUCCESS"
    assert json.loads(world.parameters[ramp_name(ENDPOINT)]) == json.loads(RAMP)


@pytest.mark.parametrize("told", [{}, {"version": 2}, {"version": 1, "by": "x"}, {"version": 1, "share": "5"}])
def test_what_is_no_such_record_is_told(told: dict[str, Any]) -> None:
    """And what is, comes back whole."""
    with pytest.raises(parameters.DamagedRecordError):
        Changed.from_json(told)
    made = Changed(by="x", share=5, end=fresh().now, tags={"a": None, "b": "c"}, ramp={"id": "1"})
    assert Changed.from_json(json.loads(json.dumps(made.to_json()))) == made
