"""The Markdown of text widgets, as far as our dashboards use it: headings, paragraphs, tables, bold, code, links."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`(.+?)`")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_RULE = re.compile(r"\|?[\s:|-]+\|?")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """A part of a text.

    Attributes:
        level: 1 to 6 for a heading, 0 for anything else.
        text: Of a heading or paragraph.
        rows: Of a table, the head first.
    """

    level: int = 0
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(markdown: str) -> Iterator[Block]:
    """Read a text; lines without an empty one between them are one paragraph."""
    paragraph: list[str] = []
    table: list[tuple[str, ...]] = []
    for line in [*markdown.splitlines(), ""]:
        stripped = line.strip()
        is_row = stripped.startswith("|")
        if table and not is_row:
            yield Block(rows=tuple(table))
            table = []
        heading = re.fullmatch(r"(#{1,6}) +(.*)", stripped)
        if paragraph and (not stripped or is_row or heading):
            yield Block(text=" ".join(paragraph))
            paragraph = []
        if heading:
            yield Block(level=len(heading[1]), text=heading[2])
        elif is_row and not _RULE.fullmatch(stripped):
            table.append(_cells(stripped))
        elif stripped and not is_row:
            paragraph.append(stripped)


def plain(text: str) -> str:
    """A text without marks; of a link its words."""
    return _BOLD.sub(r"\1", _CODE.sub(r"\1", _LINK.sub(r"\1", text)))


def to_html(markdown: str) -> str:
    """A text as HTML."""
    return "\n".join(_block_html(block) for block in blocks(markdown))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip("|")))


def _block_html(block: Block) -> str:
    if block.level:
        return f"<h{block.level}>{_inline(block.text)}</h{block.level}>"
    if block.rows:
        head, *rows = block.rows
        return f"<table>{_row(head, 'th')}{''.join(_row(row, 'td') for row in rows)}</table>"
    return f"<p>{_inline(block.text)}</p>"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_inline(cell)}</{tag}>" for cell in cells) + "</tr>"


def _inline(text: str) -> str:
    escaped = html.escape(text)
    linked = _LINK.sub(r'<a href="\2">\1</a>', escaped)
    return _BOLD.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", linked))
