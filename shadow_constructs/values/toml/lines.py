"""Where in a TOML file a key stands, so that a mistake can name its line."""

from __future__ import annotations

import re
import tomllib

Path = tuple[str | int, ...]
"""The way to a value: keys, and numbers of entries in lists."""

_HEADER = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


class Lines:
    """The lines on which the keys of a file stand.

    Args:
        text: A valid TOML document.
    """

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        table: Path = ()
        for number, line in enumerate(text.split("\n"), 1):
            if header := _HEADER.fullmatch(line.removesuffix("\r")):
                table = _keys(header[2])
                if header[1] == "[[":
                    earlier = [path for path in self._found if path[:-1] == table and isinstance(path[-1], int)]
                    self._found.setdefault(table, number)
                    table = (*table, len(earlier))
                self._found.setdefault(table, number)
            elif key := _KEY.match(line):
                self._found.setdefault((*table, *_keys(key[1])), number)

    def of(self, path: Path) -> int | None:
        """The line of a value, or of the nearest table around it; None for what belongs to the file as a whole."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._found:
                return self._found[path[:length]]
        return None


def _keys(text: str) -> Path:
    """The keys of a dotted key; none of what only looks like one, as in a text of several lines."""
    try:
        inner: object = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    keys = []
    while isinstance(inner, dict):
        (key,) = inner
        keys.append(key)
        inner = inner[key]
    return tuple(keys)
