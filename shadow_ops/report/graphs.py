"""What was recorded of both variants, as curves: in people's units, on one grid, with gaps where there was nothing."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from shadow_ops.contract.catalogue import (
    AGREEING_ANSWERS,
    CAPTURE_AGE,
    CAPTURED_RECORDS,
    COMPARED_ANSWERS,
    DUE_RECORDS,
    ERROR_METRICS,
    INVOCATIONS,
    MICROSECONDS_PER_MILLISECOND,
    MODEL_LATENCY,
    OVERHEAD_LATENCY,
    RESOURCE_METRICS,
    CatalogueEntry,
)
from shadow_ops.contract.instances import Instances
from shadow_ops.measure.recording import Period, Recording, Side
from shadow_ops.observe.comparable import Comparison, comparison

OF_THE_INSTANCE = "% of the instance"
"""Unit of a utilisation."""

_MOST_COLUMNS = 240
Value = Callable[[Side, Instances | None], float | None]


@dataclass(frozen=True)
class Graph:
    """One figure of both variants over time.

    Attributes:
        title: What it is.
        unit: Its unit.
        start: Where the first column begins.
        step: How long a column is; its value is the median of the periods in it.
        production: A value per column; None where production had none.
        shadow: The shadow's, likewise.
    """

    title: str
    unit: str
    start: datetime.datetime
    step: datetime.timedelta
    production: tuple[float | None, ...]
    shadow: tuple[float | None, ...]

    @property
    def has_data(self) -> bool:
        """Whether there is anything to see."""
        return any(value is not None for value in (*self.production, *self.shadow))

    @property
    def is_zero(self) -> bool:
        """Whether nothing but zeros is to be seen."""
        return not any((*self.production, *self.shadow))


def graphs_of(recording: Recording) -> tuple[Graph, ...]:
    """Every figure of a recording that has data: requests, latencies, errors, answers, utilisation."""
    made = [
        _graph(recording, recording.periods, recording.period_seconds, "Requests", "per minute", _per_minute(recording))
    ]
    made += _latencies(recording)
    fine = recording.periods, recording.period_seconds
    made += [
        _graph(recording, *fine, metric.title, "% of the requests", _share(metric)) for metric in ERROR_METRICS.values()
    ]
    made += _answers(recording)
    made += [
        _graph(recording, *fine, metric.title, OF_THE_INSTANCE, _utilization(metric))
        for metric in RESOURCE_METRICS.values()
    ]
    return tuple(graph for graph in made if graph.has_data)


def _answers(recording: Recording) -> Iterator[Graph]:
    """What the watch counted of captured answers and files."""
    if recording.answers is None:
        return
    counted = recording.answers.periods, recording.answers.period_seconds
    for title, unit, metric, of in (
        ("Answers that agree", "% of the pairs", AGREEING_ANSWERS, COMPARED_ANSWERS),
        ("Captured records", "% of those due", CAPTURED_RECORDS, DUE_RECORDS),
    ):
        yield _graph(recording, *counted, title, unit, _part(metric, of))
    yield _graph(recording, *counted, CAPTURE_AGE.title, "minutes", _minutes)


def _part(metric: CatalogueEntry, of: CatalogueEntry) -> Value:
    def value(side: Side, _instances: Instances | None) -> float | None:
        part, whole = side.numbers.get(metric.name), side.numbers.get(of.name)
        return part / whole * 100 if part is not None and whole else None

    return value


def _minutes(side: Side, _instances: Instances | None) -> float | None:
    found = side.numbers.get(CAPTURE_AGE.name)
    return None if found is None else found / 60


def _latencies(recording: Recording) -> Iterator[Graph]:
    """A graph per statistic; from the longer periods where the recording's own have too few requests for it."""
    grains = [(recording.periods, recording.period_seconds)]
    grains += [(one.periods, one.period_seconds) for one in recording.coarse]
    for metric in (MODEL_LATENCY, OVERHEAD_LATENCY):
        drawn: set[str] = set()
        for periods, seconds in grains:
            for key in sorted(_keys(periods, metric) - drawn, key=_order):
                name = "average" if key == "avg" else key
                yield _graph(recording, periods, seconds, f"{metric.title}, {name}", "ms", _latency(metric, key))
                drawn.add(key)


def _keys(periods: Sequence[Period], metric: CatalogueEntry) -> set[str]:
    sides = (side for period in periods for side in (period.production, period.shadow))
    keys = {key for side in sides for key in side.distributions.get(metric.name, {})}
    return {key for key in keys if key == "avg" or key.startswith("p")}


def _order(key: str) -> float:
    return 0.0 if key == "avg" else float(key.removeprefix("p"))


def _graph(recording: Recording, periods: Sequence[Period], seconds: int, title: str, unit: str, value: Value) -> Graph:
    if not periods:
        return Graph(title, unit, datetime.datetime.min, datetime.timedelta(seconds=seconds), (), ())
    start, last = periods[0].start, periods[-1].start
    count = round((last - start).total_seconds() / seconds) + 1
    step = datetime.timedelta(seconds=seconds * math.ceil(count / _MOST_COLUMNS))
    columns = (last - start) // step + 1
    sides = []
    for name, instances in (("production", recording.production), ("shadow", recording.shadow)):
        found: list[list[float]] = [[] for _ in range(columns)]
        for period in periods:
            seen = value(getattr(period, name), instances)
            if seen is not None:
                found[(period.start - start) // step].append(seen)
        sides.append(tuple(statistics.median(column) if column else None for column in found))
    return Graph(title, unit, start, step, *sides)


def _per_minute(recording: Recording) -> Value:
    def value(side: Side, _instances: Instances | None) -> float | None:
        count = side.numbers.get(INVOCATIONS.name)
        return None if count is None else count * 60 / recording.period_seconds

    return value


def _latency(metric: CatalogueEntry, key: str) -> Value:
    def value(side: Side, _instances: Instances | None) -> float | None:
        found = side.distributions.get(metric.name, {}).get(key)
        return None if found is None else found / MICROSECONDS_PER_MILLISECOND

    return value


def _share(metric: CatalogueEntry) -> Value:
    def value(side: Side, _instances: Instances | None) -> float | None:
        requests = side.numbers.get(INVOCATIONS.name)
        # CloudWatch has no sum of errors where there were none.
        return side.numbers.get(metric.name, 0.0) / requests * 100 if requests else None

    return value


def _utilization(metric: CatalogueEntry) -> Value:
    def value(side: Side, instances: Instances | None) -> float | None:
        found = side.numbers.get(metric.name)
        if found is None or comparison(metric) is Comparison.PERCENT:
            return found
        # CloudWatch sums over cores; without their number nothing is guessed.
        parts = None if instances is None else _parts(metric, instances)
        return found / parts if parts else None

    return value


def _parts(metric: CatalogueEntry, instances: Instances) -> int | None:
    return instances.vcpus if comparison(metric) is Comparison.PER_CPU else instances.gpus
