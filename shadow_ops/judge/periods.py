"""How long the periods must be that are compared, and how many requests a percentile needs in each."""

from __future__ import annotations

import math

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import LatencyRule

# Five minutes at least: shorter periods resemble their neighbours so much that counting each is counting twice.
_PERIODS_SECONDS = (300, 900, 3600)

# CloudWatch's own rule of thumb for "low samples": below 10/(1-q) requests a percentile is hardly more than a maximum
# (CloudWatch User Guide, percentiles and low data samples). It is also what makes sampling harmless: the p99 of few
# requests is too low on average, so a shadow that gets a tenth of them would look fast.
_SAMPLES_BEYOND_PERCENTILE = 10


def min_samples(percentile: float) -> int:
    """How many requests each variant must have in a period for a percentile: p50 20, p90 100, p99 1000.

    Args:
        percentile: Above 0 and below 100.
    """
    return math.ceil(round(_SAMPLES_BEYOND_PERCENTILE * 100 / (100 - percentile), 6))


def choose_period(shadow_requests_per_minute: float, policy: GatePolicy) -> int:
    """Length in seconds of the periods to compare.

    Args:
        shadow_requests_per_minute: What the shadow gets on average; production's times the sampling share.
        policy: The policy; its `period_seconds` wins.

    Returns:
        The shortest of 300, 900 and 3600 in which the shadow gets enough requests for the highest percentile that
        decides; 3600 if none does.
    """
    if policy.period_seconds is not None:
        return policy.period_seconds
    percentiles = [rule.percentile for rule in policy.gating_rules if isinstance(rule, LatencyRule)]
    needed = min_samples(max(percentiles)) if percentiles else 1
    for seconds in _PERIODS_SECONDS:
        if shadow_requests_per_minute * seconds / 60 >= needed:
            return seconds
    return _PERIODS_SECONDS[-1]
