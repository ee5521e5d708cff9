"""What every rule is: something that must hold of the shadow, which says what it needs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from shadow_ops.contract.catalogue import Statistic
from shadow_ops.contract.checks import check_flag, checking
from shadow_ops.contract.problems import Problems, refuse

if TYPE_CHECKING:
    from shadow_ops.contract.rules.agreement import AgreementRule
    from shadow_ops.contract.rules.durations import AverageRule, LatencyRule, OverheadRule
    from shadow_ops.contract.rules.errors import ErrorRateRule
    from shadow_ops.contract.rules.utilization import UtilizationRule

_UNITS = {"percent": "%", "points": "points", "milliseconds": "ms"}


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One number that a rule holds the shadow to: a line on the dashboard, and a test of the judge.

    Attributes:
        name: The rule's attribute.
        limit: The number.
        unit: What it is.
        lowest: Whether less than the limit is bad, else more.
        relative: Whether it is how far the shadow may be above production, else what a variant may come to by itself.
        usual_from: A smaller limit, above 0, is probably a share of 1 that was meant as percent.
    """

    name: str
    limit: float
    unit: Literal["percent", "points", "milliseconds"]
    relative: bool = False
    lowest: bool = False
    usual_from: float = 0

    @property
    def label(self) -> str:
        """Such as ``at most +5 %`` and ``at least 25 %``."""
        end = "least" if self.lowest else "most"
        return f"at {end} {'+' if self.relative else ''}{self.limit:g} {_UNITS[self.unit]}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that must hold of the shadow; made by `latency`, `error_rate` and their like.

    Attributes:
        report_only: Whether the rule is only reported: it never decides, and no alarm is made of it.
        latency: A latency percentile of the shadow may be so much above production's.
        average: The average latency of the shadow may be so much above production's.
        overhead: So may be the time that SageMaker adds to it.
        error_rate: The shadow may fail so much more often than production.
        utilization: The shadow's hardware must hold all the traffic.
        agreement: The shadow's captured answers must be production's.
    """

    kind: ClassVar[str]
    latency: ClassVar[type[LatencyRule]]
    average: ClassVar[type[AverageRule]]
    overhead: ClassVar[type[OverheadRule]]
    error_rate: ClassVar[type[ErrorRateRule]]
    utilization: ClassVar[type[UtilizationRule]]
    agreement: ClassVar[type[AgreementRule]]

    report_only: bool = False

    def __post_init__(self) -> None:
        """Check the rule.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        if type(self) is Rule:
            refuse(
                "Rule", "kind", "be one of its kinds", "Rule(...)", "write Rule.latency(...) or Rule.error_rate(...)"
            )
        problems = checking(self, f"Rule.{self.kind}")
        self._check(problems)
        check_flag(problems, "report_only", self.report_only)
        problems.raise_if_any()

    @property
    def id(self) -> str:
        """A short name, unique in a policy, such as ``latency-p99``."""
        raise NotImplementedError

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """What is read of each variant, the main one first."""
        raise NotImplementedError

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """What the shadow is held to."""
        raise NotImplementedError

    @property
    def own_bound(self) -> Bound | None:
        """What each variant is held to by itself, if anything."""
        return next((bound for bound in self.bounds if not bound.relative), None)

    @property
    def relative_bound(self) -> Bound | None:
        """What the shadow is held to beside production, if anything."""
        return next((bound for bound in self.bounds if bound.relative), None)

    @property
    def requests_needed(self) -> int:
        """How many requests each variant must have in a period for that period to say something."""
        return 1

    def to_json(self) -> dict[str, Any]:
        """The rule as plain JSON values; what is absent or off is left out, numbers are all there."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        # By identity: a zero is a value, and equals False.
        defaults = {field.name: field.default for field in fields(self)}
        given = {
            name: value
            for name, value in values.items()
            if not (value is None and defaults[name] is None) and value is not False
        }
        return {"kind": self.kind, **given}

    def _check(self, problems: Problems) -> None:
        """Record the mistakes of this kind of rule."""
        raise NotImplementedError
