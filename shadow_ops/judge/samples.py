"""What of a recording is judged: idle periods and the warm-up left out, requests and copies counted."""

from __future__ import annotations

import datetime
import itertools
import math
import operator
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.copies import Copies
from shadow_ops.judge.drift import NO_DRIFT, Drift, drift_of
from shadow_ops.judge.grain import Grain, log_ratios
from shadow_ops.measure.recording import Coarse, Period, Recording

_DAY = datetime.timedelta(days=1)
# Of the warm-up, the last five sixths may still confirm what comes after it (see `Samples.early`).
COLD_SHARE = 1 / 6
QUIETEST = ("avg", "p50")
"""Latencies with the least noise of single slow requests, the best first: drift can be seen in them."""

_QUIET = (*QUIETEST, "p90")
_QUIET_PERIODS = 2


@dataclass(frozen=True)
class Samples:
    """The part of a recording that is judged.

    Attributes:
        fine: The recording's own periods.
        coarse: Longer ones, for percentiles that take more requests than a period has.
        quiet_since: When the last period with requests ended, if two more went by without any; else None.
        paired: In how many periods both variants have requests.
        minutes: From the first period in which both variants have requests, after the first sixth of the warm-up, to
            the end of the last; whole days in which neither has any are no part of it.
        idle: Periods without requests of either variant, whatever the instances report.
        warm_up: Periods left out because the containers were fresh.
        sampling_percent: Share of the requests that is copied to the shadow.
        production_instances: What production runs on, or None.
        shadow_instances: What the shadow runs on, or None.
        promoted_instances: What the shadow's model would run on, or None.
        answers: What was counted of captured answers, or None.
    """

    fine: Grain
    coarse: tuple[Grain, ...]
    quiet_since: datetime.datetime | None
    paired: int
    minutes: float
    idle: int
    warm_up: int
    sampling_percent: float
    production_instances: Instances | None
    shadow_instances: Instances | None
    promoted_instances: Instances | None
    answers: Coarse | None = None

    @property
    def periods(self) -> tuple[Period, ...]:
        """The recording's own periods that are judged."""
        return self.fine.periods

    @property
    def period_minutes(self) -> float:
        """Length of one of them."""
        return self.fine.seconds / 60

    @property
    def judged_minutes(self) -> float:
        """From the beginning of the first of them to the end of the last, nights and whole days off included."""
        if not self.periods:
            return 0.0
        return (self.periods[-1].start - self.periods[0].start).total_seconds() / 60 + self.period_minutes

    @property
    def unpaired(self) -> int:
        """In how many only one has."""
        return len(self.periods) - self.paired

    @cached_property
    def shadow_requests(self) -> float:
        """The shadow's requests in all of them."""
        return math.fsum(filter(None, self.fine.requests[1]))

    @cached_property
    def production_requests(self) -> float:
        """Production's requests in all of them."""
        return math.fsum(filter(None, self.fine.requests[0]))

    @cached_property
    def copies(self) -> Copies:
        """What the shadow got beside what it was due; only where production's requests are known."""
        share = self.sampling_percent / 100
        due, got = self.fine.requests
        known = [one is not None for one in due]
        return Copies(
            list(itertools.compress(self.fine.starts, known)),
            [one * share for one in due if one is not None],
            [one or 0.0 for one in itertools.compress(got, known)],
            self.period_minutes,
        )

    def drift_in(self, grain: Grain) -> Drift:
        """The slow noise of the latency that shows it best: the one with the least noise of other kinds."""
        found = self._drifts.get(grain.seconds)
        if found is None:
            found = self._drifts[grain.seconds] = _drift_in(grain)
        return found

    @cached_property
    def _drifts(self) -> dict[float, Drift]:
        return {}

    @cached_property
    def copies_a_day(self) -> float:
        """The shadow's requests in a day, at the pace so far; of less than a day, as if it had gone on."""
        early = math.fsum(filter(None, self.fine.warming_up.requests[1]))
        return (early + self.shadow_requests) / self.minutes * 1440 if self.minutes > 0 else 0.0

    @property
    def knows_hardware(self) -> bool:
        """Whether the recording says anything of instances."""
        known = (self.production_instances, self.shadow_instances, self.promoted_instances)
        return any(one is not None for one in known)


def samples_of(recording: Recording, policy: GatePolicy) -> Samples:
    """Select what is judged.

    Time counts from the shadow's first request: periods before it belong to no test.
    """
    # A month of minutes is a lot of periods: columns of them, and no tuple of each.
    every = Grain(recording.period_seconds, recording.periods, ())
    production, shadow = every.busy
    either = list(map(operator.or_, production, shadow))
    busy = list(itertools.compress(recording.periods, either))
    began = next((one.start for one in itertools.compress(recording.periods, shadow)), None)
    warm_up = datetime.timedelta(minutes=policy.warm_up_minutes)
    fine = _grain(recording.period_seconds, busy, began, warm_up)
    coarse = tuple(_grain(one.period_seconds, one.periods, began, warm_up) for one in recording.coarse)
    idle = 0
    both: list[datetime.datetime] = []
    cold = warm = 0
    if began is not None:
        asleep = itertools.compress(recording.periods, map(operator.not_, either))
        idle = sum(began < one.start < busy[-1].start for one in asleep)
        both = [one.start for one in itertools.compress(recording.periods, map(operator.and_, production, shadow))]
        cold, warm = (bisect_left(both, began + part) for part in (warm_up * COLD_SHARE, warm_up))
    return Samples(
        fine=fine,
        coarse=coarse,
        quiet_since=_quiet_since(recording, busy),
        paired=len(both) - warm,
        minutes=_minutes(both[cold:], datetime.timedelta(seconds=recording.period_seconds)),
        idle=idle,
        warm_up=0 if began is None else sum(began <= one.start < began + warm_up for one in busy),
        sampling_percent=recording.sampling_percent,
        production_instances=recording.production,
        shadow_instances=recording.shadow,
        promoted_instances=recording.promoted,
        answers=recording.answers,
    )


def _quiet_since(recording: Recording, busy: Sequence[Period]) -> datetime.datetime | None:
    if recording.until is None or not busy:
        return None
    length = datetime.timedelta(seconds=recording.period_seconds)
    ended = busy[-1].start + length
    return ended if recording.until - ended >= _QUIET_PERIODS * length else None


def _grain(
    seconds: float, periods: Sequence[Period], began: datetime.datetime | None, warm_up: datetime.timedelta
) -> Grain:
    if began is None:
        return Grain(seconds, (), ())
    cold, warm = (bisect_left(periods, began + part, key=_start) for part in (warm_up * COLD_SHARE, warm_up))
    return Grain(seconds, tuple(periods[warm:]), tuple(periods[cold:warm]))


_start = operator.attrgetter("start")


def _drift_in(grain: Grain) -> Drift:
    # Fresh containers drift as others do.
    grains = (grain.warming_up, grain)
    count = sum(len(one.periods) for one in grains)
    for key in _QUIET:
        found = [one.latencies("ModelLatency", key) for one in grains]
        theirs, ours = ([*itertools.chain.from_iterable(sides)] for sides in zip(*found, strict=True))
        known = [bool(one and other) for one, other in zip(theirs, ours, strict=True)]
        if sum(known) * 2 > count:
            chosen = ((one for one in itertools.compress(side, known) if one) for side in (theirs, ours))
            return drift_of(log_ratios(*chosen))
    return NO_DRIFT


def _minutes(listed: Sequence[datetime.datetime], length: datetime.timedelta) -> float:
    if not listed:
        return 0.0
    whole = listed[-1] - listed[0] + length
    # Whole days off: a night is part of a day that was measured, a holiday is no day that was.
    off = 0
    if whole - len(listed) * length >= _DAY:
        off = sum(((later - start - length) // _DAY for start, later in itertools.pairwise(listed)), 0)
    return (whole - off * _DAY).total_seconds() / 60
