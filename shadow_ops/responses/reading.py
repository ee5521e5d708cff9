"""Captured files, line by line; a file that is cut off gives what can be read of it."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator

MOST_UNPACKED = 1 << 30
"""Bytes of one unpacked file that are read. SageMaker's own are far smaller; one made to fill memory isn't."""
_PART = 1 << 20


def nonblank(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that aren't blank, without the mark that some editors put before the first.

    Args:
        lines: As a file gives them: a line feed ends them, and nothing else does.
    """
    for number, line in enumerate(lines):
        stripped = (line.removeprefix(codecs.BOM_UTF8) if number == 0 else line).strip()
        if stripped:
            yield stripped


def unpacked(packed: bytes, most: int = MOST_UNPACKED) -> tuple[bytes, bool]:
    """Unpack a gzip file.

    Returns:
        What could be unpacked, and whether that is all of it.
    """
    parts: list[bytes] = []
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            left = most
            while part := file.read1(min(_PART, left)):
                parts.append(part)
                left -= len(part)
                if left == 0:
                    return b"".join(parts), not file.read1(1)
    except (EOFError, OSError, zlib.error):
        return b"".join(parts), False
    return b"".join(parts), True
