"""Comments above a table's header go with that table: to a TOML parser they are the end of the table before."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from itertools import takewhile

from shadow_ops.testfile.document import reads_as

# A private-use character: allowed in a comment, and nobody writes it.
_MARK = "#\ue000"
_HEADER = re.compile(r"\s*\[")
_COMMENT = re.compile(r"\s*#")


def keeping_comments(text: str, change: Callable[[str], str]) -> str:
    """Change a file with the comments right above each header bound to their table.

    Args:
        text: The file.
        change: The change, text in and text out; what it makes must not depend on comments.
    """
    plain = change(text)
    try:
        kept = _unbound(change(_bound(text)))
        same = reads_as(kept, tomllib.loads(plain))
    except ValueError:
        # What looks like a header stood in a text of several lines.
        return plain
    return kept if same else plain


def _bound(text: str) -> str:
    """The file with these comments below their headers, marked."""
    made: list[str] = []
    for line in text.splitlines(keepends=True):
        above = len(list(takewhile(_COMMENT.match, reversed(made)))) if _HEADER.match(line) else 0
        comments = made[len(made) - above :]
        made[len(made) - above :] = [line, *(_MARK + one for one in comments)]
    return "".join(made)


def _unbound(text: str) -> str:
    """The file as people write it."""
    made: list[str] = []
    header = 0
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            header = len(made)
        if line.lstrip().startswith(_MARK):
            made.insert(header, line.lstrip().removeprefix(_MARK))
            header += 1
        else:
            made.append(line)
    return "".join(made)
