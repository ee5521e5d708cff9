"""What keeps a rule from holding now, whatever its evidence says of the whole test.

Evidence adds up and never ages. These look at the last hours alone: they take a PASS away, never cause a FAIL, and so
cost nothing of the allowance for being wrong.
"""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Sequence

from shadow_ops.judge.opinion import counted

_LATELY = ((12, 10), (36, 25))
"""At least so many of the last so many periods above what is allowed, and the rule doesn't hold now."""

# Much slower is beyond what is allowed by a fifth and by four times the noise.
_MUCH, _MUCH_NOISE = math.log(1.2), 4
_PEAK_MINUTES, _FEWEST_IN_PEAK, _PEAK_SHARE = 15, 3, 0.02
_HALF = 0.5
_SINCE_SHARE = 0.8
_A_DAY_MINUTES = 1440
_FEWEST = 12


def in_a_day(minutes: float) -> int:
    """How many periods of a length a day has."""
    return max(1, math.ceil(_A_DAY_MINUTES / minutes))


def lately(above: Sequence[bool], starts: Sequence[datetime.datetime]) -> str | None:
    """Whether the last periods are above what is allowed: how many, and since when.

    Args:
        above: Of each period, in order of time.
        starts: When each begins.
    """
    for last, most in _LATELY:
        many = sum(above[-last:])
        if many >= most:
            return f"above it in {many} of the last {min(last, len(above))} periods, since {since(above, starts)}"
    return None


def at_its_peak(
    differences: Sequence[float], starts: Sequence[datetime.datetime], allowed: float, noise: float, minutes: float
) -> str | None:
    """Whether the last day has periods in which the shadow is much slower, more than in which it is much faster.

    Args:
        differences: Log ratios, in order of time.
        starts: When each period begins.
        allowed: The log ratio that is allowed.
        noise: Their standard deviation.
        minutes: Length of a period.
    """
    day = differences[-in_a_day(minutes) :]
    much = max(_MUCH, _MUCH_NOISE * noise)
    slower = [number for number, one in enumerate(day) if one > allowed + much]
    faster = sum(one < -allowed - much for one in day)
    if not is_a_peak(len(slower) - faster, len(day), minutes):
        return None
    when = starts[-len(day) :][slower[-1]]
    size = math.expm1(min(statistics.median(day[number] for number in slower), 700)) * 100
    return f"{size:+.0f} % in {counted(len(slower), 'period')} of the last day, the last at {_clock(when)}"


def is_a_peak(more: int, periods: int, minutes: float) -> bool:
    """Whether so many more periods are far worse than far better that it isn't chance.

    Args:
        more: How many more.
        periods: Of how many.
        minutes: Length of each.
    """
    fewest = max(1, min(_FEWEST_IN_PEAK, math.ceil(_PEAK_MINUTES / minutes)))
    return more >= fewest and more > _PEAK_SHARE * periods


def in_half_of_the_day(above: Sequence[bool], minutes: float) -> str | None:
    """Whether more than half of the last day's periods are above what is allowed, or of all."""
    for name, some in (("the last day's", above[-in_a_day(minutes) :]), ("all", above)):
        if len(some) >= _FEWEST and sum(some) > _HALF * len(some):
            return f"above it in {sum(some)} of {name} {len(some)} periods"
    return None


def since(above: Sequence[bool], starts: Sequence[datetime.datetime]) -> str:
    """When the longest run up to now began of which four in five are above."""
    found, many = len(above) - 1, 0
    for number in range(len(above) - 1, -1, -1):
        many += above[number]
        if above[number] and many >= _SINCE_SHARE * (len(above) - number):
            found = number
    return _clock(starts[found])


def _clock(time: datetime.datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
