"""How much longer evidence will probably take, at the pace so far."""

from __future__ import annotations

import math

from shadow_ops.judge.ranks import OVERHEAD

# More than so many times the periods so far is no estimate: the difference is too near to what is allowed.
_LONGEST_ESTIMATE = 5
_FEWEST_PERIODS = 12


def to_go(won: float, needed: float, periods: int, minutes: float, fewest: int) -> float | None:
    """Minutes until a series has enough evidence, or None if that can't be told.

    Args:
        won: Log evidence so far.
        needed: How much decides.
        periods: In how many it was won.
        minutes: Length of a period.
        fewest: How many periods it takes at least.
    """
    # Evidence grows with the number of periods, after the gamblers' common start.
    per_period = (won + OVERHEAD) / periods
    wanted = (needed + OVERHEAD) / per_period if per_period > 0 else math.inf
    if wanted > _LONGEST_ESTIMATE * max(periods, _FEWEST_PERIODS):
        return None
    return max((max(wanted, float(fewest)) - periods) * minutes, minutes)


def sooner(one: float | None, other: float | None) -> float | None:
    """The shorter of two ways to go; None if neither can be told."""
    return min((minutes for minutes in (one, other) if minutes is not None), default=None)
