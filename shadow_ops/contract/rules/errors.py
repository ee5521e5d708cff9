"""Rules about a share of the requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from shadow_ops.contract.catalogue import ERROR_METRICS, INVOCATIONS, Statistic
from shadow_ops.contract.checks import check_number, check_one_of
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.rules.rule import Bound, Rule

Errors = Literal["4xx", "5xx", "model"]

ERRORS: tuple[Errors, ...] = ("4xx", "5xx", "model")


@dataclass(frozen=True, kw_only=True)
class ErrorRateRule(Rule):
    """A share of the requests that ends in errors.

    Attributes:
        errors: ``4xx`` and ``5xx`` by status; ``model`` whatever the container didn't answer well, time-outs included
            (CloudWatch metric InvocationModelErrors).
        max_increase_points: How far above production's the shadow's may be, in percentage points: 0.1 allows 0.3 %
            beside 0.2 %. 0 to 100. None compares nothing, and takes a `max_percent`.
        max_percent: A share in percent that neither variant may exceed; alarms on each variant are made of it, and
            the gate holds the shadow to it. By default none.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "error_rate"
    errors: Errors = "5xx"
    max_increase_points: float | None = 0.1
    max_percent: float | None = None

    @property
    def id(self) -> str:
        """Such as ``error-rate-5xx``."""
        return f"error-rate-{self.errors}"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """Errors and requests, which make the rate."""
        return (Statistic(ERROR_METRICS[self.errors], "Sum"), Statistic(INVOCATIONS, "Sum"))

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The increase and, if there is one, the bound of each variant."""
        found: list[Bound] = []
        if self.max_increase_points is not None:
            limit = self.max_increase_points
            found.append(Bound(name="max_increase_points", limit=limit, unit="points", relative=True, usual_from=0.01))
        if self.max_percent is not None:
            found.append(Bound(name="max_percent", limit=self.max_percent, unit="percent", usual_from=0.1))
        return tuple(found)

    def _check(self, problems: Problems) -> None:
        check_one_of(problems, "errors", self.errors, ERRORS)
        fix = "the unit is percentage points, 0.1 is one request in a thousand"
        if self.max_increase_points is not None or self.max_percent is None:
            check_number(problems, "max_increase_points", self.max_increase_points, 0, 100, fix=fix)
        if self.max_percent is not None:
            fix = "the unit is percent, 1 is one request in a hundred"
            check_number(problems, "max_percent", self.max_percent, 0, 100, fix=fix)
