"""The whole dashboard as one picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from rehearsal.picture import panels
from rehearsal.picture.charts import INK, MUTED, time_series
from rehearsal.picture.content import Content, Filled

# Any, because matplotlib types the names of its settings one by one.
FONTS: dict[Any, Any] = {"font.family": ["DejaVu Sans"], "svg.fonttype": "none"}
COLUMN, ROW = 66, 46
"""Pixels, about what the console gives a column and a row of a wide window."""

_DPI = 100
_MARGIN, _GAP, _TOP = 10, 4, 40
_CARD, _BORDER, _PAPER = "#ffffff", "#d5dbe1", "#f4f6f8"
# Room for the title, the axis' labels, and times and legend below, in pixels.
_TITLE, _LEFT, _RIGHT, _BOTTOM = 48, 52, 16, 46
_COLOURS = 256


def write(content: Content, path: Path) -> None:
    """Write the picture as a PNG of few colours, which keeps it small."""
    with mpl.rc_context(FONTS):
        figure = _figure(content)
        raw = io.BytesIO()
        figure.savefig(raw, format="png")
    raw.seek(0)
    with Image.open(raw) as image:
        flat = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        flat.save(path, optimize=True)


def _figure(content: Content) -> Figure:
    width = 24 * COLUMN + 2 * _MARGIN
    height = content.rows * ROW + 2 * _MARGIN + _TOP
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor=_PAPER)
    figure.text(_MARGIN / width, 1 - 26 / height, content.name, fontsize=12, color=INK, weight="bold", va="center")
    figure.text(1 - _MARGIN / width, 1 - 26 / height, content.when, fontsize=9, color=MUTED, ha="right", va="center")
    for one in content.widgets:
        _draw(figure, one, content, width, height)
    return figure


def _draw(figure: Figure, one: Filled, content: Content, width: int, height: int) -> None:
    widget = one.widget
    left = _MARGIN + widget.x * COLUMN + _GAP
    top = _MARGIN + _TOP + widget.y * ROW + _GAP
    wide, tall = widget.width * COLUMN - 2 * _GAP, widget.height * ROW - 2 * _GAP

    def axes(from_left: float, from_top: float, w: float, h: float) -> Axes:
        found = figure.add_axes(((left + from_left) / width, 1 - (top + from_top + h) / height, w / width, h / height))
        found.set_xlim(0, w)
        found.set_ylim(h, 0)
        return found

    card = axes(0, 0, wide, tall)
    plain = widget.kind == "text" and widget.height <= panels.HEADING_ROWS
    card.set_facecolor("none" if plain else _CARD)
    card.set_xticks([])
    card.set_yticks([])
    for spine in card.spines.values():
        spine.set_color(_BORDER)
        spine.set_visible(not plain)
    if widget.kind == "text":
        panels.text(card, str(widget.properties["markdown"]))
        return
    card.text(10, 17, widget.title, fontsize=9.5, color=INK, weight="bold", va="center")
    if widget.kind == "alarm":
        panels.alarms(card, one.alarms, wide, tall)
    elif widget.view == "timeSeries":
        drawn = axes(_LEFT, _TITLE, wide - _LEFT - _RIGHT, tall - _TITLE - _BOTTOM)
        time_series(drawn, widget, one.lines, content.span)
    else:
        panels.figures(card, one.figures, wide, tall)
