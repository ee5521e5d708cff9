"""One at a time: a call that outlasts the lock, and a continuation that is delivered twice, do no work of their own."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws import history, journal
from shadow_ops.aws.journal import Hold
from shadow_ops.guard.handler import on_request
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.harm.account import Faults
from tests.ops.guard.harm.code import TYPES, Code, Part
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Clock, Stack, properties, scaling, tracking, verdict
from tests.ops.guard.stack import Code as Plain
from tests.ops.guard.test_other_names import PRODUCTION, Case
from tests.ops.guard.world import ENDPOINT, STACK, World

BOTH = (scaling(), scaling("shadow"))
TEST = Code((PRODUCTION,), shadow=Part("shadow", "v2"), scaling=BOTH)
CHANGES = {
    "promotion to another type": replace(
        TEST.promoted(), production=(Part("production", "v2", TYPES[1]),), scaling=(scaling(high=5),)
    ),
    "scaling changed": replace(TEST, scaling=(scaling(policies=[tracking("other")]),)),
    "scaling given up, more instances": replace(TEST, production=(replace(PRODUCTION, count=3),), scaling=()),
}


@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.parametrize("invocation", [0, 1])
def test_a_call_that_outlasts_the_lock_leaves_a_rollback_as_it_was(change: str, invocation: int) -> None:
    """Whichever call it is: whoever made it looks anew, and puts right what came through too late."""
    for call in range(1, 70):
        case = Case(TEST, production=6)
        before, counts = shape(case.world.scaling[ENDPOINT]), dict(case.live.counts)
        case.account.begin(Faults(slow=(invocation, call)))
        result = case.account.update(case.stack, CHANGES[change])
        case.account.end()
        if result.ok:
            # There are no so many calls.
            assert call > 10
            return
        assert shape(case.world.scaling[ENDPOINT]) == before, call
        assert case.live.counts == counts, call
        assert [one for one in history.history(case.world, ENDPOINT) if one.undone is None] == [], call


def test_a_lock_that_somebody_else_has_had_is_not_prolonged() -> None:
    """Whether he has it still, or is done; and nobody prolongs what he never had."""
    ssm, now = World().clients().ssm, datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
    mine, other = (Hold(token=name, until=now + datetime.timedelta(minutes=1)) for name in ("mine", "other"))
    assert not journal.prolong(ssm, ENDPOINT, mine)
    assert journal.take(ssm, ENDPOINT, mine, now)
    assert journal.prolong(ssm, ENDPOINT, mine)

    assert not journal.take(ssm, ENDPOINT, other, now + datetime.timedelta(seconds=59))
    assert journal.take(ssm, ENDPOINT, other, now + datetime.timedelta(minutes=1))
    assert not journal.prolong(ssm, ENDPOINT, mine)
    journal.release(ssm, ENDPOINT, "mine")
    assert not journal.take(ssm, ENDPOINT, mine, now)
    journal.release(ssm, ENDPOINT, "other")
    assert not journal.prolong(ssm, ENDPOINT, mine)
    assert journal.take(ssm, ENDPOINT, mine, now)


def test_one_copy_of_a_continuation_goes_on() -> None:
    """Both are delivered at once; one asks the gate and acts, the other waits for its answer."""
    stack = Stack()
    code = Plain(shadow="v2", scaling=(scaling(),))
    assert stack.deploy(code).ok
    world, answers, asked = stack.world, list[dict[str, Any]](), list[Outcome]()
    promoted = code.promoted(instance_type="ml.c5.xlarge")
    config = world.make_config("new", promoted.variants())
    world.status = "UPDATE_IN_PROGRESS"
    world.busy("Updating", 1500)
    event = {
        **{"RequestType": "Update", "RequestId": "R", "StackId": STACK, "LogicalResourceId": "before"},
        **{"ResponseURL": "https://nowhere.invalid/", "PhysicalResourceId": "p"},
        "ResourceProperties": properties("before", promoted, config),
        "OldResourceProperties": properties("before", code, stack.config),
    }

    def deliver(one: dict[str, Any]) -> None:
        on_request(one, world.clients, Clock(world), lambda _, body: answers.append(json.loads(body)), gate)

    def gate(*_: object) -> Any:  # noqa: ANN401 - a verdict
        asked.append(Outcome.FAIL if asked else Outcome.PASS)
        return verdict(asked[-1])

    deliver(event)
    (continued,) = world.continuations
    world.continuations.clear()

    def copied(operation: str) -> None:
        if operation == "describe_alarms":
            world.watched = None
            held = world.parameters[journal.lock_name(ENDPOINT)][-1]
            with pytest.raises(_WaitsError):
                on_request(continued, world.clients, _Waits(world), lambda *_: None, gate)
            assert world.parameters[journal.lock_name(ENDPOINT)][-1] == held

    world.watched = copied
    deliver(continued)
    deliver(continued)
    assert [one["Status"] for one in answers] == ["SUCCESS", "SUCCESS"]
    assert asked == [Outcome.PASS]
    assert world.targets == {}


class _WaitsError(BaseException):
    pass


class _Waits(Clock):
    def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the clock's word
        raise _WaitsError
