"""An alarm as plain data, and its CloudFormation properties. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shadow_ops.contract.catalogue import CatalogueEntry
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.rules import Bound

About = Literal["production", "shadow", "comparison", "update"]
Severity = Literal["critical", "warning"]
Missing = Literal["notBreaching", "missing", "breaching", "ignore"]

# Limits of API operation PutMetricAlarm, and of metric math in alarms (CloudWatch User Guide).
MOST_METRICS = 10
_LONGEST_EXPRESSION = 2048
_LONGEST_DESCRIPTION = 1024
_ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")


@dataclass(frozen=True)
class Term:
    """One metric that an alarm looks at.

    Attributes:
        entry: The metric.
        dimensions: Its dimensions; values may be CDK tokens.
        statistic: ``Sum``, ``Average``, ``Maximum`` or a percentile such as ``p99``.
    """

    entry: CatalogueEntry
    dimensions: Mapping[str, str]
    statistic: str


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """One alarm.

    Attributes:
        id: Its name in `Alerts.without` and in the docs; the logical id is made from it.
        about: Whose trouble it is: an alarm about production wakes somebody, one about the shadow or the comparison
            speaks through the composite alarm, one about an update takes the update back.
        severity: ``critical`` where callers suffer or an update is rolled back, else ``warning``. It begins the
            description.
        description: What happened, in words and numbers, and what to do.
        terms: The metrics by their ids in the expression.
        expression: Metric math over them; None for a single metric.
        bound: What of the policy it holds to.
        threshold: The same in the unit of the expression or metric.
        above: Whether more than the threshold is bad; else less is.
        missing: What a period without data counts as (API member TreatMissingData).
        period_seconds: Length of a period.
        periods: How many in a row must be bad.
        warm_up_minutes: How long a fresh alarm waits.
        fresh_with: What the alarm is about, where that changes: with another one comes a fresh alarm, with a warm-up
            and without the state that its predecessor earned. By default the alarm stays.
    """

    id: str
    about: About
    severity: Severity
    description: str
    terms: Mapping[str, Term]
    expression: str | None
    bound: Bound
    threshold: float
    above: bool = True
    missing: Missing = "notBreaching"
    period_seconds: int = 300
    periods: int = 3
    warm_up_minutes: int = 0
    fresh_with: str | None = None

    @property
    def construct_id(self) -> str:
        """Its id in a construct."""
        words = self.id.replace(".", "-point-").split("-")
        name = "".join(word[:1].upper() + word[1:] for word in words)
        return name if self.fresh_with is None else f"{name}-{self.fresh_with}"

    @property
    def full_description(self) -> str:
        """What people read: the severity and what happened."""
        return f"[{self.severity}] {self.description}"

    def check(self) -> None:
        """Hold the alarm against CloudWatch's limits.

        Raises:
            InvalidValueError: With one line per limit that is exceeded.
        """
        problems = Problems(f"alarm {self.id}")
        if len(self.terms) > MOST_METRICS:
            problems.add("terms", f"be at most {MOST_METRICS} metrics (CloudWatch)", len(self.terms))
        if self.expression is None and len(self.terms) != 1:
            problems.add("terms", "be one metric without an expression", len(self.terms))
        if self.expression is not None and len(self.expression) > _LONGEST_EXPRESSION:
            problems.add("expression", f"have at most {_LONGEST_EXPRESSION} characters", len(self.expression))
        if len(self.full_description) > _LONGEST_DESCRIPTION:
            problems.add("description", f"have at most {_LONGEST_DESCRIPTION} characters", len(self.full_description))
        for name in self.terms:
            if not _ID.fullmatch(name):
                problems.add("terms", "have ids that begin with a small letter", name)
        problems.raise_if_any()

    def properties(self, actions: Sequence[str] = ()) -> dict[str, Any]:
        """The properties of AWS::CloudWatch::Alarm.

        Args:
            actions: ARNs of what is told when the alarm fires and when it is over.
        """
        made: dict[str, Any] = {
            "AlarmDescription": self.full_description,
            "ComparisonOperator": "GreaterThanThreshold" if self.above else "LessThanThreshold",
            "Threshold": self.threshold,
            "EvaluationPeriods": self.periods,
            "TreatMissingData": self.missing,
            **self._measured(),
        }
        if actions:
            made |= {"AlarmActions": list(actions), "OKActions": list(actions)}
        if self.warm_up_minutes > 0:
            made["WarmUpConfiguration"] = {
                "WarmUpPeriodDurationInMinutes": self.warm_up_minutes,
                # Otherwise it begins as soon as its periods have data, which may be the predecessor's.
                "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True,
            }
        return made

    def _measured(self) -> dict[str, Any]:
        if self.expression is not None:
            queries: list[dict[str, Any]] = [
                {"Id": name, "MetricStat": self._stat(term), "ReturnData": False} for name, term in self.terms.items()
            ]
            return {"Metrics": [{"Id": "value", "Expression": self.expression}, *queries]}
        [term] = self.terms.values()
        # No unit: CloudWatch finds nothing, without a word, where the unit asked for isn't the one published.
        made = {**_metric(term), "Period": self.period_seconds}
        if not term.statistic.startswith("p"):
            return {**made, "Statistic": term.statistic}
        return {**made, "ExtendedStatistic": term.statistic, "EvaluateLowSampleCountPercentile": "ignore"}

    def _stat(self, term: Term) -> dict[str, Any]:
        return {"Metric": _metric(term), "Period": self.period_seconds, "Stat": term.statistic}


def _metric(term: Term) -> dict[str, Any]:
    return {
        "Namespace": term.entry.namespace,
        "MetricName": term.entry.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in term.dimensions.items()],
    }
