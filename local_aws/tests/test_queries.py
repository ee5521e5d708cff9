"""GetMetricData, GetMetricStatistics and ListMetrics."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.loose import Json
from local_aws.metrics import queries
from local_aws.metrics.store import MetricKey, MetricStore, dimensions_of

REGION = "eu-west-1"


def filled() -> MetricStore:
    """Latencies of two variants over two minutes."""
    store = MetricStore()
    for name, offset in (("production", 0.0), ("shadow", 100.0)):
        dimensions = dimensions_of({"EndpointName": "churn", "VariantName": name})
        key = MetricKey(REGION, "AWS/SageMaker", "ModelLatency", dimensions)
        for second in range(120):
            store.record(key, "Microseconds", second, 100.0 + second + offset)
    return store


def query(identifier: str, variant: str = "production", stat: str = "Average", **fields: Json) -> dict[str, Any]:
    """A metric query."""
    pairs = [{"Name": "VariantName", "Value": variant}, {"Name": "EndpointName", "Value": "churn"}]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "ModelLatency", "Dimensions": pairs}
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **fields}


def test_metrics_and_expressions_come_newest_first() -> None:
    """Hidden queries feed an expression and stay hidden; the order of dimensions does not matter."""
    request = {
        "MetricDataQueries": [
            query("p", ReturnData=False),
            query("s", "shadow", ReturnData=False),
            {"Id": "ratio", "Expression": "s / p", "Label": "shadow / production"},
        ]
    }

    (found,) = queries.metric_data(filled(), REGION, request, 0, 120)["MetricDataResults"]

    assert (found["Id"], found["Label"], found["Timestamps"]) == ("ratio", "shadow / production", [60.0, 0.0])
    assert found["Values"] == pytest.approx([289.5 / 189.5, 229.5 / 129.5])


def test_the_order_can_be_turned() -> None:
    """ScanBy TimestampAscending gives the oldest first."""
    request = {"MetricDataQueries": [query("p", stat="p50")], "ScanBy": "TimestampAscending"}

    (found,) = queries.metric_data(filled(), REGION, request, 0, 120)["MetricDataResults"]

    assert (found["Timestamps"], found["Values"]) == ([0.0, 60.0], [129.5, 189.5])


def test_without_data_there_are_no_values() -> None:
    """A variant without traffic is complete, and empty."""
    request = {"MetricDataQueries": [query("x", "nobody")]}

    (found,) = queries.metric_data(filled(), REGION, request, 0, 120)["MetricDataResults"]

    assert (found["StatusCode"], found["Values"]) == ("Complete", [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([query("p", stat="Median")], "Median"),
        ([{"Id": "x", "Expression": "y"}], "Error in expression 'x': unknown id 'y'"),
        ([query(f"m{i}") for i in range(501)], "At most 500"),
    ],
)
def test_fails_wrong_queries(wrong: list[dict[str, Any]], said: str) -> None:
    """Unknown statistics, wrong expressions and too many queries are refused."""
    with pytest.raises(ServiceError, match=said):
        queries.metric_data(filled(), REGION, {"MetricDataQueries": wrong}, 0, 120)


def test_statistics_of_one_metric() -> None:
    """Plain and extended statistics come with the unit."""
    metric = query("p")["MetricStat"]["Metric"]
    request = {**metric, "Period": 120, "Statistics": ["Sum", "Maximum"], "ExtendedStatistics": ["p50"]}

    found = queries.metric_statistics(filled(), REGION, request, 0, 120)

    (point,) = found["Datapoints"]
    assert (point["Unit"], point["Maximum"], point["ExtendedStatistics"]) == ("Microseconds", 219.0, {"p50": 159.5})


def test_fails_without_a_statistic() -> None:
    """One statistic at least is needed."""
    metric = query("p")["MetricStat"]["Metric"]
    with pytest.raises(ServiceError, match="At least one"):
        queries.metric_statistics(filled(), REGION, {**metric, "Period": 60}, 0, 120)


def test_metrics_are_listed_by_what_they_have() -> None:
    """Names and values of dimensions, and the namespace, filter the list."""

    def count(**request: Json) -> int:
        return len(queries.list_metrics(filled(), REGION, request)["Metrics"])

    assert count() == 2
    assert count(Dimensions=[{"Name": "VariantName"}]) == 2
    assert count(Dimensions=[{"Name": "VariantName", "Value": "shadow"}]) == 1
    assert count(Namespace="AWS/Lambda") == 0
    assert count(MetricName="Invocations") == 0
