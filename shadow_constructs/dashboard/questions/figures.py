"""The statistics side by side, over the time range that is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard.lanes import Lane
from shadow_constructs.dashboard.questions.latency import milliseconds
from shadow_constructs.dashboard.questions.question import Row, Subject, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, figures
from shadow_ops.contract.catalogue import MODEL_LATENCY

_STATISTICS = {
    "min": "Minimum",
    "average": "Average",
    "p50": "p50",
    "p90": "p90",
    "p99": "p99",
    "max": "Maximum",
}
_HEIGHT = 3


def rows(subject: Subject) -> Iterator[Row]:
    """Count and latency of each variant as figures, one above the other."""
    yield from heading("The whole range in figures", "Latency of all requests in the time range chosen above.")
    for lane in subject.lanes.all:
        yield [figures(_variant(lane), subject.canvas)]


def _metrics(lane: Lane) -> list[Metric]:
    return [
        Metric(lane, MODEL_LATENCY, statistic, f"{lane.key}{number}")
        for number, statistic in enumerate(_STATISTICS.values(), start=1)
    ]


def _variant(lane: Lane) -> Chart:
    metrics = _metrics(lane)
    lines = [
        Expression(milliseconds(metric.id), f"{name} (ms)", lane.colour)
        for name, metric in zip(_STATISTICS, metrics, strict=True)
    ]
    count = Metric(lane, MODEL_LATENCY, "SampleCount", f"{lane.key}0")
    # An expression too, because figures stand in the order of the list and expressions come first in it.
    lines.insert(0, Expression(count.id, "requests", lane.colour))
    return Chart(lane.title, "", lines, [count, *metrics], width=24, height=_HEIGHT)
