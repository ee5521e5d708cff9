"""Word for word what the guard decides in hundreds of situations: whoever changes a condition sees what it does."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, TypeVar

import pytest
from syrupy.assertion import SnapshotAssertion

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.aws.history import Entry
from shadow_ops.aws.records import Pending
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.decide import decide
from shadow_ops.guard.decide_overtaken import decide_overtaken
from shadow_ops.guard.decision import (
    AddEntry,
    Deregister,
    Go,
    RecordScaling,
    Refuse,
    Scale,
    SetCounts,
    Step,
    Trim,
    UndoEntry,
    Wait,
)
from shadow_ops.guard.direction import fingerprint
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread
from shadow_ops.judge.verdict import Outcome, Verdict
from tests.ops.guard.stack import night, tracking, verdict

T = TypeVar("T")
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/churn/1"
EACH = 200
STATUSES = {
    "forward": ("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
    "back": ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", None),
    "delete": (
        *("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_COMPLETE"),
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    ),
    "event": ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_FAILED"),
}


class Situation:
    """A situation, drawn so that what decides is often at its edge.

    Args:
        way: Which way the stack goes, a key of `STATUSES`.
        number: Gives the same one again.
    """

    def __init__(self, way: str, number: int) -> None:
        self.dice, self.way = random.Random(f"{way} {number}"), way
        made = random.Random(f"contents {number}")
        contents = {f"model-v{one}": made.choice(("a", "b", "c", None)) for one in (1, 2, 3)}
        self.contents = contents if made.randrange(9) else Unread("a model can't be read")
        self.live = self._live()
        self.asked_config = self._config(self._pick("new", "new", "new", "old"))
        self.record = self._record()
        self.request = None if way == "event" else self._request()
        self.seen = self._seen()

    def _pick(self, *those: T) -> T:
        return self.dice.choice(those)

    def _maybe(self, value: T, one_in: int = 9) -> T | Unread:
        if self.dice.randrange(one_in):
            return value
        return Unread("it can't be read", self._pick(True, False), self._pick(True, False, False))

    def _some(self, most: int, *those: T) -> tuple[T, ...]:
        return tuple(self.dice.sample(those, self.dice.randint(0, most)))

    def _variant(self, name: str) -> dict[str, Any]:
        return {
            "VariantName": name,
            "ModelName": self._pick("model-v1", "model-v2", "model-v3"),
            "InstanceType": self._pick("ml.m5.xlarge", "ml.m5.xlarge", "ml.c5.xlarge"),
            "InitialInstanceCount": self._pick(1, 2, 3),
        }

    def _config(self, name: str) -> Config:
        names = self._pick(("production",), ("production",), ("main",), ("production", "second"), ("main", "second"))
        shadow = (self._variant("shadow"),) if self._pick(True, False) else ()
        created = NOW - datetime.timedelta(hours={"old": 30, "new": 10}[name] + self._pick(0, 0, 20))
        return Config(name, created, tuple(map(self._variant, names)), shadow, None)

    def _live(self) -> LiveEndpoint:
        config = self._config(self._pick("old", "old", "old", "new"))

        def live(one: Mapping[str, Any]) -> LiveVariant:
            count, now = one["InitialInstanceCount"], self._pick(0, 1, 1, 1)
            wanted = self._pick(count, count, 1, 2, 3, 4)
            return LiveVariant(one["VariantName"], one["ModelName"], one["InstanceType"], count, now * 2, wanted, 1.0)

        status = self._pick(*["InService"] * 12, "Updating", "UpdateRollbackFailed")
        shadow = live(config.shadow[0]) if config.shadow else None
        reason = self._pick(None, "no capacity")
        return LiveEndpoint("churn", "arn", status, config, tuple(map(live, config.production)), shadow, reason, NOW)

    def _scaled(self, name: str) -> Scaled:
        policies = {one: tracking(one) for one in self._some(2, "track", "mine")}
        schedules = {one: night(one) for one in self._some(1, "night")}
        suspended = self._pick(None, {"DynamicScalingInSuspended": self._pick(True, False)})
        return Scaled(name, self._pick(1, 2), self._pick(2, 3, 4), suspended, policies, schedules)

    def _scaling(self) -> dict[str, Scaled]:
        return {name: self._scaled(name) for name in self._some(3, "production", "main", "second", "shadow")}

    def _entry(self, number: int) -> Entry:
        source, target = self._pick(("old", "new"), ("old", "new"), ("new", "old"), ("older", "old"))
        models = self.dice.sample(("model-v1", "model-v2", "model-v3"), 2)
        return Entry(
            id=f"entry-{number}",
            kind=self._pick("promotion", "promotion", "rollback"),
            at=NOW - datetime.timedelta(hours=self._pick(40, 30, 10, 5)),
            by="ann",
            stack=self._pick(STACK, STACK, "another"),
            from_version=self._pick(models[0][-2:], None),
            from_model=models[0],
            from_config=source,
            to_version=models[1][-2:],
            to_model=models[1],
            to_config=target,
            undone=self._pick(None, None, NOW),
        )

    def _record(self) -> Pending | None:
        if not self.dice.randrange(5):
            return None
        source, target = self._pick(*[("old", "new")] * 5, ("old", "old"), ("new", "old"), ("older", "old"))
        names = ("production", "main", "second", "shadow")
        return Pending(
            id=self._pick("request", "before"),
            stack=self._pick(STACK, STACK, STACK, "another"),
            started=NOW - datetime.timedelta(hours=1),
            source=source,
            target=target,
            variants=self._some(2, *names),
            taken=self._some(2, *names),
            counts={name: self._pick(1, 2, 3, 4) for name in self._some(4, *names)},
            initial={name: self._pick(1, 2, 3) for name in self._some(4, *names)},
            keep=self._pick(True, False),
            was=self._pick("", "x", fingerprint(self._asked("after", "new"))),
            entry=self._pick(None, self._entry(9)),
            done=self._pick(True, False, False),
            back=self._pick(True, False, False),
            surplus=self._some(1, *names),
            keeps={"old": True} if self._pick(True, False) else {},
        )

    def _asked(self, step: Any, config: str) -> Asked:  # noqa: ANN401 - a literal
        return Asked(
            step=step,
            endpoint=self._pick(*["churn"] * 9, "leavers"),
            config=config,
            variant=self._pick("production", "main"),
            version=self._pick("v1", "v2", "v3"),
            scaling=self._scaling(),
            shadow_version=self._pick(None, "v2"),
            promotion=self._pick(False, False, False, True),
            override=self._pick(None, None, "it is urgent"),
            rollback=self._pick(None, "it is slow"),
            policy=self._pick(GatePolicy(), GatePolicy(), GatePolicy.none("a demo")),
        )

    def _request(self) -> Request:
        kind = "Delete" if self.way == "delete" else self._pick("Update", "Update", "Update", "Update", "Create")
        step = self._pick("before", "before", "after")
        name = self._pick("old", "old", "new") if self.way == "back" else self.asked_config.name
        asked = self._asked(step, name)
        old = self._asked(step, self._pick("old", "old", "new")) if kind == "Update" else None
        return Request(kind, "request", STACK, asked, old, "Before")

    def _judged(self) -> Verdict | Unread | None:
        return self._pick(None, verdict(), verdict(), verdict(Outcome.FAIL), Unread("no metrics"))

    def _seen(self) -> Seen:
        status = self._pick(*STATUSES[self.way])
        patient = self._pick(True, True, False)
        waits = {"alarms": NOW - datetime.timedelta(seconds=self._pick(0, 179, 180))}
        waits["ownership"] = NOW - datetime.timedelta(seconds=self._pick(0, 59, 60))
        unread = self.way == "back" and status is None
        return Seen(
            now=NOW,
            stack=Unread("CloudFormation says nothing") if unread else self._maybe(status, 20),
            owned=self._maybe(self._pick(*[True] * 9, False), 15),
            live=self._maybe(self._pick(*[self.live] * 12, None), 12),
            asked=self._maybe(self._pick(*[self.asked_config] * 9, None), 15),
            left=self._maybe(self._pick(self.live.config, None)),
            contents=self.contents,
            scaled=self._maybe(self._scaling(), 12),
            pending=self._maybe(self.record),
            recorded=self._maybe(self._scaling()),
            keeps=self._maybe(self._pick({}, {"old": True, "new": False}, {"old": False}), 15),
            history=self._maybe(tuple(self._entry(number) for number in range(self._pick(0, 1, 2, 3))), 15),
            firing=self._maybe(self._pick((), (), (), ("alarm",)), 20),
            judged=self._judged(),
            waiting=self._pick({}, waits),
            patient=patient,
            began_forward=self.way != "back" and self._pick(True, True, False),
            own_records=self._maybe(self._some(2, "/shadow-test/churn/pending", "/shadow-test/churn/lock")),
            native=self._maybe(self._some(1, "production"), 15),
            heir=self._maybe(self._pick(False, False, False, True), 15),
        )

    def late(self) -> Step:
        """A step that came through too late."""
        scaled = self._scaled("production")
        steps: tuple[Step, ...] = (
            *(Deregister("production"), Trim(scaled, ("track",), ()), SetCounts({"production": (1, 2)})),
            *(Scale(scaled, None), AddEntry(self._entry(7))),
        )
        return self._pick(*steps)


def terse(value: Any) -> str:  # noqa: ANN401 - whatever is decided
    """A value in one line, without what is as by default."""
    if is_dataclass(value) and not isinstance(value, type):
        said = []
        for field in fields(value):
            usual = field.default if field.default_factory is MISSING else field.default_factory()
            own = getattr(value, field.name)
            if own != usual and field.name not in ("stack", "started", "id"):
                said.append(f"{field.name}={terse(own)}")
        return f"{type(value).__name__}({', '.join(said)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {terse(one)}" for name, one in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(terse, value)) + "]"
    if isinstance(value, datetime.datetime):
        return f"{(value - NOW).total_seconds() / 3600:+g}h"
    return str(value)


def plain(text: str) -> str:
    """Policies and schedules by their names alone."""
    for one in ("track", "mine"):
        text = text.replace(terse(tracking(one)), "…")
    return text.replace(terse(night()), "…")


@pytest.mark.parametrize("way", list(STATUSES))
def test_what_is_decided_stays_as_it_was_read(way: str, snapshot: SnapshotAssertion) -> None:
    """Refusals, waits and each step with all that it names, in order."""
    made = [Situation(way, number) for number in range(EACH)]

    assert "\n".join(f"{number}: {plain(terse(decide(one.request, one.seen)))}" for number, one in enumerate(made)) == (
        snapshot
    )


def test_what_is_put_right_stays_as_it_was_read(snapshot: SnapshotAssertion) -> None:
    """For each kind of step that may come through too late."""
    made = [Situation("event", number) for number in range(EACH // 2)]

    assert "\n".join(plain(terse(decide_overtaken(one.late(), one.seen))) for one in made) == snapshot


def test_a_guard_whose_creation_is_taken_back_leaves_the_rest_to_the_next_event() -> None:
    """Nothing was declared before it: where the endpoint can't be read, nothing of what is declared is put."""
    for one in (Situation("back", number) for number in range(EACH)):
        if one.request is not None:
            created = replace(one.request, kind="Create", old=None, asked=replace(one.request.asked, step="after"))
            back = replace(one.seen, stack="UPDATE_ROLLBACK_IN_PROGRESS", owned=True, patient=False)
            blind = replace(back, live=Unread("denied"), scaled={})
            assert isinstance(decide(created, blind), Go)


@pytest.mark.parametrize(("seconds", "waits"), [(179.9, True), (180, False)])
@pytest.mark.parametrize("way", ["forward", "back"])
def test_an_alarm_is_waited_for_three_minutes_to_the_second(way: str, seconds: float, waits: bool) -> None:
    """Then SageMaker's refusal is told in advance, or the way back is gone all the same."""
    since = {"alarms": NOW - datetime.timedelta(seconds=seconds)}
    decided = [
        decide(one.request, replace(one.seen, firing=("alarm",), patient=True, waiting=since))
        for one in (Situation(way, number) for number in range(EACH))
        if one.request is not None
    ]
    assert (Wait("alarms") in decided) is waits
    assert [one for one in decided if isinstance(one, Go)]


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("owned", [True, False])
def test_a_rollback_over_several_failures_is_written_down_where_the_endpoint_is_ours(owned: bool, called: bool) -> None:
    """By its own record, or by the failure's; whose the endpoint is CloudFormation says: else the event comes again."""
    undone = said = 0
    for one in (Situation("event", number) for number in range(EACH)):
        if one.record is not None:
            at = one.live.config.name
            source, target = (at, at) if called else ("source", "target")
            record = replace(one.record, source=source, target=target, keeps={"old": True, "new": True})
            record = replace(record, done=True, back=True) if called else record
            entries = tuple(replace(one._entry(number), undone=None, stack=record.stack) for number in range(9))
            seen = replace(one.seen, stack="UPDATE_ROLLBACK_COMPLETE", owned=owned, pending=record, history=entries)
            live = replace(one.live, status="InService")
            decided = decide(None, replace(seen, live=live))
            assert isinstance(decided, Go if isinstance(owned, bool) else Refuse)
            undone += sum(isinstance(step, UndoEntry) for step in decided.steps)
            unread = decide(None, replace(seen, live=live, history=Unread("denied")))
            said += unread == Refuse("denied")
    assert (undone > 0) is (said > 0) is (owned is True)


@pytest.mark.parametrize("changed", [{"back": False}, {"done": False}, {"target": "another"}])
def test_what_no_rollback_has_left_behind_takes_nothing_out_of_the_history(changed: dict[str, Any]) -> None:
    """A deployment that is over, one that isn't, and the way there."""
    for one in (Situation("event", number) for number in range(EACH)):
        if one.record is not None:
            at = one.live.config.name
            record = replace(one.record, source=at, target=at, done=True, back=True, entry=None)
            entries = tuple(replace(one._entry(number), undone=None, stack=record.stack) for number in range(9))
            seen = replace(one.seen, stack="UPDATE_ROLLBACK_COMPLETE", owned=True, pending=record, history=entries)
            seen = replace(seen, live=replace(one.live, status="InService"), pending=replace(record, **changed))
            decided = decide(None, seen)
            assert isinstance(decided, Go | Refuse)
            assert not [step for step in decided.steps if isinstance(step, UndoEntry)]


def test_scaling_that_was_taken_and_is_gone_from_the_record_comes_back_as_declared() -> None:
    """What is on record still is left as it is there, and so is what the code doesn't declare."""
    recorded = set[str]()
    for one in (Situation("back", number) for number in range(EACH)):
        record, request = one.record, one.request
        if record is None or request is None or request.old is None or request.asked.endpoint != "churn":
            continue
        declared = {name: one._scaled(name) for name in ("production", "main")}
        names = ("production", "main", "second")
        asked = replace(request.asked, step="before", config="old", scaling=declared)
        taken = replace(record, source="old", target="new", taken=names, variants=(), stack=STACK, done=False)
        seen = replace(one.seen, stack="UPDATE_ROLLBACK_IN_PROGRESS", owned=True, scaled={}, pending=taken, firing=())
        live = replace(one.live, status="InService", config=replace(one.live.config, name="new"))
        older = replace(one.live.config, name="old", created=NOW - datetime.timedelta(days=9))
        seen = replace(seen, patient=False, live=live, asked=older, recorded={"main": one._scaled("main")}, keeps={})
        decided = decide(replace(request, asked=asked), seen)
        assert isinstance(decided, Go)
        recorded |= {step.scaled.variant for step in decided.steps if step == RecordScaling(declared["production"])}
        assert all(step.scaled.variant == "production" for step in decided.steps if isinstance(step, RecordScaling))
    assert recorded == {"production"}
