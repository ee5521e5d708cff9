"""How long it takes until evidence decides: the same computation for a plan and for a test on its way.

Of a series it is what half of as many simulated ones take, whose differences are as far from what is allowed and as
noisy, judged by the judge's own evidence. Of counts it is when the same shares of more requests would decide.
"""

from __future__ import annotations

import functools
import math
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence

from shadow_ops.judge import ranks
from shadow_ops.judge.drift import Drift

LONGEST_MINUTES = 30 * 1440
"""What takes longer can't be decided at this traffic: no shadow test should last longer."""

_RUNS, _MOST_PERIODS = 15, 1500
# Evidence is followed so far; what needs more takes as much longer.
_FOLLOWED = 48
_STEP = 1.1
# A difference that is a smaller part of its noise takes more periods than are simulated.
_LEAST_OF_NOISE, _MOST_OF_NOISE = 1 / 20, 20


def to_hold(
    size: float, noise: float, drift: Drift, less: float, needed: float, won: tuple[float, float]
) -> int | None:
    """How many more periods until half of such series surely lie below a value; None if that can't be told.

    Args:
        size: How far below it they lie.
        noise: Their standard deviation.
        drift: Their slow noise: surely below by more than it reaches needs no patience with it.
        less: How many times as much independent periods would say.
        needed: Log evidence that decides, of independent periods.
        won: Log evidence so far: that they lie below the value, and that they lie below it by more than drift.
    """
    ways = (periods(size, noise, needed * less, won[0]), periods(size - drift.margin, noise, needed, won[1]))
    return min((one for one in ways if one is not None), default=None)


def periods(size: float, noise: float, needed: float, won: float = 0.0) -> int | None:
    """How many more periods until half of such series are told from nothing; None if more than can be followed.

    Args:
        size: How far from a value they lie, on the side in question.
        noise: Their standard deviation.
        needed: Log evidence that decides.
        won: Log evidence so far.
    """
    if size <= 0:
        return None
    ratio = min(max(size / max(noise, 1e-12), _LEAST_OF_NOISE), _MOST_OF_NOISE)
    course = _course(round(math.log(ratio), 1))
    whole, before = _when(course, needed - min(won, 0.0)), _when(course, max(won, 0.0))
    return None if whole is None or before is None else max(1, whole - before)


def first(is_so: Callable[[float], bool], minutes: float) -> float | None:
    """The first of a series of times, each a tenth later, at which something is so; None if not in `LONGEST_MINUTES`.

    Args:
        is_so: Whether it is, after so many minutes.
        minutes: The first time.
    """
    while minutes <= LONGEST_MINUTES:
        if is_so(minutes):
            return minutes
        minutes *= _STEP
    return None


def _when(course: Sequence[float], evidence: float) -> int | None:
    """In which period the median of the runs has so much evidence; the course is what it has had at most."""
    if evidence <= 0:
        return 0
    if evidence > _FOLLOWED:
        whole = _when(course, _FOLLOWED)
        return None if whole is None else math.ceil(whole * evidence / _FOLLOWED)
    found = bisect_left(course, evidence)
    return None if found == len(course) else found + 1


@functools.lru_cache(maxsize=64)
def _course(log_ratio: float) -> list[float]:
    """What half of the runs have had at most, period by period."""
    size = math.exp(log_ratio)
    runs = [_run(size, seed) for seed in range(_RUNS)]
    longest = max(len(one) for one in runs)
    middle = _RUNS // 2
    return [sorted(one[min(number, len(one) - 1)] for one in runs)[middle] for number in range(longest)]


def _run(size: float, seed: int) -> list[float]:
    draw = random.Random(seed)
    found: list[float] = []
    for won in ranks.course((draw.gauss(size, 1) for _ in range(_MOST_PERIODS)), 0.0):
        found.append(max(won, found[-1]) if found else won)
        if won >= _FOLLOWED:
            break
    return found
