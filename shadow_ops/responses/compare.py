"""Compare two answers."""

from __future__ import annotations

import json
import math
from typing import Any

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.paths import Path, has, parse_path, removed, select
from shadow_ops.responses.answer import value

NO_CLASS = "(none)"
DEFAULT_THRESHOLD = 0.5


class Difference:
    """What two answers differ in.

    Attributes:
        exact: Whether the values are equal.
        within: Whether they agree within the tolerance, what may differ left out.
        agrees: Whether they agree by what was asked for: classes, rankings, else `within`.
        numbers: Each pair of numbers, with its path.
        classes: Each pair of classes.
        parts: Where they differ beyond the tolerance, and how: ``number``, ``text``, ``value``, ``type``, ``length``,
            ``missing in the shadow`` or ``only in the shadow``.
        overlap: Least share of tokens, or of a ranking's elements, that both have; None without any.
        absent: Whether neither has the part that is compared: nothing was.
        said: What is compared of both answers, written alike; None if it is equal within the tolerance.
    """

    __slots__ = ("absent", "agrees", "classes", "exact", "numbers", "overlap", "parts", "said", "within")

    def __init__(self) -> None:
        self.exact = self.within = self.agrees = True
        self.absent = False
        self.numbers: list[tuple[str, float, float]] = []
        self.classes: list[tuple[str, str]] = []
        self.parts: list[tuple[str, str]] = []
        self.overlap: float | None = None
        self.said: tuple[str, str] | None = None

    @property
    def rank(self) -> tuple[float, float, float]:
        """Sorts differences by size: structure first, then text, then numbers."""
        other = sum(how != "number" for _, how in self.parts)
        sizes = (abs(shadow - production) for _, production, shadow in self.numbers if production != shadow)
        # Beyond all floats, and from NaN, nothing is further apart.
        apart = max((size if size < 1e300 else math.inf for size in sizes), default=0.0)
        return other, 1 - (1 if self.overlap is None else self.overlap), apart


class Comparer:
    """Compares pairs of answers.

    Args:
        how: What is compared.
    """

    def __init__(self, how: Comparison) -> None:
        self._how = how
        self._ignored = how.ignored
        self._answer = None if how.answer is None else parse_path(how.answer)

    def compare(self, production: str, shadow: str) -> Difference:
        """Compare the texts of two answers."""
        found = Difference()
        sides = [value(production), value(shadow)]
        if self._answer is not None:
            if all(isinstance(one, dict | list) and not has(one, self._answer) for one in sides):
                found.absent = True
                return found
            sides = [select(one, self._answer) if isinstance(one, dict | list) else one for one in sides]
        try:
            self._walk(sides[0], sides[1], (), found)
        except RecursionError:
            self._differ((), "value", found)
        if not found.within:
            found.said = self._written(sides[0]), self._written(sides[1])
        found.agrees = found.within
        how = self._how
        if how.top is not None:
            found.overlap = ranking_overlap(sides[0], sides[1], how.top)
            found.agrees = found.overlap >= how.min_overlap
        elif how.classes is not None:
            found.classes = self._classes(sides[0], sides[1])
            if any(one != NO_CLASS for pair in found.classes for one in pair):
                found.agrees = all(one == other for one, other in found.classes)
        elif _is_number(sides[0]) and _is_number(sides[1]):
            found.classes = [(side(sides[0] >= DEFAULT_THRESHOLD), side(sides[1] >= DEFAULT_THRESHOLD))]
        return found

    def _written(self, answer: Any) -> str:  # noqa: ANN401 - JSON
        for path in self._ignored:
            answer = removed(answer, path)
        try:
            return repr(float(answer)) if _is_number(answer) else json.dumps(answer, sort_keys=True)
        except (RecursionError, OverflowError):
            return "(beyond all bounds)"

    def _walk(self, production: Any, shadow: Any, path: Path, found: Difference) -> None:  # noqa: ANN401 - JSON
        if path in self._ignored:
            return
        if _is_number(production) and _is_number(shadow):
            found.exact &= production == shadow or (production != production and shadow != shadow)
            found.numbers.append((shown(path), production, shadow))
            if not self._how.within(production, shadow):
                self._differ(path, "number", found)
        elif isinstance(production, dict) and isinstance(shadow, dict):
            for name in sorted(production.keys() | shadow.keys()):
                inner = (*path, name)
                if name in production and name in shadow:
                    self._walk(production[name], shadow[name], inner, found)
                elif inner not in self._ignored:
                    missing = "missing in the shadow" if name in production else "only in the shadow"
                    self._differ(inner, missing, found)
        elif isinstance(production, list) and isinstance(shadow, list):
            if len(production) != len(shadow):
                self._differ(path, "length", found)
            for one, other in zip(production, shadow, strict=False):
                self._walk(one, other, (*path, None), found)
        elif isinstance(production, str) and isinstance(shadow, str):
            self._texts(production, shadow, path, found)
        elif type(production) is not type(shadow):
            self._differ(path, "type", found)
        elif production != shadow:
            self._differ(path, "value", found)

    def _texts(self, production: str, shadow: str, path: Path, found: Difference) -> None:
        overlap = 1.0 if production == shadow else token_overlap(production, shadow)
        found.overlap = overlap if found.overlap is None else min(found.overlap, overlap)
        if production != shadow:
            found.exact = False
            if self._how.min_overlap == 1 or overlap < self._how.min_overlap:
                self._differ(path, "text", found)

    def _differ(self, path: Path, how: str, found: Difference) -> None:
        found.exact = found.within = False
        found.parts.append((shown(path), how))

    def _classes(self, production: Any, shadow: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON
        pairs = self._labels(production), self._labels(shadow)
        longest = max(len(one) for one in pairs)
        padded = [one + [NO_CLASS] * (longest - len(one)) for one in pairs]
        return list(zip(*padded, strict=True))

    def _labels(self, answer: Any) -> list[str]:  # noqa: ANN401 - JSON
        if self._how.classes == "argmax":
            rows = answer if isinstance(answer, list) and any(isinstance(one, list) for one in answer) else [answer]
            return [argmax(row) for row in rows]
        if isinstance(answer, list):
            return [label for one in answer for label in self._labels(one)]
        if self._how.classes == "threshold":
            return [side(answer >= self._how.threshold, self._how.threshold) if _is_number(answer) else NO_CLASS]
        if _is_number(answer):
            # Below zero there is no other zero.
            answer += 0
        return [answer.strip() if isinstance(answer, str) else json.dumps(answer, sort_keys=True)]


def side(above: bool, threshold: float = DEFAULT_THRESHOLD) -> str:
    """The class of numbers on one side of a threshold."""
    return f"{'>=' if above else '<'} {threshold:g}"


def argmax(row: Any) -> str:  # noqa: ANN401 - JSON
    """The place of the largest number, counted from 0, the first if several are."""
    if not isinstance(row, list) or not row or not all(_is_number(one) for one in row):
        return NO_CLASS
    return str(max(range(len(row)), key=row.__getitem__))


def token_overlap(one: str, other: str) -> float:
    """Share of the words of two texts that both have, 0 to 1, whatever their order."""
    words, others = set(one.split()), set(other.split())
    return len(words & others) / len(words | others) if words or others else 1.0


def ranking_overlap(production: Any, shadow: Any, top: int) -> float:  # noqa: ANN401 - JSON
    """Share of the first elements of two lists that both have, 0 to 1, whatever their order; of no lists 0."""
    if not isinstance(production, list) or not isinstance(shadow, list):
        return 1.0 if production == shadow else 0.0
    if any(isinstance(one, list) for one in production):
        rows = [ranking_overlap(one, other, top) for one, other in zip(production, shadow, strict=False)]
        return min(rows, default=0.0) if len(production) == len(shadow) else 0.0
    firsts = [{json.dumps(one, sort_keys=True) for one in side[:top]} for side in (production, shadow)]
    longest = max(len(one) for one in firsts)
    return len(firsts[0] & firsts[1]) / longest if longest else 1.0


def shown(path: Path) -> str:
    """A path as people write it, array indices folded: ``$.items[*].id``."""
    return "$" + "".join(
        "[*]" if step is None else f"[{step}]" if isinstance(step, int) else f".{step}" for step in path
    )


def _is_number(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and not isinstance(value, bool)
