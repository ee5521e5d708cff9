"""A variant's metrics for the rest of the CDK."""

from __future__ import annotations

import pytest

from shadow_constructs import VariantMetrics
from shadow_ops.contract import catalogue
from shadow_ops.contract.metrics import CATALOGUE
from shadow_ops.contract.problems import InvalidValueError

SHADOW = VariantMetrics("churn", "shadow")
METHODS = {
    "metric_invocations": catalogue.INVOCATIONS,
    "metric_invocations_per_instance": catalogue.INVOCATIONS_PER_INSTANCE,
    "metric_model_latency": catalogue.MODEL_LATENCY,
    "metric_overhead_latency": catalogue.OVERHEAD_LATENCY,
    "metric_4xx_errors": catalogue.ERRORS_4XX,
    "metric_5xx_errors": catalogue.ERRORS_5XX,
    "metric_model_errors": catalogue.MODEL_ERRORS,
    "metric_cpu_utilization": catalogue.CPU_UTILIZATION,
    "metric_memory_utilization": catalogue.MEMORY_UTILIZATION,
    "metric_disk_utilization": catalogue.DISK_UTILIZATION,
    "metric_gpu_utilization": catalogue.GPU_UTILIZATION,
    "metric_gpu_memory_utilization": catalogue.GPU_MEMORY_UTILIZATION,
}


def test_the_whole_catalogue_has_a_method_each() -> None:
    """Every metric can be had by a method that editors show."""
    assert set(METHODS.values()) == set(CATALOGUE)


@pytest.mark.parametrize(("method", "entry"), METHODS.items())
def test_a_method_gives_its_metric(method: str, entry: catalogue.CatalogueEntry) -> None:
    """Name and namespace of the catalogue, of this variant, in the period asked for, without a unit."""
    metric = getattr(SHADOW, method)(period_seconds=300)

    assert (metric.metric_name, metric.namespace) == (entry.name, entry.namespace)
    assert metric.dimensions == {"EndpointName": "churn", "VariantName": "shadow"}
    assert metric.period.to_seconds() == 300
    assert metric.unit is None
    assert metric.statistic in entry.statistics


def test_any_metric_can_be_had_by_name() -> None:
    """With its main statistic, or any other."""
    assert SHADOW.metric("ModelLatency").statistic == "p99"
    assert SHADOW.metric("Invocations").statistic == "Sum"
    assert SHADOW.metric("ModelLatency", statistic="p99.9").statistic == "p99.9"


def test_fails_an_unknown_metric() -> None:
    """The message lists those that there are."""
    with pytest.raises(InvalidValueError, match=r"'name' must be one of Invocations, .*, got 'Latency'"):
        SHADOW.metric("Latency")


def test_one_fleet_can_be_seen_alone() -> None:
    """While an update has two running, by the config's name."""
    metric = SHADOW.of_config("churn-7").metric_5xx_errors()

    assert metric.dimensions == {"EndpointName": "churn", "VariantName": "shadow", "EndpointConfigName": "churn-7"}
