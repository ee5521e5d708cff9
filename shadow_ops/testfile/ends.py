"""Line ends and the mark before the first line are its writer's: a file that is changed keeps them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher


def with_ends_of(before: bytes, after: str) -> bytes:
    """A changed text as bytes that differ from the file's where the text does, and nowhere else.

    Args:
        before: The file, in UTF-8.
        after: Its text after a change, with LF. New lines get the end that most lines of the file have.
    """
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    old = before.removeprefix(mark).decode("utf-8").split("\n")
    new = after.split("\n")
    ends = [one.endswith("\r") for one in old[:-1]]
    made = [2 * sum(ends) > len(ends)] * len(new)
    for here, there, size in _alike([one.removesuffix("\r") for one in old], new) if any(ends) else ():
        for number in range(min(size, len(ends) - here)):
            made[there + number] = ends[here + number]
    lines = [f"{line}\r\n" if carriage else f"{line}\n" for line, carriage in zip(new[:-1], made, strict=False)]
    return mark + "".join((*lines, new[-1])).encode()


def _alike(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Which lines stayed: where, where now, how many. Most of a file did, at its begin and its end."""
    least = min(len(old), len(new))
    first = next((at for at in range(least) if old[at] != new[at]), least)
    last = next((at for at in range(least - first) if old[-1 - at] != new[-1 - at]), least - first)
    yield 0, 0, first
    yield len(old) - last, len(new) - last, last
    between = old[first : len(old) - last], new[first : len(new) - last]
    # Lines that are there often tell nothing, and would take a square of their number.
    for here, there, size in SequenceMatcher(None, *between, autojunk=True).get_matching_blocks():
        yield first + here, first + there, size
