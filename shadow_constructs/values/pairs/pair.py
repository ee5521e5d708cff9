"""What a pair of facts is: two places of one value that each make sense alone, and not together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from shadow_ops.contract.problems import Problems

Holder = TypeVar("Holder")


class Clash(NamedTuple):
    """Two facts that don't go together, in the words of `Problems.add`.

    Attributes:
        what: The argument to change.
        must: The rule, continuing "must".
        got: What was given.
        fix: What to change.
    """

    what: str
    must: str
    got: object
    fix: str


@dataclass(frozen=True)
class Pair(Generic[Holder]):
    """Two facts, and when they clash.

    Attributes:
        id: Stands in the table of the docs, and in a warning's id.
        facts: The two facts, for people.
        clash: When they don't go together, continuing "refused" or "warned about", for people.
        source: Where AWS says so.
        check: Finds the clashes in the smallest value that holds both facts.
        then: What happens.
    """

    id: str
    facts: str
    clash: str
    source: str
    check: Callable[[Holder], Iterator[Clash]]
    then: Literal["refused", "warned"] = "refused"


def check_pairs(problems: Problems, pairs: Iterable[Pair[Holder]], holder: Holder) -> None:
    """Record every clash that is refused."""
    for pair in pairs:
        if pair.then == "refused":
            for clash in pair.check(holder):
                problems.add(*clash)
