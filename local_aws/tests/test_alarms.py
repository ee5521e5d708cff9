"""When an alarm fires."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.loose import Json
from local_aws.metrics import alarms

X, O, N = 2.0, 0.0, None  # noqa: E741  # as the user guide draws them: breaching, fine, no data


def alarm(needed: int = 3, treatment: str = "missing", **fields: Json) -> dict[str, Any]:
    """An alarm on a value above 1 in three periods."""
    return {
        "AlarmName": "errors",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": needed,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1.0,
        "TreatMissingData": treatment,
        "StateValue": "RETAINED",
        **fields,
    }


# The tables of the user guide: values over the range, then the state for missing, ignore, breaching, notBreaching.
THREE_OF_THREE = [
    ((O, N, X, N, X), ("OK", "OK", "OK", "OK")),
    ((N, N, N, N, O), ("OK", "OK", "OK", "OK")),
    ((N, N, N, N, N), ("INSUFFICIENT_DATA", "RETAINED", "ALARM", "OK")),
    ((O, X, X, N, X), ("ALARM", "ALARM", "ALARM", "ALARM")),
    ((N, N, X, N, N), ("ALARM", "RETAINED", "ALARM", "OK")),
]
TWO_OF_THREE = [
    ((O, N, X, N, X), ("ALARM", "ALARM", "ALARM", "ALARM")),
    ((O, O, X, O, X), ("ALARM", "ALARM", "ALARM", "ALARM")),
    ((O, N, X, N, N), ("OK", "OK", "ALARM", "OK")),
    ((N, N, N, N, O), ("OK", "OK", "ALARM", "OK")),
    ((N, N, N, X, N), ("ALARM", "RETAINED", "ALARM", "OK")),
]


@pytest.mark.parametrize(
    ("needed", "values", "expected"),
    [(3, *row) for row in THREE_OF_THREE] + [(2, *row) for row in TWO_OF_THREE],
)
def test_missing_data_is_treated_as_the_user_guide_says(
    needed: int, values: tuple[float | None, ...], expected: tuple[str, ...]
) -> None:
    """Every row of the two tables, in all four treatments."""
    treatments = ("missing", "ignore", "breaching", "notBreaching")

    assert expected == tuple(alarms.verdict(alarm(needed, t), values).state for t in treatments)


@pytest.mark.parametrize(
    ("operator", "states"),
    [
        ("GreaterThanThreshold", ("OK", "OK", "ALARM")),
        ("GreaterThanOrEqualToThreshold", ("OK", "ALARM", "ALARM")),
        ("LessThanThreshold", ("ALARM", "OK", "OK")),
        ("LessThanOrEqualToThreshold", ("ALARM", "ALARM", "OK")),
    ],
)
def test_comparisons(operator: str, states: tuple[str, ...]) -> None:
    """Below, at and above the threshold."""
    wanted = alarm(1, ComparisonOperator=operator, EvaluationPeriods=1)

    assert states == tuple(alarms.verdict(wanted, [value]).state for value in (0.0, 1.0, 2.0))


def test_the_reason_names_values_and_counts() -> None:
    """A person reads what the alarm has seen."""
    reason = alarms.verdict(alarm(2), [X, O, X]).reason

    assert "2 of the last 3 datapoints [2, 0, 2] met GreaterThanThreshold 1 (2 needed for ALARM)" in reason


@pytest.mark.parametrize(("samples", "expected"), [([1000.0, 999.0], True), ([1000.0], False), ([], False)])
def test_percentiles_of_few_samples_can_be_ignored(samples: list[float], expected: bool) -> None:
    """A p99 needs a thousand samples when few are to be ignored, and any number otherwise."""
    wanted = alarm(ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore")

    assert expected is alarms.low_sample(wanted, samples)
    assert not alarms.low_sample(alarm(ExtendedStatistic="p99"), samples)


def math_alarm(*queries: dict[str, Any], **fields: Json) -> dict[str, Any]:
    """An alarm on queries."""
    plain = {"Namespace", "MetricName", "Statistic", "Period"}
    return {**{k: v for k, v in alarm(**fields).items() if k not in plain}, "Metrics": list(queries)}


def metric(identifier: str, period: int = 60, *, returned: bool = False) -> dict[str, Any]:
    """A metric query."""
    stat = {"Metric": {"Namespace": "a", "MetricName": "b"}, "Period": period, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": stat, "ReturnData": returned}


@pytest.mark.parametrize(
    "wanted",
    [alarm(), math_alarm(metric("e"), metric("n"), {"Id": "x", "Expression": "FILL(e, 0) / n"})],
)
def test_right_alarms_pass(wanted: dict[str, Any]) -> None:
    """A metric alarm and one with an expression are taken."""
    alarms.check(wanted)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (alarm(4), "DatapointsToAlarm must not exceed"),
        (alarm(Period=45), "10, 20, 30 or a multiple of 60, got 45"),
        (alarm(Period=300, EvaluationPeriods=289), "must not exceed 86400 seconds"),
        (alarm(ComparisonOperator="GreaterThanUpperThreshold"), "anomaly detection"),
        (alarm(ExtendedStatistic="p99"), "either Statistic or ExtendedStatistic"),
        (alarm(Metrics=[]), "either MetricName or Metrics"),
        (math_alarm(metric("a"), metric("b")), "Exactly one query .* got 0"),
        (math_alarm(*(metric(f"m{i}") for i in range(11))), "At most 10 metrics"),
        (math_alarm(metric("e"), {"Id": "x", "Expression": "e / n"}), "unknown ids n"),
        (math_alarm(metric("e"), {"Id": "x", "Expression": "e /"}), "unexpected 'end'"),
    ],
)
def test_fails_wrong_alarms(wanted: dict[str, Any], said: str) -> None:
    """What CloudWatch refuses beyond its API model is refused."""
    with pytest.raises(ServiceError, match=said):
        alarms.check(wanted)


def test_fails_an_alarm_without_a_threshold() -> None:
    """A threshold is not optional outside of anomaly detection."""
    wanted = alarm()
    del wanted["Threshold"]

    with pytest.raises(ServiceError, match="Threshold is required"):
        alarms.check(wanted)
