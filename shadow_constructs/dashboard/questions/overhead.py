"""Does SageMaker itself take longer?"""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard.questions.latency import milliseconds
from shadow_constructs.dashboard.questions.question import Row, Subject, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, graph
from shadow_ops.contract.catalogue import OVERHEAD_LATENCY


def rows(subject: Subject) -> Iterator[Row]:
    """Average overhead of each variant, one over the other: what SageMaker adds to the time in the container."""
    yield from heading(
        "Is there more overhead?",
        "Time that SageMaker adds. AWS documents no percentiles of it, nor what it means for a shadow.",
    )
    statistic = OVERHEAD_LATENCY.statistics[0]
    metrics = [Metric(lane, OVERHEAD_LATENCY, statistic, lane.key) for lane in subject.lanes.all]
    lines = [Expression(milliseconds(one.id), one.lane.title, one.lane.colour) for one in metrics]
    yield [graph(Chart("Overhead latency, average", "ms", lines, metrics, width=24), subject.canvas)]
