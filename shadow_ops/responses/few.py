"""Values by name, of so many names at most; which are kept doesn't depend on the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OTHERS = "(others)"
"""Under this name is counted what else there is."""


class Few(dict[K, V]):
    """The first names in their order are kept, and the others added up.

    Args:
        most: How many names.
        new: Makes a value to begin with.
        add: Adds up two values.
        others: The name of all others, by the name of one; None to forget them.
    """

    def __init__(
        self, most: int, new: Callable[[], V], add: Callable[[V, V], V], others: Callable[[K], K] | None
    ) -> None:
        super().__init__()
        self._most, self._new, self._add, self._others = most, new, add, others
        self._rest: set[K] = set()
        self._last: Any = None

    def place(self, name: K) -> K | None:
        """The name under which a value is kept, there from now on: its own or the others'; None for nowhere."""
        if name in self:
            return name
        if len(self) - len(self._rest) >= self._most:
            if self._last is None:
                self._last = max(one for one in self if one not in self._rest)  # type: ignore[type-var] # texts, or pairs of them
            if name > self._last:
                return self._other(name)
            gone, value = self._last, self.pop(self._last)
            if (other := self._other(gone)) is not None:
                self[other] = self._add(self[other], value)
        self._last = None
        self[name] = self._new()
        return name

    def _other(self, name: K) -> K | None:
        if self._others is None:
            return None
        other = self._others(name)
        if other not in self:
            self._rest.add(other)
            self[other] = self._new()
        return other
