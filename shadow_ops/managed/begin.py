"""What is done next to have a managed test as the template says: a pure function of what was seen."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.fit import check_fit
from shadow_ops.managed.native import check_beginning, when_changed
from shadow_ops.managed.steps import Wait

# A start that is over when SageMaker reads it may be refused; of a test it is no part.
_AHEAD = datetime.timedelta(minutes=1)
_AT_WORK = ("Creating", "Starting", "Updating", "Stopping")


@dataclass(frozen=True)
class Sight:
    """What the next step depends on.

    Attributes:
        now: The time.
        forward: Whether CloudFormation goes on; else it takes a deployment back.
        mine: The test that the template asks for, if it is there.
        before: The test of the template before, if that is another one and is there.
        live: The endpoint; looked at where the test isn't there.
    """

    now: datetime.datetime
    forward: bool
    mine: Experiment | None
    before: Experiment | None = None
    live: LiveEndpoint | None = None


@dataclass(frozen=True)
class Create:
    """CreateInferenceExperiment."""

    request: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """UpdateInferenceExperiment."""

    request: Mapping[str, Any]


@dataclass(frozen=True)
class End:
    """A test that a deployment began which is taken back: production stays, the shadow goes."""

    experiment: Experiment


@dataclass(frozen=True)
class Begun:
    """The test is as the template says."""

    said: str


Next = Create | Change | End | Wait | Begun


def next_step(asked: ManagedAsked, old: ManagedAsked | None, name: str, sight: Sight, *, changed: bool = False) -> Next:
    """What is done next.

    Args:
        asked: What the template says.
        old: What it said before, of the same test; else None.
        name: The test's name.
        sight: What was seen.
        changed: Whether this call has changed the test already.

    Raises:
        CannotTellError: If it can't be as the template says, in one line.
    """
    mine, before = sight.mine, sight.before
    if sight.forward and asked.versions != asked.deployed:
        _refuse(
            f"the stack of {asked.endpoint} was deployed with {asked.deployed}, and the code compares "
            f"{asked.versions}: deploy that stack first, then this one (cdk deploy does both, unless --exclusively is "
            "given)"
        )
    if before is not None and not before.over:
        if not sight.forward:
            return Wait(f"{before.name} is {before.status}") if before.status in _AT_WORK else End(before)
        _refuse(
            f"the managed test {before.name} of {before.endpoint} is {before.status} until "
            f"{before.end:%Y-%m-%d %H:%M} UTC and can't become another one; conclude it first: shadow-test conclude "
            f"{before.endpoint} promote|remove"
        )
    if mine is None:
        if not sight.forward:
            return Begun("nothing is begun while a deployment is taken back")
        if sight.live is not None and sight.live.status in ("Creating", "Updating", "RollingBack", "SystemUpdating"):
            return Wait(f"{sight.live.name} is {sight.live.status}")
        check_fit(asked, sight.live)
        assert sight.live is not None
        if asked.native is not None:
            check_beginning(asked, name, sight.live, sight.now)
        return Create(creation(asked, name, sight.live, sight.now))
    if mine.status in _AT_WORK:
        return Wait(f"{mine.name} is {mine.status}")
    if mine.over:
        return _over(mine, sight)
    change = {} if old is None or changed else _changes(asked, old, mine, sight)
    if asked.native is not None and sight.forward:
        near = None if old is None else when_changed(asked, old, mine, sight.now)
        return near or Begun(f"{mine.name} is {mine.status}; its template says the rest")
    if change and asked.native is None:
        return Change({"Name": mine.name, **change})
    if mine.status == "Created" and asked.starts is None:
        return Wait(f"{mine.name} begins at {mine.start:%H:%M} UTC")
    copies = "copies" if mine.status == "Running" else f"will from {mine.start:%Y-%m-%d %H:%M} UTC copy"
    return Begun(
        f"{mine.name} {copies} {mine.sampling_percent} % of the requests to {mine.endpoint} until "
        f"{mine.end:%Y-%m-%d %H:%M} UTC"
    )


def _over(mine: Experiment, sight: Sight) -> Begun:
    because = "" if mine.reason is None else f" ({mine.reason})"
    if sight.forward:
        _refuse(
            f"the managed test {mine.name} is {mine.status} since {mine.completed or mine.modified:%Y-%m-%d %H:%M} "
            f"UTC{because}, and a test that is over doesn't go on; destroy its stack, then deploy it to begin anew"
        )
    return Begun(f"{mine.name} is {mine.status}{because}")


def creation(asked: ManagedAsked, name: str, live: LiveEndpoint, now: datetime.datetime) -> dict[str, Any]:
    """The request that makes the test: production on what it serves on at this moment, so that none is taken away.

    Raises:
        CannotTellError: If its start is over.
    """
    start = now + _AHEAD if asked.starts is None else asked.starts
    if start < now:
        _refuse(f"the start of {name}, {start:%Y-%m-%d %H:%M} UTC, is over; write a later one, or leave it out")
    [serving] = live.production
    counts = (serving.current_count, serving.desired_count, serving.initial_count)
    count = next((one for one in counts if one is not None), 1)
    on = asked.native or Instances(serving.instance_type or "", max(count, 1))
    request = asked.to_request(name, on)
    request["Schedule"] = {"StartTime": start, "EndTime": start + datetime.timedelta(seconds=asked.seconds)}
    if asked.tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(asked.tags.items())]
    return request


def _changes(asked: ManagedAsked, old: ManagedAsked, mine: Experiment, sight: Sight) -> dict[str, Any]:
    """What the code has changed, and nothing that people have changed since."""
    found: dict[str, Any] = {}
    if asked.sampling_percent not in (old.sampling_percent, mine.sampling_percent):
        found["ShadowModeConfig"] = mine.mode(asked.sampling_percent)
    end = mine.start + datetime.timedelta(seconds=asked.seconds)
    if asked.seconds != old.seconds and end != mine.end:
        if end <= sight.now:
            _refuse(
                f"{mine.name} has run since {mine.start:%Y-%m-%d %H:%M} UTC, longer than the code says now; to end it: "
                f"shadow-test conclude {mine.endpoint} promote|remove"
            )
        # While it runs, its start can't be said again (API operation UpdateInferenceExperiment).
        start = {} if mine.status == "Running" else {"StartTime": mine.start}
        found["Schedule"] = {**start, "EndTime": end}
    return found


def _refuse(sentence: str) -> NoReturn:
    raise CannotTellError(sentence)
