"""Compare two answers."""

from __future__ import annotations

import json
import math
import operator
from collections import Counter

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.paths import Json, Path, has, parse_path, path_text, rows_with, select
from shadow_ops.responses.answer import value

NO_CLASS = "(none)"
DEFAULT_THRESHOLD = 0.5
_MOST_EXACT = 2**53


class Difference:
    """What two answers differ in.

    Attributes:
        exact: Whether the values are equal.
        within: Whether they agree within the tolerance, what may differ left out.
        agrees: Whether they agree by what was asked for: classes, rankings, else `within`.
        numbers: Each pair of numbers, with its path.
        labels: Each pair of texts, and of true or false, with its path.
        classes: Each pair of classes.
        parts: Where they differ beyond the tolerance, and how: ``number``, ``text``, ``value``, ``type``, ``length``,
            ``missing in the shadow``, ``only in the shadow``, or of the whole ``ranking``.
        overlap: Least share of tokens, or of a ranking's elements, that both have; None without any.
        absent: Whether nothing was compared: neither has the part, or a class, or all that both have may differ.
        met: Whether anything was met that may not differ.
        said: What is compared of both answers, written alike; None if it is equal within the tolerance.
    """

    __slots__ = (
        *("absent", "agrees", "classes", "exact", "labels", "met", "numbers", "overlap", "parts", "said", "within"),
    )

    def __init__(self) -> None:
        self.exact = self.within = self.agrees = True
        self.absent = self.met = False
        self.numbers: list[tuple[str, float, float]] = []
        self.labels: list[tuple[str, str, str]] = []
        self.classes: list[tuple[str, str]] = []
        self.parts: list[tuple[str, str]] = []
        self.overlap: float | None = None
        self.said: tuple[str, str] | None = None


class Comparer:
    """Compares pairs of answers.

    Args:
        how: What is compared.
    """

    def __init__(self, how: Comparison) -> None:
        self._how = how
        self._ignored = how.ignored
        self.unmet = set(self._ignored)
        self.takes_all = not self._ignored and how.answer is None and how.classes is None
        self._answer = None if how.answer is None else parse_path(how.answer)
        self._rows = self._answer or ()
        if how.top is not None and None in self._rows:
            # The last list of all is a ranking, which may be longer than the other side's.
            self._rows = self._rows[: len(self._rows) - 1 - self._rows[::-1].index(None)]

    def compare(self, production: str, shadow: str) -> Difference:
        """Compare the texts of two answers."""
        found = Difference()
        sides = [value(production), value(shadow)]
        matching = True
        if self._answer is not None:
            held = [has(one, self._answer) for one in sides]
            if not any(held):
                found.absent = True
                return found
            if not all(held):
                self._differ((), "missing in the shadow" if held[0] else "only in the shadow", found)
            elif rows_with(sides[0], self._rows) != rows_with(sides[1], self._rows):
                # Which row belongs to which, nobody knows.
                self._differ((), "length", found)
            matching = found.within
            sides = [select(one, self._answer) for one in sides]
        try:
            if matching:
                self._walk(sides[0], sides[1], (), found)
        except RecursionError:
            self._differ((), "value", found)
        if self._ignored and matching and not found.met and (found.within or self._how.top is not None):
            # However long a ranking is, its first elements are what counts.
            found.absent = True
            return found
        if not found.within:
            found.said = self._written(sides[0]), self._written(sides[1])
        found.agrees = found.within
        how = self._how
        if how.top is not None:
            try:
                found.overlap = self._ranking(sides[0], sides[1], how.top, ())
            except RecursionError:
                found.overlap = 0.0
            found.agrees = found.overlap >= how.min_overlap
            # In a ranking no element has a place of its own.
            found.parts = [] if found.agrees else [("$", "ranking")]
        elif how.classes is not None:
            found.classes = self._classes(sides[0], sides[1])
            shapes = (self._shape(one) for one in sides)
            found.agrees = operator.eq(*shapes) and all(one == other for one, other in found.classes)
            if all(one == NO_CLASS for pair in found.classes for one in pair):
                found.agrees = _rows(sides[0]) == _rows(sides[1])
                found.absent = matching and found.agrees
        elif _is_number(sides[0]) and _is_number(sides[1]):
            found.classes = [(side(sides[0] >= DEFAULT_THRESHOLD), side(sides[1] >= DEFAULT_THRESHOLD))]
        found.agrees &= matching
        return found

    def _written(self, answer: Json) -> str:
        numbers: list[float] = []
        try:
            if _is_number(answer):
                return repr(float(answer))
            compared = (self._form(answer, (), numbers), numbers) if self._ignored else answer
            return json.dumps(compared, sort_keys=True)
        except (RecursionError, OverflowError):
            return "(beyond all bounds)"

    def _walk(self, production: Json, shadow: Json, path: Path, found: Difference) -> None:
        if path in self._ignored:
            self.unmet.discard(path)
            return
        if _is_number(production) and _is_number(shadow):
            found.met = True
            found.exact &= production == shadow or (production != production and shadow != shadow)
            found.numbers.append((path_text(path), production, shadow))
            if not self._how.within(production, shadow):
                self._differ(path, "number", found)
        elif isinstance(production, dict) and isinstance(shadow, dict):
            found.met |= not production and not shadow
            for name in sorted(production.keys() | shadow.keys()):
                inner = (*path, name)
                if name in production and name in shadow:
                    self._walk(production[name], shadow[name], inner, found)
                elif inner in self._ignored:
                    self.unmet.discard(inner)
                else:
                    missing = "missing in the shadow" if name in production else "only in the shadow"
                    self._differ(inner, missing, found)
        elif isinstance(production, list) and isinstance(shadow, list):
            found.met |= not production or not shadow
            if len(production) != len(shadow):
                self._differ(path, "length", found)
            for one, other in zip(production, shadow, strict=False):
                self._walk(one, other, (*path, None), found)
        elif isinstance(production, str) and isinstance(shadow, str):
            self._texts(production, shadow, path, found)
        elif type(production) is not type(shadow):
            self._differ(path, "type", found)
        else:
            found.labels.append((path_text(path), json.dumps(production), json.dumps(shadow)))
            found.met = True
            if production != shadow:
                self._differ(path, "value", found)

    def _texts(self, production: str, shadow: str, path: Path, found: Difference) -> None:
        found.labels.append((path_text(path), production, shadow))
        found.met = True
        overlap = 1.0 if production == shadow else token_overlap(production, shadow)
        found.overlap = overlap if found.overlap is None else min(found.overlap, overlap)
        if production != shadow:
            found.exact = False
            if self._how.min_overlap == 1 or overlap < self._how.min_overlap:
                self._differ(path, "text", found)

    def _differ(self, path: Path, how: str, found: Difference) -> None:
        found.exact = found.within = False
        found.met |= how != "length"
        found.parts.append((path_text(path), how))

    def _alike(self, production: Json, shadow: Json, path: Path) -> bool:
        found = Difference()
        self._walk(production, shadow, path, found)
        return found.within

    def _ranking(self, production: Json, shadow: Json, top: int, path: Path) -> float:
        """Share of the first elements of two lists that both have, 0 to 1, whatever their order; of no lists 0."""
        two = production, shadow
        if not all(isinstance(one, list) for one in two):
            return float(self._alike(production, shadow, path))
        inner = (*path, None)
        if any(isinstance(one, list) for one in production):
            rows = [self._ranking(one, other, top, inner) for one, other in zip(*two, strict=False)]
            return min(rows, default=0.0) if len(production) == len(shadow) else 0.0
        ones, others = (
            sorted((self._keyed(one, inner) for one in side[:top]), key=operator.itemgetter(0)) for side in two
        )
        both, longest = 0, max(len(ones), len(others))
        while ones and others:
            if self._alike(ones[-1][1], others[-1][1], inner):
                both += 1
                del ones[-1], others[-1]
            else:
                del (ones if ones[-1][0] > others[-1][0] else others)[-1]
        return both / longest if longest else 1.0

    def _keyed(self, element: Json, path: Path) -> tuple[tuple[str, list[float]], Json]:
        numbers: list[float] = []
        return (json.dumps(self._form(element, path, numbers)), numbers), element

    def _form(self, element: Json, path: Path, numbers: list[float]) -> Json:
        """An answer without its numbers, which are put aside, and what may differ."""
        if path in self._ignored:
            return None
        if isinstance(element, dict):
            named = ((name, (*path, name)) for name in sorted(element))
            return {name: self._form(element[name], at, numbers) for name, at in named if at not in self._ignored}
        if isinstance(element, list):
            return [self._form(one, (*path, None), numbers) for one in element]
        if not _is_number(element):
            return element
        # NaN has no place in an order.
        numbers.append(element if element == element else math.inf)
        return 0

    def _classes(self, production: Json, shadow: Json) -> list[tuple[str, str]]:
        pairs = self._labels(production), self._labels(shadow)
        longest = max(len(one) for one in pairs)
        padded = [one + [NO_CLASS] * (longest - len(one)) for one in pairs]
        return list(zip(*padded, strict=True))

    def _shape(self, answer: Json) -> object:
        """The rows of an answer, whatever is in them; one row alone has no list around it."""
        while isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        if self._how.classes == "argmax":
            return len(answer) if isinstance(answer, list) and any(isinstance(one, list) for one in answer) else 1
        return _rows(answer)

    def _labels(self, answer: Json, path: Path = ()) -> list[str]:
        if self._how.classes == "argmax":
            rows = answer if isinstance(answer, list) and any(isinstance(one, list) for one in answer) else [answer]
            return [argmax(row) for row in rows]
        if isinstance(answer, list):
            return [label for one in answer for label in self._labels(one, (*path, None))]
        if self._how.classes == "threshold":
            return [side(answer >= self._how.threshold, self._how.threshold) if _is_number(answer) else NO_CLASS]
        return [answer.strip() if isinstance(answer, str) else json.dumps(self._kept(answer, path), sort_keys=True)]

    def _kept(self, answer: Json, path: Path) -> Json:
        """An answer without what may differ."""
        if isinstance(answer, dict):
            named = ((name, (*path, name)) for name in answer)
            return {name: self._kept(answer[name], at) for name, at in named if at not in self._ignored}
        if isinstance(answer, list):
            return [self._kept(one, (*path, None)) for one in answer]
        # JSON writes one number in several ways: 1 and 1.0, 0 and -0.0. Beyond these each float is whole.
        whole = isinstance(answer, float) and abs(answer) < _MOST_EXACT and answer == int(answer)
        return int(answer) if whole else answer


def side(above: bool, threshold: float = DEFAULT_THRESHOLD) -> str:
    """The class of numbers on one side of a threshold."""
    return f"{'>=' if above else '<'} {threshold:g}"


def argmax(row: Json) -> str:
    """The place of the largest number, counted from 0, the first if several are."""
    if not isinstance(row, list) or not row or not all(_is_number(one) for one in row):
        return NO_CLASS
    return str(max(range(len(row)), key=row.__getitem__))


def token_overlap(one: str, other: str) -> float:
    """Share of the words of two texts that both have, each as often, 0 to 1, whatever their order."""
    words, others = Counter(one.split()), Counter(other.split())
    return (words & others).total() / (words | others).total() if words or others else 1.0


def _rows(answer: Json) -> object:
    return [_rows(one) for one in answer] if isinstance(answer, list) else None


def _is_number(value: Json) -> bool:
    return type(value) in (int, float)
