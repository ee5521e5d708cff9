"""What the type of a field says of what may stand in a file."""

from __future__ import annotations

import pathlib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass

_PLAIN: Mapping[object, str] = types.MappingProxyType(
    {str: "text", int: "a number", float: "a number", bool: "true or false", Sequence: "a list", Mapping: "a table"}
)


def options_of(hint: object) -> tuple[object, ...]:
    """The types of which a field takes one."""
    union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
    return typing.get_args(hint) if union else (hint,)


def classes_in(hint: object) -> tuple[type, ...]:
    """The values of ours that a field may hold."""
    return tuple(one for one in options_of(hint) if isinstance(one, type) and is_dataclass(one))


def takes_text(hint: object) -> bool:
    """Whether a field may be a text."""
    return any(one is str or typing.get_origin(one) is typing.Literal for one in options_of(hint))


def takes_path(hint: object) -> bool:
    """Whether a text in a field may be the path of a file."""
    return pathlib.Path in options_of(hint)


def wanted(hint: object) -> str:
    """What a field takes, continuing "must be"."""
    kinds = classes_in(hint)
    found = [f"a table {{...}} of {' or '.join(kind.__name__ for kind in kinds)}"] if kinds else []
    for one in options_of(hint):
        origin = typing.get_origin(one)
        if origin is typing.Literal:
            found.append(f"one of {', '.join(map(repr, typing.get_args(one)))}")
        elif said := _PLAIN.get(origin or one):
            found.append(said)
    return " or ".join(dict.fromkeys(found)) or "something else"
