"""The segment of a request: what a part of it says, to count answers by."""

from __future__ import annotations

import json
from collections.abc import Callable

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.paths import parse_path, select
from shadow_ops.responses.answer import read_json
from shadow_ops.responses.csv_rows import rows_of
from shadow_ops.responses.hidden import hashed
from shadow_ops.responses.record import decoded

NONE = "(none)"
_LONGEST = 80


def segmenter(how: Comparison, show_requests: bool) -> Callable[[str | None, str | None], str] | None:
    """What tells the segment of a request by its text and encoding; None if nobody asked for segments.

    Args:
        how: Says what of a request it is.
        show_requests: Whether its value may be shown; else a hash is its name, another one in each run.
    """
    if how.by is None:
        return None
    tell = _teller(how)

    def hidden(request: str | None, encoding: str | None) -> str:
        value = tell(request, encoding)
        return NONE if value == NONE else hashed(value)

    return tell if show_requests else hidden


def _teller(how: Comparison) -> Callable[[str | None, str | None], str]:
    column, path = how.column, None if how.segment is None else parse_path(how.segment)

    def segment(request: str | None, encoding: str | None) -> str:
        text = None if request is None else decoded(request, encoding or "")
        if text is None:
            return NONE
        if column is not None:
            cells = next(iter(rows_of(text) or ()), [])
            return cells[column - 1].strip()[:_LONGEST] or NONE if column <= len(cells) else NONE
        assert path is not None
        try:
            found = select(read_json(text), path)
        except (ValueError, RecursionError):
            return NONE
        if found is None or found == []:
            return NONE
        return (found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))[:_LONGEST]

    return segment
