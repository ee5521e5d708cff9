"""The noise floor: how often production answers a repeated request otherwise than it usually does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable

from shadow_ops.responses.answer import number
from shadow_ops.responses.compare import Comparer
from shadow_ops.responses.counted import Share


def repeats(answers: Iterable[tuple[Hashable, str, int]], comparer: Comparer) -> Share:
    """Compare production's answers to the same request with its usual one, the most frequent.

    Args:
        answers: What was asked, an answer, and how often it was given.
        comparer: How answers are compared.

    Returns:
        How many answers beyond the first of each request there are, and how many agree with the usual one.
    """
    asked: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for request, answer, times in answers:
        plain = number(answer)
        # However a number is written, it is one answer.
        asked[request][answer if plain is None else repr(float(plain))] += times
    found = Share()
    for counts in asked.values():
        given = sorted(counts.items(), key=lambda one: (-one[1], *_order(one[0])))
        usual, times = given[0]
        if times > 1 and (comparer.takes_all or not comparer.compare(usual, usual).absent):
            found.add(times - 1, times - 1)
        for answer, more in given[1:]:
            difference = comparer.compare(usual, answer)
            if not difference.absent:
                found.add(more, more * difference.agrees)
    return found


def _order(answer: str) -> tuple[bool, float, str]:
    plain = number(answer)
    return plain is None, plain or 0.0, answer
