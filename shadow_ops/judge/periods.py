"""How long the periods must be that are compared."""

from __future__ import annotations

from shadow_ops.contract.policy import GatePolicy

# Five minutes at least: shorter periods resemble their neighbours so much that counting each is counting twice.
_PERIODS_SECONDS = (300, 900, 3600)


def choose_period(shadow_requests_per_minute: float, policy: GatePolicy) -> int:
    """Length in seconds of the periods to compare.

    Args:
        shadow_requests_per_minute: What the shadow gets on average; production's times the sampling share.
        policy: The policy; its `period_seconds` wins.

    Returns:
        The shortest of 300, 900 and 3600 in which the shadow gets as many requests as the rules that decide need;
        3600 if it doesn't in any.
    """
    if policy.period_seconds is not None:
        return policy.period_seconds
    needed = max((rule.requests_needed for rule in policy.gating_rules), default=1)
    for seconds in _PERIODS_SECONDS:
        if shadow_requests_per_minute * seconds / 60 >= needed:
            return seconds
    return _PERIODS_SECONDS[-1]
