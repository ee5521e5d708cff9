"""One comparison, several engines: all give the same counts on the same files.

`stdlib` needs nothing but Python and is what the others are held against; `duck` is about ten times faster.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.fetch import Window
from shadow_ops.responses.joining import Key
from shadow_ops.responses.tally import Example, Tally


class Differing(Protocol):
    """Takes each pair that differs, to write it somewhere."""

    def __call__(self, example: Example) -> None:
        """Take one."""


@dataclass(frozen=True)
class Task:
    """What an engine does with each hour.

    Attributes:
        key: What records are joined by.
        how: What is compared.
        tally: Where it is counted.
        show_requests: Whether examples hold the request.
        differing: Takes each pair that differs. By default nothing does.
    """

    key: Key
    how: Comparison
    tally: Tally
    show_requests: bool = False
    differing: Differing | None = None


class Engine(Protocol):
    """Reads, joins and compares."""

    def run(self, windows: Iterable[Window], task: Task) -> None:
        """Count all pairs of some hours, which come in order.

        Raises:
            OSError: If a file can't be read.
        """
