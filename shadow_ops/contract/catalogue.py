"""The metric catalogue: every CloudWatch metric of a variant, and how two variants may be compared by it fairly.

The only place that knows names, namespaces, dimensions, units and statistics. A shadow variant reports the same metrics
as a production variant, under its own name. Source: SageMaker Developer Guide, monitoring-cloudwatch. Captured answers
are counted by this library's watch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

INVOCATION_NAMESPACE = "AWS/SageMaker"
HOST_NAMESPACE = "/aws/sagemaker/Endpoints"
OWN_NAMESPACE = "ShadowTests"
"""Where the watch puts what it counts."""

MICROSECONDS_PER_MILLISECOND = 1000


class Unit(StrEnum):
    """What a metric's numbers are."""

    COUNT = "count"
    MICROSECONDS = "microseconds"
    PERCENT = "percent"
    SECONDS = "seconds"


class Comparison(StrEnum):
    """What makes one variant's figure comparable with the other's."""

    SAMPLED_COUNT = "sampled count"
    """A shadow's is the sampling share of production's."""
    PER_INSTANCE = "per instance"
    """Already divided by the number of instances; a shadow's carries the sampling share."""
    RATE = "rate"
    """Divided by Invocations; ``Average`` is that rate, 0 to 1, because each request adds 0 or 1."""
    DISTRIBUTION = "distribution"
    """Statistic by statistic, over the same period; percentiles only where both have enough requests."""
    PER_CPU = "per vCPU"
    """Summed over the cores: divided by the instance's number of vCPUs."""
    PER_GPU = "per GPU"
    """Summed over the GPUs: divided by the instance's number of GPUs."""
    PERCENT = "percent"
    """0 to 100 of the instance, comparable as it is."""
    PART = "part"
    """Counted by the watch, a stretch of time at a look; says something as a part of another count."""


@dataclass(frozen=True)
class CatalogueEntry:
    """One metric.

    Attributes:
        name: CloudWatch's name.
        title: For people.
        namespace: CloudWatch's namespace.
        unit: What its numbers are as CloudWatch gives them.
        comparison: How two variants are compared by it.
        statistics: The statistics that say something of it, the main one first.
    """

    name: str
    title: str
    namespace: str
    unit: Unit
    comparison: Comparison
    statistics: tuple[str, ...]


@dataclass(frozen=True)
class Statistic:
    """One statistic of one metric.

    Attributes:
        metric: The metric.
        name: As CloudWatch writes it, such as ``Sum`` or ``p99``.
    """

    metric: CatalogueEntry
    name: str


_LATENCY = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
_HOST = ("Average", "Minimum", "Maximum")
_ERRORS = ("Average", "Sum")


def _invocation(
    name: str, title: str, comparison: Comparison, statistics: tuple[str, ...], unit: Unit = Unit.COUNT
) -> CatalogueEntry:
    return CatalogueEntry(name, title, INVOCATION_NAMESPACE, unit, comparison, statistics)


def _host(name: str, title: str, comparison: Comparison, statistics: tuple[str, ...] = _HOST) -> CatalogueEntry:
    return CatalogueEntry(name, title, HOST_NAMESPACE, Unit.PERCENT, comparison, statistics)


INVOCATIONS = _invocation("Invocations", "Requests", Comparison.SAMPLED_COUNT, ("Sum",))
INVOCATIONS_PER_INSTANCE = _invocation(
    "InvocationsPerInstance", "Requests per instance", Comparison.PER_INSTANCE, ("Sum",)
)
MODEL_LATENCY = _invocation(
    "ModelLatency", "Model latency", Comparison.DISTRIBUTION, ("p99", "p90", "p50", *_LATENCY), Unit.MICROSECONDS
)
# The Developer Guide lists no percentiles of OverheadLatency, and doesn't say what it means for a shadow.
OVERHEAD_LATENCY = _invocation(
    "OverheadLatency", "Overhead latency", Comparison.DISTRIBUTION, _LATENCY, Unit.MICROSECONDS
)
ERRORS_4XX = _invocation("Invocation4XXErrors", "4xx errors", Comparison.RATE, _ERRORS)
ERRORS_5XX = _invocation("Invocation5XXErrors", "5xx errors", Comparison.RATE, _ERRORS)
MODEL_ERRORS = _invocation("InvocationModelErrors", "Model errors", Comparison.RATE, _ERRORS)
CPU_UTILIZATION = _host("CPUUtilization", "CPU", Comparison.PER_CPU)
MEMORY_UTILIZATION = _host("MemoryUtilization", "Memory", Comparison.PERCENT)
# A disk is as full as its fullest: capture stops there. Load is an average: one busy instance is the routing's
# business.
DISK_UTILIZATION = _host("DiskUtilization", "Disk", Comparison.PERCENT, ("Maximum", "Average", "Minimum"))
GPU_UTILIZATION = _host("GPUUtilization", "GPU", Comparison.PER_GPU)
GPU_MEMORY_UTILIZATION = _host("GPUMemoryUtilization", "GPU memory", Comparison.PER_GPU)

CATALOGUE: tuple[CatalogueEntry, ...] = (
    INVOCATIONS,
    INVOCATIONS_PER_INSTANCE,
    MODEL_LATENCY,
    OVERHEAD_LATENCY,
    ERRORS_4XX,
    ERRORS_5XX,
    MODEL_ERRORS,
    CPU_UTILIZATION,
    MEMORY_UTILIZATION,
    DISK_UTILIZATION,
    GPU_UTILIZATION,
    GPU_MEMORY_UTILIZATION,
)
"""Every metric of SageMaker's, in the order in which people read them."""


def _counted(name: str, title: str, unit: Unit = Unit.COUNT) -> CatalogueEntry:
    # A stretch that is counted twice has one value all the same: the average of equal values.
    return CatalogueEntry(name, title, OWN_NAMESPACE, unit, Comparison.PART, ("Average",))


COMPARED_ANSWERS = _counted("ComparedAnswers", "Pairs of answers")
AGREEING_ANSWERS = _counted("AgreeingAnswers", "Pairs that agree")
UNJOINED_ANSWERS = _counted("UnjoinedAnswers", "Answers in no pair")
REPEATED_ANSWERS = _counted("RepeatedAnswers", "Production's answers to repeated requests")
STEADY_ANSWERS = _counted("SteadyAnswers", "Those that are as usual")
CAPTURED_RECORDS = _counted("CapturedRecords", "Captured records")
DUE_RECORDS = _counted("DueRecords", "Records that were due")
CAPTURE_AGE = _counted("CaptureAge", "Time since the last captured file", Unit.SECONDS)

ANSWERS = (COMPARED_ANSWERS, AGREEING_ANSWERS, UNJOINED_ANSWERS, REPEATED_ANSWERS, STEADY_ANSWERS)
"""What the watch counts of both variants' captured answers; metrics of the shadow."""

CAPTURE = (CAPTURED_RECORDS, DUE_RECORDS, CAPTURE_AGE)
"""What it counts of each variant's captured files."""

ERROR_METRICS = {"4xx": ERRORS_4XX, "5xx": ERRORS_5XX, "model": MODEL_ERRORS}
"""The metric of each kind of error that a policy names."""

RESOURCE_METRICS = {
    "cpu": CPU_UTILIZATION,
    "memory": MEMORY_UTILIZATION,
    "disk": DISK_UTILIZATION,
    "gpu": GPU_UTILIZATION,
    "gpu_memory": GPU_MEMORY_UTILIZATION,
}
"""The metric of each resource that a policy names."""

BY_NAME = {entry.name: entry for entry in (*CATALOGUE, *ANSWERS, *CAPTURE)}
"""All of them, the watch's too, by CloudWatch's names."""


def dimensions(endpoint: str, variant: str, config: str | None = None) -> dict[str, str]:
    """The dimensions of a variant's metrics.

    Args:
        endpoint: The endpoint's name.
        variant: The variant's name.
        config: An endpoint config's name, to see its fleet alone while an update has both the old and the new one
            running (Developer Guide, deployment-guardrails-configuration).
    """
    found = {"EndpointName": endpoint, "VariantName": variant}
    return found if config is None else {**found, "EndpointConfigName": config}
