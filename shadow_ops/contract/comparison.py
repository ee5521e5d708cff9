"""What is compared of two answers, and when they agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shadow_ops.contract.checks import check_number, checked_list, checking
from shadow_ops.contract.paths import Path, column_of, parse_path
from shadow_ops.contract.problems import InvalidValueError, Problems

if TYPE_CHECKING:
    from shadow_ops.contract.rules.agreement import AgreementRule

Classes = Literal["argmax", "threshold", "label"]
TOLERANCE = 1e-6
"""How far numbers may differ by rounding."""
# As many as --top takes; no answer of 25 MB (API operation InvokeEndpoint) is read for more.
_MOST_ELEMENTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How two answers are compared. By default numbers may differ by rounding, everything else must be equal.

    Attributes:
        atol: How far numbers may lie apart.
        rtol: How much further, as a share of production's number.
        classes: Compare classes instead: ``argmax`` of each row's numbers, numbers at or above ``threshold``, or each
            answer as a ``label``.
        threshold: Where a number becomes the positive class.
        answer: The part of a JSON answer that is compared, such as ``$.predictions[*].score``; by default all of it.
        ignore: Parts of it that may differ, such as ``$.request_id``. They begin at what `answer` names: what lies in
            lists is one, so ``$[*].id``.
        top: Compare lists as rankings, by so many of their first elements. By default lists are compared in order.
        min_overlap: Share of the tokens of a text, or of a ranking's elements, that both must have, above 0.
        by: Count by a part of the request: a column of CSV counted from 1, or a path in JSON.
    """

    atol: float = TOLERANCE
    rtol: float = TOLERANCE
    classes: Classes | None = None
    threshold: float = 0.5
    answer: str | None = None
    ignore: Sequence[str] = ()
    top: int | None = None
    min_overlap: float = 1
    by: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_number(problems, "atol", self.atol, 0, 1e150)
        check_number(problems, "rtol", self.rtol, 0, 1e150)
        check_how(problems, self)
        if isinstance(self.segment, str):
            _check_path(problems, "by", self.segment)
        problems.raise_if_any()

    @property
    def column(self) -> int | None:
        """The column of CSV that `by` names."""
        return None if self.by is None else column_of(self.by, "by")

    @property
    def segment(self) -> str | None:
        """The path in JSON that `by` names."""
        return self.by if self.column is None else None

    @property
    def ignored(self) -> frozenset[Path]:
        """The paths of `ignore`, of arrays every element."""
        return frozenset(tuple(None if isinstance(s, int) else s for s in parse_path(path)) for path in self.ignore)

    def within(self, production: float, shadow: float) -> bool:
        """Whether two numbers agree; what isn't a number agrees with its like alone."""
        if production == shadow or (production != production and shadow != shadow):
            return True
        try:
            apart = abs(shadow - production)
            return apart < math.inf and apart <= self.atol + self.rtol * abs(production)
        except OverflowError:
            # JSON has whole numbers beyond what floats hold.
            return False


def check_how(problems: Problems, how: Comparison | AgreementRule) -> None:
    """Record what is wrong with how answers are to be compared."""
    check_number(problems, "threshold", how.threshold, -1e150, 1e150)
    check_number(problems, "min_overlap", how.min_overlap, 0, 1, open_start=True, fix="write 0.9 for 90 %")
    # What has no truth value, such as an array, can't be looked up.
    named = isinstance(how.classes, str) and how.classes in ("argmax", "threshold", "label")
    if how.classes is not None and not named:
        problems.add("classes", "be argmax, threshold or label", how.classes)
    unused = how.classes is None or (named and how.classes != "threshold")
    if unused and isinstance(how.threshold, int | float) and -1e150 <= how.threshold <= 1e150 and how.threshold != 0.5:
        problems.add("threshold", "be left out without classes 'threshold'", how.threshold)
    whole = isinstance(how.top, int) and not isinstance(how.top, bool)
    if how.top is not None and not (whole and 1 <= how.top <= _MOST_ELEMENTS):
        problems.add("top", f"be a whole number from 1 to {_MOST_ELEMENTS:,}", how.top)
    if how.classes is not None and how.top is not None:
        problems.add("top", "be left out with classes", how.top)
    for name, usual in (("atol", TOLERANCE), ("rtol", TOLERANCE), ("tolerance", TOLERANCE), ("min_overlap", 1)):
        given = getattr(how, name, usual)
        if how.classes is not None and isinstance(given, int | float) and given != usual:
            problems.add(name, "be left out with classes: a class is equal or isn't", given)
    answer: Path = ()
    if how.answer is not None and _check_path(problems, "answer", how.answer):
        answer = parse_path(how.answer)
    for path in checked_list(problems, "ignore", how.ignore, "be a list of paths such as $.request_id"):
        if _check_path(problems, "ignore", path):
            _check_ignored(problems, parse_path(path), answer, path)


def _check_ignored(problems: Problems, ignored: Path, answer: Path, written: str) -> None:
    lists = answer.count(None)
    repeats = bool(answer) and not lists and ignored[: len(answer)] == answer
    if repeats or any(isinstance(step, str) for step in ignored[:lists]):
        begins = "$" + "[*]" * lists
        problems.add("ignore", f"begin at what 'answer' names, with {begins}, as in {begins}.id", written)
    elif len(ignored) <= lists:
        problems.add("ignore", "name a part: without all of the answer nothing is compared", written)


def _check_path(problems: Problems, what: str, path: object) -> bool:
    with suppress(InvalidValueError):
        if isinstance(path, str):
            parse_path(path)
            return True
    problems.add(what, "be a path like $.items[*].id", path)
    return False
