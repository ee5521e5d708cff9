"""What of a recording is judged: warm-up and empty periods left out, gaps and silence counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.measure.recording import Period, Recording, Side

# A period in which so many copies were due and none came is no chance: that happens once in 20,000 such periods.
_COPIES_THAT_CANNOT_ALL_BE_MISSING = 10


def requests_of(side: Side) -> float | None:
    """Requests of a variant in a period; None if CloudWatch has no such data."""
    invocations = number_of(side, "Invocations")
    return invocations if invocations is not None else latency_of(side, "count")


def number_of(side: Side, name: str) -> float | None:
    """A count or percentage; None if there is none, or none that can be."""
    return _sane(side.numbers.get(name))


def latency_of(side: Side, statistic: str) -> float | None:
    """A statistic of ModelLatency, in microseconds; None likewise."""
    return _sane(side.distributions.get("ModelLatency", {}).get(statistic))


def _sane(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value >= 0 else None


@dataclass(frozen=True)
class Samples:
    """The part of a recording that is judged.

    Attributes:
        periods: From the shadow's first data on, without the warm-up and without periods in which neither has data.
        minutes: From the first of these periods in which both variants have data to the end of the last one.
        paired: In how many both variants have data.
        shadow_requests: The shadow's requests, in all of them.
        production_requests: Production's requests, likewise.
        silent: In how many the shadow got nothing though copies were due.
        ends_silent: Whether the last two are such periods.
        gaps: Periods without any data between others.
        warm_up: Periods left out because the containers were fresh.
        unpaired: Periods left out because only one variant has data.
        period_minutes: Length of a period.
        sampling_percent: Share of the requests that is copied to the shadow.
        production_instances: What production runs on, or None.
        shadow_instances: What the shadow runs on, or None.
        promoted_instances: What the shadow's model would run on, or None.
    """

    periods: tuple[Period, ...]
    minutes: float
    paired: int
    shadow_requests: float
    production_requests: float
    silent: int
    ends_silent: bool
    gaps: int
    warm_up: int
    unpaired: int
    period_minutes: float
    sampling_percent: float
    production_instances: Instances | None
    shadow_instances: Instances | None
    promoted_instances: Instances | None

    @property
    def knows_hardware(self) -> bool:
        """Whether the recording says anything of instances."""
        known = (self.production_instances, self.shadow_instances, self.promoted_instances)
        return any(one is not None for one in known)

    @property
    def copies_due(self) -> float:
        """Requests that the shadow should have got."""
        return self.production_requests * self.sampling_percent / 100


def samples_of(recording: Recording, policy: GatePolicy) -> Samples:
    """Select what is judged.

    Time counts from the shadow's first data, because periods before that belong to no test.
    """
    seen = [one for one in recording.periods if _speaks(one.production) or _speaks(one.shadow)]
    first = next((number for number, one in enumerate(seen) if _speaks(one.shadow)), len(seen))
    since = seen[first:]
    judged = [one for one in since if (one.start - since[0].start).total_seconds() >= policy.warm_up_minutes * 60]
    paired = [one for one in judged if _speaks(one.production) and _speaks(one.shadow)]
    silent = [_is_silent(one, recording.sampling_percent) for one in judged]
    seconds = recording.period_seconds
    return Samples(
        periods=tuple(judged),
        minutes=((paired[-1].start - paired[0].start).total_seconds() + seconds) / 60 if paired else 0.0,
        paired=len(paired),
        shadow_requests=math.fsum(requests_of(one.shadow) or 0 for one in judged),
        production_requests=math.fsum(requests_of(one.production) or 0 for one in judged),
        silent=sum(silent),
        ends_silent=len(silent) >= 2 and all(silent[-2:]),
        gaps=_gaps(since, seconds),
        warm_up=len(since) - len(judged),
        unpaired=len(judged) - len(paired),
        period_minutes=seconds / 60,
        sampling_percent=recording.sampling_percent,
        production_instances=recording.production,
        shadow_instances=recording.shadow,
        promoted_instances=recording.promoted,
    )


def _speaks(side: Side) -> bool:
    return bool(side.numbers) or any(side.distributions.values())


def _is_silent(period: Period, sampling_percent: float) -> bool:
    due = (requests_of(period.production) or 0) * sampling_percent / 100
    return due >= _COPIES_THAT_CANNOT_ALL_BE_MISSING and not requests_of(period.shadow)


def _gaps(periods: list[Period], seconds: float) -> int:
    if not periods:
        return 0
    between = (periods[-1].start - periods[0].start).total_seconds() / seconds + 1
    return max(0, round(between) - len(periods))
