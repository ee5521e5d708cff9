"""Read a file of people's as TOML, and make a value of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from shadow_constructs.values.toml.reader import Reader
from shadow_ops.contract.problems import InvalidValueError, shown
from shadow_ops.contract.reading import read_text

_Value = TypeVar("_Value")


def read_file(kind: type[_Value], path: Path) -> _Value:
    """Make a value of a TOML file.

    Raises:
        InvalidValueError: With one line per mistake.
    """
    return read_toml(kind, path, read_text(path))


def read_toml(kind: type[_Value], path: Path, text: str) -> _Value:
    """Make a value of the text that a TOML file has, or would have.

    Raises:
        InvalidValueError: With one line per mistake.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidValueError((f"{path}: not TOML: {shown(str(error))[1:-1]}",)) from None
    except ValueError:
        # Python's limit for the digits of an integer.
        raise InvalidValueError((f"{path}: a number has thousands of digits",)) from None
    except RecursionError:
        raise InvalidValueError((f"{path}: tables in tables without end",)) from None
    value: _Value = Reader(path, text).read(kind, table)
    return value
