"""Keeping frozen values frozen: copies of the mappings and sequences that users pass in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def frozen_mapping(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """A read-only copy, so that changing the user's dict later changes no value made from it."""
    return MappingProxyType(dict(mapping))


def freeze(instance: Any, **fields: object) -> None:  # noqa: ANN401 - any dataclass of ours
    """Set normalised fields of a frozen dataclass while it validates itself in ``__post_init__``."""
    for name, value in fields.items():
        object.__setattr__(instance, name, value)
