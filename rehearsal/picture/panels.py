"""What isn't a graph: texts, alarm states and rows of figures, drawn in pixels from the top left."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from rehearsal.picture import markdown
from rehearsal.picture.charts import INK, MUTED
from rehearsal.picture.content import STATES
from rehearsal.picture.data import Alarm, short_names
from rehearsal.picture.numbers import figure

HEADING_ROWS = 2
"""A text of at most so many rows is a heading: it has no card around it."""

_SIZES = {0: (9.5, 24), 1: (15, 40), 2: (13, 32)}
_ALARM_ROW, _ALARM_TOP = 23, 40
_CHARACTER = 6.4


def text(axes: Axes, source: str) -> None:
    """Draw a text."""
    y = 10.0
    width = axes.get_xlim()[1]
    for block in markdown.blocks(source):
        if block.rows:
            y = _table(axes, block.rows, y, width)
            continue
        size, step = _SIZES[min(block.level, 2)]
        weight = "bold" if block.level else "normal"
        colour = INK if block.level or y > 60 else MUTED
        axes.text(12, y + step / 2, markdown.plain(block.text), fontsize=size, weight=weight, color=colour, va="center")
        y += step


def _table(axes: Axes, rows: Sequence[Sequence[str]], y: float, width: float) -> float:
    longest = [max(len(markdown.plain(row[n])) for row in rows) + 3 for n in range(len(rows[0]))]
    unit = min(7.5, (width - 24) / sum(longest))
    for number, row in enumerate(rows):
        x = 12.0
        for cell, length in zip(row, longest, strict=True):
            weight = "bold" if "**" in cell else "normal"
            colour = MUTED if number == 0 else INK
            axes.text(x, y + 12, markdown.plain(cell), fontsize=9.5, color=colour, weight=weight, va="center")
            x += length * unit
        y += 24
        axes.plot([12, width - 12], [y, y], color="#e4e7eb", linewidth=0.8)
    return y + 6


def alarms(axes: Axes, states: Sequence[Alarm], width: float, height: float) -> None:
    """Draw the states of alarms in as many columns as it takes; a state is written, not only coloured."""
    if not states:
        axes.text(12, _ALARM_TOP + 12, "none of the alarms exists", fontsize=9, color=MUTED, va="center")
        return
    per_column = max(1, int((height - _ALARM_TOP - 6) // _ALARM_ROW))
    columns = -(-len(states) // per_column)
    wide = (width - 20) / columns
    for number, (one, short) in enumerate(zip(states, short_names([one.name for one in states]), strict=True)):
        x, y = 10 + number // per_column * wide, _ALARM_TOP + number % per_column * _ALARM_ROW
        word, ink, paper = STATES.get(one.state, STATES["INSUFFICIENT_DATA"])
        axes.text(
            x + 30, y + 10, word, fontsize=7.5, color=ink, weight="bold", ha="center", va="center",
            bbox={"facecolor": paper, "edgecolor": "none", "boxstyle": "round,pad=0.35"},
        )  # fmt: skip
        name = _cut(short, int((wide - 70) / _CHARACTER))
        axes.text(x + 62, y + 10, name, fontsize=8, color=INK, va="center")


def figures(axes: Axes, cells: Sequence[tuple[str, float | None, str]], width: float, height: float) -> None:
    """Draw a row of figures, each above its label."""
    wide = width / max(1, len(cells))
    for number, (label, value, colour) in enumerate(cells):
        x = (number + 0.5) * wide
        axes.text(x, height * 0.52, figure(value), fontsize=17, color=INK, weight="bold", ha="center", va="center")
        axes.plot([x - 26, x + 26], [height * 0.70] * 2, color=colour, linewidth=3, solid_capstyle="round")
        axes.text(x, height * 0.84, label, fontsize=9, color=MUTED, ha="center", va="center")


def _cut(name: str, length: int) -> str:
    """A name that fits, without its middle: its end tells it from the others."""
    if len(name) <= length:
        return name
    head = max(1, length // 4)
    return f"{name[:head]}…{name[-max(1, length - head - 1) :]}"
