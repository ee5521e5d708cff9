"""Errors come in episodes: one caller's bad hour, one slow dependency. No single one decides, on either side."""

from __future__ import annotations

import datetime
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from shadow_ops.judge import rates
from shadow_ops.judge.rates import Counts

_AN_HOUR_MINUTES = 60
# Periods below a minute are a rehearsal's, whose whole test is shorter than an hour: there an episode is a dozen.
_REHEARSED_PERIODS = 12
# A period of production is an incident if its errors are so many standard deviations beyond one and a half times what
# its better half has, and a few more.
_INCIDENT_RATIO, _INCIDENT_CHANCE, _INCIDENT_MORE = 1.5, 4, 4
# Blocks of periods: those of longer tests are added up to as many.
_MOST_BLOCKS = 2016
# The last hours are looked at in periods of five minutes, half a day of them.
_FIVE_MINUTES, _LOOKED_AT = 5, 144


@dataclass(frozen=True)
class Block:
    """Errors and requests of one period, or of a few neighbours.

    Attributes:
        start: When it begins.
        counts: What was counted.
        periods: Of how many periods.
    """

    start: datetime.datetime
    counts: Counts
    periods: int = 1


@dataclass(frozen=True)
class Counted:
    """Errors and requests of each period, in order of time: when it begins, and what `Counts` has of it."""

    starts: list[datetime.datetime]
    shadow_errors: list[float]
    shadow: list[float]
    production_errors: list[float]
    production: list[float]

    def __len__(self) -> int:
        """How many periods."""
        return len(self.starts)

    def in_blocks(self) -> tuple[list[Block], int]:
        """Not more than can be looked at quickly, and how many periods are in each."""
        together = max(1, math.ceil(len(self) / _MOST_BLOCKS))
        return [self._block(first, first + together) for first in range(0, len(self), together)], together

    def lately(self, minutes: float) -> list[Block]:
        """The last periods, or fives of minutes where they are shorter, however long the test has been.

        Args:
            minutes: Length of a period.
        """
        together = 1 if minutes < 1 else max(1, math.ceil(_FIVE_MINUTES / minutes))
        ends = range(len(self), max(0, len(self) - _LOOKED_AT * together), -together)
        return [self._block(max(0, end - together), end) for end in reversed(ends)]

    def _block(self, first: int, end: int) -> Block:
        columns = (self.shadow_errors, self.shadow, self.production_errors, self.production)
        return Block(self.starts[first], Counts(*(math.fsum(one[first:end]) for one in columns)), end - first)

    def within(self, blocks: Sequence[Block]) -> list[datetime.datetime]:
        """When each period of some blocks begins."""
        firsts = (bisect_left(self.starts, one.start) for one in blocks)
        return [
            start
            for first, one in zip(firsts, blocks, strict=True)
            for start in self.starts[first : first + one.periods]
        ]


def in_an_hour(minutes: float) -> int:
    """How many periods of a length an hour has; a dozen below a minute."""
    return _REHEARSED_PERIODS if minutes < 1 else max(1, math.ceil(_AN_HOUR_MINUTES / minutes))


def without_worst_hour(blocks: Sequence[Block], minutes: float, ratio: float) -> list[Block]:
    """All but the hour in which the shadow's errors were most beyond production's; a dozen of periods below a minute.

    Args:
        blocks: In order of time.
        minutes: Length of each.
        ratio: How many times production's rate is none too many.
    """
    length = in_an_hour(minutes)
    beyond = [_beyond(one.counts, ratio) for one in blocks]
    runs = [math.fsum(beyond[first : first + length]) for first in range(max(1, len(blocks) - length + 1))]
    worst = max(range(len(runs)), key=runs.__getitem__)
    return [*blocks[:worst], *blocks[worst + length :]]


def without_incidents(blocks: Sequence[Block]) -> list[Block]:
    """All but those in which production failed far more often than in its better half."""
    ordered = sorted(blocks, key=lambda one: one.counts.production_errors / one.counts.production)
    usual = rates.total(one.counts for one in ordered[: math.ceil(len(ordered) / 2)])
    rate = usual.production_errors / usual.production
    return [one for one in blocks if not _is_incident(one.counts, rate)]


def votes(blocks: Sequence[Block], ratio: float) -> tuple[int, int]:
    """In how many blocks with errors the shadow's rate is beyond so many times production's, and of how many."""
    with_errors = [one.counts for one in blocks if one.counts.shadow_errors + one.counts.production_errors > 0]
    return sum(_beyond(one, ratio) > 0 for one in with_errors), len(with_errors)


def _beyond(counts: Counts, ratio: float) -> float:
    return counts.shadow_errors - ratio * counts.production_errors / counts.production * counts.shadow


def _is_incident(counts: Counts, rate: float) -> bool:
    usual = _INCIDENT_RATIO * rate * counts.production
    return counts.production_errors > usual + _INCIDENT_CHANCE * math.sqrt(usual) + _INCIDENT_MORE
