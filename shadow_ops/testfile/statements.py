"""A TOML file as its statements and what people wrote between them: taken apart, every character is somewhere."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import tomlkit

Path = tuple[str, ...]

# What decides where a statement ends: texts (of several lines they may end in up to five quotes), comments, brackets.
_TOKEN = re.compile(
    r"""\"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|'{3}(?:[^']|'{1,2}(?!'))*'{3,5}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[{]|[\]}]|\n""",
    re.DOTALL,
)
# What may stand between a line's begin and the end of its key; quotes may hold anything.
_KEY = re.compile(r"""(?:[^"'=\]#\n]|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')*""")
_TEXT_OR_COMMENT = re.compile(
    r"""\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?P<comment>\#[^\n]*)""", re.DOTALL
)


@dataclass(frozen=True)
class Statement:
    """A key with its value, a table's header, or a comment that stands for itself.

    Attributes:
        blank: The blank lines above it.
        above: The comments right above it.
        text: Its lines; empty of a comment.
        path: The keys that lead to it from the root; none of a comment.
        table: The table that it stands in, which of a header is its own.
        beside: Of a comment, what it stands between: right below a statement that is the statement's table on both
            sides, and at either end of the file it is the root.
    """

    blank: str
    above: str
    text: str
    path: Path
    table: Path
    beside: tuple[Path, Path] = ((), ())

    @property
    def is_header(self) -> bool:
        """Whether it begins a table."""
        return self.text.lstrip().startswith("[")

    @property
    def whole(self) -> str:
        """It, as the file has it."""
        return self.blank + self.above + self.text

    @property
    def ending(self) -> str:
        """The comment at its end, with the space before; empty if there is none."""
        begins = [one.start() for one in _TEXT_OR_COMMENT.finditer(self.text) if one["comment"]]
        last = self.text.rstrip("\n")
        if not begins or "\n" in last[begins[-1] :]:
            return ""
        return last[len(last[: begins[-1]].rstrip()) :]

    def comments(self) -> str:
        """Every comment above and in it, a line each."""
        inside = (one["comment"] for one in _TEXT_OR_COMMENT.finditer(self.text) if one["comment"])
        return self.above + "".join(f"{one}\n" for one in inside)

    def called(self, path: Path) -> Statement:
        """The same at another place.

        Args:
            path: What its key says there: from the root for a header, from its table otherwise.
        """
        begin = len(self.text) - len(self.text.lstrip(" \t["))
        key = _key_of(self.text[begin:])
        rest = self.text[begin + len(key) :]
        space = key[len(key.rstrip()) :]
        return replace(self, text=self.text[:begin] + dotted(path) + space + rest)


def statements(text: str) -> list[Statement]:
    """Take a file apart. A comment right above a statement belongs to it, any other is one of its own.

    Args:
        text: The file, with LF, as TOML that can be read.
    """
    found = list(_scanned(text))
    own = [number for number, one in enumerate(found) if one.text]
    for number, one in enumerate(found):
        at = bisect_left(own, number)
        before = own[at - 1] if at else None
        after = own[at] if at < len(own) else None
        if one.text or before is None:
            continue
        if not one.blank:
            found[number] = replace(one, beside=(found[before].table, found[before].table))
        elif after is not None:
            found[number] = replace(one, beside=(found[before].path, found[after].path))
    return found


def joined(before: str, after: Iterable[Statement]) -> str:
    """Statements as a file, which begins and ends as it did.

    Args:
        before: What the file was.
        after: Its statements after a change.
    """
    text = "".join(one.whole for one in after)
    if not before.startswith("\n"):
        text = text.lstrip("\n")
    return text if before.endswith("\n") else text.rstrip("\n")


def dotted(path: Path) -> str:
    """Keys as TOML writes them."""
    return tomlkit.key(list(path) if len(path) > 1 else path[0]).as_string()


def _scanned(text: str) -> Iterator[Statement]:
    text = f"{text.removesuffix(chr(10))}\n"
    blank = above = ""
    table: Path = ()
    start = 0
    while start < len(text):
        # What else Unicode calls the end of a line ends none in TOML.
        end = text.index("\n", start) + 1
        line = text[start:end]
        begin = line.lstrip(" \t")
        if begin.startswith("#"):
            above += line
        elif not begin.strip():
            if above:
                yield Statement(blank, above, "", (), table)
                blank = above = ""
            blank += line
        else:
            end = _end(text, start)
            whole = text[start:end]
            path = _path(_key_of(begin.lstrip("[")))
            header = begin.startswith("[")
            table = path if header else table
            yield Statement(blank, above, whole, path if header else (*table, *path), table)
            blank = above = ""
        start = end
    if blank or above:
        yield Statement(blank, above, "", (), table)


def _end(text: str, start: int) -> int:
    """Where a statement ends: with the first line that leaves nothing open."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        found = token[0]
        if found == "\n" and depth == 0:
            return token.end()
        depth += (found in ("[", "{")) - (found in ("]", "}"))
    return len(text)


def _key_of(text: str) -> str:
    found = _KEY.match(text)
    return "" if found is None else found.group()


def _path(key: str) -> Path:
    keys: list[str] = []
    table = tomllib.loads(f"{key} = 0")
    while isinstance(table, dict):
        [(name, table)] = table.items()
        keys.append(name)
    return tuple(keys)
