"""What keeps a rule on errors from holding now: the last hours, a peak, an hour of the day. See `vetoes`."""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Sequence

from shadow_ops.judge import episodes, rates, vetoes
from shadow_ops.judge.episodes import Block
from shadow_ops.judge.opinion import counted, signed
from shadow_ops.judge.rates import TOLERATED_RATIO, Counts

# The last hour, the last three and the last twelve; so many of their worst periods count as the next worse one does:
# one burst is no trend.
_LATELY = ((12, 1), (36, 2), (144, 4))
_SURE, _FEWEST_MORE = 1.5, 3
_PEAK_POINTS, _PEAK_SURE = 0.01, 4.0
# Summed over days, equal variants are far below what is allowed.
_LOOKED_AT, _FEWEST_DAYS, _HOUR_SURE = datetime.timedelta(days=14), 2, 2.0


def not_now(blocks: Sequence[Block], recent: Sequence[Block], allowed: float, minutes_each: float) -> str | None:
    """Why a rule doesn't hold now, though it may by all that was seen; None if nothing speaks against it.

    Args:
        blocks: In order of time.
        recent: The last ones, see `Counted.lately`.
        allowed: By how much the shadow's share may be above production's.
        minutes_each: Length of a block.
    """
    for last, spared in _LATELY:
        some = [one.counts for one in recent[-last:]]
        if len(some) > spared and _surely_beyond(_without_bursts(some, allowed, spared), allowed, _SURE):
            whole = rates.total(some)
            return f"{signed(whole.excess * 100, 2)} points {_in_the_last(recent[-last:])}{_since(recent, allowed)}"
    worse = far_beyond([one.counts for one in blocks], allowed, minutes_each)
    better = far_beyond([one.counts.swapped for one in blocks], allowed, minutes_each)
    peaks = vetoes.peaks_of(worse, better, minutes_each)
    if not peaks.when:
        return _at_an_hour_of_the_day(blocks, allowed)
    whole = rates.total(blocks[number].counts for number in peaks.when)
    return f"{signed(whole.excess * 100, 2)} points in {peaks.text([one.start for one in blocks])}"


def _at_an_hour_of_the_day(blocks: Sequence[Block], allowed: float) -> str | None:
    """Whether an hour of the day is surely worse over the days, though too few requests to be so on any one of them."""
    first = blocks[-1].start - _LOOKED_AT
    hours: dict[int, dict[datetime.date, list[Counts]]] = defaultdict(lambda: defaultdict(list))
    for one in blocks:
        if one.start > first:
            hours[one.start.hour][one.start.date()].append(one.counts)
    for hour, days in sorted(hours.items()):
        # No one burst, and no one day, makes an hour of the day.
        some = [_without_bursts(one, allowed, min(1, len(one) - 1)) for one in days.values()]
        rest = _without_bursts(some, allowed, 1) if len(some) >= _FEWEST_DAYS else None
        if rest is not None and _surely_beyond(rest, allowed, _HOUR_SURE):
            whole = rates.total(some)
            return (
                f"{signed(whole.excess * 100, 2)} points from {hour:02d}:00 to {hour:02d}:59 UTC, on {len(some)} days"
            )
    return None


def far_beyond(counts: Sequence[Counts], allowed: float, minutes: float) -> list[bool]:
    """Of each period, whether it is far worse by itself, or part of an hour that is surely worse without its worst."""
    found = [_surely_beyond(one, allowed + _PEAK_POINTS, _PEAK_SURE) for one in counts]
    length = episodes.in_an_hour(minutes)
    for first in range(0, len(counts) - length + 1, max(1, length // 4)):
        hour = counts[first : first + length]
        if sum(one.shadow_errors for one in hour) <= _FEWEST_MORE:
            continue
        if _surely_beyond(_without_bursts(hour, allowed, min(1, length - 1)), allowed, _PEAK_SURE):
            for number in range(first, first + length):
                found[number] = found[number] or beyond(counts[number], allowed) > 0
    return found


def above_bound(recent: Sequence[Block], bound: float) -> str | None:
    """How far the shadow's share was lately above a bound that production's is below; None if it wasn't.

    Args:
        recent: The last blocks, see `Counted.lately`.
        bound: A share, 0 to 1.
    """
    for last, spared in _LATELY:
        # Held to the bound by itself, as if production had failed that often.
        some = [one.counts for one in recent[-last:]]
        held = [Counts(one.shadow_errors, one.shadow, bound * one.production, one.production) for one in some]
        theirs = rates.total(some)
        if len(some) <= spared or theirs.production_errors > bound * theirs.production:
            continue
        if _surely_above(_without_bursts(held, 0.0, spared)):
            return f"{rate_text(theirs.shadow_errors / theirs.shadow)} % {_in_the_last(recent[-last:])}"
    return None


def _surely_above(counts: Counts) -> bool:
    """Whether the shadow's errors are surely more than those that stand for the bound, which is known exactly."""
    expected = counts.production_errors / counts.production * counts.shadow
    return counts.shadow_errors - expected >= _FEWEST_MORE + _SURE * math.sqrt(expected)


def _without_bursts(some: Sequence[Counts], allowed: float, spared: int) -> Counts:
    ordered = sorted(some, key=lambda one: beyond(one, allowed))
    rest = len(ordered) - spared
    return rates.total([*ordered[:rest], *[ordered[rest - 1]] * spared])


def _in_the_last(blocks: Sequence[Block]) -> str:
    return f"in the last {counted(sum(one.periods for one in blocks), 'period')}"


def _since(blocks: Sequence[Block], allowed: float) -> str:
    bad = [is_bad(one.counts, allowed) for one in blocks]
    return f", since {vetoes.since(bad, [one.start for one in blocks])}" if any(bad) else ""


def beyond(counts: Counts, allowed: float) -> float:
    """How many more errors the shadow has than it may: so many points more, or 1.2 times as many."""
    production = counts.production_errors / counts.production
    return counts.shadow_errors - max(production + allowed, production * TOLERATED_RATIO) * counts.shadow


def _surely_beyond(counts: Counts, allowed: float, sure: float) -> bool:
    """Whether the errors are beyond what is allowed by so many standard deviations, and by a few."""
    more = beyond(counts, allowed)
    expected = counts.shadow_errors - more
    # Production's own count is uncertain too, and stands for as many copies.
    spread = expected + counts.production_errors * (counts.shadow / counts.production) ** 2
    return more >= _FEWEST_MORE + sure * math.sqrt(spread)


def is_bad(counts: Counts, allowed: float) -> bool:
    """Whether that is more than a few."""
    return beyond(counts, allowed) >= _FEWEST_MORE


def rate_text(share: float) -> str:
    """A rate of errors in percent, such as ``0.125``; of answers `agreement.share_text` tells the share."""
    return f"{share * 100:.3g}"
