"""The dashboard as one HTML page that needs no network: texts stay texts, graphs are pictures inside it."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from rehearsal.picture import markdown
from rehearsal.picture.charts import time_series
from rehearsal.picture.content import STATES, Content, Filled
from rehearsal.picture.data import short_names
from rehearsal.picture.image import COLUMN, FONTS, ROW
from rehearsal.picture.numbers import figure

_DPI = 100
# Of a card's height, what its padding and title take.
_TITLE = 44

_STYLE = f"""
body {{ margin: 16px; background: #f4f6f8; color: #16191f; font: 14px/1.45 "DejaVu Sans", Verdana, sans-serif; }}
header {{ display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 8px; }}
header p, small {{ color: #5f6b7a; }}
main {{ display: grid; grid-template-columns: repeat(24, minmax(44px, 1fr)); grid-auto-rows: {ROW}px; gap: 0; }}
section {{ margin: 4px; padding: 8px 12px; background: #fff; border: 1px solid #d5dbe1; border-radius: 4px;
  overflow: auto; display: flex; flex-direction: column; }}
section.heading {{ background: none; border-color: transparent; overflow: visible; }}
section > h3 {{ margin: 0 0 4px; font-size: 13px; }}
section img {{ flex: 1; min-height: 0; width: 100%; object-fit: contain; }}
h1 {{ margin: 0; font-size: 20px; }} h2 {{ margin: 4px 0 0; font-size: 18px; }} p {{ margin: 4px 0; }}
table {{ border-collapse: collapse; width: 100%; margin: 6px 0; }}
th, td {{ text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid #e4e7eb; font-size: 13px; }}
th {{ color: #5f6b7a; font-weight: normal; }}
.figures {{ display: flex; flex: 1; justify-content: space-around; align-items: center; text-align: center; }}
.figures b {{ display: block; font-size: 24px; border-bottom: 3px solid; }}
.figures b span {{ color: #16191f; }}
ul {{ list-style: none; margin: 0; padding: 0; columns: 2; font-size: 12px; }}
li {{ break-inside: avoid; padding: 2px 0; }}
li b {{ display: inline-block; min-width: 58px; text-align: center; border-radius: 4px; margin-right: 6px; }}
"""


def write(content: Content, path: Path) -> None:
    """Write the page."""
    name = html.escape(content.name)
    sections = "\n".join(_section(one, content) for one in content.widgets)
    path.write_text(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
        f"</head>\n<body><header><strong>{name}</strong><p>{html.escape(content.when)}; drawn from the local AWS, "
        f"links lead to the real one</p></header>\n<main>\n{sections}\n</main></body></html>\n",
        encoding="utf-8",
    )


def _section(one: Filled, content: Content) -> str:
    widget = one.widget
    place = f"grid-column: {widget.x + 1} / span {widget.width}; grid-row: {widget.y + 1} / span {widget.height}"
    kind = "heading" if widget.kind == "text" and widget.height <= 2 else widget.kind
    title = f"<h3>{html.escape(widget.title)}</h3>" if widget.title else ""
    return f'<section class="{kind}" style="{place}">{title}{_inside(one, content)}</section>'


def _inside(one: Filled, content: Content) -> str:
    if one.widget.kind == "text":
        return markdown.to_html(str(one.widget.properties["markdown"]))
    if one.widget.kind == "alarm":
        return _alarms(one)
    if one.widget.view == "timeSeries":
        return _graph(one, content)
    cells = [
        f'<div><b style="border-color:{colour}">{figure(value)}</b><small>{html.escape(label)}</small></div>'
        for label, value, colour in one.figures
    ]
    return f'<div class="figures">{"".join(cells)}</div>'


def _alarms(one: Filled) -> str:
    items = []
    for alarm, short in zip(one.alarms, short_names([alarm.name for alarm in one.alarms]), strict=True):
        word, ink, paper = STATES.get(alarm.state, STATES["INSUFFICIENT_DATA"])
        chip = f'<b style="color:{ink};background:{paper}">{word}</b>'
        items.append(f'<li title="{html.escape(f"{alarm.name}: {alarm.reason}")}">{chip}{html.escape(short)}</li>')
    return f"<ul>{''.join(items)}</ul>" if items else "<p>none of the alarms exists</p>"


def _graph(one: Filled, content: Content) -> str:
    width, height = one.widget.width * COLUMN - 34, one.widget.height * ROW - _TITLE
    # The salt keeps the ids inside the picture the same from run to run.
    with mpl.rc_context({**FONTS, "svg.hashsalt": "dashboard"}):
        drawn = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        drawn.patch.set_visible(False)
        axes = drawn.add_axes((52 / width, 46 / height, 1 - 66 / width, 1 - 66 / height))
        time_series(axes, one.widget, one.lines, content.span)
        out = io.BytesIO()
        drawn.savefig(out, format="svg", metadata={"Date": None})
    said = html.escape(f"{one.widget.title}: " + ", ".join(line.series.label for line in one.lines))
    return f'<img alt="{said}" src="data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}">'
