"""What an answer's text holds: a number, numbers in rows, JSON, or just text."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from shadow_ops.contract.paths import Json

LARGEST = 1e150
"""Numbers from here on are compared, but not added up: their squares couldn't be."""

_HALF = re.compile("[\ud800-\udfff]")


def number(text: str, most: float = LARGEST) -> float | None:
    """A text that is one plain decimal number, nearer to zero than `most`; None if it isn't, as of ``nan``."""
    # Python also reads 1_000 and digits of other scripts, which no model means and no other engine knows.
    if not text.isascii() or "_" in text:
        return None
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < most else None


def value(text: str) -> Json:
    """The value of an answer.

    Returns:
        A number; JSON's value, in which a number that no float holds is its text; of several lines of JSON their
        list; of CSV of numbers a list of them, or of several rows a list of lists, of whatever width; else the text.
    """
    found = number(text, math.inf)
    if found is not None:
        return found
    stripped = text.strip()
    if stripped.startswith(("{", "[", '"')) or stripped in ("true", "false", "null"):
        return _json(stripped)
    rows = [[number(cell, math.inf) for cell in line.split(",")] for line in stripped.split("\n")]
    if any(cell is None for row in rows for cell in row):
        return text
    return rows[0] if len(rows) == 1 else rows


def read_json(text: str, **options: Any) -> Json:  # noqa: ANN401 - as `json.loads`
    """A text's JSON value; half of a surrogate pair, which JSON can write and is no text, is its escape."""
    found = json.loads(text, **options)
    if "\\ud" not in text and "\\uD" not in text:
        return found
    whole = json.dumps(found, ensure_ascii=False)
    return json.loads(_HALF.sub(lambda half: f"\\\\u{ord(half[0]):x}", whole)) if _HALF.search(whole) else found


def _json(text: str) -> Json:
    try:
        return read_json(text, parse_float=_float)
    except (ValueError, RecursionError):
        pass
    try:
        return [read_json(line, parse_float=_float) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return text


def _float(text: str) -> float | str:
    # Beyond what floats hold all numbers are infinity, which would make any two of them equal.
    found = float(text)
    return found if abs(found) < math.inf else text
