"""Does SageMaker itself take longer?"""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.questions.latency import increase, milliseconds
from shadow_constructs.dashboard.questions.question import Row, Subject, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, Threshold, graph
from shadow_ops.contract.catalogue import OVERHEAD_LATENCY
from shadow_ops.contract.rules import OverheadRule


def rows(subject: Subject) -> Iterator[Row]:
    """Average overhead of each variant, one over the other: what SageMaker adds to the time in the container.

    How far the shadow's is above production's is drawn where a rule holds it to something.
    """
    yield from heading(
        "Is there more overhead?",
        "Time that SageMaker adds. AWS documents no percentiles of it, nor what it means for a shadow.",
    )
    statistic = OVERHEAD_LATENCY.statistics[0]
    metrics = [Metric(lane, OVERHEAD_LATENCY, statistic, lane.key) for lane in subject.lanes.all]
    lines = [Expression(milliseconds(one.id), one.lane.title, one.lane.colour) for one in metrics]
    yield [graph(Chart("Overhead latency, average", "ms", lines, metrics, width=24), subject.canvas)]
    if subject.lanes.pair is None:
        return
    for rule in subject.test.policy.of(OverheadRule):
        above = Chart(
            "Average overhead: shadow against production",
            "%",
            [Expression(increase("p", "s"), "increase", colours.DIFFERENCE)],
            metrics,
            Threshold.of([rule.relative_bound]),
            from_zero=False,
            width=24,
            height=5,
        )
        yield [graph(above, subject.canvas)]
