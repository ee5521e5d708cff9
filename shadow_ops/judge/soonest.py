"""When a test can pass at the soonest, whatever its rules say."""

from __future__ import annotations

import datetime

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.grain import possible
from shadow_ops.judge.opinion import FEWEST_PERIODS
from shadow_ops.judge.samples import COLD_SHARE, samples_of
from shadow_ops.measure.recording import Recording, Side


def soonest_pass(recording: Recording, policy: GatePolicy, now: datetime.datetime, settle: float) -> datetime.datetime:
    """When a test will have been measured for as long as the policy wants, if both variants get requests from now on.

    Args:
        recording: What was seen.
        policy: What must hold.
        now: The time.
        settle: Seconds after a period's end until it is read.
    """
    samples = samples_of(recording, policy)
    warm_up = datetime.timedelta(minutes=policy.warm_up_minutes)
    length = datetime.timedelta(seconds=recording.period_seconds)
    if samples.minutes > 0:
        left = datetime.timedelta(minutes=max(0.0, policy.min_duration_minutes - samples.minutes))
        seen = recording.periods[-1].start + length + left
    else:
        seen = max(_began(recording, now) + warm_up * COLD_SHARE, now)
        seen += datetime.timedelta(minutes=policy.min_duration_minutes)
    # So many periods after the whole warm-up are wanted too.
    judged = _began(recording, now) + warm_up + FEWEST_PERIODS * length
    return max(seen, judged) + datetime.timedelta(seconds=settle)


def _began(recording: Recording, now: datetime.datetime) -> datetime.datetime:
    return next((one.start for one in recording.periods if requests_of(one.shadow)), now)


def requests_of(side: Side) -> float | None:
    """Requests of a variant in a period; None if CloudWatch has no such data."""
    invocations = possible([side.numbers.get("Invocations")])[0]
    return invocations if invocations is not None else latency_of(side, "count")


def latency_of(side: Side, statistic: str, metric: str = "ModelLatency") -> float | None:
    """A statistic of a latency, in microseconds; None if there is none, or none that can be."""
    return possible([side.distributions.get(metric, {}).get(statistic)])[0]
