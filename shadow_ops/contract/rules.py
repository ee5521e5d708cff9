"""The rules of a policy: what must hold of the shadow, with the unit in each name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from shadow_ops.contract.checks import check_flag, check_number, check_one_of
from shadow_ops.contract.problems import Problems

Errors = Literal["4xx", "5xx", "model"]
Resource = Literal["cpu", "memory", "disk", "gpu", "gpu_memory"]

ERRORS: tuple[Errors, ...] = ("4xx", "5xx", "model")
RESOURCES: tuple[Resource, ...] = ("cpu", "memory", "disk", "gpu", "gpu_memory")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that must hold of the shadow; made by `latency`, `error_rate` or `utilization`.

    Attributes:
        report_only: Whether the rule is only reported: it never decides, and no alarm is made of it.
    """

    kind: ClassVar[str]
    report_only: bool = False

    @property
    def id(self) -> str:
        """A short name, unique in a policy, such as ``latency-p99``."""
        raise TypeError("use Rule.latency(...), Rule.error_rate(...) or Rule.utilization(...)")

    @staticmethod
    def latency(
        *,
        percentile: float = 99,
        max_increase_percent: float = 5,
        max_milliseconds: float | None = None,
        report_only: bool = False,
    ) -> LatencyRule:
        """A latency percentile of the shadow may be so much above production's; see `LatencyRule`."""
        return LatencyRule(
            percentile=percentile,
            max_increase_percent=max_increase_percent,
            max_milliseconds=max_milliseconds,
            report_only=report_only,
        )

    @staticmethod
    def error_rate(
        *,
        errors: Errors = "5xx",
        max_increase_points: float = 0.1,
        max_percent: float | None = None,
        report_only: bool = False,
    ) -> ErrorRateRule:
        """The shadow may fail so much more often than production; see `ErrorRateRule`."""
        return ErrorRateRule(
            errors=errors, max_increase_points=max_increase_points, max_percent=max_percent, report_only=report_only
        )

    @staticmethod
    def utilization(
        *, resource: Resource = "cpu", max_percent: float = 80, report_only: bool = False
    ) -> UtilizationRule:
        """The shadow's hardware must hold all the traffic; see `UtilizationRule`."""
        return UtilizationRule(resource=resource, max_percent=max_percent, report_only=report_only)

    def to_json(self) -> dict[str, Any]:
        """The rule as plain JSON values; what is absent or off is left out, numbers are all there."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        # By identity: a zero is a value, and equals False.
        given = {name: value for name, value in values.items() if value is not None and value is not False}
        return {"kind": self.kind, **given}


@dataclass(frozen=True, kw_only=True)
class LatencyRule(Rule):
    """A percentile of ModelLatency, compared period by period.

    Attributes:
        percentile: Above 0 and below 100, such as 99 or 99.9.
        max_increase_percent: How much above production's the shadow's may be, in percent of production's; 0 to 1000.
        max_milliseconds: A bound that neither variant may exceed, at least 1 ms; alarms on each variant are made of
            it, and the gate holds the shadow to it. By default none.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "latency"
    percentile: float = 99
    max_increase_percent: float = 5
    max_milliseconds: float | None = None

    def __post_init__(self) -> None:
        """Check the rule.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems("Rule.latency")
        check_number(problems, "percentile", self.percentile, 0, 100, open_ends=True, fix="write 99 for p99")
        check_number(problems, "max_increase_percent", self.max_increase_percent, 0, 1000)
        if self.max_milliseconds is not None:
            fix = "the unit is milliseconds"
            check_number(problems, "max_milliseconds", self.max_milliseconds, 1, 60_000, fix=fix)
        check_flag(problems, "report_only", self.report_only)
        problems.raise_if_any()

    @property
    def id(self) -> str:
        """Such as ``latency-p99``."""
        return f"latency-p{self.percentile:g}"


@dataclass(frozen=True, kw_only=True)
class ErrorRateRule(Rule):
    """A share of the requests that ends in errors.

    Attributes:
        errors: ``4xx`` and ``5xx`` by status; ``model`` whatever the container didn't answer well, time-outs included
            (CloudWatch metric InvocationModelErrors).
        max_increase_points: How far above production's the shadow's may be, in percentage points: 0.1 allows 0.3 %
            beside 0.2 %. 0 to 100.
        max_percent: A share in percent that neither variant may exceed; alarms on each variant are made of it, and
            the gate holds the shadow to it. By default none.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "error_rate"
    errors: Errors = "5xx"
    max_increase_points: float = 0.1
    max_percent: float | None = None

    def __post_init__(self) -> None:
        """Check the rule.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems("Rule.error_rate")
        check_one_of(problems, "errors", self.errors, ERRORS)
        fix = "the unit is percentage points, 0.1 is one request in a thousand"
        check_number(problems, "max_increase_points", self.max_increase_points, 0, 100, fix=fix)
        if self.max_percent is not None:
            fix = "the unit is percent, 1 is one request in a hundred"
            check_number(problems, "max_percent", self.max_percent, 0, 100, fix=fix)
        check_flag(problems, "report_only", self.report_only)
        problems.raise_if_any()

    @property
    def id(self) -> str:
        """Such as ``error-rate-5xx``."""
        return f"error-rate-{self.errors}"


@dataclass(frozen=True, kw_only=True)
class UtilizationRule(Rule):
    """How full the hardware may be. CPU and GPU are divided by the instance's cores and projected to all the traffic.

    Attributes:
        resource: ``cpu``, ``memory``, ``disk``, ``gpu`` or ``gpu_memory``. Rules of a GPU say nothing of an instance
            without one.
        max_percent: Above 0 and up to 100, of the whole instance: 80 on four cores is 320 in CloudWatch.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "utilization"
    resource: Resource = "cpu"
    max_percent: float = 80

    def __post_init__(self) -> None:
        """Check the rule.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems("Rule.utilization")
        check_one_of(problems, "resource", self.resource, RESOURCES)
        fix = "the unit is percent of the whole instance, whatever its number of cores"
        check_number(problems, "max_percent", self.max_percent, 0, 100, open_start=True, fix=fix)
        check_flag(problems, "report_only", self.report_only)
        problems.raise_if_any()

    @property
    def id(self) -> str:
        """Such as ``utilization-cpu``."""
        return f"utilization-{self.resource.replace('_', '-')}"
