"""Keeping frozen values frozen: copies of the mappings and sequences that users pass in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Self

from shadow_ops.contract.checks import plain


class FrozenMapping(dict[str, str]):
    """A dict that stays as it is. Unlike a view of one it can be copied, pickled and hashed, as the values with it."""

    def __hash__(self) -> int:  # type: ignore[override] # a dict has none, because it changes
        """By what it says."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, str]]]:
        """Made again from what it says: nothing can be put into it."""
        return type(self), (dict(self),)

    def _refused(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("it can't be changed: make a new value with dataclasses.replace(...)")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refused


def frozen_mapping(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """A read-only copy, so that changing the user's dict later changes no value made from it."""
    return FrozenMapping((plain(key), plain(value)) for key, value in mapping.items())


def freeze(instance: Any, **fields: object) -> None:  # noqa: ANN401 - any dataclass of ours
    """Set normalised fields of a frozen dataclass while it validates itself in ``__post_init__``."""
    for name, value in fields.items():
        object.__setattr__(instance, name, value)
