"""Line ends and the mark before the first line are its writer's: a file that is changed keeps them."""

from __future__ import annotations

import codecs
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
    blocks = SequenceMatcher(None, [one.removesuffix("\r") for one in old], new, autojunk=False).get_matching_blocks()
    for here, there, size in blocks:
        for number in range(min(size, len(ends) - here)):
            made[there + number] = ends[here + number]
    lines = [f"{line}\r\n" if carriage else f"{line}\n" for line, carriage in zip(new[:-1], made, strict=False)]
    return mark + "".join((*lines, new[-1])).encode()
