"""What keeps a rule from holding now, whatever its evidence says of the whole test.

Evidence adds up and never ages. These look at the last hours alone: they take a PASS away, never cause a FAIL, and so
cost nothing of the allowance for being wrong.
"""

from __future__ import annotations

import datetime
import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from shadow_ops.judge.opinion import counted

_LATELY = ((12, 10), (36, 25))
"""At least so many of the last so many periods above what is allowed, and the rule doesn't hold now."""

# Much slower is beyond what is allowed by a fifth and by four times the noise.
_MUCH, _MUCH_NOISE = math.log(1.2), 4
# So many times as much beyond, a quarter of an hour is a peak: x1.8 where 5 % is allowed and the noise is small.
_FAR = 3
_PEAK_MINUTES, _FEWEST_IN_PEAK, _PEAK_SHARE, _PEAK_CHANCE = 15, 3, 0.02, 2
_DAYS_LOOKED_AT, _COMES_AGAIN = 14, 2
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


def stretches(above: Sequence[bool]) -> list[bool]:
    """Which periods are above what is allowed in a stretch in which a rule didn't hold: `lately` of any time.

    Args:
        above: Of each period, in order of time.
    """
    found, sums = [False] * len(above), [0, *itertools.accumulate(above)]
    for last, most in _LATELY:
        for end in range(most, len(above) + 1):
            first = max(0, end - last)
            if above[end - 1] and sums[end] - sums[first] >= most:
                found[first:end] = above[first:end]
    return found


def at_its_peak(
    differences: Sequence[float], starts: Sequence[datetime.datetime], allowed: float, noise: float, minutes: float
) -> str | None:
    """Whether days have periods in which the shadow is much slower, more than in which it is much faster.

    Args:
        differences: Log ratios, in order of time.
        starts: When each period begins.
        allowed: The log ratio that is allowed.
        noise: Their standard deviation.
        minutes: Length of a period.
    """
    sizes = [math.copysign(max(0.0, abs(one) - allowed), one) for one in differences]
    peaks = peaks_of(*beyond(sizes, much_of(noise)), minutes, *beyond(sizes, _FAR * much_of(noise)))
    if not peaks.when:
        return None
    size = statistics.median(differences[number] for number in peaks.when)
    return f"{percent_text(size)} in {peaks.text(starts)}"


def much_of(noise: float) -> float:
    """By how much more than is allowed a latency must be slower to be much slower, as a logarithm."""
    return max(_MUCH, _MUCH_NOISE * noise)


def beyond(sizes: Sequence[float], limit: float) -> tuple[list[bool], list[bool]]:
    """Which are above a limit, and which are as far below nothing."""
    return [one > limit for one in sizes], [one < -limit for one in sizes]


@dataclass(frozen=True)
class Peaks:
    """Periods that are far worse, on the last day or on several days.

    Attributes:
        when: Their numbers, in order of time; none where there is no such peak.
        days: On how many days they are.
        looked_at: How many days were looked at.
    """

    when: tuple[int, ...]
    days: int
    looked_at: int

    def text(self, starts: Sequence[datetime.datetime]) -> str:
        """Such as ``3 periods of the last day, the last at 2026-11-27 12:55 UTC``."""
        days = "the last day" if self.looked_at == 1 else f"{self.days} of the last {self.looked_at} days"
        return f"{counted(len(self.when), 'period')} of {days}, the last at {clock(starts[self.when[-1]])}"


def peaks_of(
    worse: Sequence[bool],
    better: Sequence[bool],
    minutes: float,
    far_worse: Sequence[bool] = (),
    far_better: Sequence[bool] = (),
) -> Peaks:
    """The peaks that count: those of the last day, else those that come again, as on every second day or each Monday.

    One bad stretch that is over by a day is none.

    Args:
        worse: Of each period, in order of time, whether it is far worse.
        better: Whether it is far better, which two variants are by chance as often.
        minutes: Length of a period.
        far_worse: Whether it is so much worse that a quarter of an hour of a day is a peak already.
        far_better: Whether it is as much better.
    """
    length, count = in_a_day(minutes), len(worse)
    days = []
    for back in range(_DAYS_LOOKED_AT):
        day = range(max(0, count - (back + 1) * length), count - back * length)
        if not day:
            break
        bad = [number for number in day if worse[number]]
        far = [number for number in day if far_worse and far_worse[number]]
        if is_a_peak(len(bad), sum(better[number] for number in day), len(day), minutes):
            days.append(bad)
        elif is_a_peak(len(far), sum(far_better[number] for number in day) if far_better else 0, 0, minutes):
            days.append(far)
        else:
            days.append([])
    if days and days[0]:
        return Peaks(tuple(days[0]), 1, 1)
    peaks = [bad for bad in reversed(days) if bad]
    when = tuple(number for bad in peaks for number in bad)
    # What lies on both sides of the end of a day is one stretch.
    if len(peaks) < _COMES_AGAIN or when[-1] - when[0] <= length / 2:
        return Peaks((), 0, 0)
    return Peaks(when, len(peaks), len(days))


def is_a_peak(worse: int, better: int, periods: int, minutes: float) -> bool:
    """Whether so many more periods are far worse than far better that it isn't chance.

    Args:
        worse: How many are far worse.
        better: How many are far better: as many are worse by chance.
        periods: Of how many; 0 where their share is of no matter.
        minutes: Length of each.
    """
    more, fewest = worse - better, max(1, min(_FEWEST_IN_PEAK, math.ceil(_PEAK_MINUTES / minutes)))
    return more >= fewest and more > _PEAK_SHARE * periods and more > _PEAK_CHANCE * math.sqrt(2 * better)


def in_half_of_the_day(differences: Sequence[float], allowed: float, minutes: float) -> str | None:
    """Whether more than half of the last day's periods are above what is allowed, or of all, and by how much.

    Args:
        differences: Log ratios, in order of time.
        allowed: The log ratio that is allowed.
        minutes: Length of a period.
    """
    for name, some in (("the last day's", differences[-in_a_day(minutes) :]), ("all", differences)):
        many = sum(one > allowed for one in some)
        if len(some) >= _FEWEST and many > _HALF * len(some):
            return f"{percent_text(statistics.median(some))}, above it in {many} of {name} {len(some)} periods"
    return None


def percent_text(log_ratio: float) -> str:
    """A log ratio as a person reads it, such as ``+900 %``."""
    return f"{math.expm1(min(log_ratio, 700)) * 100:+.{0 if log_ratio > 1 else 1}f} %"


def since(above: Sequence[bool], starts: Sequence[datetime.datetime]) -> str:
    """When the longest run up to now began of which four in five are above."""
    found, many = len(above) - 1, 0
    for number in range(len(above) - 1, -1, -1):
        many += above[number]
        if above[number] and many >= _SINCE_SHARE * (len(above) - number):
            found = number
    return clock(starts[found])


def clock(time: datetime.datetime) -> str:
    """A time as a person reads it, with its seconds where it has any."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time.second else f"{time:%Y-%m-%d %H:%M} UTC"
