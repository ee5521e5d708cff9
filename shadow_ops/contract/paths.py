"""Paths into JSON, written as JSONPath: ``$.a.b``, ``$.items[*].id``, ``$.items[0]``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from shadow_ops.contract.problems import InvalidValueError, shown

Json = Any
"""A plain JSON value."""
Path = tuple[str | int | None, ...]
"""The steps of a path: a member's name, an index, or None for every element."""

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9}|\*)\]|\[\"([^\"]*)\"\]")
_PATH = re.compile(rf"\$(?:{_STEP.pattern})*")
# Any number is meant as a column; a member of that name is $["-1"].
_NUMBER = re.compile(r"\s*[-+]?[\d.]*\d[\d.,_]*(?:[eE][-+]?\d+)?\s*")
_ABSENT = object()
_MOST_COLUMNS = 10**6


def column_of(text: str, what: str) -> int | None:
    """The column of CSV that a text names, counted from 1; None of what may be a path.

    Raises:
        InvalidValueError: If it is a number that no column has.
    """
    if not _NUMBER.fullmatch(text):
        return None
    # By its length first: Python doesn't read numbers of thousands of digits.
    column = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_COLUMNS)) else 0
    if not 1 <= column <= _MOST_COLUMNS:
        must = f"a column from 1 to {_MOST_COLUMNS:,}, or a path like $.name"
        raise InvalidValueError((f"{what} must be {must}, got {shown(text)}",))
    return column


def parse_path(text: str, what: str = "path") -> Path:
    """Read a path.

    Raises:
        InvalidValueError: If it isn't one.
    """
    if not _PATH.fullmatch(text):
        raise InvalidValueError((f"{what} must be a path like $.items[*].id, got {shown(text)}",))
    found = _STEP.findall(text)
    return tuple(None if at == "*" else int(at) if at else name or quoted for name, at, quoted in found)


@lru_cache(1024)
def path_text(path: Path) -> str:
    """A path as people write it: ``$.items[*].id``."""
    steps = (f".{one}" if isinstance(one, str) else f"[{'*' if one is None else one}]" for one in path)
    return "".join(("$", *steps))


def select(value: Json, path: Path) -> Json:
    """What lies at a path: of every element a list, without those that have no such part; None if there is nothing."""
    found = _select(value, path)
    return None if found is _ABSENT else found


def has(value: Json, path: Path) -> bool:
    """Whether anything lies at a path, a null as well; of every element, in any."""
    for place, step in enumerate(path):
        if step is None and isinstance(value, list):
            return any(has(one, path[place + 1 :]) for one in value)
        value = _select(value, (step,))
        if value is _ABSENT:
            return False
    return True


def rows_with(value: Json, path: Path) -> object:
    """Which elements of the lists along a path have what lies there; of two values that are alike in it, rows match."""
    for place, step in enumerate(path):
        if step is None and isinstance(value, list):
            return [rows_with(one, path[place + 1 :]) for one in value]
        value = _select(value, (step,))
        if value is _ABSENT:
            return False
    return True


def _select(value: Json, path: Path) -> Json:
    for place, step in enumerate(path):
        if step is None and isinstance(value, list):
            parts = (_select(one, path[place + 1 :]) for one in value)
            return [one for one in parts if one is not _ABSENT]
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step, _ABSENT)
        elif isinstance(step, int) and isinstance(value, list):
            value = value[step] if step < len(value) else _ABSENT
        else:
            return _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value
