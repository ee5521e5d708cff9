"""The grid of a dashboard: rows of widgets, one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shadow_constructs.dashboard.widgets import Json, Widget

COLUMNS = 24


def place(rows: Iterable[Sequence[Widget]]) -> list[Json]:
    """Place rows of widgets below each other; a row that is too wide goes on in the next.

    Args:
        rows: Widgets, in the order in which they are read.

    Returns:
        The widgets as a dashboard's body has them.
    """
    placed: list[Json] = []
    top = 0
    for row in rows:
        left = tallest = 0
        for widget in row:
            if left + widget.width > COLUMNS:
                top, left, tallest = top + tallest, 0, 0
            place = {"x": left, "y": top, "width": widget.width, "height": widget.height}
            placed.append({"type": widget.kind, **place, "properties": widget.properties})
            left, tallest = left + widget.width, max(tallest, widget.height)
        top += tallest
    return placed


def share_width(count: int) -> int:
    """The width of each of some widgets that fill a row, three or four in it at most."""
    return {1: 12, 2: 12, 3: 8, 4: 6}.get(count, 8)
