"""A dashboard's body, read into values (CloudWatch API Reference, Dashboard Body Structure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.errors import RehearsalError

KINDS = ("text", "metric", "alarm")
VIEWS = ("timeSeries", "singleValue", "table")


@dataclass(frozen=True)
class Series:
    """A metric or an expression of a widget.

    Attributes:
        id: Expressions name it.
        label: For the legend.
        colour: As the dashboard says; None leaves it to the drawing.
        visible: Whether it is drawn.
        expression: Metric math; None for a metric.
        namespace: Of a metric.
        name: Of a metric.
        dimensions: Of a metric.
        statistic: Of a metric.
        period: In seconds.
    """

    id: str
    label: str
    colour: str | None
    visible: bool
    expression: str | None
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int


@dataclass(frozen=True)
class Widget:
    """A widget and its place.

    Attributes:
        kind: One of `KINDS`.
        x: First column of 24.
        y: First row.
        width: Columns.
        height: Rows.
        properties: As in the body.
        series: A metric widget's metrics and expressions.
    """

    kind: str
    x: int
    y: int
    width: int
    height: int
    properties: Mapping[str, Any]
    series: tuple[Series, ...] = ()

    @property
    def title(self) -> str:
        """Its title, or nothing."""
        return str(self.properties.get("title", ""))

    @property
    def view(self) -> str:
        """How a metric widget shows its series."""
        return str(self.properties.get("view", "timeSeries"))

    @property
    def whole_range(self) -> bool:
        """Whether each figure is of the whole time range."""
        return bool(self.properties.get("setPeriodToTimeRange", False))


def read(body: Mapping[str, Any]) -> list[Widget]:
    """The widgets of a dashboard's body.

    Raises:
        RehearsalError: If there is a kind of widget that can't be drawn.
    """
    return [_widget(one) for one in body["widgets"]]


def _widget(found: Mapping[str, Any]) -> Widget:
    kind, properties = found["type"], found["properties"]
    view = properties.get("view", "timeSeries")
    if kind not in KINDS or (kind == "metric" and view not in VIEWS):
        what = f"a {kind} widget" if kind not in KINDS else f"the view {view!r}"
        raise RehearsalError(
            f"cannot draw {what}: known are the widgets {', '.join(KINDS)}, the views {', '.join(VIEWS)}"
        )
    series = tuple(_series(properties)) if kind == "metric" else ()
    place = {name: int(found[name]) for name in ("x", "y", "width", "height")}
    return Widget(kind=kind, properties=properties, series=series, **place)


def _series(properties: Mapping[str, Any]) -> list[Series]:
    rows: list[Series] = []
    before: list[str] = []
    for number, row in enumerate(properties.get("metrics", ())):
        options = row[-1] if isinstance(row[-1], dict) else {}
        path = expanded([one for one in row if isinstance(one, str)], before)
        before = path or before
        name = path[1] if path else ""
        rows.append(
            Series(
                id=options.get("id", f"unnamed{number}"),
                label=options.get("label", name),
                colour=options.get("color"),
                visible=options.get("visible", True),
                expression=options.get("expression"),
                namespace=path[0] if path else "",
                name=name,
                dimensions=dict(zip(path[2::2], path[3::2], strict=True)),
                statistic=options.get("stat", properties.get("stat", "Average")),
                period=int(options.get("period", properties.get("period", 300))),
            )
        )
    return rows


def expanded(path: Sequence[str], before: Sequence[str]) -> list[str]:
    """A metric written in full: ``.`` repeats one part of the metric before, ``...`` as many as fit."""
    found = list(path)
    if "..." in found:
        place = found.index("...")
        gap = len(before) - (len(found) - 1)
        found[place : place + 1] = before[place : place + gap]
    return [before[place] if part == "." else part for place, part in enumerate(found)]
