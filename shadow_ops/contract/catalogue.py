"""The metric catalogue: every CloudWatch metric of a variant.

The only place that knows names, namespaces, dimensions and statistics. A shadow variant reports the same metrics
as a production variant, under its own name. Source: SageMaker Developer Guide, monitoring-cloudwatch. Captured answers
are counted by this library's watch.
"""

from __future__ import annotations

from dataclasses import dataclass

INVOCATION_NAMESPACE = "AWS/SageMaker"
HOST_NAMESPACE = "/aws/sagemaker/Endpoints"
OWN_NAMESPACE = "ShadowTests"
"""Where the watch puts what it counts."""

MICROSECONDS_PER_MILLISECOND = 1000


@dataclass(frozen=True)
class CatalogueEntry:
    """One metric.

    Attributes:
        name: CloudWatch's name.
        title: For people.
        namespace: CloudWatch's namespace.
        statistics: The statistics that say something of it, the main one first.
    """

    name: str
    title: str
    namespace: str
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


def _invocation(name: str, title: str, statistics: tuple[str, ...]) -> CatalogueEntry:
    return CatalogueEntry(name, title, INVOCATION_NAMESPACE, statistics)


def _host(name: str, title: str, statistics: tuple[str, ...] = _HOST) -> CatalogueEntry:
    return CatalogueEntry(name, title, HOST_NAMESPACE, statistics)


INVOCATIONS = _invocation("Invocations", "Requests", ("Sum",))
INVOCATIONS_PER_INSTANCE = _invocation("InvocationsPerInstance", "Requests per instance", ("Sum",))
MODEL_LATENCY = _invocation("ModelLatency", "Model latency", ("p99", "p90", "p50", *_LATENCY))
# The Developer Guide lists no percentiles of OverheadLatency, and doesn't say what it means for a shadow.
OVERHEAD_LATENCY = _invocation("OverheadLatency", "Overhead latency", _LATENCY)
ERRORS_4XX = _invocation("Invocation4XXErrors", "4xx errors", _ERRORS)
ERRORS_5XX = _invocation("Invocation5XXErrors", "5xx errors", _ERRORS)
MODEL_ERRORS = _invocation("InvocationModelErrors", "Model errors", _ERRORS)
CPU_UTILIZATION = _host("CPUUtilization", "CPU")
MEMORY_UTILIZATION = _host("MemoryUtilization", "Memory")
# A disk is as full as its fullest: capture stops there. Load is an average: one busy instance is the routing's
# business.
DISK_UTILIZATION = _host("DiskUtilization", "Disk", ("Maximum", "Average", "Minimum"))
GPU_UTILIZATION = _host("GPUUtilization", "GPU")
GPU_MEMORY_UTILIZATION = _host("GPUMemoryUtilization", "GPU memory")


def _counted(name: str, title: str) -> CatalogueEntry:
    # A stretch that is counted twice has one value all the same: the average of equal values.
    return CatalogueEntry(name, title, OWN_NAMESPACE, ("Average",))


COMPARED_ANSWERS = _counted("ComparedAnswers", "Pairs of answers")
AGREEING_ANSWERS = _counted("AgreeingAnswers", "Pairs that agree")
UNJOINED_ANSWERS = _counted("UnjoinedAnswers", "Answers in no pair")
REPEATED_ANSWERS = _counted("RepeatedAnswers", "Production's answers to repeated requests")
STEADY_ANSWERS = _counted("SteadyAnswers", "Those that are as usual")
CAPTURED_RECORDS = _counted("CapturedRecords", "Captured records")
DUE_RECORDS = _counted("DueRecords", "Records that were due")
CAPTURE_AGE = _counted("CaptureAge", "Time since the last captured file")

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
