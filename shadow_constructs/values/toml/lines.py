"""Where in a TOML file a key stands, so that a mistake can name its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator

Path = tuple[str | int, ...]
"""The way to a value: keys, and numbers of entries in lists."""

_HEADER = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?")
_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
# Texts of several lines (which may end in up to five quotes), texts, comments, what opens and closes, line ends.
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n''', re.DOTALL
)


class Lines:
    """The lines on which the keys of a file stand.

    Args:
        text: A valid TOML document.
    """

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        # Tables that only the headers and keys within them name.
        self._implied: dict[Path, int] = {}
        self._entries: dict[Path, int] = {}
        table: Path = ()
        lines = text.split("\n")
        for number in _begun(text):
            line = lines[number - 1].removesuffix("\r")
            if header := _HEADER.fullmatch(line):
                *outer, own = _keys(header[2])
                table = (*self._in_lists(outer), own)
                if header[1] == "[[":
                    self._found.setdefault(table, number)
                    self._entries[table] = self._entries.get(table, -1) + 1
                    table = (*table, self._entries[table])
                self._add(table, number)
            elif key := _KEY.match(line):
                self._add((*table, *_keys(key[1])), number)

    def of(self, path: Path) -> int | None:
        """The line of a value, or of the nearest table around it; None for what belongs to the file as a whole."""
        for length in range(len(path), 0, -1):
            for places in (self._found, self._implied):
                if path[:length] in places:
                    return places[path[:length]]
        return None

    def _add(self, path: Path, number: int) -> None:
        self._found.setdefault(path, number)
        for length in range(1, len(path)):
            self._implied.setdefault(path[:length], number)

    def _in_lists(self, keys: Iterable[str | int]) -> Path:
        """The way to a table, with the number of the newest entry of each list of tables that it leads through."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._entries:
                path = (*path, self._entries[path])
        return path


def _begun(text: str) -> Iterator[int]:
    """The lines on which something begins: not within a text of several lines, nor within a list or a table."""
    number, depth = 1, 0
    yield number
    for token in _TOKEN.finditer(text):
        found = token[0]
        depth += (found in ("[", "{")) - (found in ("]", "}"))
        number += found.count("\n")
        if found == "\n" and depth == 0:
            yield number


def _keys(text: str) -> Path:
    """The keys of a dotted key."""
    inner: object = tomllib.loads(f"{text} = 0")
    keys = []
    while isinstance(inner, dict):
        (key,) = inner
        keys.append(key)
        inner = inner[key]
    return tuple(keys)
