"""Whether a local archive is what SageMaker unpacks: the file is at hand, so it is looked at before it is uploaded."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from shadow_ops.contract.problems import shown

_PACK = "pack the folder's files with tar -czhf model.tar.gz -C folder ."
_AGAIN = "pack or download it again"

# POSIX pax, ustar Interchange Format, and the GNU tar manual, Basic Tar Format.
_BLOCK = 512
_FILES, _FOLDER, _LINKS = (b"0", b"\0", b"7", b"S"), b"5", (b"1", b"2")
_OF_NEXT, _OF_ALL, _LONG_NAME, _LONG_LINK, _SPARSE = b"x", b"g", b"L", b"K", b"S"
# What is said of one file beyond its block: a path has 4,096 characters at most, and attributes come beside it.
_LONGEST_HEADER = 2**20
_CHUNK = 2**20
# What an extended header may say that is asked here.
_ASKED = (b"path", b"size", b"GNU.sparse.name")


class Fault(NamedTuple):
    """What is wrong with an archive.

    Attributes:
        must: The rule, continuing "must".
        fix: What to do.
    """

    must: str
    fix: str


class _DamagedError(Exception):
    """An archive that can't be read on; the message continues "be a whole archive"."""


@lru_cache(maxsize=64)
def fault_of(path: str, _modified: int) -> Fault | None:
    """What is wrong with a local ``.tar.gz``, or None.

    It is read once to its end, which takes as long as unpacking it, and little memory whatever it holds. The answer is
    kept as long as the file isn't written to: an app makes the same value several times.

    Args:
        path: The file.
        _modified: When it was written last, in nanoseconds: part of what the answer is kept by.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the magic number, before the rest is unpacked
            magic = file.read(2)
        if magic != b"\x1f\x8b":
            return Fault("be compressed by gzip", f"it is a bare tar or something else: {_PACK}")
        with gzip.open(path, "rb") as unpacked:
            found = _fault_in(unpacked)
            if found is None:
                _to_the_end(unpacked)
            return found
    except _DamagedError as error:
        return Fault("be a whole archive", f"{error}: {_AGAIN}")
    except (EOFError, zlib.error, OSError) as error:
        return Fault("be a whole archive", f"reading it ends in {type(error).__name__}: {_AGAIN}")


def _fault_in(unpacked: gzip.GzipFile) -> Fault | None:
    files = 0
    for name, kind in _members(unpacked):
        if kind in _LINKS:
            return Fault(f"hold no links, as {shown(name)} is", f"{_PACK} (h follows links)")
        if kind not in (*_FILES, _FOLDER):
            return Fault(f"hold files and folders only, unlike {shown(name)}", _PACK)
        if name.startswith("/") or ".." in name.split("/"):
            return Fault(f"hold names inside the archive, unlike {shown(name)}", _PACK)
        files += kind != _FOLDER
    return None if files else Fault("hold files", _PACK)


def _to_the_end(unpacked: gzip.GzipFile) -> None:
    # What was packed is checked by gzip at its end, and another archive behind the first would not be unpacked.
    while rest := unpacked.read(_CHUNK):
        if rest.count(0) != len(rest):
            raise _DamagedError("something follows its end")


def _members(unpacked: gzip.GzipFile) -> Iterator[tuple[str, bytes]]:
    """Name and kind of all that an archive holds, in the order in which it holds them.

    Not by the standard library's tarfile, which takes what a header says of lengths at its word and ends silently at a
    header that is damaged.
    """
    of_all: dict[str, str] = {}
    said: dict[str, str] = {}
    while (header := unpacked.read(_BLOCK)) and any(header):
        if len(header) < _BLOCK or not _is_sound(header):
            raise _DamagedError("a header in it is damaged")
        kind, size = header[156:157], _number(header[124:136])
        if kind in (_OF_NEXT, _OF_ALL):
            (said if kind == _OF_NEXT else of_all).update(_records(_content(unpacked, size)))
            continue
        if kind in (_LONG_NAME, _LONG_LINK):
            text = _content(unpacked, size)
            if kind == _LONG_NAME:
                said["path"] = _text(text)
            continue
        facts: Mapping[str, str] = {**of_all, **said}
        said = {}
        if "size" in facts:
            size = _decimal(facts["size"])
        if kind == _SPARSE:
            # Where its parts belong, in blocks that are no part of its size.
            more = header[482]
            while more:
                more = _content(unpacked, _BLOCK)[504]
        if kind != _FOLDER:
            _skip(unpacked, -(-size // _BLOCK) * _BLOCK)
        name = facts.get("GNU.sparse.name") or facts.get("path") or _name(header)
        # Archives before POSIX had no kind for folders.
        yield name, _FOLDER if kind == b"\0" and name.endswith("/") else kind


def _is_sound(header: bytes) -> bool:
    rest = header[:148] + b" " * 8 + header[156:]
    # Some have added them up as signed numbers.
    signed = sum(rest) - 256 * sum(one > 127 for one in rest)
    return _number(header[148:156]) in (sum(rest), signed)


def _number(field: bytes) -> int:
    """A number of a header, in octal digits or, where it is large, in binary."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\0", 1)[0].strip() or b"0"
    if any(one not in b"01234567" for one in digits):
        raise _DamagedError("a number in it is none")
    return int(digits, 8)


def _decimal(text: str) -> int:
    # 2**63 has so many digits.
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise _DamagedError("a number in it is none")
    return int(text)


def _name(header: bytes) -> str:
    name, prefix = _text(header[:100]), _text(header[345:500])
    # GNU's headers have other things in the place of the prefix.
    return f"{prefix}/{name}" if prefix and header[257:263] == b"ustar\0" else name


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="surrogateescape")


def _records(content: bytes) -> dict[str, str]:
    """The records of an extended header, each its own length, a space, a keyword, = and a value."""
    found: dict[str, str] = {}
    start = 0
    while start < len(content) and content[start]:
        length, space, rest = content[start : start + 20].partition(b" ")
        end = start + (_decimal(length.decode("latin-1")) if space else 0)
        record = content[start + len(length) + 1 : end]
        keyword, equals, value = record.partition(b"=")
        if not rest or not equals or not record.endswith(b"\n") or end > len(content):
            raise _DamagedError("a header in it is damaged")
        if keyword in _ASKED:
            found[keyword.decode()] = value[:-1].decode(errors="surrogateescape")
        start = end
    return found


def _content(unpacked: gzip.GzipFile, size: int) -> bytes:
    """What a header says beyond its block, without the bytes that fill up its last one."""
    if size > _LONGEST_HEADER:
        raise _DamagedError(f"a header in it has more than {_LONGEST_HEADER:,} bytes")
    whole = -(-size // _BLOCK) * _BLOCK
    found = unpacked.read(whole)
    if len(found) < whole:
        raise _DamagedError("it ends in the middle of a header")
    return found[:size]


def _skip(unpacked: gzip.GzipFile, size: int) -> None:
    while size > 0:
        found = len(unpacked.read(min(size, _CHUNK)))
        if not found:
            raise _DamagedError("it ends in the middle of a file")
        size -= found
