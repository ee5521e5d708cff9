"""What came of a comparison of captured answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.agreement import Agreement, agreement
from shadow_ops.responses.compare import NO_CLASS
from shadow_ops.responses.counted import SIDES, Share
from shadow_ops.responses.hidden import NEITHER, Shown, folded
from shadow_ops.responses.labels import exchanged
from shadow_ops.responses.numbers import Numbers
from shadow_ops.responses.symptoms import symptoms
from shadow_ops.responses.tally import LOSSES, Example, Tally

_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Read:
    """What was read.

    Attributes:
        endpoint: The endpoint's name.
        source: Where the captured files lie.
        variants: Names of the production and the shadow variant.
        first: The first hour that was compared, such as ``2026-11-24T20``; None without any.
        last: The last one.
        hours: How many were compared.
        hours_found: How many there are.
        one_sided: Hours in which one side has no file, and which.
        files: Files that were read.
        bytes: Their size.
    """

    endpoint: str
    source: str
    variants: tuple[str, str]
    first: str | None
    last: str | None
    hours: int
    hours_found: int
    one_sided: tuple[tuple[str, str], ...]
    files: int
    bytes: int


@dataclass(frozen=True)
class Result:
    """A comparison.

    Attributes:
        read: What was read.
        how: How it was compared.
        tally: What was counted.
        confidence_percent: How sure the intervals are.
        shown: What of customers' data may be shown.
    """

    read: Read
    how: Comparison
    tally: Tally
    confidence_percent: float = 95
    shown: Shown = NEITHER

    @property
    def agreement(self) -> Agreement:
        """How many pairs agree."""
        return agreement(self.tally.all.compared, self.tally.all.agreeing, self.confidence_percent)

    @property
    def joined_percent(self) -> float | None:
        """Share of the smaller side's records that are in a pair; None without records that should be in one."""
        due = self.tally.due
        return self.tally.joined / due * 100 if due else None

    @property
    def noise_percent(self) -> float | None:
        """How often production answers a repeated request otherwise than usually; None without repeated requests."""
        seen = self.tally.repeats
        return (1 - seen.agreeing / seen.compared) * 100 if seen.compared else None

    @property
    def classes(self) -> dict[tuple[str, str], int]:
        """Pairs of classes; of numbers that nobody called probabilities only if all are between 0 and 1.

        Empty if no answer has a class.
        """
        if self.how.classes != "label" and set(self.tally.classes) <= {(NO_CLASS, NO_CLASS)}:
            return {}
        numbers = self.tally.numbers.get("$")
        if self.how.classes is None and (numbers is None or numbers.least < 0 or numbers.most > 1):
            return {}
        # Other classes than labels have names of this library's own.
        classes = self.tally.classes if self.how.classes != "label" else self.shown.labels(self.tally.classes)
        return dict(_most_first(classes))

    @property
    def parts(self) -> list[tuple[tuple[str, str], int]]:
        """Where pairs differ and how, and how many, most first."""
        having = self._having()
        return _most_first(folded(self.tally.parts, lambda part: (self.shown.path(part[0], having[part[0]]), part[1])))

    @property
    def numbers(self) -> list[tuple[str, Numbers]]:
        """Pairs of numbers by path, those that differ most first."""
        having = self._having()
        found = folded(self.tally.numbers, lambda path: self.shown.path(path, having[path]))
        known = [(path, one) for path, one in found.items() if one.count]
        return sorted(known, key=lambda one: (-one[1].largest, one[0]))

    @property
    def examples(self) -> list[Example]:
        """The pairs that differ most, these first, so far as they are shown."""
        return [self.shown.example(one, self.tally.key) for one in sorted(self.tally.examples, reverse=True)]

    def _having(self) -> Counter[str]:
        """How many answers are known to have each path."""
        having = Counter(self.tally.having)
        for (path, how), pairs in self.tally.parts.items():
            having[path] += pairs if how != "number" else 0
        return having

    @property
    def symptoms(self) -> tuple[str, ...]:
        """What the differences look like; nothing where all pairs agree."""
        tally, compared = self.tally, self.tally.all.compared
        if tally.all.agreeing == compared:
            return ()
        of_all, differing = tally.within < (1 - _NEARLY_ALL) * compared, 1 - tally.exact / compared
        labels = tally.labels.exchanged() if self.how.classes is None else exchanged(tally.classes)
        return symptoms(tally.sample, tally.exchange.is_likely, labels, of_all=of_all, differing=differing)

    def worst(self, shares: dict[str, Share]) -> list[tuple[str, Share]]:
        """Hours or segments, those that agree least first."""
        return sorted(shares.items(), key=lambda one: (one[1].agreeing / one[1].compared, -one[1].compared, one[0]))

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain JSON values."""
        tally, found = self.tally, self.agreement
        count, total, least = tally.overlaps
        return {
            **asdict(self.read),
            "joined_by": tally.key,
            "joined_percent": self.joined_percent,
            "records": tally.records,
            "lost": {side: {why: tally.losses[side][why] for why in LOSSES} for side in SIDES},
            "files_cut_off": tally.cut_off,
            "files_gone": tally.gone,
            "records_older": tally.older,
            "pairs": found.compared,
            "pairs_unchecked": tally.unchecked,
            "exact": tally.exact,
            "within_tolerance": tally.within,
            "agreeing": found.agreeing,
            "agreement_percent": found.percent,
            "agreement_interval": [found.low_percent, found.high_percent],
            "confidence_percent": self.confidence_percent,
            "noise": {"repeated": tally.repeats.compared, "percent": self.noise_percent},
            "classes": [
                {"production": one, "shadow": other, "pairs": pairs} for (one, other), pairs in self.classes.items()
            ],
            "numbers": {path: one.to_json() for path, one in self.numbers},
            "overlap": None if not count else {"pairs": count, "mean": total / count, "least": least},
            "differences": [{"path": path, "how": how, "pairs": pairs} for (path, how), pairs in self.parts],
            "symptoms": list(self.symptoms),
            "hours_compared": {hour: asdict(one) for hour, one in sorted(tally.hours.items())},
            "segments": {name: asdict(one) for name, one in self.worst(tally.segments)},
            "examples": [
                {
                    "key": one.key,
                    "hour": one.hour,
                    "production": one.production,
                    "shadow": one.shadow,
                    **({"request": one.request} if self.shown.inputs else {}),
                    **({"segment": one.segment} if self.how.by is not None else {}),
                    "differences": [{"path": path, "how": how} for path, how in one.parts],
                }
                for one in self.examples
            ],
        }


def _most_first(counts: Mapping[tuple[str, str], int]) -> list[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
