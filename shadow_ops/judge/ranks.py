"""Evidence that paired differences lie above or below a value, valid however often one looks.

A gambler starts with one coin and bets, before each period's sign is seen, that it will be a plus. The stake is a
share of what she owns and grows with the rank of the difference's size among those so far: small differences say little
about the side, large ones much, and an outlier is only the largest, not larger. If the differences are symmetric about
the value (or a value below it), no stake gains on average; so by Ville's inequality she ever owns 20 coins with a
probability of at most 1/20. Her coins are the evidence. Several gamblers, from timid to bold, share the first coin.

The stake of rank u (0 to 1) is ((1+u)^k - (1-u)^k) / ((1+u)^k + (1-u)^k), the best one for logistic noise; with
k = 1 it is the rank itself, as in Wilcoxon's signed-rank test.
"""

from __future__ import annotations

import itertools
import math
import statistics
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass

# From differences of a fourth of their noise to differences of four times it. More gamblers would cost each a share.
_BOLDNESS = (0.25, 0.5, 1, 2, 4)
# Nobody stakes everything: one period against her, and she would be out of the game for good.
_LARGEST_STAKE = 0.98
_RANKS = 32
_RESOLUTION = 1e-4
_STEPS = 24


def _stakes(boldness: float) -> list[float]:
    ranks = [(number + 0.5) / _RANKS for number in range(_RANKS)]
    shares = [((1 + u) ** boldness, (1 - u) ** boldness) for u in ranks]
    return [_LARGEST_STAKE * (more - less) / (more + less) for more, less in shares]


_GAINS = [[math.log1p(stake) for stake in _stakes(boldness)] for boldness in _BOLDNESS]
_LOSSES = [[math.log1p(-stake) for stake in _stakes(boldness)] for boldness in _BOLDNESS]

OVERHEAD = math.log(len(_BOLDNESS))
"""What sharing the first coin costs at most, as a logarithm."""


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
    plus, minus = [0] * _RANKS, [0] * _RANKS
    sizes: list[float] = []
    for difference in differences:
        shifted = difference - value
        size = abs(shifted)
        # The rank, ties sharing theirs, needs nothing that comes later: this is what lets one look at any time.
        rank = (bisect_left(sizes, size) + bisect_right(sizes, size) + 1) / 2 / (len(sizes) + 1)
        insort(sizes, size)
        if shifted > 0:
            plus[int(rank * _RANKS)] += 1
        elif shifted < 0:
            minus[int(rank * _RANKS)] += 1
    return Evidence(above=_mixed(plus, minus), below=_mixed(minus, plus))


def interval(differences: Sequence[float], needed: float, anchor: float) -> tuple[float | None, float | None]:
    """Where the differences' centre lies: all values without that much evidence against them.

    Args:
        differences: In order of time, at least one.
        needed: Logarithm of the evidence that excludes a value.
        anchor: A value to test first, so that the interval never contradicts a test of that value.

    Returns:
        Lower and upper end; None where there is not enough evidence for one.
    """
    upper = _upper_end(differences, needed, anchor)
    lower = _upper_end([-one for one in differences], needed, -anchor)
    return None if lower is None else -lower, upper


def _upper_end(differences: Sequence[float], needed: float, anchor: float) -> float | None:
    beyond = max(differences) + _RESOLUTION
    low, high = statistics.median(differences), beyond
    if log_evidence(differences, beyond).below < needed:
        return None
    if anchor < beyond:
        if log_evidence(differences, anchor).below >= needed:
            low, high = min(low, anchor), anchor
        else:
            low = max(low, anchor)
    for _ in range(_STEPS):
        if high - low <= _RESOLUTION:
            break
        middle = (low + high) / 2
        if log_evidence(differences, middle).below >= needed:
            high = middle
        else:
            low = middle
    return high


def autocorrelation(differences: Sequence[float]) -> float | None:
    """How much each difference resembles the one before, -1 to 1. None of too few, or of constant ones."""
    if len(differences) < 3:
        return None
    mean = statistics.fmean(differences)
    off = [one - mean for one in differences]
    spread = math.fsum(one * one for one in off)
    if spread <= 1e-18 * len(off):
        return None
    return math.fsum(one * following for one, following in itertools.pairwise(off)) / spread


def noise(differences: Sequence[float]) -> float:
    """Standard deviation about the median, by the median of the distances, which outliers don't move."""
    middle = statistics.median(differences)
    # 1.4826 turns the median distance of normal values into their standard deviation.
    return 1.4826 * statistics.median(abs(one - middle) for one in differences)


def _mixed(won: Sequence[int], lost: Sequence[int]) -> float:
    coins = [
        math.fsum(n * gain for n, gain in zip(won, gains, strict=True))
        + math.fsum(n * loss for n, loss in zip(lost, losses, strict=True))
        for gains, losses in zip(_GAINS, _LOSSES, strict=True)
    ]
    most = max(coins)
    return most + math.log(math.fsum(math.exp(one - most) for one in coins) / len(coins))
