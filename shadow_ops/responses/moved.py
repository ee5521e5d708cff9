"""Whether one side's numbers are the other's with an offset or a factor, or mirrored, also where rounding hides it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from itertools import product

DECIMALS = 7
NEARLY_ALL = 0.99
# Labels are few numbers, and anything is a factor of theirs within a rounding.
_FEWEST_NUMBERS = 10
_LARGEST_PART = 0.1
# Of two labels one is always both together less the other.
_FEWEST_MIRRORED = 3

Pairs = Sequence[tuple[float, float]]


def moved(pairs: Pairs) -> str | None:
    """Say by how much the shadow's numbers are moved; None if they aren't, or not all by the same.

    Args:
        pairs: Production's and the shadow's numbers.
    """
    offset = statistics.median(other - one for one, other in pairs)
    if _fits(pairs, lambda one: one + offset, _hardly):
        return f"the shadow's numbers are production's plus {offset:g}"
    ratios = [other / one for one, other in pairs if one]
    factor = statistics.median(ratios) if ratios else 1.0
    if _fits(pairs, lambda one: one * factor, _hardly):
        return f"the shadow's numbers are production's times {factor:g}"
    return _moved_and_rounded(pairs)


def mirrored(pairs: Pairs) -> str | None:
    """Say what the shadow's numbers and production's always come to together; None if to nothing.

    Args:
        pairs: Production's and the shadow's numbers.
    """
    kinds = len({one for one, _ in pairs})
    if kinds < _FEWEST_MIRRORED:
        return None
    both = statistics.median(one + other for one, other in pairs)
    if _fits(pairs, lambda one: both - one, _hardly):
        return _mirror(pairs, both)
    if (rounding := _rounding(pairs)) is None:
        return None
    off, other_off, rounded = rounding
    found = _common((one + other - off - other_off, one + other + off + other_off) for one, other in pairs)
    if found is None or _fits(pairs, lambda one: one, lambda _: off + other_off):
        return None
    return f"{_mirror(pairs, _roundest(*found))}, {rounded}"


def _mirror(pairs: Pairs, both: float) -> str:
    likely = math.isclose(both, 1, abs_tol=1e-6) and all(0 <= one <= 1 for pair in pairs for one in pair)
    why = ", as if they were the other class's probabilities" if likely else ""
    return f"the shadow's numbers are {both:g} minus production's{why}"


def _rounding(pairs: Pairs) -> tuple[float, float, str] | None:
    """By how much rounding moves either side's numbers, and to say so; None if neither is, or they are too few."""
    decimals = [_decimals(side) for side in zip(*pairs, strict=True)]
    known = [one for one in decimals if one is not None]
    if not known or len({one for one, _ in pairs}) < _FEWEST_NUMBERS:
        return None
    off, other_off = (0.0 if one is None else 0.5 * 10.0**-one for one in decimals)
    return off, other_off, f"but for rounding to {min(known)} decimals"


def _moved_and_rounded(pairs: Pairs) -> str | None:
    if (rounding := _rounding(pairs)) is None:
        return None
    off, other_off, rounded = rounding
    both = off + other_off
    offset = _common((other - one - both, other - one + both) for one, other in pairs)
    # Where no offset at all would do as well, rounding is all there is.
    if offset and not _fits(pairs, lambda one: one, lambda _: both):
        return f"the shadow's numbers are production's plus {_roundest(*offset):g}, {rounded}"
    quotients = (
        [(other + b) / (one + a) for a, b in product((-off, off), (-other_off, other_off))]
        for one, other in pairs
        if abs(one) > 2 * off
    )
    factor = _common((min(each), max(each)) for each in quotients)
    if factor is None or factor[0] <= 1 <= factor[1] or factor[1] - factor[0] > _LARGEST_PART * abs(sum(factor)) / 2:
        return None
    times = _roundest(*factor)
    if not _fits(pairs, lambda one: one * times, lambda _: other_off + abs(times) * off):
        return None
    return f"the shadow's numbers are production's times {times:g}, {rounded}"


def _hardly(size: float) -> float:
    return max(1e-6 * size, 1e-9)


def _fits(pairs: Pairs, expected: Callable[[float], float], leeway: Callable[[float], float]) -> bool:
    """Whether nearly all of the shadow's numbers are as expected."""
    found = ((other, expected(one)) for one, other in pairs)
    fitting = (abs(one - other) <= leeway(max(abs(one), abs(other))) * (1 + 1e-9) + 1e-12 for one, other in found)
    return sum(fitting) >= NEARLY_ALL * len(pairs)


def _decimals(numbers: Iterable[float]) -> int | None:
    """To how many decimals all of some numbers are given; None for more than anybody rounds to."""
    given = list(numbers)
    return next((one for one in range(DECIMALS) if all(number == round(number, one) for number in given)), None)


def _common(bounds: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    """What lies within nearly all of some bounds."""
    found = list(bounds)
    if not found:
        return None
    spared = math.floor((1 - NEARLY_ALL) * len(found))
    low, high = sorted(one for one, _ in found)[-1 - spared], sorted(other for _, other in found)[spared]
    return (low, high) if low <= high else None


def _roundest(low: float, high: float) -> float:
    """The number with the fewest digits between two."""
    middle = (low + high) / 2
    return next((one for digits in range(1, 12) if low <= (one := float(f"{middle:.{digits}g}")) <= high), middle)
