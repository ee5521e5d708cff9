"""What is counted while captured answers are read, joined and compared; its size doesn't grow with the data."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from operator import add
from typing import NamedTuple

from shadow_ops.contract.paths import Path
from shadow_ops.responses.compare import Difference
from shadow_ops.responses.counted import SIDES, Counted, Pair, Share
from shadow_ops.responses.exchange import Exchange
from shadow_ops.responses.few import OTHERS, Few
from shadow_ops.responses.labels import Labels
from shadow_ops.responses.numbers import Numbers
from shadow_ops.responses.symptoms import SAMPLE

LOSSES = (
    "malformed",
    "no answer",
    "stream",
    "undecodable",
    "without key",
    "duplicate",
    "inputs differ",
    "only here",
    "nothing to compare",
)
"""Why a record is in no pair: its line is no record (cut off, no JSON); the variant gave no answer; the answer was
streamed; it is no base64 though it says so; it lacks what records are joined by; its key came more than once; the
other side's record of its key was asked something else; the other side has no record of its key with an answer; both
were joined, and neither has the part that is compared, or a class, or all that they have may differ."""

_MOST_SEGMENTS = 1000
_MOST_PATHS = 200
_MOST_CLASSES = 2000


class Example(NamedTuple):
    """A pair that differs; larger differences sort last."""

    rank: tuple[float, float, float]
    key: str
    hour: str
    production: str
    shadow: str
    request: str
    segment: str
    parts: tuple[tuple[str, str], ...]


@dataclass
class Tally(Counted):
    """Counts of a comparison, with all that a person is shown of it.

    Attributes:
        most_examples: How many pairs are kept that differ most.
        key: What the records were joined by; "" before that is known.
        cut_off: Packed files that are cut off.
        gone: Files that were deleted between being found and being read.
        older: Records from before the time that was asked for, by side: they are not read.
        exact: Pairs that are equal.
        within: Pairs that are equal within the tolerance.
        hours: By hour.
        segments: By segment.
        numbers: Pairs of numbers by path.
        having: Pairs of answers that have numbers there, by path; of rows as of one.
        classes: Pairs of classes.
        parts: Pairs that differ somewhere, by path and how.
        overlaps: How many pairs of texts or rankings were compared, the sum of their overlaps, and the least.
        repeats: Production's answers to repeated requests, and those that agree with its usual answer.
        examples: The pairs that differ most, a heap.
        sample: Answers of some pairs that aren't equal.
        exchange: What both sides said in pairs that differ.
        labels: Which label the shadow gave where production gave which.
        unmet: Parts that may differ, and were in no answer.
    """

    most_examples: int = 0
    key: str = ""
    cut_off: int = 0
    gone: int = 0
    older: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    exact: int = 0
    within: int = 0
    hours: dict[str, Share] = field(default_factory=dict)
    segments: Few[str, Share] = field(default_factory=lambda: Few(_MOST_SEGMENTS, Share, add, lambda _: OTHERS))
    numbers: Few[str, Numbers] = field(default_factory=lambda: Few(_MOST_PATHS, Numbers, add, None))
    having: Few[str, int] = field(default_factory=lambda: Few(_MOST_PATHS, int, add, None))
    classes: Few[tuple[str, str], int] = field(
        default_factory=lambda: Few(_MOST_CLASSES, int, add, lambda _: (OTHERS, OTHERS))
    )
    parts: Few[tuple[str, str], int] = field(
        default_factory=lambda: Few(_MOST_PATHS, int, add, lambda part: (OTHERS, part[1]))
    )
    overlaps: tuple[int, float, float] = (0, 0.0, 1.0)
    repeats: Share = field(default_factory=Share)
    examples: list[Example] = field(default_factory=list)
    sample: list[tuple[str, str]] = field(default_factory=list)
    exchange: Exchange = field(default_factory=Exchange)
    labels: Labels = field(default_factory=Labels)
    unmet: frozenset[Path] = frozenset()

    def count(self, hour: str, segment: str | None, pairs: int, *, exact: int, within: int, agreeing: int) -> None:
        """Count pairs of one hour and segment."""
        self.all.add(pairs, agreeing)
        self._spread(hour, segment, pairs, exact=exact, within=within, agreeing=agreeing)

    def _spread(self, hour: str, segment: str | None, pairs: int, *, exact: int, within: int, agreeing: int) -> None:
        self.exact += exact
        self.within += within
        self.hours.setdefault(hour, Share()).add(pairs, agreeing)
        if segment is not None:
            self.segments[self.segments.place(segment) or OTHERS].add(pairs, agreeing)

    def add(self, pair: Pair, difference: Difference, times: int = 1) -> None:
        """Count a pair that was compared, or several that are equal."""
        super().add(pair, difference, times)
        if difference.absent:
            return
        exact, within, agreeing = (times * one for one in (difference.exact, difference.within, difference.agrees))
        self._spread(pair.hour, pair.segment, times, exact=exact, within=within, agreeing=agreeing)
        for path, production, shadow in difference.numbers:
            if self.numbers.place(path) is not None:
                for _ in range(times):
                    self.numbers[path].add(production, shadow)
        self.labels.add(difference, times)
        for path in {path for path, _, _ in difference.numbers}:
            if self.having.place(path) is not None:
                self.having[path] += times
        for classes in difference.classes:
            self.turned(classes, times)
        for part in set(difference.parts):
            self.differed(part, times)
        if difference.overlap is not None:
            count, total, least = self.overlaps
            overlap = difference.overlap
            self.overlaps = count + times, total + times * overlap, min(least, overlap)
        if difference.said is not None:
            self.exchange.add(*difference.said)
        if not difference.exact and len(self.sample) < SAMPLE:
            self.sample.append((pair.production, pair.shadow))
        if not difference.agrees and self._wants(rank_of(difference)):
            self.keep(example(pair, difference))

    def turned(self, classes: tuple[str, str], times: int) -> None:
        """Count pairs of classes."""
        self.classes[self.classes.place(classes) or (OTHERS, OTHERS)] += times

    def differed(self, part: tuple[str, str], times: int) -> None:
        """Count pairs that differ in a part."""
        self.parts[self.parts.place(part) or (OTHERS, part[1])] += times

    def _wants(self, rank: tuple[float, float, float]) -> bool:
        return len(self.examples) < self.most_examples or (bool(self.examples) and rank >= self.examples[0].rank)

    def keep(self, example: Example) -> None:
        """Keep an example if it is among those that differ most."""
        if len(self.examples) < self.most_examples:
            heapq.heappush(self.examples, example)
        elif self.examples and example > self.examples[0]:
            heapq.heapreplace(self.examples, example)


def example(pair: Pair, difference: Difference) -> Example:
    """A pair that differs, as it is shown."""
    parts = tuple(sorted(set(difference.parts)))
    texts = pair.production, pair.shadow, pair.request or "", pair.segment or ""
    return Example(rank_of(difference), pair.key, pair.hour, *texts, parts)


def rank_of(difference: Difference) -> tuple[float, float, float]:
    """Sorts differences by size: structure first, then text, then numbers."""
    other = sum(how != "number" for _, how in difference.parts)
    sizes = (abs(shadow - production) for _, production, shadow in difference.numbers if production != shadow)
    # Beyond all floats, and from NaN, nothing is further apart.
    apart = max((size if size < 1e300 else math.inf for size in sizes), default=0.0)
    return other, 1 - (1 if difference.overlap is None else difference.overlap), apart
