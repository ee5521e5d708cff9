"""Whether every copy of a request is accounted for: what the shadow got beside what it was due, period by period."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from shadow_ops.judge.episodes import in_an_hour

_LEAST, _MOST = 0.9, 1.1
"""Shares of what was due that a shadow must get, and may get."""

# So many standard deviations of a count are chance; a request may also be counted a period after its copy.
_CHANCE = 4
# A period in which so many copies were due and none came is no chance: that happens once in 20,000 such periods.
_CANNOT_ALL_BE_MISSING = 10
# The last hour of five-minute periods, and the last three.
_LATELY = (12, 36)
_FEWEST_STRANGE, _STRANGE_SHARE = 3, 0.02
_A_DAY_MINUTES = 1440


class Fault(StrEnum):
    """What is wrong with a period's count."""

    SILENT = "none of the copies that were due"
    LOST = "fewer copies than were due"
    SURPLUS = "more requests than can be copies"


class Count(NamedTuple):
    """One period; a tuple, because a month of minutes is a lot of them.

    Attributes:
        start: When it begins.
        due: Production's requests times the share that is copied.
        got: The shadow's requests.
        fault: What is wrong with it; None if nothing is.
    """

    start: datetime.datetime
    due: float
    got: float
    fault: Fault | None


def count_of(start: datetime.datetime, due: float, got: float) -> Count:
    """One period, and what is wrong with its count."""
    if got == 0:
        return Count(start, due, got, Fault.SILENT if due >= _CANNOT_ALL_BE_MISSING else None)
    return Count(start, due, got, _fault(due, got))


def why_not_counted(counts: Sequence[Count], minutes: float, shadow: str) -> str | None:
    """Why the shadow's figures can't stand for the traffic; None if they can.

    Args:
        counts: Of each period, in order of time.
        minutes: Length of a period.
        shadow: The variant's name.
    """
    faults = _faults(counts, minutes)
    if len(faults) >= 2 and faults[-1] is faults[-2] is Fault.SILENT:
        since = next(
            one.start
            for one, before in zip(reversed(counts), [*reversed(faults[:-1]), None], strict=True)
            if before is not Fault.SILENT
        )
        return (
            f"the shadow variant {shadow!r} has fallen silent since {_clock(since)}, while copies of requests are due"
        )
    for few in (*_LATELY, len(counts)):
        fault = _fault(*_sums(counts[-few:]))
        if fault is not None:
            lately = f" in the last {few} periods" if few < len(counts) else ""
            return f"the shadow variant {shadow!r} got {fault}{lately}: {shares(counts[-few:])}"
    day = faults[-math.ceil(_A_DAY_MINUTES / minutes) :]
    for fault in Fault:
        many = day.count(fault)
        if many >= _FEWEST_STRANGE and many > _STRANGE_SHARE * len(day):
            return f"the shadow variant {shadow!r} got {fault} in {many} of the last {len(day)} periods"
    return None


def notes(counts: Sequence[Count], minutes: float, shadow: str) -> list[str]:
    """What a person should know of the counts; see `why_not_counted`."""
    found = _faults(counts, minutes)
    said = [(fault, found.count(fault)) for fault in Fault]
    return [f"{many} of {len(found)} periods in which {shadow!r} got {fault}" for fault, many in said if many]


def shares(counts: Sequence[Count]) -> str:
    """Such as ``65.2 % of the 1,500 copies that were due``."""
    due, got = _sums(counts)
    return f"{got / due * 100:.3g} % of the {due:,.0f} copies that were due" if due > 0 else f"{got:,.0f} requests"


def _faults(counts: Sequence[Count], minutes: float) -> list[Fault | None]:
    """What is wrong with each period by itself, or with it as part of an hour that is wrong."""
    found = [one.fault for one in counts]
    length = in_an_hour(minutes)
    for first in range(0, len(counts) - length + 1, max(1, length // 4)):
        fault = _fault(*_sums(counts[first : first + length]))
        if fault is None:
            continue
        for number in range(first, first + length):
            _, due, got, own = counts[number]
            strange = got > _MOST * due if fault is Fault.SURPLUS else got < _LEAST * due
            found[number] = fault if own is None and strange else found[number]
    return found


def _fault(due: float, got: float) -> Fault | None:
    chance = _CHANCE * math.sqrt(due + 1)
    if got < _LEAST * due - chance:
        return Fault.LOST
    return Fault.SURPLUS if got > _MOST * due + chance else None


def _sums(counts: Sequence[Count]) -> tuple[float, float]:
    return math.fsum(one.due for one in counts), math.fsum(one.got for one in counts)


def _clock(time: datetime.datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
