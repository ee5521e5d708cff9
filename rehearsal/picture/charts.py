"""Graphs over time, with matplotlib."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from rehearsal.picture.board import Widget
from rehearsal.picture.data import Line, Span

INK, MUTED, GRID = "#16191f", "#5f6b7a", "#e4e7eb"
_FALLBACK = ("#0072B2", "#E69F00", "#009E73", "#56B4E9", "#CC79A7", "#999999")
_FEW_POINTS = 80
_HEADROOM = 1.12


def time_series(axes: Axes, widget: Widget, lines: Sequence[Line], span: Span) -> None:
    """Draw a graph: its lines with gaps where there is no data, its thresholds with the bad side shaded."""
    _frame(axes, span)
    for number, line in enumerate(lines):
        times, values = _with_gaps(line)
        colour = line.series.colour or _FALLBACK[number % len(_FALLBACK)]
        marker = "o" if len(line.values) <= _FEW_POINTS else ""
        axes.plot(
            times,  # type: ignore[arg-type]  # dates are taken where numbers are annotated
            values,
            color=colour,
            label=line.series.label,
            linewidth=1.8,
            marker=marker,
            markersize=2.8,
            clip_on=False,
        )
    if not any(line.values for line in lines):
        axes.text(0.5, 0.62, "no data", transform=axes.transAxes, ha="center", va="center", color=MUTED, fontsize=10)
    annotations = widget.properties.get("annotations", {}).get("horizontal", [])
    left = widget.properties.get("yAxis", {}).get("left", {})
    low, high = _limits(lines, [one["value"] for one in annotations], left.get("min"))
    axes.set_ylim(low, high)
    # Above the axis, where it has room whatever the figures below it are.
    axes.annotate(
        left.get("label", ""), (0, 1), xycoords="axes fraction", xytext=(-28, 5), textcoords="offset points",
        color=MUTED, fontsize=8, ha="left", va="bottom",
    )  # fmt: skip
    for one in annotations:
        _threshold(axes, one["value"], one.get("label", ""), one["color"], one.get("fill"))
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, frameon=False, fontsize=8, handlelength=1.4,
        columnspacing=1.4, borderaxespad=0.2, labelcolor=INK,
    )  # fmt: skip


def _frame(axes: Axes, span: Span) -> None:
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=8, length=2.5)
    # Seven: the longest step of a unit, six times, reaches to three of the next unit, so that no span is between two.
    locator = AutoDateLocator(minticks=3, maxticks=7, tz=datetime.UTC)  # type: ignore[no-untyped-call]  # not annotated
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=datetime.UTC, show_offset=False)  # type: ignore[no-untyped-call]  # nor this
    axes.xaxis.set_major_formatter(formatter)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    # A point stands where its period begins, so the last whole one is a period before the end.
    last = span.end - datetime.timedelta(seconds=span.period_seconds or 0)
    axes.set_xlim(span.start, last)  # type: ignore[arg-type]  # dates are taken where numbers are annotated


def _with_gaps(line: Line) -> tuple[list[datetime.datetime], list[float]]:
    """A line's points, broken where a period has none: a gap isn't a value between its neighbours."""
    times: list[datetime.datetime] = []
    values: list[float] = []
    widest = datetime.timedelta(seconds=line.period * 1.5)
    for time, value in zip(line.times, line.values, strict=True):
        if times and time - times[-1] > widest:
            times.append(time)
            values.append(float("nan"))
        times.append(time)
        values.append(value)
    return times, values


def _limits(lines: Sequence[Line], marks: Sequence[float], lowest: float | None) -> tuple[float, float]:
    seen = [*(value for line in lines for value in line.values), *marks]
    low = min([*seen, 0.0]) if lowest is None else lowest
    high = max([*seen, low])
    if high == low:
        high = low + 1
    room = (high - low) * (_HEADROOM - 1)
    return (low if low in (0, lowest) else low - room), high + room


def _threshold(axes: Axes, value: float, label: str, colour: str, fill: str | None) -> None:
    low, high = axes.get_ylim()
    axes.axhline(value, color=colour, linewidth=1.4, linestyle=(0, (5, 2)))
    if fill in ("above", "below"):
        axes.axhspan(value, high if fill == "above" else low, color=colour, alpha=0.12, linewidth=0)
    near_top = (value - low) / (high - low) > 0.85
    axes.annotate(
        label, (0.01, value), xycoords=("axes fraction", "data"), xytext=(0, -3 if near_top else 3),
        textcoords="offset points", va="top" if near_top else "bottom", fontsize=7.5, color="#8f3f6d",
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip
