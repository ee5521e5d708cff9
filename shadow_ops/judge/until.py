"""How long it takes until evidence decides: the same computation for a plan and for a test on its way.

Of a series it is what half of as many simulated ones take, whose differences are as far from what is allowed and as
noisy, judged by the judge's own evidence. Of counts it is when the same shares of more requests would decide.
"""

from __future__ import annotations

import functools
import math
import random
import statistics
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from shadow_ops.contract.rules import DurationRule, Rule
from shadow_ops.judge import ranks
from shadow_ops.judge.drift import Drift

LONGEST_MINUTES = 30 * 1440
"""What takes longer can't be decided at this traffic: no shadow test should last longer."""

SEEN_SOONER = 0.85
"""Who looks all the time, or at several rules, needs luck once only: half are there before each is expected."""

_RUNS, _MOST_PERIODS = 15, 1500
# Evidence is followed so far; what needs more takes as much longer.
_FOLLOWED = 48
_STEP = 1.1
# How long tests take differs by so much, in the logarithm; all rules take no more than so many times the longest.
_SPREAD, _LATEST, _HALF, _STEPS_TO_ALL = 0.5, 3.0, 0.5, 20
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


def all_of(minutes: Iterable[tuple[Rule, float]]) -> float:
    """Until all of several rules are decided in half of the tests: later than the last of them is in half of them.

    Args:
        minutes: Each rule, and until it is decided in half of the tests. Rules of one kind are decided by the same
            requests, and so by the same luck; those of different kinds each by their own.
    """
    slowest: dict[type[Rule], float] = defaultdict(float)
    for rule, until in minutes:
        kind = DurationRule if isinstance(rule, DurationRule) else type(rule)
        slowest[kind] = max(slowest[kind], until)
    slow = [one for one in slowest.values() if one > 0]
    low = max(slow, default=0.0)
    high = low * _LATEST
    for _ in range(_STEPS_TO_ALL):
        middle = (low + high) / 2
        decided = math.prod(statistics.NormalDist(math.log(one), _SPREAD).cdf(math.log(middle)) for one in slow)
        low, high = (low, middle) if decided >= _HALF else (middle, high)
    return (low + high) / 2


def first(is_so: Callable[[float], bool], minutes: float, seen: float = 0.0) -> float | None:
    """How many more minutes until half of the tests have seen that something is so; None if not in 30 days.

    Args:
        is_so: Whether it is after so many minutes, if all comes as it is expected.
        minutes: The first time that is tried.
        seen: How many are over.
    """
    before = minutes
    while minutes <= LONGEST_MINUTES:
        if is_so(minutes):
            # Somewhere between the two.
            return ((before + minutes) / 2 - seen) * SEEN_SOONER
        before, minutes = minutes, minutes * _STEP
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
