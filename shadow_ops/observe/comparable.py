"""How two variants may be compared by a metric fairly.

What the watch counts isn't here: of it only parts say something, and those compare themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shadow_ops.contract import catalogue
from shadow_ops.contract.catalogue import CatalogueEntry


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


_COMPARED: Mapping[CatalogueEntry, Comparison] = {
    catalogue.INVOCATIONS: Comparison.SAMPLED_COUNT,
    catalogue.INVOCATIONS_PER_INSTANCE: Comparison.PER_INSTANCE,
    catalogue.MODEL_LATENCY: Comparison.DISTRIBUTION,
    catalogue.OVERHEAD_LATENCY: Comparison.DISTRIBUTION,
    catalogue.ERRORS_4XX: Comparison.RATE,
    catalogue.ERRORS_5XX: Comparison.RATE,
    catalogue.MODEL_ERRORS: Comparison.RATE,
    catalogue.CPU_UTILIZATION: Comparison.PER_CPU,
    catalogue.MEMORY_UTILIZATION: Comparison.PERCENT,
    catalogue.DISK_UTILIZATION: Comparison.PERCENT,
    catalogue.GPU_UTILIZATION: Comparison.PER_GPU,
    catalogue.GPU_MEMORY_UTILIZATION: Comparison.PER_GPU,
}


def comparison(entry: CatalogueEntry) -> Comparison:
    """How two variants are compared by a metric of SageMaker's."""
    return _COMPARED[entry]
