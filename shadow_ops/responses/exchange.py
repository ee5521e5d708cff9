"""Whether the answers that differ are answers to other requests: then each is given as often on both sides."""

from __future__ import annotations

import hashlib
import math

_FEWEST_PAIRS = 20
# Of two kinds of answers, as many turn one way as the other in any model that is as good as production.
_FEWEST_KINDS = 3
_MOST_KINDS = 20_000
_TESTED = 300
_NEARLY_ALL = 0.8
_CHANCE = 0.01


class Exchange:
    """Counts how often each answer is given by either side, in pairs that differ; of very many kinds, a sample."""

    def __init__(self) -> None:
        self._counts: dict[int, list[int]] = {}
        self._mask = 0

    def add(self, production: str, shadow: str) -> None:
        """Count a pair that differs."""
        self.count(production, 1, 0)
        self.count(shadow, 0, 1)

    def count(self, answer: str, production: int, shadow: int) -> None:
        """Count how often each side gave an answer."""
        kind = int.from_bytes(hashlib.md5(answer.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[:8])
        if kind & self._mask:
            return
        counts = self._counts.setdefault(kind, [0, 0])
        counts[0] += production
        counts[1] += shadow
        if len(self._counts) > _MOST_KINDS:
            self._mask = 2 * self._mask + 1
            self._counts = {kind: counts for kind, counts in self._counts.items() if not kind & self._mask}

    @property
    def is_likely(self) -> bool:
        """Whether nearly all answers are as frequent on both sides, which they hardly are by chance.

        A model that is simply another one gives an answer more often or less often than production, as a coin falls.
        """
        counts = sorted(self._counts.values(), key=sum, reverse=True)
        total = sum(map(sum, counts))
        if total < 2 * _FEWEST_PAIRS or len(counts) < _FEWEST_KINDS:
            return False
        # What was given once was given by one side alone.
        even = sum(one + other for one, other in counts if abs(one - other) <= 1 < one + other)
        if even < _NEARLY_ALL * total:
            return False
        # The counts of the last kind follow from those of the others.
        tested = counts[1 : _TESTED + 1]
        balanced = sum(abs(one - other) <= 1 for one, other in tested)
        return _at_least(balanced, [_even(one + other) for one, other in tested]) < _CHANCE


def _even(times: int) -> float:
    """How likely so many coins fall evenly, one over if they are odd in number."""
    if times > 1000:
        return min(1.0, math.sqrt(2 / (math.pi * times)) * (1 + times % 2))
    evenly: int = math.comb(times, times // 2) * (1 + times % 2)
    return evenly / 2.0**times


def _at_least(many: int, chances: list[float]) -> float:
    """How likely so many of some independent events happen, or more."""
    happened = [1.0]
    for chance in chances:
        before = [0.0, *happened]
        happened = [here * (1 - chance) + less * chance for here, less in zip([*happened, 0.0], before, strict=True)]
    return sum(happened[many:])
