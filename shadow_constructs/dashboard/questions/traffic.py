"""Is the shadow getting its share?"""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.questions.question import Row, Subject, either, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, Threshold, graph
from shadow_ops.contract.added import share_bound
from shadow_ops.contract.catalogue import INVOCATIONS

# CloudWatch counts a missing point as 0 in arithmetic and leaves out a division by 0 (User Guide, using-metric-math):
# without requests there is no share, with requests and no copy of any it is 0.
_SHARE = "100*FILL(s,0)/p"


def rows(subject: Subject) -> Iterator[Row]:
    """Requests of each variant and, with a shadow, its share of them."""
    share = f"{subject.test.sampled_percent:g} %"
    yield from heading(
        either(subject, "Is the shadow getting its share?", "How much traffic is there?"),
        either(subject, f"{share} of the requests are to be copied, drawn at random.", "Requests that were answered."),
    )
    lanes = subject.lanes
    metrics = [Metric(lane, INVOCATIONS, "Sum", lane.key) for lane in lanes.all]
    requests = [Expression(f"60*{one.id}/PERIOD({one.id})", one.lane.title, one.lane.colour) for one in metrics]
    width = 24 if lanes.pair is None else 12
    charts = [Chart("Requests", "per minute", requests, metrics, width=width)]
    if lanes.pair is not None:
        charts.append(
            Chart(
                "The shadow's share of the requests",
                "%",
                [Expression(_SHARE, "share", colours.DIFFERENCE)],
                metrics,
                [
                    Threshold(subject.test.sampled_percent, f"expected: {share}", bad=None),
                    *Threshold.of([share_bound(subject.test.sampled_percent)]),
                ],
                width=12,
            )
        )
    yield [graph(chart, subject.canvas) for chart in charts]
