"""What stands between text from outside and a terminal, a Markdown page or a JSON document.

Reasons, alarm texts, error messages of containers and names come from AWS, from colleagues and from models. None of it
may move a cursor, hide a line, forge one, or be taken for HTML.
"""

from __future__ import annotations

import html
import os
import re

import click

# Control characters but for the line end; Unicode's other line ends; what changes the direction of text or is invisible
# (bidirectional marks, zero width, tags); half surrogate pairs. A private terminal sequence begins with one of them.
_HARMFUL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# Marks colours as our own until they are shown: text from outside may hold the same sequences, and can't know it.
_MARK = os.urandom(8).hex()
_OURS = re.compile(f"\x1b{_MARK}(\\[[0-9]+m)")
_MARKDOWN = re.compile(r"([\\\[\]|])")


def shown(text: str) -> str:
    """Text for a terminal: our own colours stay, everything that isn't seen as itself is written out."""
    parts = _OURS.split(text)
    # Every second one is a colour.
    return "".join(f"\x1b{part}" if number % 2 else _written(part) for number, part in enumerate(parts))


def coloured(text: str, colour: str | None, *, bold: bool = False) -> str:
    """Text from anywhere in a colour of ours, which `shown` makes one of the terminal's."""
    return click.style(_written(text), fg=colour, bold=bold or None).replace("\x1b", f"\x1b{_MARK}")


def in_json(text: str) -> str:
    """A JSON document with the same values, in which what isn't seen as itself is escaped."""
    return _HARMFUL.sub(lambda one: _escaped(one[0]), text)


def joined(text: str) -> str:
    """A text without line ends."""
    return re.sub(r"\s*[\r\n]+\s*", " ", text)


def line(text: str) -> str:
    """Text from outside as one line: it can't forge another."""
    return _written(joined(text))


def in_markdown(text: str) -> str:
    """Text as one line of Markdown, without HTML, links or a table's bars of its own."""
    return html.escape(_MARKDOWN.sub(r"\\\1", line(text)), quote=False)


def _written(text: str) -> str:
    return _HARMFUL.sub(lambda one: f"\\x{ord(one[0]):02x}" if ord(one[0]) < 256 else f"\\u{ord(one[0]):04x}", text)


def _escaped(one: str) -> str:
    code = ord(one)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
