"""How much neighbouring periods resemble each other, and how much less evidence they are for it.

A variant that is a little slower for an hour (a noisy neighbour, a cache) is so in twelve periods, which together say
little more than one of them. Evidence is divided by how many times as much independent periods would say.
"""

from __future__ import annotations

import itertools
import math
import operator
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Looked at in stretches of so many periods, so that a lasting change isn't taken for drift.
_STRETCH = 36
_FEWEST = 3
_LONGEST_MEMORY = 0.95
# Before anything is seen, drift is taken to be 2.4 % in the ratio, as if ten periods had shown it.
_USUAL_VARIANCE = 0.0006
_USUAL_WEIGHT = 10
_USUAL_MEMORY = 0.6
_BEYOND_DRIFT = 3
_LASTING_MEMORY = 0.7
_USUAL_MARGIN, _LITTLE_OF_THE_NOISE = 0.08, 1.5


@dataclass(frozen=True)
class Drift:
    """What slow noise there is in the ratio of two latencies.

    Attributes:
        variance: Covariance of neighbouring periods' log ratios.
        memory: Their correlation, 0 to 0.95.
        periods: From how many it is known.
    """

    variance: float
    memory: float
    periods: int

    @property
    def margin(self) -> float:
        """A log ratio that drift alone hardly reaches: three times its standard deviation."""
        weighted = self.periods * self.variance + _USUAL_WEIGHT * _USUAL_VARIANCE
        return _BEYOND_DRIFT * math.sqrt(weighted / (self.periods + _USUAL_WEIGHT))

    def less(self, variance: float) -> float:
        """How many times as much independent periods would say; at least 1.

        Args:
            variance: Of the log ratios whose evidence it is for.
        """
        most = max(variance, self.variance)
        return 1 + 2 * self.variance / most / (1 - self.memory) if most > 0 and self.memory > 0 else 1.0

    @property
    def lasts(self) -> bool:
        """Whether it stays for so long that a few hours may lie on one side of it."""
        return self.memory > _LASTING_MEMORY

    def is_usual(self, less: float) -> bool:
        """Whether it is no more than usual, and little of the noise, so that it can't make an equal shadow look slower.

        Args:
            less: How many times as much independent periods would say, see `divisor`.
        """
        return self.margin <= _USUAL_MARGIN and less <= _LITTLE_OF_THE_NOISE


NO_DRIFT = Drift(0.0, 0.0, 0)
USUAL_DRIFT = Drift(_USUAL_VARIANCE, _USUAL_MEMORY, 0)
"""What two variants are taken to have where only one was seen: its own can't be told from its load's."""


def drift_of(differences: Sequence[float]) -> Drift:
    """The slow noise of one series of log ratios."""
    covariances, memories = [], []
    for stretch in _stretches(differences):
        variance, covariance = _moments(stretch)
        covariances.append(max(covariance, 0.0))
        memories.append(max(covariance, 0.0) / variance if variance > 1e-18 else 0.0)
    if not covariances:
        return NO_DRIFT
    # A stretch's own mean hides what lasts as long as it does: Kendall's correction of a correlation of few values.
    few, found = min(len(differences), _STRETCH), statistics.median(memories)
    memory = min((found * few + 1) / (few - 3), _LONGEST_MEMORY) if found > 0 else 0.0
    return Drift(statistics.median(covariances), memory, len(differences))


def divisor(differences: Sequence[float], drift: Drift) -> float:
    """How many times as much independent periods would say; at least 1.

    Args:
        differences: Log ratios whose evidence it is for.
        drift: That of the quietest latency, because in a noisy one it is there as well but can hardly be seen.
    """
    variances = [_moments(stretch)[0] for stretch in _stretches(differences)]
    return drift.less(statistics.median(variances)) if variances else 1.0


def _stretches(differences: Sequence[float]) -> list[Sequence[float]]:
    if len(differences) < _FEWEST:
        return []
    count = max(1, len(differences) // _STRETCH)
    return [differences[len(differences) * n // count : len(differences) * (n + 1) // count] for n in range(count)]


def _moments(stretch: Sequence[float]) -> tuple[float, float]:
    mean = statistics.fmean(stretch)
    off = [one - mean for one in stretch]
    variance = math.fsum(map(operator.mul, off, off)) / len(off)
    return variance, math.fsum(map(operator.mul, off, itertools.islice(off, 1, None))) / len(off)
