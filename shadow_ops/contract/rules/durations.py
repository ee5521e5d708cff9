"""Rules about how long a request takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from shadow_ops.contract.catalogue import MODEL_LATENCY, OVERHEAD_LATENCY, Statistic
from shadow_ops.contract.checks import check_number
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.rules.rule import Bound, Rule

# CloudWatch's own rule of thumb for "low samples": with fewer than 10 requests beyond it a percentile is hardly more
# than a maximum (CloudWatch User Guide, percentiles and low data samples). It is also what makes sampling harmless:
# the p99 of few requests is too low on average, so a shadow that gets a tenth of them would look fast.
_SAMPLES_BEYOND_PERCENTILE = 10


@dataclass(frozen=True, kw_only=True)
class DurationRule(Rule):
    """One statistic of a duration, compared period by period: what the kinds below have in common.

    Attributes:
        max_increase_percent: How much above production's the shadow's may be, in percent of production's; 0 to 1000.
        report_only: Whether the rule is only reported.
    """

    max_increase_percent: float = 5

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The increase."""
        limit = self.max_increase_percent
        return (Bound(name="max_increase_percent", limit=limit, unit="percent", relative=True, usual_from=1),)

    @property
    def requests_needed(self) -> int:
        """A few: an average of fewer is no more than one of them."""
        return _SAMPLES_BEYOND_PERCENTILE

    def _check(self, problems: Problems) -> None:
        check_number(problems, "max_increase_percent", self.max_increase_percent, 0, 1000)


@dataclass(frozen=True, kw_only=True)
class LatencyRule(DurationRule):
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
        if self.max_milliseconds is None:
            return super().bounds
        return (*super().bounds, Bound(name="max_milliseconds", limit=self.max_milliseconds, unit="milliseconds"))

    @property
    def requests_needed(self) -> int:
        """Ten beyond the percentile: p50 takes 20, p90 100, p99 1000."""
        beyond = min(self.percentile, 100 - self.percentile)
        return math.ceil(round(_SAMPLES_BEYOND_PERCENTILE * 100 / beyond, 6))

    def _check(self, problems: Problems) -> None:
        share = 0 < self.percentile < 1 if isinstance(self.percentile, float) else False
        fix = f"write {self.percentile * 100:g}" if share else "write 99 for p99"
        check_number(problems, "percentile", self.percentile, 1, 100, open_end=True, fix=fix)
        super()._check(problems)
        if self.max_milliseconds is not None:
            check_number(problems, "max_milliseconds", self.max_milliseconds, 1, 60_000, fix="the unit is milliseconds")


@dataclass(frozen=True, kw_only=True)
class AverageRule(DurationRule):
    """The average of ModelLatency, compared period by period. It takes few requests, and says nothing of the slowest.

    Attributes:
        max_increase_percent: How much above production's the shadow's may be, in percent of production's; 0 to 1000.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "average"

    @property
    def id(self) -> str:
        """``latency-average``."""
        return "latency-average"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The average."""
        return (Statistic(MODEL_LATENCY, "Average"),)


@dataclass(frozen=True, kw_only=True)
class OverheadRule(DurationRule):
    """The average of OverheadLatency, compared period by period: what SageMaker adds to the time in the container.

    No default policy has it: AWS doesn't say what the metric means for a shadow, whose answers nobody gets.

    Attributes:
        max_increase_percent: How much above production's the shadow's may be, in percent of production's; 0 to 1000.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "overhead"

    @property
    def id(self) -> str:
        """``overhead-average``."""
        return "overhead-average"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The average: no percentiles of it are documented."""
        return (Statistic(OVERHEAD_LATENCY, "Average"),)
