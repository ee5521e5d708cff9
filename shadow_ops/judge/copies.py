"""Whether every copy of a request is accounted for: what the shadow got beside what it was due, period by period."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from shadow_ops.judge.episodes import in_an_hour
from shadow_ops.judge.vetoes import clock

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


@dataclass(frozen=True)
class Copies:
    """What the shadow got beside what it was due; columns, because a month of minutes is a lot of periods.

    Attributes:
        starts: When each period begins.
        due: Production's requests times the share that is copied.
        got: The shadow's requests.
        minutes: Length of a period.
    """

    starts: Sequence[datetime.datetime]
    due: Sequence[float]
    got: Sequence[float]
    minutes: float

    def __len__(self) -> int:
        """How many periods."""
        return len(self.starts)

    @cached_property
    def own_faults(self) -> list[Fault | None]:
        """What is wrong with each period by itself; None if nothing is."""
        return list(map(fault_of, self.due, self.got))

    @cached_property
    def faults(self) -> list[Fault | None]:
        """What is wrong with each period by itself, or with it as part of an hour that is wrong."""
        found = [*self.own_faults]
        length = in_an_hour(self.minutes)
        for first in range(0, len(self) - length + 1, max(1, length // 4)):
            fault = _fault(*self.sums(first, first + length))
            if fault is None:
                continue
            for number in range(first, first + length):
                due, got = self.due[number], self.got[number]
                strange = got > _MOST * due if fault is Fault.SURPLUS else got < _LEAST * due
                found[number] = fault if self.own_faults[number] is None and strange else found[number]
        return found

    def sums(self, first: int, end: int | None = None) -> tuple[float, float]:
        """What was due in some of the periods, and what was got."""
        return math.fsum(self.due[first:end]), math.fsum(self.got[first:end])


def fault_of(due: float, got: float) -> Fault | None:
    """What is wrong with a count; None if nothing is."""
    if got == 0:
        return Fault.SILENT if due >= _CANNOT_ALL_BE_MISSING else None
    return _fault(due, got)


def why_not_counted(copies: Copies, shadow: str) -> str | None:
    """Why the shadow's figures can't stand for the traffic; None if they can.

    Args:
        copies: Of each period, in order of time.
        shadow: The variant's name.
    """
    faults = copies.faults
    if len(faults) >= 2 and faults[-1] is faults[-2] is Fault.SILENT:
        since = next(
            start
            for start, before in zip(reversed(copies.starts), [*reversed(faults[:-1]), None], strict=True)
            if before is not Fault.SILENT
        )
        return f"the shadow variant {shadow!r} has fallen silent since {clock(since)}, while copies of requests are due"
    for few in (*_LATELY, len(copies)):
        due, got = copies.sums(max(0, len(copies) - few))
        fault = _fault(due, got)
        if fault is not None:
            lately = f" in the last {few} periods" if few < len(copies) else ""
            return f"the shadow variant {shadow!r} got {fault}{lately}: {shares(due, got)}"
    day = faults[-math.ceil(_A_DAY_MINUTES / copies.minutes) :]
    for fault in Fault:
        many = day.count(fault)
        if many >= _FEWEST_STRANGE and many > _STRANGE_SHARE * len(day):
            return f"the shadow variant {shadow!r} got {fault} in {many} of the last {len(day)} periods"
    return None


def shares(due: float, got: float) -> str:
    """Such as ``65.2 % of the 1,500 copies that were due``."""
    return f"{got / due * 100:.3g} % of the {due:,.0f} copies that were due" if due > 0 else f"{got:,.0f} requests"


def _fault(due: float, got: float) -> Fault | None:
    chance = _CHANCE * math.sqrt(due + 1)
    if got < _LEAST * due - chance:
        return Fault.LOST
    return Fault.SURPLUS if got > _MOST * due + chance else None
