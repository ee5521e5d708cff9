"""What is counted of records that are joined, and of pairs that are compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from shadow_ops.responses.compare import Difference

SIDES = ("production", "shadow")


class Pair(NamedTuple):
    """Both variants' answers to one request.

    Attributes:
        hour: The hour of production's record.
        key: What the records were joined by.
        production: Production's answer.
        shadow: The shadow's.
        segment: The request's segment, if segments were asked for.
        request: The request, if it may be shown.
        checked: Whether it is known that both were asked the same.
    """

    hour: str
    key: str
    production: str
    shadow: str
    segment: str | None = None
    request: str | None = None
    checked: bool = True


@dataclass
class Share:
    """Pairs compared, and how many of them agree."""

    compared: int = 0
    agreeing: int = 0

    def add(self, compared: int, agreeing: int) -> None:
        """Count pairs."""
        self.compared += compared
        self.agreeing += agreeing

    def __add__(self, other: Share) -> Share:
        """Both together."""
        return Share(self.compared + other.compared, self.agreeing + other.agreeing)


@dataclass
class Counted:
    """Counts of records and pairs: what the gate needs.

    Attributes:
        records: Lines that were read, by side.
        losses: Those that are in no pair, by side and reason.
        unchecked: Pairs of which no request was captured, so that nobody knows whether they belong together.
        all: Pairs, and those that agree.
    """

    records: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIDES, 0))
    losses: dict[str, Counter[str]] = field(default_factory=lambda: {side: Counter() for side in SIDES})
    unchecked: int = 0
    all: Share = field(default_factory=Share)

    @property
    def due(self) -> int:
        """How many pairs there should be: the smaller side's records, of those that production answered.

        Lines that can't be read, and streams, are left out only as far as both sides have them.
        """
        # A sampled shadow has a part of production's requests, so of those without an answer as large a part.
        unread = min(self._share(side, "malformed", "stream") for side in SIDES)
        due = 1 - self._share(SIDES[0], "no answer") - unread
        return max(0, min(round(due * self.records[side]) for side in SIDES))

    def _share(self, side: str, *reasons: str) -> float:
        return sum(self.losses[side][why] for why in reasons) / max(1, self.records[side])

    @property
    def joined(self) -> int:
        """How many pairs were joined; none if nothing could be compared in any."""
        return self.all.compared and self.all.compared + self.losses[SIDES[0]]["nothing to compare"]

    def add(self, pair: Pair, difference: Difference, times: int = 1) -> None:
        """Count a pair that was compared, or several that are equal."""
        self.unchecked += 0 if pair.checked else times
        if difference.absent:
            for side in SIDES:
                self.losses[side]["nothing to compare"] += times
        else:
            self.all.add(times, times * difference.agrees)
