"""A variant's metrics for the rest of the CDK."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
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


TAKEN = {
    **{one: one for one in ("Average", "Sum", "Minimum", "Maximum", "SampleCount", "IQM", "p0", "p100", "p99.9", "p5")},
    **{one: one for one in ("tm90", "wm99", "tc99.5", "ts0.0000000001", "p100.0", "p95.0123456789")},
    **{f"{kind}{one}": f"{kind}{one}" for kind in ("TM", "WM", "TC", "TS") for one in ("(10%:90%)", "(:95%)", "(5%:)")},
    **{f"{kind}{one}": f"{kind}{one}" for kind in ("TM", "WM", "TC", "TS", "PR") for one in ("(150:1000)", "(:300.5)")},
    **{
        "avg": "Average",
        "n": "SampleCount",
        "MAX": "Maximum",
        "P99": "p99",
        "pr(0:)": "PR(0:)",
        "tm(1%:2%)": "TM(1%:2%)",
    },
}
REFUSED = [
    "",
    " ",
    "p",
    "pp",
    "p101",
    "p100.1",
    "p-1",
    "p99%",
    "p1e1",
    "p.5",
    "p99.",
    "p99.12345678901",
    "p٩٩",
    " p99",
    "p99\n",
]
REFUSED += [
    "\x1b",
    "percentile",
    "tm",
    "iqm50",
    "\u017fum",
    "PR99",
    "PR(1%:2%)",
    "TM()",
    "TM(:)",
    "TM(10%:90)",
    "TM(10%:101%)",
]
REFUSED += [
    "TM(10%:90%",
    "p100.00000000000",
    "TM(1.12345678901:2)",
    "TM(-1:2)",
    "TM(10% :90%)",
    "TM(1:2:3)",
    "XX(1:2)",
    "p99" * 100_000,
]
ODD = [5, 99.9, None, b"p99", ["p99"], {"p99"}, object(), True]


@pytest.mark.parametrize(("given", "written"), TAKEN.items())
def test_every_statistic_of_cloudwatch_is_taken(given: str, written: str) -> None:
    """As its User Guide defines them, in whatever case the CDK knows them by."""
    assert SHADOW.metric("ModelLatency", statistic=given).statistic == written


@pytest.mark.parametrize(
    ("method", "given"),
    [
        *(("metric_model_latency", one) for one in REFUSED),
        *((method, one) for method in METHODS for one in ("p101", *ODD)),
    ],
)
def test_fails_on_what_is_no_statistic(method: str, given: object) -> None:
    """In one line, whatever the metric; CloudWatch would tell at deployment."""
    with pytest.raises(InvalidValueError, match="VariantMetrics: 'statistic' must ") as no:
        getattr(SHADOW, method)(statistic=given)
    [line] = no.value.problems
    assert line.isprintable()


def test_a_statistic_that_only_cloudformation_knows_is_taken() -> None:
    """As a parameter of the stack."""
    given = cdk.CfnParameter(cdk.Stack(), "Statistic").value_as_string
    assert SHADOW.metric_model_latency(statistic=given).statistic == given


@pytest.mark.parametrize("seconds", [1, 5, 10, 30, 60, 86_400, 2_147_483_640])
def test_every_period_of_cloudwatch_is_taken(seconds: int) -> None:
    """Seconds for metrics of high resolution, whole minutes up to what the API's integers hold."""
    assert SHADOW.metric_invocations(period_seconds=seconds).period.to_seconds() == seconds


@pytest.mark.parametrize("seconds", [0, -60, 2, 61, 2_147_483_700, 10**400 * 60, 60.0, True, "60", None, float("nan")])
def test_fails_on_what_is_no_period(seconds: Any) -> None:  # noqa: ANN401 - on purpose
    """In one line, beside a statistic that is none."""
    with pytest.raises(InvalidValueError) as no:
        SHADOW.metric_invocations(period_seconds=seconds, statistic="p101")
    assert [one.split("'")[1] for one in no.value.problems] == ["period_seconds", "statistic"]
