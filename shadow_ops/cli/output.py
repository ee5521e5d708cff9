"""How results are written: data to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from shadow_ops.cli import harmless

COLOURS = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow"}


def data(text: str) -> None:
    """Write a result to standard output."""
    click.echo(harmless.shown(text))


def data_as_json(value: Any) -> None:  # noqa: ANN401 - plain JSON values
    """Write a result to standard output as JSON, absent figures as null."""
    click.echo(harmless.in_json(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)))


def progress(*lines: str) -> None:
    """Tell a person what is going on: each text is one line, whatever stands in it."""
    for text in lines:
        click.echo(harmless.shown(harmless.joined(text)), err=True)


def warn(text: str | None) -> None:
    """Tell a person what to know about a result, if there is anything."""
    if text is not None:
        progress(f"warning: {text}")


def watched() -> bool:
    """Whether a person sees standard error, on a terminal that can be drawn on."""
    return sys.stderr.isatty()


def prose(text: str, *, markdown: bool) -> str:
    """Text from outside within a line of ours, in the form that was asked for."""
    return harmless.in_markdown(text) if markdown else harmless.line(text)


def coloured(outcome: str, width: int = 0) -> str:
    """An outcome in its colour, filled up to a width; click takes the colour out where it isn't a terminal."""
    return harmless.coloured(outcome.ljust(width), COLOURS.get(outcome), bold=True)


def text_table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Rows, the header first, in aligned columns.

    Args:
        rows: Cells.
        right: Columns that hold numbers.
    """
    rows = [[harmless.line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def markdown_table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Rows, the header first, as a table in Markdown; `right` as in `text_table`."""
    marks = ["---:" if column in right else "---" for column in range(len(rows[0]))]
    head, *cells = [[harmless.in_markdown(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *cells))


def table(rows: Sequence[Sequence[str]], *, markdown: bool, right: Sequence[int] = ()) -> str:
    """Rows in the form that was asked for."""
    return markdown_table(rows, right=right) if markdown else text_table(rows, right=right)


def short(text: str, longest: int = 100) -> str:
    """A text as one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def sparkline(values: Sequence[float | None], top: float) -> str:
    """Values over time as a line of little bars; a space where there is none.

    Args:
        values: None of them below zero.
        top: What a full bar stands for.
    """
    bars = "▁▂▃▄▅▆▇█"
    if top <= 0:
        return "".join(" " if value is None else bars[0] for value in values)
    return "".join(" " if value is None else bars[min(7, int(value / top * 8))] for value in values)


def overwritten(text: str) -> None:
    """Write a line to a terminal in place of the one before."""
    click.echo(f"\r\x1b[2K{harmless.shown(text)}", nl=False, err=True)
