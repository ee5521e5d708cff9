"""A dashboard with its data: all that the page and the picture are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.picture import data
from rehearsal.picture.board import Widget
from rehearsal.picture.data import Alarm, Line, Span
from shadow_ops.aws.boto import Client

STATES = {
    "ALARM": ("ALARM", "#B3261E", "#FBE4E2"),
    "OK": ("OK", "#1B6E46", "#E1F3EA"),
    "INSUFFICIENT_DATA": ("no data", "#5f6b7a", "#eceff2"),
}
"""How an alarm's state is written, in which colour and on which."""


@dataclass(frozen=True)
class Filled:
    """A widget with its data.

    Attributes:
        widget: The widget.
        lines: Of a metric widget.
        alarms: Of an alarm widget.
    """

    widget: Widget
    lines: Sequence[Line] = ()
    alarms: Sequence[Alarm] = ()

    @property
    def figures(self) -> list[tuple[str, float | None, str]]:
        """Label, last value and colour of each line; what a row of figures shows."""
        return [
            (line.series.label, line.values[-1] if line.values else None, line.series.colour or "#16191f")
            for line in self.lines
        ]


@dataclass(frozen=True)
class Content:
    """A dashboard with its data.

    Attributes:
        name: The dashboard's name.
        span: What time is shown.
        widgets: Its widgets.
    """

    name: str
    span: Span
    widgets: Sequence[Filled]

    @property
    def rows(self) -> int:
        """How many rows of the grid it takes."""
        return max((one.widget.y + one.widget.height for one in self.widgets), default=1)

    @property
    def when(self) -> str:
        """The span of time in words."""
        start, end, period = self.span.start, self.span.end, self.span.period_seconds
        each = "" if period is None else f", periods of {period} s"
        return f"{start:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S} UTC{each}"


def fill(cloudwatch: Client, name: str, widgets: Sequence[Widget], span: Span) -> Content:
    """Read the data of every widget."""
    return Content(name, span, [_filled(cloudwatch, one, span) for one in widgets])


def _filled(cloudwatch: Client, widget: Widget, span: Span) -> Filled:
    if widget.kind == "metric":
        return Filled(widget, lines=data.lines(cloudwatch, widget, span))
    if widget.kind == "alarm":
        return Filled(widget, alarms=data.alarms(cloudwatch, widget.properties["alarms"]))
    return Filled(widget)
