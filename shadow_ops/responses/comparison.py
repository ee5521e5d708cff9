"""What is compared of two answers, and when they agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shadow_ops.contract.checks import check_number
from shadow_ops.contract.problems import Problems
from shadow_ops.responses.paths import Path, column_of, parse_path

Classes = Literal["argmax", "threshold", "label"]


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
        ignore: Parts of a JSON answer that may differ, such as ``$.request_id``.
        top: Compare lists as rankings, by so many of their first elements. By default lists are compared in order.
        min_overlap: Share of the tokens of a text, or of a ranking's elements, that both must have, above 0.
        by: Count by a part of the request: a column of CSV counted from 1, or a path in JSON.
    """

    atol: float = 1e-6
    rtol: float = 1e-6
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
        problems = Problems("Comparison")
        check_number(problems, "atol", self.atol, 0, 1e150)
        check_number(problems, "rtol", self.rtol, 0, 1e150)
        check_number(problems, "threshold", self.threshold, -1e150, 1e150)
        check_number(problems, "min_overlap", self.min_overlap, 0, 1, open_start=True, fix="write 0.9 for 90 %")
        if self.classes not in (None, "argmax", "threshold", "label"):
            problems.add("classes", "be argmax, threshold or label", self.classes)
        if self.top is not None and (isinstance(self.top, bool) or not isinstance(self.top, int) or self.top < 1):
            problems.add("top", "be a whole number of at least 1", self.top)
        if self.classes is not None and self.top is not None:
            problems.add("top", "be left out with classes", self.top)
        problems.raise_if_any()
        for path in (*self.ignore, *(one for one in (self.answer, self.segment) if isinstance(one, str))):
            parse_path(path)

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
