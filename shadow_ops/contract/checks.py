"""Checks of plain numbers and choices that the values of this package share; each records a problem."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from shadow_ops.contract.problems import Problems

# An integer beyond it is no float, and NaN isn't smaller.
_LARGEST = sys.float_info.max
_PLAIN = (str, int, float, bool, type(None))
MOST_ENTRIES = 10_000
"""Far more than any value may hold, and few enough to look at."""


class ByPlace(str):
    """A text that belongs to the place where it stands, such as a default name; elsewhere it is another's."""

    __slots__ = ()


def checking(value: object, subject: str | None = None) -> Problems:
    """Begin to check a value: its fields are plain from here on.

    Args:
        value: A dataclass's, while it is being made.
        subject: What it is called; by default as its class.
    """
    for name, given in vars(value).items():
        object.__setattr__(value, name, plain(given))
    return Problems(type(value).__name__ if subject is None else subject)


def plain(given: Any) -> Any:  # noqa: ANN401 - anything
    """What a member of an enumeration and a number of NumPy's stand for, as Python's own; anything else as it is.

    Of what only says that it is of a class, as a mock of a text does, the class that it is really of: nothing takes it.
    """
    kind = type(given)
    if kind in _PLAIN or kind is ByPlace:
        return given
    # Not by what the class itself says of it: a member of an enumeration is written with its name.
    if issubclass(kind, str):
        return str.__str__(given)
    if issubclass(kind, int):
        return int.__index__(given)
    if issubclass(kind, float):
        return float.__float__(given)
    if any(one.__name__ == "generic" and one.__module__ == "numpy" for one in kind.__mro__):
        return plain(given.item())
    try:
        return given if given.__class__ is kind else kind
    except Exception:
        return kind


def check_number(
    problems: Problems,
    what: str,
    value: object,
    lowest: float,
    highest: float,
    *,
    open_start: bool = False,
    open_end: bool = False,
    fix: str | None = None,
) -> None:
    """Check a finite number in a range.

    Args:
        problems: Where a mistake is recorded.
        what: Name of the argument.
        value: The value given.
        lowest: Smallest number allowed.
        highest: Largest number allowed.
        open_start: Whether `lowest` itself is refused.
        open_end: Whether `highest` itself is refused.
        fix: What to change.
    """
    start = f"above {lowest:g}" if open_start else f"from {lowest:g}"
    end = f"below {highest:g}" if open_end else f"at most {highest:g}"
    rule = f"be {start} and {end}" if open_start or open_end else f"be from {lowest:g} to {highest:g}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        problems.add(what, rule, value, fix)
        return
    above = value > lowest if open_start else value >= lowest
    below = value < highest if open_end else value <= highest
    if not (above and below):
        problems.add(what, rule, value, fix)


def checked_list(problems: Problems, what: str, value: object, must: str, fix: str | None = None) -> tuple[Any, ...]:
    """A list of any kind as a tuple; anything else, a lone text included, is a problem and counts as empty."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        try:
            if len(value) <= MOST_ENTRIES:
                return tuple(plain(one) for one in value)
        except OverflowError:
            pass
        except Exception:  # it is none, whatever it says
            problems.add(what, must, type(value), fix)
            return ()
        problems.add(what, f"have at most {MOST_ENTRIES:,} entries", value)
    else:
        problems.add(what, must, value, fix, listed=True)
    return ()


def check_flag(problems: Problems, what: str, value: object) -> None:
    """Check that a value is True or False."""
    if not isinstance(value, bool):
        problems.add(what, "be True or False", value)


def check_one_of(problems: Problems, what: str, value: object, allowed: Sequence[object]) -> None:
    """Check that a value is one of a few."""
    # Anything else may answer a comparison with something that is neither true nor false, such as an array.
    if not isinstance(value, str | int | float | None) or value not in allowed:
        problems.add(what, f"be one of {', '.join(map(str, allowed))}", value)
