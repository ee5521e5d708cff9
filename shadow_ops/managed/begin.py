"""What is done next to have a managed test as the template says: a pure function of what was seen."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.changed import Changed, Tags, deployment
from shadow_ops.managed.fit import check_fit, way_out
from shadow_ops.managed.gone import EndpointGoneError
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
        live: The endpoint; not looked at where a deployment of a test that is there is taken back.
        tags: The test's tags; looked at where the code has changed them.
        ramp: The ramp on record for the endpoint; looked at where the code has changed the test.
        kept: What is on record as changed by this deployment.
    """

    now: datetime.datetime
    forward: bool
    mine: Experiment | None
    before: Experiment | None = None
    live: LiveEndpoint | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    ramp: Mapping[str, Any] | None = None
    kept: Changed | None = None


@dataclass(frozen=True)
class Create:
    """CreateInferenceExperiment."""

    request: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A test is changed.

    Attributes:
        request: Of UpdateInferenceExperiment, but for the name; empty for none.
        tags: What is set of its tags.
        keep: What goes on record before, and whose ramp goes; None on the way back, when that is forgotten.
        ramp: The ramp that is put back.
    """

    request: Mapping[str, Any]
    tags: Tags
    keep: Changed | None = None
    ramp: Mapping[str, Any] | None = None


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
            f"{before.endpoint} {way_out(before)}"
        )
    if mine is None:
        if not sight.forward:
            return Begun("nothing is begun while a deployment is taken back")
        if old is not None and asked.native is not None:
            # The template has it still, and CloudFormation's handler can't change what isn't there.
            _refuse(
                f"{name} is gone, as it is once a scheduled test is cancelled; write another starts=, which begins "
                "another test, or destroy its stack and deploy it"
            )
        if sight.live is not None and sight.live.status in ("Creating", "Updating", "RollingBack", "SystemUpdating"):
            return Wait(f"{sight.live.name} is {sight.live.status}")
        check_fit(asked, sight.live)
        assert sight.live is not None
        if asked.native is not None:
            check_beginning(asked, name, sight.live, sight.now)
        return Create(creation(asked, name, sight.live, sight.now))
    if not sight.forward:
        return Begun(f"{mine.name} is as before") if changed else _back(asked, old, mine, sight)
    if mine.status in _AT_WORK:
        return Wait(f"{mine.name} is {mine.status}")
    if mine.over:
        _over(mine)
    if sight.live is None:
        raise EndpointGoneError(mine)
    if asked.native is not None and old is not None and (waits := when_changed(asked, old, mine, sight.now)):
        return waits
    if old is not None and not changed:
        _check_end(asked, old, mine, sight.now)
        if found := _change(asked, old, mine, sight):
            return found
    if asked.native is not None:
        return Begun(f"{mine.name} is {mine.status}; its template says the rest")
    if mine.status == "Created" and asked.starts is None:
        return Wait(f"{mine.name} begins at {mine.start:%H:%M} UTC")
    copies = "copies" if mine.status == "Running" else f"will from {mine.start:%Y-%m-%d %H:%M} UTC copy"
    return Begun(
        f"{mine.name} {copies} {mine.sampling_percent} % of the requests to {mine.endpoint} until "
        f"{mine.end:%Y-%m-%d %H:%M} UTC"
    )


def _over(mine: Experiment) -> NoReturn:
    because = "" if mine.reason is None else f" ({mine.reason})"
    _refuse(
        f"the managed test {mine.name} is {mine.status} since {mine.completed or mine.modified:%Y-%m-%d %H:%M} "
        f"UTC{because}, and a test that is over doesn't go on; destroy its stack, then deploy it to begin anew"
    )


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


def _check_end(asked: ManagedAsked, old: ManagedAsked, mine: Experiment, now: datetime.datetime) -> None:
    if asked.seconds != old.seconds and _ends(asked, mine) <= now:
        _refuse(
            f"{mine.name} has run since {mine.start:%Y-%m-%d %H:%M} UTC, longer than the code says now; to end it: "
            f"shadow-test conclude {mine.endpoint} {way_out(mine)}"
        )


def _back(asked: ManagedAsked, old: ManagedAsked | None, mine: Experiment, sight: Sight) -> Next:
    """What the deployment that is taken back has changed, goes back; whatever people have done is no reason to fail."""
    if old is None or sight.kept is None or mine.over or mine.status == "Stopping":
        return Begun(f"{mine.name} is {mine.status}; nothing of it is to be put back")
    if mine.status in _AT_WORK:
        return Wait(f"{mine.name} is {mine.status}")
    share, kept = mine.sampling_percent, sight.kept
    # What has another value by now, people have set since. An end that is over can't be put back.
    end = kept.end if kept.end is not None and kept.end > sight.now and _near(mine.end, _ends(old, mine)) else None
    return Change(
        _request(mine, kept.share if share == old.sampling_percent else None, end),
        {key: one for key, one in kept.tags.items() if sight.tags.get(key) == old.tags.get(key) != one},
        ramp=kept.ramp if share in (old.sampling_percent, asked.sampling_percent, kept.share) else None,
    )


def _change(asked: ManagedAsked, old: ManagedAsked, mine: Experiment, sight: Sight) -> Change | None:
    """What the code has changed, and nothing that people have changed since; None if all of it is there."""
    share, end, tags, wanted = None, None, dict[str, str | None](), asked.sampling_percent
    if asked.native is None:
        share = None if wanted in (old.sampling_percent, mine.sampling_percent) else wanted
        end = _ends(asked, mine) if asked.seconds != old.seconds and not _near(mine.end, _ends(asked, mine)) else None
        keys = (one for one in {**old.tags, **asked.tags} if old.tags.get(one) != asked.tags.get(one))
        tags = {one: asked.tags.get(one) for one in keys if sight.tags.get(one) != asked.tags.get(one)}
    made = Changed(
        by=deployment(mine.name, old, asked),
        share=None if share is None else mine.sampling_percent,
        end=None if end is None else mine.end,
        tags={one: sight.tags.get(one) for one in tags},
        # The code sets the share from now on, and no ramp.
        ramp=None if wanted == old.sampling_percent else sight.ramp,
    )
    return Change(_request(mine, share, end), tags, made.after(sight.kept)) if made else None


def _ends(asked: ManagedAsked, mine: Experiment) -> datetime.datetime:
    return mine.start + datetime.timedelta(seconds=asked.seconds)


def _near(one: datetime.datetime, other: datetime.datetime) -> bool:
    """Whether two times are the same; SageMaker keeps milliseconds."""
    return abs(one - other) < datetime.timedelta(seconds=1)


def _request(mine: Experiment, share: int | None, end: datetime.datetime | None) -> dict[str, Any]:
    request: dict[str, Any] = {} if share is None else {"ShadowModeConfig": mine.mode(share)}
    if end is not None:
        # While it runs, its start can't be said again (API operation UpdateInferenceExperiment).
        start = {} if mine.status == "Running" else {"StartTime": mine.start}
        request["Schedule"] = {**start, "EndTime": end}
    return request


def _refuse(sentence: str) -> NoReturn:
    raise CannotTellError(sentence)
