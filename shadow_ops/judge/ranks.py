"""Evidence that paired differences lie above or below a value, valid however often one looks.

A gambler starts with one coin and bets, before each period's sign is seen, that it will be a plus. The stake is a
share of what she owns and grows with the rank of the difference's size among those before it: small differences say
little about the side, large ones much, and an outlier is only the largest, not larger. If the differences are symmetric
about the value (or a value below it), no stake gains on average; so by Ville's inequality she ever owns 20 coins with a
probability of at most 1/20. Her coins are the evidence. Several gamblers, from timid to bold, share the first coin.

The stake of rank u (0 to 1) is ((1+u)^k - (1-u)^k) / ((1+u)^k + (1-u)^k), the best one for logistic noise; with
k = 1 it is the rank itself, as in Wilcoxon's signed-rank test.
"""

from __future__ import annotations

import math
import operator
import statistics
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# From differences of a fourth of their noise to differences of four times it, and each one's share of the first coin:
# most for what matters most, a difference about as large as its noise.
_BOLDNESS = (0.25, 0.5, 1, 2, 4)
_SHARES = (0.05, 0.2, 0.5, 0.2, 0.05)
# Nobody stakes everything: one period against her, and she would be out of the game for good.
_LARGEST_STAKE = 0.98
_RANKS = 32
# A size is ranked among so many before it: any choice made beforehand is fair, and this one keeps long tests quick.
_RANKED_AMONG = 500
# Ends of intervals are looked for among so many differences; those of longer tests are averaged to as many.
_MOST_FOR_INTERVALS = 600
_STEPS = 14


def _stakes(boldness: float) -> list[float]:
    ranks = [(number + 0.5) / _RANKS for number in range(_RANKS)]
    shares = [((1 + u) ** boldness, (1 - u) ** boldness) for u in ranks]
    return [_LARGEST_STAKE * (more - less) / (more + less) for more, less in shares]


_GAINS = [[math.log1p(stake) for stake in _stakes(boldness)] for boldness in _BOLDNESS]
_LOSSES = [[math.log1p(-stake) for stake in _stakes(boldness)] for boldness in _BOLDNESS]


@dataclass(frozen=True)
class Evidence:
    """Natural logarithms of the coins won.

    Attributes:
        above: By betting that the differences lie above the value.
        below: By betting that they lie below it.
    """

    above: float
    below: float


def log_evidence(differences: Sequence[float], value: float) -> Evidence:
    """Evidence about where the differences lie.

    Args:
        differences: In order of time.
        value: What they are compared with.
    """
    # One place per rank for those above, and from the end for those below.
    counts = [0] * (2 * _RANKS + 1)
    for bet in _bets(differences, value):
        counts[bet] += 1
    plus, minus = counts[1 : _RANKS + 1], counts[: -_RANKS - 1 : -1]
    return Evidence(above=_mixed(plus, minus), below=_mixed(minus, plus))


def course(differences: Iterable[float], value: float) -> Iterator[float]:
    """Evidence that the differences lie above the value, after each of them.

    Args:
        differences: In order of time.
        value: What they are compared with.
    """
    coins = [0.0] * len(_BOLDNESS)
    for bet in _bets(differences, value):
        if bet:
            table = _GAINS if bet > 0 else _LOSSES
            coins = [one + won[abs(bet) - 1] for one, won in zip(coins, table, strict=True)]
        yield _mean(coins)


def _bets(differences: Iterable[float], value: float) -> Iterator[int]:
    """The rank of each difference's size, 1 to 32, negative where it is below the value; 0 where it is the value."""
    sizes: list[float] = []
    seen: deque[float] = deque()
    count = 0
    for difference in differences:
        shifted = difference - value
        size = shifted if shifted > 0 else -shifted
        # The rank, ties sharing theirs, needs nothing that comes later: this is what lets one look at any time.
        last = first = bisect_left(sizes, size)
        if first < count and sizes[first] == size:
            last = bisect_right(sizes, size, first)
        place = 1 + int((first + last + 1) / 2 / (count + 1) * _RANKS)
        sizes.insert(last, size)
        seen.append(size)
        if count == _RANKED_AMONG:
            del sizes[bisect_left(sizes, seen.popleft())]
        else:
            count += 1
        yield place if shifted > 0 else -place if shifted < 0 else 0


@dataclass(frozen=True)
class Interval:
    """Where the differences' centre lies.

    Attributes:
        low: Lower end; None where there is not enough evidence for one.
        centre: The value with as much evidence above it as below; always between the ends.
        high: Upper end, likewise.
    """

    low: float | None
    centre: float
    high: float | None


def interval(differences: Sequence[float], needed: float, anchor: float, is_below: bool, is_above: bool) -> Interval:
    """All values without that much evidence against them.

    Args:
        differences: In order of time, at least one.
        needed: Logarithm of the evidence that excludes a value.
        anchor: A value that was tested; the interval never contradicts that test.
        is_below: Whether the test said that the differences lie below the anchor.
        is_above: Whether it said that they lie above.
    """
    few = averaged(differences, _MOST_FOR_INTERVALS)
    centre = _centre(few)
    low, high = _end(few, centre, needed, -1), _end(few, centre, needed, 1)
    if is_below:
        centre, high = min(centre, anchor), min(anchor, max(few) if high is None else high)
        low = None if low is None else min(low, centre)
    elif high is not None:
        high = max(high, anchor)
    if is_above:
        centre, low = max(centre, anchor), max(anchor, min(few) if low is None else low)
        high = None if high is None else max(high, centre)
    elif low is not None:
        low = min(low, anchor)
    return Interval(low, centre, high)


def averaged(values: Sequence[float], most: int) -> Sequence[float]:
    """As many values at most, each the mean of as many neighbours; the values themselves if they aren't more."""
    together = math.ceil(len(values) / most)
    if together <= 1:
        return values
    return [statistics.fmean(values[first : first + together]) for first in range(0, len(values), together)]


def noise(differences: Sequence[float]) -> float:
    """Standard deviation about the median, by the median of the distances, which outliers don't move."""
    middle = statistics.median(differences)
    # 1.4826 turns the median distance of normal values into their standard deviation.
    return 1.4826 * statistics.median(abs(one - middle) for one in differences)


def _centre(differences: Sequence[float]) -> float:
    low, high = min(differences), max(differences)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        evidence = log_evidence(differences, middle)
        if evidence.above > evidence.below:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _end(differences: Sequence[float], centre: float, needed: float, side: int) -> float | None:
    """The nearest value to the centre, on one side, that the evidence excludes; None if it excludes none."""

    def excluded(value: float) -> bool:
        evidence = log_evidence(differences, value)
        return (evidence.below if side > 0 else evidence.above) >= needed

    farthest = max(differences) if side > 0 else min(differences)
    outside = farthest + side * 1e-4
    if not excluded(outside):
        return None
    inside = centre
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        if excluded(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _mixed(won: Sequence[int], lost: Sequence[int]) -> float:
    coins = [
        math.fsum(map(operator.mul, won, gains)) + math.fsum(map(operator.mul, lost, losses))
        for gains, losses in zip(_GAINS, _LOSSES, strict=True)
    ]
    return _mean(coins)


def _mean(coins: Sequence[float]) -> float:
    most = max(coins)
    return most + math.log(math.fsum(share * math.exp(one - most) for share, one in zip(_SHARES, coins, strict=True)))
