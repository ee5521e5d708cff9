"""Alarm verdicts: from the values of the last periods to OK, ALARM or INSUFFICIENT_DATA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from local_aws.errors import ServiceError
from local_aws.metrics.math import names_in
from local_aws.metrics.parser import MathError

EXTRA_PERIODS = 2
"""Periods read beyond EvaluationPeriods; in the user guide's examples, three periods come with a range of five."""

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_DAY, _WEEK, _HOUR = 86_400, 604_800, 3_600
_MAX_METRICS = 10


class Verdict(NamedTuple):
    """A state and why."""

    state: str
    reason: str


def verdict(alarm: dict[str, Any], values: Sequence[float | None]) -> Verdict:
    """Return the state an alarm should have.

    The treatment of missing data follows the tables of the CloudWatch User Guide ("how alarm state is evaluated when
    data is missing").

    Args:
        alarm: A PutMetricAlarm request with its present StateValue.
        values: Value per period over the evaluation range, oldest first; None where there is none.
    """
    periods = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm") or periods
    breaches = [None if value is None else _breaches(alarm, value) for value in values]
    known = [breach for breach in breaches if breach is not None]
    if len(known) >= periods:
        count = sum(known[-periods:])
        return _decided(alarm, "ALARM" if count >= needed else "OK", count, needed, values)
    treatment = alarm.get("TreatMissingData") or "missing"
    count = sum(known)
    if treatment in ("breaching", "notBreaching"):
        count += (periods - len(known)) * (treatment == "breaching")
        return _decided(alarm, "ALARM" if count >= needed else "OK", count, needed, values)
    current = alarm.get("StateValue", "INSUFFICIENT_DATA")
    if not known:
        state = current if treatment == "ignore" else "INSUFFICIENT_DATA"
        return Verdict(state, f"Insufficient Data: {len(values)} datapoints were unknown.")
    if count >= needed:
        return _decided(alarm, "ALARM", count, needed, values)
    if count < len(known):
        return _decided(alarm, "OK", count, needed, values)
    # Only breaching points so far, too few of them: an alarm at once where the oldest is old enough.
    age = len(breaches) - breaches.index(True)
    early = treatment == "missing" and age >= needed
    return _decided(alarm, "ALARM" if early else current, count, needed, values)


def _breaches(alarm: dict[str, Any], value: float) -> bool:
    return _COMPARISONS[alarm["ComparisonOperator"]](value, alarm["Threshold"])


def _decided(alarm: dict[str, Any], state: str, count: int, needed: int, values: Sequence[float | None]) -> Verdict:
    known = [value for value in values if value is not None]
    seen = ", ".join(f"{value:g}" for value in known[-alarm["EvaluationPeriods"] :])
    operator = alarm["ComparisonOperator"]
    return Verdict(
        state,
        f"Threshold Crossed: {count} of the last {alarm['EvaluationPeriods']} datapoints [{seen}] met "
        f"{operator} {alarm['Threshold']:g} ({needed} needed for ALARM).",
    )


def low_sample(alarm: dict[str, Any], samples: Sequence[float]) -> bool:
    """Return whether a percentile alarm must wait for more samples (EvaluateLowSampleCountPercentile ignore)."""
    statistic = alarm.get("ExtendedStatistic") or ""
    if alarm.get("EvaluateLowSampleCountPercentile") != "ignore" or not statistic.startswith("p"):
        return False
    upper = float(statistic[1:]) / 100
    # Too few when fewer than 10 / (1 - percentile) above the median, 10 / percentile below it (User Guide).
    minimum = 10 / (1 - upper) if upper >= 0.5 else 10 / upper
    return any(count < minimum for count in samples)


def check(alarm: dict[str, Any]) -> None:
    """Refuse an alarm that CloudWatch would refuse beyond its API model.

    Raises:
        ServiceError: With the first rule that is broken.
    """
    operator = alarm["ComparisonOperator"]
    if operator not in _COMPARISONS or "ThresholdMetricId" in alarm:
        raise _refused(f"ComparisonOperator {operator} (anomaly detection) is not modelled here")
    if "Threshold" not in alarm:
        raise _refused("Threshold is required")
    if alarm.get("DatapointsToAlarm", 1) > alarm["EvaluationPeriods"]:
        raise _refused("DatapointsToAlarm must not exceed EvaluationPeriods")
    if ("Metrics" in alarm) == ("MetricName" in alarm):
        raise _refused("An alarm needs either MetricName or Metrics, not both")
    if "Metrics" in alarm:
        _check_metrics(alarm["Metrics"])
    else:
        for member in ("Namespace", "Period"):
            if member not in alarm:
                raise _refused(f"{member} is required with MetricName")
        if ("Statistic" in alarm) == ("ExtendedStatistic" in alarm):
            raise _refused("An alarm needs either Statistic or ExtendedStatistic, not both")
    period = period_of(alarm)
    if period not in (10, 20, 30) and period % 60:
        raise _refused(f"Period must be 10, 20, 30 or a multiple of 60, got {period}")
    limit = _DAY if period < _HOUR else _WEEK
    if period * alarm["EvaluationPeriods"] > limit:
        raise _refused(f"Period times EvaluationPeriods must not exceed {limit} seconds")


def _check_metrics(queries: list[dict[str, Any]]) -> None:
    metrics = [query for query in queries if "MetricStat" in query]
    if len(metrics) > _MAX_METRICS:
        raise _refused(f"At most {_MAX_METRICS} metrics in an alarm, got {len(metrics)}")
    returned = [query for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise _refused(f"Exactly one query of an alarm must return data, got {len(returned)}")
    known = {query["Id"] for query in queries}
    for query in queries:
        try:
            unknown = names_in(query["Expression"]) - known - {"REPEAT", "LINEAR"} if "Expression" in query else set()
        except MathError as error:
            raise _refused(f"Error in expression '{query['Id']}': {error}") from error
        if unknown:
            raise _refused(f"Expression '{query['Id']}' refers to unknown ids {', '.join(sorted(unknown))}")


def period_of(alarm: dict[str, Any]) -> int:
    """Return the period of an alarm: its own, or that of its metrics."""
    if "Metrics" in alarm:
        periods = [query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query]
        return int(min(periods, default=60))
    return int(alarm["Period"])


def queries_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the queries behind an alarm, in GetMetricData's form."""
    if "Metrics" in alarm:
        return list(alarm["Metrics"])
    metric = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions") if key in alarm}
    stat = {"Metric": metric, "Period": alarm["Period"], "Stat": alarm.get("ExtendedStatistic") or alarm["Statistic"]}
    return [{"Id": "m", "MetricStat": stat}]


def returned_id(queries: list[dict[str, Any]]) -> str:
    """Return the id of the query an alarm looks at."""
    return str(next(query["Id"] for query in queries if query.get("ReturnData", True)))


def _refused(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
