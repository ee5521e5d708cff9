"""What of captured data is shown: numbers, and what many answers share; the rest is customers' own, and asked for."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shadow_ops.responses.answer import number, value
from shadow_ops.responses.compare import NO_CLASS
from shadow_ops.responses.few import OTHERS
from shadow_ops.responses.tally import Example

K = TypeVar("K")
V = TypeVar("V")

FEWEST = 10
"""A label, or a member's name, that fewer answers have may be somebody's own."""
RARE = "(rare)"

# Equal values stay equal within a run, and nobody can try out which one a hash stands for.
_KEY = secrets.token_bytes(32)
_NAMES = re.compile(r"\.[^.\[\]]+")


def hashed(text: str) -> str:
    """A hash in the place of a text, another one in each run."""
    return "#" + hmac.new(_KEY, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]


@dataclass(frozen=True)
class Shown:
    """What a person asked to see.

    Attributes:
        inputs: Whether requests, parts of them, and ids that callers gave are shown.
        answers: Whether answers, labels and members' names are shown whatever they are.
    """

    inputs: bool = False
    answers: bool = False

    def example(self, one: Example, key: str) -> Example:
        """A single pair: what isn't shown of it is hashed.

        Args:
            one: The pair.
            key: What records were joined by; an eventId is SageMaker's own.
        """
        if not self.inputs and key == "inferenceId":
            one = one._replace(key=hashed(one.key))
        if self.answers:
            return one
        production, shadow = (text if _is_numbers(text) else hashed(text) for text in (one.production, one.shadow))
        parts = tuple((_NAMES.sub(lambda name: f".{hashed(name[0][1:])}", path), how) for path, how in one.parts)
        return one._replace(production=production, shadow=shadow, parts=parts)

    def labels(self, classes: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
        """Pairs of labels; those that hardly any answer has are added up."""
        counts: Counter[str] = Counter()
        for (one, other), pairs in classes.items():
            counts[one] += pairs
            counts[other] += pairs

        def name(label: str) -> str:
            is_common = counts[label] >= FEWEST or label in (NO_CLASS, OTHERS) or number(label) is not None
            return label if self.answers or is_common else RARE

        return folded(classes, lambda pair: (name(pair[0]), name(pair[1])))

    def path(self, path: str, answers: int) -> str:
        """A path, unless it has a name that hardly any answer is known to have."""
        return f"$.{RARE}" if not self.answers and answers < FEWEST and _NAMES.search(path) else path


NEITHER = Shown()


def folded(found: Mapping[K, V], name: Callable[[K], K]) -> dict[K, V]:
    """Values under other names; those of one name are added up."""
    made: dict[K, Any] = {}
    for one, counted in found.items():
        at = name(one)
        made[at] = made[at] + counted if at in made else counted
    return made


def _is_numbers(answer: str) -> bool:
    waiting = [value(answer)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif type(one) not in (int, float):
            return False
    return True
