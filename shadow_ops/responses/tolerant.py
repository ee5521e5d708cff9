"""Read a line that Python's JSON reader refuses and DuckDB's takes, so that a record is the same for every engine.

Forgiven are ``NaN`` and ``Infinity`` in any letters, a comma before a closing bracket, numbers of any length, and
brackets as deep as they go; everything else is as in RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:"(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"
    |-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9.eE])
    |true|false|null|-?(?i:nan|inf(?:inity)?)|[][{}:,])""",
    re.VERBOSE,
)
_CLOSING = {"{": "}", "[": "]"}
# A line's object, captureData, one of its sides: what lies in there is read as its text.
_LEVELS = 3


class Members(dict[str, "Members | str | None"]):
    """An object's members, and how it is written without spaces; of members of one name the last counts."""

    text = ""


class _Opened(NamedTuple):
    closing: str
    members: Members
    start: int
    name: str


def members(line: str) -> Members:
    """The objects of a line, to the third level; other values as they are written, null as None.

    Raises:
        ValueError: If it is no object, or no JSON even so.
    """
    opened: list[_Opened] = []
    written: list[str] = []
    found = Members()
    name, wanted = "", "value"
    for token in _tokens(line):
        inside = opened[-1] if opened else None
        value: Members | str | None = None
        is_value = False
        if inside is not None and token == inside.closing and wanted in ("name", "element", "comma"):
            if written[-1] == ",":
                written.pop()
            written.append(token)
            is_value = True
            opened.pop()
            if len(opened) <= _LEVELS:
                text = "".join(written[inside.start :])
                value, inside.members.text = (inside.members, text) if token == "}" else (text, "")
            name = inside.name
        elif token in _CLOSING and wanted in ("value", "element"):
            opened.append(_Opened(_CLOSING[token], Members(), len(written), name))
            written.append(token)
            wanted = "name" if token == "{" else "element"
        elif (token, wanted) in ((":", "colon"), (",", "comma")):
            written.append(token)
            wanted = "value" if token == ":" else "name" if inside is not None and inside.closing == "}" else "element"
        elif token[0] == '"' and wanted == "name":
            written.append(_string(token))
            name, wanted = json.loads(token), "colon"
        elif token not in ":,]}" and wanted in ("value", "element"):
            is_value = True
            value = json.loads(token) if token[0] == '"' else _plain(token)
            written.append(_string(token) if token[0] == '"' else _plain(token) or "null")
        else:
            raise ValueError(f"{token} where a {wanted} should be")
        if is_value:
            wanted = "comma" if opened else "end"
            if opened and len(opened) <= _LEVELS:
                opened[-1].members[name] = value
            elif isinstance(value, Members):
                found = value
    if wanted != "end" or not found.text:
        raise ValueError("no object")
    return found


def _tokens(line: str) -> Iterator[str]:
    place, end = 0, len(line.rstrip(" \t\n\r"))
    while place < end:
        token = _TOKEN.match(line, place)
        if token is None:
            raise ValueError(f"no JSON at {place}")
        place = token.end()
        yield token[0].lstrip(" \t\n\r")


def _string(token: str) -> str:
    text = json.dumps(json.loads(token), ensure_ascii=False)
    # Half of a surrogate pair is no text, though JSON can write it.
    text.encode()
    return text


def _plain(token: str) -> str | None:
    """A number or word as it is written everywhere."""
    if token in ("true", "false"):
        return token
    if token == "null":
        return None
    sign, word = "-" if token[0] == "-" else "", token.lstrip("-").lower()
    if word[0] in "ni":
        return f"{sign}Infinity" if word[0] == "i" else "-nan" if sign else "NaN"
    if word.isdigit():
        return token if word != "0" else "0"
    number = repr(float(token))
    return token if "inf" in number else number
