"""Is it slower?"""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.grid import share_width
from shadow_constructs.dashboard.questions.question import Row, Subject, either, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, Threshold, graph
from shadow_ops.contract.catalogue import MICROSECONDS_PER_MILLISECOND, MODEL_LATENCY
from shadow_ops.contract.rules import LatencyRule

ALWAYS = (50.0, 90.0, 99.0)
"""Percentiles that are shown whatever the policy says."""


def rows(subject: Subject) -> Iterator[Row]:
    """Percentiles of each variant, and how far the shadow's are above production's."""
    yield from heading(
        either(subject, "Is it slower?", "How fast is it?"),
        either(
            subject,
            "Time in the container. Below: how far the shadow is above production, in percent of production.",
            "Time in the container.",
        ),
    )
    rules = {rule.percentile: rule for rule in subject.test.policy.of(LatencyRule)}
    percentiles = sorted({*ALWAYS, *rules})
    width = share_width(len(percentiles))
    yield [graph(_percentile(subject, one, rules.get(one), width), subject.canvas) for one in percentiles]
    if subject.lanes.pair is not None:
        yield [graph(_increase(subject, one, rules.get(one), width), subject.canvas) for one in percentiles]


def milliseconds(identifier: str) -> str:
    """The expression of a latency in milliseconds."""
    return f"{identifier}/{MICROSECONDS_PER_MILLISECOND}"


def increase(production: str, shadow: str) -> str:
    """The expression of how far a latency is above another, in percent of it."""
    # Without one side there is nothing to compare: a missing point would count as 0, and 0 ms look like a fast shadow.
    return f"IF({production}>0 AND {shadow}>0,100*({shadow}/{production}-1))"


def _metrics(subject: Subject, percentile: float) -> list[Metric]:
    return [Metric(lane, MODEL_LATENCY, f"p{percentile:g}", lane.key) for lane in subject.lanes.all]


def _percentile(subject: Subject, percentile: float, rule: LatencyRule | None, width: int) -> Chart:
    metrics = _metrics(subject, percentile)
    thresholds = Threshold.of([] if rule is None else [rule.own_bound])
    lines = [Expression(milliseconds(one.id), one.lane.title, one.lane.colour) for one in metrics]
    return Chart(f"p{percentile:g} latency", "ms", lines, metrics, thresholds, width=width)


def _increase(subject: Subject, percentile: float, rule: LatencyRule | None, width: int) -> Chart:
    thresholds = Threshold.of([] if rule is None else [rule.relative_bound])
    return Chart(
        f"p{percentile:g}: shadow against production",
        "%",
        [Expression(increase("p", "s"), "increase", colours.DIFFERENCE)],
        _metrics(subject, percentile),
        thresholds,
        from_zero=False,
        width=width,
        height=5,
    )
