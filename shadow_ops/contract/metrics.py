"""Every metric at once, as people look them up; who measures asks for those that it needs."""

from __future__ import annotations

from shadow_ops.contract.catalogue import (
    ANSWERS,
    CAPTURE,
    CPU_UTILIZATION,
    DISK_UTILIZATION,
    ERRORS_4XX,
    ERRORS_5XX,
    GPU_MEMORY_UTILIZATION,
    GPU_UTILIZATION,
    INVOCATIONS,
    INVOCATIONS_PER_INSTANCE,
    MEMORY_UTILIZATION,
    MODEL_ERRORS,
    MODEL_LATENCY,
    OVERHEAD_LATENCY,
    CatalogueEntry,
)

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

BY_NAME = {entry.name: entry for entry in (*CATALOGUE, *ANSWERS, *CAPTURE)}
"""All of them, the watch's too, by CloudWatch's names."""
