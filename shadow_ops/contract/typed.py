"""Records that came as JSON: whether what stands in them is of the kinds that their fields say."""

from __future__ import annotations

import functools
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from shadow_ops.contract.problems import shown

_LARGEST = sys.float_info.max
_MOST = 2**31 - 1
# What JSON holds; a field of any other kind has a reader of its own.
_PLAIN = (str, int, float, bool, types.NoneType)


def fields_in(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
    """The fields of a dataclass that a record has, those of text and numbers held against their kinds.

    Args:
        kind: The dataclass.
        data: The record; what the dataclass doesn't know is left out.

    Raises:
        ValueError: If a field is of another kind than it says.
    """
    hints = _hints(kind)
    found = {one.name: data[one.name] for one in fields(kind) if one.name in data}
    for name, value in found.items():
        hint = hints[name]
        allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        if all(one in _PLAIN for one in allowed) and not _fits(value, allowed):
            raise ValueError(f"{name} is {shown(value)}")
    return found


@functools.cache
def _hints(kind: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a dataclass
    # Each look compiles every annotation anew.
    return typing.get_type_hints(kind)


def damage(error: Exception) -> str:
    """What is wrong with a record that can't be read, in words instead of Python's."""
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    said = str(error)
    shapeless = isinstance(error, AttributeError | IndexError | RecursionError)
    return "it has another shape" if shapeless or not said or " object" in said else said


def whole(value: object) -> int:
    """A whole number of instances or of a format, as a record has it.

    Raises:
        ValueError: If it is none.
    """
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError(f"{shown(value)} is no whole number")
    return value


def _fits(value: object, allowed: tuple[type, ...]) -> bool:
    if isinstance(value, float) and not abs(value) <= _LARGEST:
        return False
    # True is an int to Python; JSON's whole numbers are numbers.
    return type(value) in allowed or (type(value) is int and float in allowed and abs(value) <= _LARGEST)
