"""Rows of CSV as a reader of CSV has them, where they can be told at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence


def rows_of(text: str) -> list[list[str]] | None:
    """The rows of a text, quoted commas and line ends in their cells; None where its columns may be others.

    A semicolon or a tab in a cell may be what separates them, and then a column is not where it is looked for.
    """
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None
    return None if any(";" in cell or "\t" in cell or "\0" in cell for row in rows for cell in row) else rows


def text_of(rows: Sequence[Sequence[str]]) -> str:
    """Rows as CSV."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue().removesuffix("\n")
