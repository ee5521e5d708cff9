"""The rules of a policy: what must hold of the shadow, with the unit in each name.

A rule says what it needs: which statistics it reads, how many requests they take, and which bounds it has. Alarms,
dashboard, judge and command line each have one table with an entry per kind of rule, and ask the rule for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from shadow_ops.contract.catalogue import ERROR_METRICS, INVOCATIONS, MODEL_LATENCY, RESOURCE_METRICS, Statistic
from shadow_ops.contract.checks import check_flag, check_number, check_one_of
from shadow_ops.contract.problems import Problems

Errors = Literal["4xx", "5xx", "model"]
Resource = Literal["cpu", "memory", "disk", "gpu", "gpu_memory"]

ERRORS: tuple[Errors, ...] = ("4xx", "5xx", "model")
RESOURCES: tuple[Resource, ...] = ("cpu", "memory", "disk", "gpu", "gpu_memory")

_UNITS = {"percent": "%", "points": "points", "milliseconds": "ms"}
# CloudWatch's own rule of thumb for "low samples": with fewer than 10 requests beyond it a percentile is hardly more
# than a maximum (CloudWatch User Guide, percentiles and low data samples). It is also what makes sampling harmless:
# the p99 of few requests is too low on average, so a shadow that gets a tenth of them would look fast.
_SAMPLES_BEYOND_PERCENTILE = 10


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
    """One thing that must hold of the shadow; made by `latency`, `error_rate` or `utilization`.

    Attributes:
        report_only: Whether the rule is only reported: it never decides, and no alarm is made of it.
        latency: A latency percentile of the shadow may be so much above production's.
        average: The average latency of the shadow may be so much above production's.
        error_rate: The shadow may fail so much more often than production.
        utilization: The shadow's hardware must hold all the traffic.
    """

    kind: ClassVar[str]
    latency: ClassVar[type[LatencyRule]]
    average: ClassVar[type[AverageRule]]
    error_rate: ClassVar[type[ErrorRateRule]]
    utilization: ClassVar[type[UtilizationRule]]

    report_only: bool = False

    def __post_init__(self) -> None:
        """Check the rule.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems(f"Rule.{self.kind}")
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

    def _check(self, problems: Problems) -> None:  # noqa: ARG002 - kinds of rules record their mistakes in it
        raise TypeError(f"use one of {', '.join(f'Rule.{kind}(...)' for kind in KINDS)}")


@dataclass(frozen=True, kw_only=True)
class LatencyRule(Rule):
    """A percentile of ModelLatency, compared period by period.

    Attributes:
        percentile: From 1 and below 100, such as 99 or 99.9.
        max_increase_percent: How much above production's the shadow's may be, in percent of production's; 0 to 1000.
        max_milliseconds: A bound that neither variant may exceed, at least 1 ms; alarms on each variant are made of
            it, and the gate holds the shadow to it. By default none.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "latency"
    percentile: float = 99
    max_increase_percent: float = 5
    max_milliseconds: float | None = None

    @property
    def id(self) -> str:
        """Such as ``latency-p99``."""
        return f"latency-p{self.percentile:g}"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The percentile."""
        return (Statistic(MODEL_LATENCY, f"p{self.percentile:g}"),)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The increase and, if there is one, the bound of each variant."""
        return _latency_bounds(self.max_increase_percent, self.max_milliseconds)

    @property
    def requests_needed(self) -> int:
        """Ten beyond the percentile: p50 takes 20, p90 100, p99 1000."""
        beyond = min(self.percentile, 100 - self.percentile)
        return math.ceil(round(_SAMPLES_BEYOND_PERCENTILE * 100 / beyond, 6))

    def _check(self, problems: Problems) -> None:
        share = 0 < self.percentile < 1 if isinstance(self.percentile, float) else False
        fix = f"write {self.percentile * 100:g}" if share else "write 99 for p99"
        check_number(problems, "percentile", self.percentile, 1, 100, open_end=True, fix=fix)
        _check_latency(problems, self.max_increase_percent, self.max_milliseconds)


@dataclass(frozen=True, kw_only=True)
class AverageRule(Rule):
    """The average of ModelLatency, compared period by period. It takes few requests, and says nothing of the slowest.

    Attributes:
        max_increase_percent: How much above production's the shadow's may be, in percent of production's; 0 to 1000.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "average"
    max_increase_percent: float = 5

    @property
    def id(self) -> str:
        """``latency-average``."""
        return "latency-average"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The average."""
        return (Statistic(MODEL_LATENCY, "Average"),)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The increase."""
        return _latency_bounds(self.max_increase_percent, None)

    @property
    def requests_needed(self) -> int:
        """A few: an average of fewer is no more than one of them."""
        return _SAMPLES_BEYOND_PERCENTILE

    def _check(self, problems: Problems) -> None:
        _check_latency(problems, self.max_increase_percent, None)


def _latency_bounds(max_increase_percent: float, max_milliseconds: float | None) -> tuple[Bound, ...]:
    increase = Bound(
        name="max_increase_percent", limit=max_increase_percent, unit="percent", relative=True, usual_from=1
    )
    if max_milliseconds is None:
        return (increase,)
    return (increase, Bound(name="max_milliseconds", limit=max_milliseconds, unit="milliseconds"))


def _check_latency(problems: Problems, max_increase_percent: float, max_milliseconds: float | None) -> None:
    check_number(problems, "max_increase_percent", max_increase_percent, 0, 1000)
    if max_milliseconds is not None:
        check_number(problems, "max_milliseconds", max_milliseconds, 1, 60_000, fix="the unit is milliseconds")


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

    @property
    def id(self) -> str:
        """Such as ``utilization-cpu``."""
        return f"utilization-{self.resource.replace('_', '-')}"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """What counts of all instances."""
        metric = RESOURCE_METRICS[self.resource]
        return (Statistic(metric, metric.statistics[0]),)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The bound of each variant."""
        return (Bound(name="max_percent", limit=self.max_percent, unit="percent", usual_from=1),)

    def _check(self, problems: Problems) -> None:
        check_one_of(problems, "resource", self.resource, RESOURCES)
        fix = "the unit is percent of the whole instance, whatever its number of cores"
        check_number(problems, "max_percent", self.max_percent, 0, 100, open_start=True, fix=fix)


KINDS: Mapping[str, type[Rule]] = MappingProxyType(
    {kind.kind: kind for kind in (LatencyRule, AverageRule, ErrorRateRule, UtilizationRule)}
)
"""Every kind of rule, by its name in JSON."""

Rule.latency, Rule.average = LatencyRule, AverageRule
Rule.error_rate, Rule.utilization = ErrorRateRule, UtilizationRule
