"""Whether the shadow's labels are production's under other names: 0 for 1 and 1 for 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from shadow_ops.judge.agreement import share_text
from shadow_ops.responses.compare import Difference

MOST_KINDS = 100
_MOST_PARTS = 50
_LONGEST = 80
# So often each, and so often together: labels that came once each are exchanged by chance.
_FEWEST_EACH, _FEWEST = 5, 20
_NEARLY_ALL = 0.9
_SHOWN = 5

Pairs = Mapping[tuple[str, str], int]


class Labels:
    """Counts which label the shadow gives where production gives which, in each part of answers that has few."""

    def __init__(self) -> None:
        # None for a part with more kinds of pairs than any labels make.
        self._parts: dict[str, Counter[tuple[str, str]] | None] = {}

    def add(self, difference: Difference, times: int) -> None:
        """Count the labels of pairs that were compared."""
        for part, one, other in difference.labels:
            self.count(part, one, other, times)
        for part, production, shadow in difference.numbers:
            if self.takes(part):
                self.count(part, named(production), named(shadow), times)

    def count(self, part: str, production: str, shadow: str, times: int) -> None:
        """Count pairs of labels."""
        if not self.takes(part):
            return
        counts = self._parts.setdefault(part, Counter())
        assert counts is not None
        counts[production, shadow] += times
        if len(counts) > MOST_KINDS or max(len(production), len(shadow)) > _LONGEST:
            self.close(part)

    def takes(self, part: str) -> bool:
        """Whether a part may still be one of labels."""
        return self._parts[part] is not None if part in self._parts else len(self._parts) < _MOST_PARTS

    def close(self, part: str) -> None:
        """It isn't one."""
        self._parts[part] = None

    def counted(self) -> dict[str, Pairs]:
        """The labels of parts that have few."""
        return {part: counts for part, counts in sorted(self._parts.items()) if counts is not None}

    def exchanged(self) -> str | None:
        """Say of the first part with exchanged labels which they are; None if there is none."""
        for part, counts in self.counted().items():
            if (said := exchanged(counts)) is not None:
                return said if part == "$" else f"in {part}, {said}"
        return None


def named(number: float) -> str:
    """A number as a label, however it is written."""
    return f"{number + 0:.15g}" if abs(number) < 1e300 else str(number)[: _LONGEST + 1]


def exchanged(pairs: Pairs) -> str | None:
    """Say which labels stand for which; None if not nearly all of each do, or they aren't the same ones.

    Of labels that hardly any answer has nothing is said, so none of these names has to be hidden.

    Args:
        pairs: How often the shadow gives the second where production gives the first.
    """
    ones, others = Counter[str](), Counter[str]()
    for (one, other), times in pairs.items():
        ones[one] += times
        others[other] += times
    found = {
        one: other
        for (one, other), times in pairs.items()
        if one != other and times >= max(_FEWEST_EACH, _NEARLY_ALL * max(ones[one], others[other]))
    }
    # Only what goes round is an exchange: a label that took another's place has its own taken, too.
    while lost := found.keys() ^ set(found.values()):
        found = {one: other for one, other in found.items() if not {one, other} & lost}
    if sum(pairs[pair] for pair in found.items()) < _FEWEST:
        return None
    right = sum(times for (one, other), times in pairs.items() if found.get(one, one) == other)
    which = ", ".join(f"production's {one} is the shadow's {other}" for one, other in sorted(found.items())[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    share = share_text(right / sum(pairs.values()) * 100)
    return f"labels are exchanged: {which}{more}; put right, {share} % of all would be equal"
