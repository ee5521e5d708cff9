"""Metrics of invocations and of the servers' processes, under the names and units of CloudWatch."""

from __future__ import annotations

import os
import time
from pathlib import Path

from local_aws.metrics.store import Dimensions, MetricKey, MetricStore, dimensions_of
from local_aws.sagemaker.records import Endpoint, Fleet, Variant
from local_aws.serving.servers import ModelServer

INVOCATIONS = "AWS/SageMaker"
HOSTS = "/aws/sagemaker/Endpoints"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GIGABYTE = 1024**3


def dimension_sets(fleet: Fleet, variant: Variant) -> tuple[Dimensions, Dimensions]:
    """Return a variant's usual dimensions, and those with EndpointConfigName that guardrails look at."""
    usual = {"EndpointName": fleet.endpoint_name, "VariantName": variant.name}
    return dimensions_of(usual), dimensions_of({**usual, "EndpointConfigName": fleet.config_name})


class InvocationMeter:
    """Records what each invocation adds to CloudWatch.

    Args:
        store: The metric store.
    """

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._keys: dict[tuple[str, Dimensions], dict[str, MetricKey]] = {}

    def add(
        self, fleet: Fleet, variant: Variant, status: int | None, model_seconds: float, overhead_seconds: float
    ) -> None:
        """Add one invocation.

        Args:
            fleet: The fleet that served it.
            variant: The variant that served it.
            status: The model's HTTP status; None if it did not answer.
            model_seconds: Time the container took.
            overhead_seconds: Time spent on our side of it.
        """
        values = {
            "Invocations": 1.0,
            "InvocationsPerInstance": 1 / max(1, variant.count),
            "Invocation4XXErrors": float(status is not None and 400 <= status < 500),
            "Invocation5XXErrors": float(status is None or status >= 500),
            "InvocationModelErrors": float(status is None or not 200 <= status < 300),
        }
        if status is not None:
            values["ModelLatency"] = round(model_seconds * 1e6)
            values["OverheadLatency"] = round(overhead_seconds * 1e6)
        now = time.time()
        for dimensions in dimension_sets(fleet, variant):
            for name, value in values.items():
                unit = "Microseconds" if name.endswith("Latency") else "None"
                self._store.record(self._key(fleet.region, dimensions, name), unit, now, value)

    def _key(self, region: str, dimensions: Dimensions, name: str) -> MetricKey:
        keys = self._keys.setdefault((region, dimensions), {})
        if name not in keys:
            keys[name] = MetricKey(region, INVOCATIONS, name, dimensions)
        return keys[name]


class HostMeter:
    """Measures the model servers' own processes, which stand for the instances of a variant.

    Args:
        store: The metric store.
    """

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._before: dict[int, tuple[float, float]] = {}
        self._memory = os.sysconf("SC_PHYS_PAGES") * _PAGE

    def measure(self, endpoint: Endpoint, captured_bytes: dict[str, int]) -> None:
        """Record CPU, memory and disk use of the variants of an endpoint.

        Args:
            endpoint: An endpoint with a fleet.
            captured_bytes: Bytes waiting for delivery, per variant.
        """
        for fleet in filter(None, (endpoint.fleet, endpoint.next_fleet)):
            for variant in fleet.variants:
                if isinstance(variant.server, ModelServer):
                    self._measure(fleet, variant, variant.server, captured_bytes.get(variant.name, 0))

    def _measure(self, fleet: Fleet, variant: Variant, server: ModelServer, captured: int) -> None:
        usage = _usage(server.pid)
        if usage is None:
            return
        cpu_seconds, resident = usage
        now = time.time()
        values = {
            "MemoryUtilization": min(100.0, resident / self._memory * 100),
            "DiskUtilization": min(
                100.0, (server.artifact_bytes + captured) / (variant.volume_gigabytes * _GIGABYTE) * 100
            ),
        }
        before = self._before.get(server.pid)
        self._before[server.pid] = (now, cpu_seconds)
        if before is not None and now > before[0]:
            # 100 per busy core, like CloudWatch's sum over the cores of an instance.
            values["CPUUtilization"] = max(0.0, (cpu_seconds - before[1]) / (now - before[0]) * 100)
        for dimensions in dimension_sets(fleet, variant):
            for name, value in values.items():
                self._store.record(MetricKey(fleet.region, HOSTS, name, dimensions), "Percent", now, value)


def _usage(pid: int) -> tuple[float, int] | None:
    """Return CPU seconds and resident bytes of a process, or None where there is no /proc entry for it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE
