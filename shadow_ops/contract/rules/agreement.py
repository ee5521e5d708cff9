"""The rule about captured answers: what share of the shadow's must agree with production's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from shadow_ops.contract.catalogue import ANSWERS, Statistic
from shadow_ops.contract.checks import check_flag, check_number
from shadow_ops.contract.comparison import TOLERANCE, Classes, Comparison, check_how
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.rules.rule import Bound, Rule


@dataclass(frozen=True, kw_only=True)
class AgreementRule(Rule):
    """The share of answers that agree, pair by pair. It takes captured answers, which the watch counts by the hour.

    Attributes:
        min_percent: So many pairs in a hundred must agree; above 1 and below 100, which no sample can show.
        tolerance: How far numbers may lie apart, and as far again as a share of production's number; classes have none.
        classes: Compare classes instead of numbers: ``argmax``, ``threshold`` or ``label``.
        threshold: Where a number becomes the positive class.
        answer: The part of a JSON answer that is compared, such as ``$.predictions[*].score``; by default all of it.
        ignore: Parts of it that may differ, such as ``$.request_id``; they begin at what `answer` names.
        top: Compare lists as rankings, by so many of their first elements. By default lists are compared in order.
        min_overlap: Share of the words of a text, or of a ranking's elements, that both must have.
        less_noise: Whether how often production answers a repeated request otherwise than usually is subtracted.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "agreement"
    min_percent: float = 99
    tolerance: float = TOLERANCE
    classes: Classes | None = None
    threshold: float = 0.5
    answer: str | None = None
    ignore: Sequence[str] = ()
    top: int | None = None
    min_overlap: float = 1
    less_noise: bool = False

    @property
    def id(self) -> str:
        """``agreement``."""
        return "agreement"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """What the watch counts, the pairs that agree first."""
        compared, agreeing, *others = (Statistic(metric, metric.statistics[0]) for metric in ANSWERS)
        return (agreeing, compared, *others)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The share."""
        return (Bound(name="min_percent", limit=self.min_percent, unit="percent", lowest=True),)

    @property
    def comparison(self) -> Comparison:
        """How two answers are compared."""
        return Comparison(
            atol=self.tolerance,
            rtol=self.tolerance,
            classes=self.classes,
            threshold=self.threshold,
            answer=self.answer,
            ignore=self.ignore,
            top=self.top,
            min_overlap=self.min_overlap,
        )

    def _check(self, problems: Problems) -> None:
        fix = "the unit is percent: write 99 for 99 %, and 99.9 for all, which no number of pairs shows"
        check_number(problems, "min_percent", self.min_percent, 1, 100, open_start=True, open_end=True, fix=fix)
        check_number(problems, "tolerance", self.tolerance, 0, 1e150)
        check_flag(problems, "less_noise", self.less_noise)
        check_how(problems, self)
        if problems.count == 0:
            # What JSON has as a list.
            object.__setattr__(self, "ignore", tuple(self.ignore))
