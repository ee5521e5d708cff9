"""Read a file of people's as TOML, and make a value of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from shadow_constructs.values.toml.reader import Reader
from shadow_ops.contract.problems import InvalidValueError, shown
from shadow_ops.contract.reading import text_of

_Value = TypeVar("_Value")


def read_file(kind: type[_Value], path: Path) -> _Value:
    """Make a value of a TOML file.

    Raises:
        InvalidValueError: With one line per mistake.
    """
    try:
        text = text_of(path.read_bytes(), str(path))
        table = tomllib.loads(text)
    except OSError as error:
        raise InvalidValueError((f"{path}: {error.strerror}; from_file takes the path of a TOML file",)) from None
    except ValueError as error:
        if isinstance(error, InvalidValueError):
            raise
        if not isinstance(error, tomllib.TOMLDecodeError):
            # A path that no file system takes.
            raise InvalidValueError((f"{path}: not a path; from_file takes the path of a TOML file",)) from None
        raise InvalidValueError((f"{path}: not TOML: {shown(str(error))[1:-1]}",)) from None
    except RecursionError:
        raise InvalidValueError((f"{path}: tables in tables without end",)) from None
    value: _Value = Reader(path, text).read(kind, table)
    return value
