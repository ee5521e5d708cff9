"""Invented traffic, and the state that each alarm has after it, by CloudWatch's arithmetic as `local_aws` models it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local_aws.metrics import alarms
from local_aws.metrics.queries import Span, metric_key, query_points, stat_points
from local_aws.metrics.store import MetricStore
from shadow_constructs.alarms import AlarmSpec, alarm_specs
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract import catalogue

REGION = "eu-west-1"
START = 1_800_000_000 // 3600 * 3600
PERIOD = 300
LATENCY = 10_000.0
"""Production's median, in microseconds."""


@dataclass
class Traffic:
    """What one variant does in a period.

    Attributes:
        requests: How many it gets.
        latency: Median of its model latency, in microseconds.
        spread: Sigma of the log-normal latency; 0 for a clockwork.
        failing: How many requests end in 5xx and as model errors.
        cpu: CPUUtilization.
        disk: DiskUtilization.
    """

    requests: int
    latency: float = LATENCY
    spread: float = 0.2
    failing: int = 0
    cpu: float = 40
    disk: float = 20


NONE = Traffic(0)


@dataclass
class World:
    """Both variants' metrics, period by period, and the alarms of a test.

    Attributes:
        test: The endpoint.
        seed: Of the latencies.
    """

    test: ShadowTest
    seed: int = 1
    store: MetricStore = field(default_factory=MetricStore)
    periods: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.states: dict[str, str] = {}
        self.specs = {spec.id: spec for spec in alarm_specs(self.test)}

    def pass_by(self, production: Traffic, shadow: Traffic, periods: int = 1) -> World:
        """Let periods pass, evaluating every alarm after each."""
        for _ in range(periods):
            when = START + self.periods * PERIOD
            self._record(self.test.production.name or "", production, when)
            if self.test.shadow is not None:
                self._record(self.test.shadow.name or "", shadow, when)
            self.periods += 1
            for spec in self.specs.values():
                self.states[spec.id] = self._state(spec)
        return self

    def in_alarm(self) -> set[str]:
        """Ids of the alarms that fire."""
        return {alarm for alarm, state in self.states.items() if state == "ALARM"}

    def values(self, alarm_id: str) -> list[float | None]:
        """What an alarm has seen, period by period."""
        return self._values(self.specs[alarm_id], self.periods)

    def _record(self, variant: str, traffic: Traffic, when: float) -> None:
        dimensions = catalogue.dimensions(self.test.endpoint_name, variant)

        def put(entry: catalogue.CatalogueEntry, *values: float, times: int = 1) -> None:
            pairs = [{"Name": name, "Value": text} for name, text in dimensions.items()]
            key = metric_key(REGION, {"Namespace": entry.namespace, "MetricName": entry.name, "Dimensions": pairs})
            for value in values if times else ():
                self.store.record(key, "None", when + 1, value, times)

        put(catalogue.INVOCATIONS, 1, times=traffic.requests)
        for entry in (catalogue.ERRORS_5XX, catalogue.MODEL_ERRORS):
            put(entry, 1, times=traffic.failing)
            put(entry, 0, times=traffic.requests - traffic.failing)
        put(catalogue.ERRORS_4XX, 0, times=traffic.requests)
        latencies = (traffic.latency * self.random.lognormvariate(0, traffic.spread) for _ in range(traffic.requests))
        put(catalogue.MODEL_LATENCY, *latencies)
        put(catalogue.CPU_UTILIZATION, traffic.cpu)
        put(catalogue.MEMORY_UTILIZATION, 30)
        put(catalogue.DISK_UTILIZATION, traffic.disk)

    def _state(self, spec: AlarmSpec) -> str:
        request = self._request(spec)
        alarms.check(request)
        seen = min(self.periods, spec.periods + alarms.EXTRA_PERIODS)
        if alarms.low_sample(request, self._samples(spec, request, seen)):
            return str(request["StateValue"])
        return alarms.verdict(request, self._values(spec, seen)).state

    def _request(self, spec: AlarmSpec) -> dict[str, Any]:
        state = self.states.get(spec.id, "INSUFFICIENT_DATA")
        return {**spec.properties(), "AlarmName": spec.id, "StateValue": state}

    def _span(self, periods: int) -> Span:
        end = START + self.periods * PERIOD
        return Span(end - periods * PERIOD, end)

    def _values(self, spec: AlarmSpec, periods: int) -> list[float | None]:
        queries = alarms.queries_of(self._request(spec))
        span = self._span(periods)
        points = query_points(self.store, REGION, queries, span)[alarms.returned_id(queries)]
        return [points.get(int(span.start) + number * PERIOD) for number in range(periods)]

    def _samples(self, spec: AlarmSpec, request: dict[str, Any], periods: int) -> Sequence[float]:
        if spec.expression is not None:
            return ()
        [query] = alarms.queries_of(request)
        stat = {**query["MetricStat"], "Stat": "SampleCount"}
        return list(stat_points(self.store, REGION, stat, self._span(periods)).values())
