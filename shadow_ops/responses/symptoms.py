"""What differences look like: one answer to all, another order, rounding, an offset, answers to other requests."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence

from shadow_ops.responses.answer import LARGEST, value
from shadow_ops.responses.moved import DECIMALS, NEARLY_ALL, mirrored, moved

SAMPLE = 500
_FEWEST = 20
_FEWEST_ANSWERS, _SHOWN = 3, 3
_OTHERS = "the answers that differ look like answers to other requests"

Rows = list[tuple[list[float], list[float]]]


def symptoms(
    pairs: Sequence[tuple[str, str]], is_exchange: bool, labels: str | None, *, of_all: bool, differing: float
) -> tuple[str, ...]:
    """Say what pairs that differ have in common.

    Args:
        pairs: Production's and the shadow's answers, some of those that aren't equal.
        is_exchange: Whether both sides gave the same answers, to other requests.
        labels: A sentence about labels that stand for each other, if some do.
        of_all: Whether nearly all pairs differ beyond the tolerance.
        differing: Share of all pairs that aren't equal; a sentence that isn't true of nearly all says so.

    Returns:
        A sentence of a pattern that nearly all of them follow, else that nearly all do which differ by more than
        rounding; none of too few.
    """
    rows = [(_flat(value(production)), _flat(value(shadow))) for production, shadow in pairs]
    numeric = [(one, other) for one, other in rows if one and other and len(one) == len(other)]
    if len(pairs) < _FEWEST:
        return ()
    said = f"{_OTHERS}: each is given as often on both sides, but not to the same requests"
    exchanged = (labels,) if labels is not None else (said,) if is_exchange else ()
    if len(numeric) < NEARLY_ALL * len(pairs):
        return exchanged
    apart = [(one, other) for one, other in numeric if not all(map(_near, one, other))]
    same = _near if apart else _equal
    for some in (numeric, apart):
        if len(some) < _FEWEST:
            continue
        flat, whole_rows = _differing(some)
        if (dead := _constant(some, of_all=of_all)) is not None:
            return (dead,)
        # Of whole numbers, labels rather than a sum: 0 and 1 are each other's complement, too.
        by_name = labels if all(one.is_integer() for one, _ in flat) else None
        patterns = (_rounded(flat, same), moved(flat), mirrored(flat))
        for found in (_exchanged(some), _reordered(some), by_name, *patterns):
            if found is not None and found is by_name:
                return (found,)
            if found is not None:
                return (f"{_where(len(some) / len(pairs), differing if whole_rows else 0)}{found}",)
        if of_all and labels is None and (others := _of_others(flat)) is not None:
            return (others,)
    return exchanged


def _differing(rows: Rows) -> tuple[list[tuple[float, float]], bool]:
    """The pairs of numbers, without columns that are always equal, and whether there are none of those."""
    width = len(rows[0][0])
    if any(len(one) != width for one, _ in rows):
        return [pair for two in rows for pair in zip(*two, strict=True)], True
    columns = [[(one[at], other[at]) for one, other in rows] for at in range(width)]
    apart = [column for column in columns if any(one != other for one, other in column)] or columns
    return [pair for column in apart for pair in column], len(apart) == width


def _where(share: float, differing: float) -> str:
    if share < NEARLY_ALL:
        return "where they differ by more than rounding, "
    return "" if differing >= NEARLY_ALL else "where they differ, "


def _flat(answer: object) -> list[float] | None:
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        # Of larger ones neither sums nor ratios are numbers.
        return None if LARGEST <= abs(answer) < math.inf else [float(answer)]
    if isinstance(answer, list | dict):
        # The members of an object by their names, in whatever order each side has written them.
        members = answer if isinstance(answer, list) else [answer[name] for name in sorted(answer)]
        parts = [_flat(one) for one in members]
        return None if any(part is None for part in parts) else [one for part in parts for one in part or ()]
    return None


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-14, abs_tol=1e-15)


def _nearly_all(found: Sequence[bool]) -> bool:
    return sum(found) >= NEARLY_ALL * len(found)


def _constant(rows: Rows, *, of_all: bool) -> str | None:
    """A model that is dead; of two answers, one is what every model says that errs one way only."""
    answers = Counter(tuple(other) for _, other in rows)
    answer, times = answers.most_common(1)[0]
    if times < NEARLY_ALL * len(rows) or len({tuple(one) for one, _ in rows}) < _FEWEST_ANSWERS:
        return None
    always = "always answers" if of_all else "answers every request to which its answer differs with"
    return f"the shadow {always} {', '.join(f'{one:g}' for one in answer[:_SHOWN])}{', ...' * (len(answer) > _SHOWN)}"


def _reordered(rows: Rows) -> str | None:
    if len(rows[0][0]) < 2 or not _nearly_all([all(map(_near, sorted(one), sorted(other))) for one, other in rows]):
        return None
    if _nearly_all([all(map(_near, one, other)) for one, other in rows]):
        return None
    return "the shadow gives production's numbers in another order"


def _exchanged(rows: Rows) -> str | None:
    width = len(rows[0][0])
    if not 2 <= width <= 100 or any(len(one) != width for one, _ in rows):
        return None
    sources = []
    for place in range(width):
        matching = [at for at in range(width) if _nearly_all([_near(other[place], one[at]) for one, other in rows])]
        sources.append(place if place in matching else matching[0] if matching else None)
    moved = [(place, at) for place, at in enumerate(sources) if at is not None and at != place]
    if len(moved) < 2 or None in sources:
        return None
    return "columns are exchanged: the shadow's " + ", ".join(
        f"{place + 1} is production's {at + 1}" for place, at in moved
    )


def _rounded(pairs: Sequence[tuple[float, float]], same: Callable[[float, float], bool]) -> str | None:
    for decimals in range(DECIMALS):
        # To round what is round already changes nothing.
        if _nearly_all([one == round(one, decimals) for one, _ in pairs]):
            return None
        if _nearly_all([same(other, round(one, decimals)) for one, other in pairs]):
            return f"the shadow's numbers are production's, rounded to {decimals} decimals"
    return None


def _of_others(pairs: Sequence[tuple[float, float]]) -> str | None:
    # What is the same in every answer says nothing of whose it is.
    pairs = [pair for pair in pairs if not _near(*pair)]
    if len(pairs) < _FEWEST:
        return None
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    spreads = statistics.pstdev(ones), statistics.pstdev(others)
    if min(spreads) == 0 or not 0.8 < spreads[0] / spreads[1] < 1.25:
        return None
    if abs(statistics.fmean(ones) - statistics.fmean(others)) > 0.2 * spreads[0]:
        return None
    correlation = statistics.correlation(ones, others)
    if abs(correlation) > 0.2:
        return None
    return (
        f"{_OTHERS}: on both sides they are distributed alike, but pair by pair they have nothing to do with "
        "each other "
        f"(correlation {correlation:.2f})"
    )
