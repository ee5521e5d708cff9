"""Widgets as plain data, in the syntax of a dashboard's body (CloudWatch API Reference, Dashboard Body Structure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.lanes import Lane
from shadow_ops.contract.catalogue import CatalogueEntry, dimensions
from shadow_ops.contract.rules import Bound

Json = dict[str, Any]


@dataclass(frozen=True)
class Widget:
    """A widget that has a size but no place yet.

    Attributes:
        kind: ``text``, ``metric`` or ``alarm``.
        width: Columns of 24.
        height: Rows.
        properties: As CloudWatch takes them.
    """

    kind: str
    width: int
    height: int
    properties: Json


@dataclass(frozen=True)
class Metric:
    """A metric of a variant: drawn if it has a label, else only used in expressions.

    Attributes:
        lane: The variant.
        entry: Which metric.
        statistic: Such as ``p99``.
        id: Unique in the widget; expressions name it.
        label: For the legend.
    """

    lane: Lane
    entry: CatalogueEntry
    statistic: str
    id: str
    label: str | None = None


@dataclass(frozen=True)
class Expression:
    """A line computed by metric math.

    Attributes:
        text: The expression.
        label: For the legend.
        colour: Of the line.
    """

    text: str
    label: str
    colour: str


@dataclass(frozen=True)
class Threshold:
    """A line at one height, with the side of it that is bad shaded.

    Attributes:
        value: Where.
        label: What it is.
        bad: ``above`` or ``below``, or None where neither side is.
    """

    value: float
    label: str
    bad: str | None = "above"

    @classmethod
    def of(cls, bounds: Iterable[Bound | None]) -> list[Threshold]:
        """The lines of a rule's bounds."""
        given = (bound for bound in bounds if bound is not None)
        return [cls(bound.limit, bound.label, "below" if bound.lowest else "above") for bound in given]


@dataclass(frozen=True)
class Canvas:
    """What all metric widgets of a dashboard share.

    Attributes:
        endpoint: The endpoint's name.
        region: Its region, without which the console would look in the reader's.
        period_seconds: The periods that are drawn.
        console: How addresses of the AWS console begin.
    """

    endpoint: str
    region: str
    period_seconds: int
    console: str


@dataclass(frozen=True)
class Chart:
    """A graph over time, or a row of figures.

    Attributes:
        title: Its title.
        unit: Of the left axis.
        expressions: Computed lines, in the order of the legend.
        metrics: Metrics that are drawn or computed with.
        thresholds: Lines at one height.
        from_zero: Whether the axis begins at 0.
        width: Columns.
        height: Rows.
    """

    title: str
    unit: str
    expressions: Sequence[Expression] = ()
    metrics: Sequence[Metric] = ()
    thresholds: Sequence[Threshold] = field(default=())
    from_zero: bool = True
    width: int = 8
    height: int = 6


def text(markdown: str, height: int, width: int = 24) -> Widget:
    """A text in Markdown."""
    return Widget("text", width, height, {"markdown": markdown})


def alarms(arns: Sequence[str], title: str, width: int, height: int) -> Widget:
    """The states of alarms, those in ALARM first."""
    properties = {"title": title, "alarms": list(arns), "sortBy": "stateUpdatedTimestamp"}
    return Widget("alarm", width, height, properties)


def graph(chart: Chart, canvas: Canvas) -> Widget:
    """A graph over time."""
    left: Json = {"label": chart.unit, "showUnits": False}
    if chart.from_zero:
        left["min"] = 0
    properties: Json = {
        "title": chart.title,
        **_data(chart, canvas),
        "yAxis": {"left": left},
    }
    if chart.thresholds:
        properties["annotations"] = {"horizontal": [_annotation(one) for one in chart.thresholds]}
    return Widget("metric", chart.width, chart.height, properties)


def figures(chart: Chart, canvas: Canvas) -> Widget:
    """A row of figures, each of the whole time range that is looked at."""
    properties: Json = {
        "title": chart.title,
        "view": "singleValue",
        # Percentiles of the whole range, rather than of its last minute: they can't be had from those of its minutes.
        "setPeriodToTimeRange": True,
        **_data(chart, canvas),
    }
    return Widget("metric", chart.width, chart.height, properties)


def _data(chart: Chart, canvas: Canvas) -> Json:
    """What is shown; a statistic that all metrics share is said once, because templates have a limit."""
    statistics = {metric.statistic for metric in chart.metrics}
    shared = {"stat": statistics.pop()} if len(statistics) == 1 else {}
    rows = _rows(chart, canvas, own_statistics=not shared)
    return {"region": canvas.region, "period": canvas.period_seconds, **shared, "metrics": rows}


def _rows(chart: Chart, canvas: Canvas, *, own_statistics: bool) -> list[list[Any]]:
    rows: list[list[Any]] = [
        [{"expression": one.text, "label": one.label, "id": f"e{number}", "color": one.colour}]
        for number, one in enumerate(chart.expressions, start=1)
    ]
    before: list[str] = []
    for metric in chart.metrics:
        path = [metric.entry.namespace, metric.entry.name]
        for pair in dimensions(canvas.endpoint, metric.lane.variant).items():
            path.extend(pair)
        shown: Json = {"visible": False}
        if metric.label is not None:
            shown = {"label": metric.label, "color": metric.lane.colour}
        statistic = {"stat": metric.statistic} if own_statistics else {}
        rows.append([*_shortened(path, before), {"id": metric.id, **statistic, **shown}])
        before = path
    return rows


def _shortened(path: list[str], before: list[str]) -> list[str]:
    """A metric in CloudWatch's short form: ``...`` stands for all that begins like the metric before."""
    if path == before:
        return ["..."]
    if path[:-1] == before[:-1]:
        return ["...", path[-1]]
    return ["." if old == new else new for new, old in zip(path, before or [""] * len(path), strict=True)]


def _annotation(threshold: Threshold) -> Json:
    found: Json = {"label": threshold.label, "value": threshold.value, "color": colours.THRESHOLD}
    return found if threshold.bad is None else {**found, "fill": threshold.bad}
