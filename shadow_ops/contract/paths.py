"""Paths into JSON, written as JSONPath: ``$.a.b``, ``$.items[*].id``, ``$.items[0]``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from shadow_ops.contract.problems import InvalidValueError, shown

Path = tuple[str | int | None, ...]
"""The steps of a path: a member's name, an index, or None for every element."""

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d{1,9}|\*)\]|\[\"([^\"]*)\"\]")
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
    """Read a path; the ``$.`` at its beginning may be left out.

    Raises:
        InvalidValueError: If it isn't one.
    """
    rest = text if text.startswith("$") else f"$.{text}"
    steps: list[str | int | None] = []
    place = 1
    while place < len(rest):
        found = _STEP.match(rest, place)
        if found is None:
            raise InvalidValueError((f"{what} must be a path like $.items[*].id, got {shown(text)}",))
        name, index, quoted = found.groups()
        if index is not None:
            steps.append(None if index == "*" else int(index))
        else:
            steps.append(quoted if name is None else name)
        place = found.end()
    return tuple(steps)


def path_text(path: Path) -> str:
    """A path as it is written."""
    steps = (f".{one}" if isinstance(one, str) else f"[{'*' if one is None else one}]" for one in path)
    return "".join(("$", *steps))


def select(value: Any, path: Path) -> Any:  # noqa: ANN401 - plain JSON values
    """What lies at a path: of every element a list, without those that have no such part; None if there is nothing."""
    found = _select(value, path)
    return None if found is _ABSENT else found


def has(value: Any, path: Path) -> bool:  # noqa: ANN401 - plain JSON values
    """Whether anything lies at a path, a null as well; of every element, in any."""
    for place, step in enumerate(path):
        if step is None and isinstance(value, list):
            return any(has(one, path[place + 1 :]) for one in value)
        value = _select(value, (step,))
        if value is _ABSENT:
            return False
    return True


def replaced(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - plain JSON values
    """The value with what lies at a path changed; where there is nothing, nothing changes."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        return {**value, step: replaced(value[step], rest, change)}
    if isinstance(value, list) and not isinstance(step, str):
        return [replaced(one, rest, change) if step in (None, at) else one for at, one in enumerate(value)]
    return value


def removed(value: Any, path: Path) -> Any:  # noqa: ANN401 - plain JSON values
    """The value without the member that lies at a path; where there is none, nothing changes."""
    if not path or not isinstance(path[-1], str):
        return value
    name = path[-1]

    def without(parent: Any) -> Any:  # noqa: ANN401 - plain JSON values
        return {one: part for one, part in parent.items() if one != name} if isinstance(parent, dict) else parent

    return replaced(value, path[:-1], without)


def _select(value: Any, path: Path) -> Any:  # noqa: ANN401 - plain JSON values
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
