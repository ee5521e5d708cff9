"""Where a graph's lines and marks stand: the geometry of a figure, in the units of its view box."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shadow_ops.judge.verdict import Finding
from shadow_ops.report.graphs import Graph

WIDTH, HEIGHT = 640, 220
"""Of a graph's view box."""
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 26
"""Room around its curves, for the figures at the axes."""
_HEADROOM = 1.08
_STEPS = (1, 2, 2.5, 5, 10)
_MARKS = 4
_TIMES = 5


@dataclass(frozen=True)
class Mark:
    """A figure at an axis.

    Attributes:
        at: Where on that axis.
        label: What it says.
    """

    at: float
    label: str


@dataclass(frozen=True)
class Drawing:
    """A graph, drawn.

    Attributes:
        production: Polylines as SVG writes their points; a gap in the data ends one.
        shadow: The shadow's.
        values: Marks of the vertical axis.
        times: Marks of the horizontal one.
    """

    production: tuple[str, ...]
    shadow: tuple[str, ...]
    values: tuple[Mark, ...]
    times: tuple[Mark, ...]


@dataclass(frozen=True)
class Interval:
    """How far the shadow lies above production, beside what is allowed: in percent of the width of its bar.

    Attributes:
        low: Where the interval begins.
        high: Where it ends.
        zero: Where both variants would be equal.
        allowed: Where what is allowed ends.
        label: The interval and what is allowed, in words.
    """

    low: float
    high: float
    zero: float
    allowed: float
    label: str


def drawing_of(graph: Graph) -> Drawing:
    """Draw a graph that has data; its vertical axis begins at zero."""
    seen = [value for value in (*graph.production, *graph.shadow) if value is not None]
    highest = max(seen, default=0.0)
    step = _round_step(highest * _HEADROOM / _MARKS)
    top = max(math.ceil(highest * _HEADROOM / step), 1) * step
    bottom = HEIGHT - BOTTOM
    marks = (
        Mark(bottom - number * step / top * (bottom - TOP), f"{number * step:.6g}")
        for number in range(round(top / step) + 1)
    )
    production, shadow = (tuple(_lines(side, top)) for side in (graph.production, graph.shadow))
    return Drawing(production, shadow, tuple(marks), tuple(_times(graph)))


def interval_of(finding: Finding) -> Interval | None:
    """The bar of a finding that has an interval on both sides and something allowed; else None."""
    for bound in finding.rule.bounds:
        names = (f"low_{bound.unit}", f"high_{bound.unit}", f"allowed_{bound.unit}")
        low, high, allowed = (finding.numbers.get(name) for name in names)
        if not bound.relative or low is None or high is None or allowed is None:
            continue
        first, last = min(low, -allowed, 0.0), max(high, allowed * 1.5, 0.0)
        room = (last - first) * 0.05 or 1.0
        first, last = first - room, last + room

        def place(value: float, first: float = first, last: float = last) -> float:
            return round((value - first) / (last - first) * 100, 2)

        unit = "%" if bound.unit == "percent" else bound.unit
        label = f"{low:+.3g} to {high:+.3g} {unit}, allowed +{allowed:.3g}"
        return Interval(place(low), place(high), place(0.0), place(allowed), label)
    return None


def _round_step(wanted: float) -> float:
    if wanted <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in _STEPS if step * power >= wanted * 0.999)


def _lines(values: Sequence[float | None], top: float) -> Iterator[str]:
    points: list[str] = []
    for number, value in enumerate((*values, None)):
        if value is not None:
            y = HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP)
            points.append(f"{_across(number, len(values)):.1f},{y:.1f}")
        elif points:
            # A line of one point isn't drawn; twice the same point, with round ends, is a dot.
            yield " ".join(points * 2 if len(points) == 1 else points)
            points = []


def _across(number: float, count: int) -> float:
    width = WIDTH - LEFT - RIGHT
    return LEFT + (number / (count - 1) * width if count > 1 else width / 2)


def _times(graph: Graph) -> Iterator[Mark]:
    count = len(graph.production)
    span = graph.step * (count - 1)
    form = "%H:%M:%S" if span < datetime.timedelta(minutes=5) else "%H:%M"
    if span >= datetime.timedelta(hours=36):
        form = "%d %b %H:%M" if span < datetime.timedelta(days=4) else "%d %b"
    marks = min(_TIMES, count)
    for number in range(marks):
        column = number * (count - 1) / (marks - 1) if marks > 1 else 0
        yield Mark(_across(column, count), (graph.start + graph.step * column).strftime(form))
