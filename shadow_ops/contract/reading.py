"""One reader for people's files: recordings, policies, requests to send. Bytes in, text, lines or JSON out.

Every file is read alike: UTF-8 with or without a byte order mark; lines end at LF or CRLF and nowhere else, whatever
else Unicode calls a line end; JSON is JSON, without NaN, Infinity or half a surrogate pair.
"""

from __future__ import annotations

import codecs
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from shadow_ops.contract.problems import InvalidValueError

Pairs = list[tuple[str, Any]]

# What a shell hands over from another program, which ends when that does.
_HANDED_OVER, _INPUT = (Path("/dev/fd"), Path("/proc/self/fd")), Path("/dev/stdin")


def read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        InvalidValueError: If it can't be read, or isn't UTF-8.
    """
    return text_of(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Read a file as it is.

    Raises:
        InvalidValueError: If it can't be read.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) or path.parent in _HANDED_OVER or path == _INPUT:
            return path.read_bytes()
    except OSError as error:
        raise InvalidValueError((f"{path}: {error.strerror}; name a file that can be read",)) from None
    except ValueError:
        raise InvalidValueError((f"{path}: no file has such a name; name a file that can be read",)) from None
    if stat.S_ISDIR(mode):
        raise InvalidValueError((f"{path}: a folder; name a file in it",))
    raise InvalidValueError((f"{path}: {_kind_of(mode)}, which may never end; name an ordinary file",))


def _kind_of(mode: int) -> str:
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def text_of(data: bytes, where: str) -> str:
    """Bytes as text.

    Raises:
        InvalidValueError: If they aren't UTF-8.
    """
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValueError(
            (f"{where}: not a text file in UTF-8, at byte {error.start}; save it as UTF-8",)
        ) from None


def lines_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines that aren't blank, as the file has them, with their numbers; without the line end and the file's BOM."""
    for number, line in enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        body = line.removesuffix(b"\r")
        if body.strip():
            yield number, body


def json_of(text: str, where: str, *, unique: bool = False, nan: bool = False, fix: str = "") -> Any:  # noqa: ANN401 - JSON
    """Text as JSON values.

    Args:
        text: The text.
        where: Named in mistakes, such as the file.
        unique: Whether a key that is there twice in one object is refused.
        nan: Whether NaN and Infinity are read, for a caller that refuses them with their place.
        fix: What to do about text that isn't JSON.

    Raises:
        InvalidValueError: If it isn't JSON; one line says where.
    """
    hook: Callable[[Pairs], dict[str, Any]] | None = _without_doubles if unique else None
    try:
        value = json.loads(text, object_pairs_hook=hook, parse_constant=None if nan else _no_constant)
    except InvalidValueError as error:
        raise InvalidValueError(tuple(f"{where}: {line}" for line in error.problems)) from None
    except json.JSONDecodeError as error:
        place = f"{where}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise InvalidValueError((f"{place}; {fix}" if fix else place,)) from None
    except RecursionError:
        raise InvalidValueError((f"{where}: lists in lists without end",)) from None
    except ValueError:
        # Python's limit for the digits of an integer.
        raise InvalidValueError((f"{where}: a number has thousands of digits",)) from None
    # Only an escape can bring half a pair into text that was UTF-8.
    if "\\u" in text and _has_half_a_pair(value):
        raise InvalidValueError((f"{where}: text with half a surrogate pair, which no file can hold; write it whole",))
    return value


def _has_half_a_pair(value: object) -> bool:
    if isinstance(value, str):
        return any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, dict):
        return any(_has_half_a_pair(one) for item in value.items() for one in item)
    return isinstance(value, list) and any(_has_half_a_pair(one) for one in value)


def _no_constant(text: str) -> NoReturn:
    raise InvalidValueError((f"{text} is no JSON; leave out what there is no data of",))


def _without_doubles(pairs: Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise InvalidValueError((f"key {double!r} is there twice in one object; leave one of them out",))
    return found
