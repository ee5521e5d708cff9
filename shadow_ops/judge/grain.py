"""The figures of a recording's periods as columns: a month of minutes is a lot of rows."""

from __future__ import annotations

import datetime
import itertools
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from shadow_ops.measure.recording import Period, Side

_NOTHING: Mapping[str, float] = {}


Columns = tuple[list[float | None], list[float | None]]
"""Something of production and of the shadow, period by period."""


@dataclass(frozen=True)
class Grain:
    """Periods of one length, in order of time.

    Attributes:
        seconds: Length of each.
        periods: Those after the warm-up in which there were requests.
        early: Those of the warm-up, without its first sixth. They fail nobody by themselves, see `latency`.
    """

    seconds: float
    periods: tuple[Period, ...]
    early: tuple[Period, ...]

    @cached_property
    def warming_up(self) -> Grain:
        """The early ones by themselves."""
        return Grain(self.seconds, self.early, ())

    @cached_property
    def requests(self) -> Columns:
        """Requests of production and of the shadow in each of the periods; of their latencies, where need be."""
        found = (
            [other if one is None else one for one, other in zip(*both, strict=True)]
            for both in zip(self.numbers("Invocations"), self.latencies("ModelLatency", "count"), strict=True)
        )
        production, shadow = found
        return production, shadow

    @cached_property
    def busy(self) -> tuple[list[bool], list[bool]]:
        """Whether production and the shadow have requests, or at least latencies, in each of the periods."""
        production, shadow = (
            [
                bool(one.distributions.get("ModelLatency")) if requests is None else requests > 0
                for one, requests in zip(*both, strict=True)
            ]
            for both in zip(self._sides, self.requests, strict=True)
        )
        return production, shadow

    def numbers(self, name: str) -> Columns:
        """A count or percentage of production and of the shadow in each of the periods."""
        return self._columns("", name)

    def latencies(self, metric: str, statistic: str) -> Columns:
        """A statistic of a latency likewise."""
        return self._columns(metric, statistic)

    def _columns(self, metric: str, name: str) -> Columns:
        if (metric, name) not in self._read:
            if metric not in self._figures:
                self._figures[metric] = [
                    [one.distributions.get(metric, _NOTHING) if metric else one.numbers for one in sides]
                    for sides in self._sides
                ]
            production, shadow = (possible(_column(side, name)) for side in self._figures[metric])
            self._read[metric, name] = production, shadow
        return self._read[metric, name]

    @cached_property
    def _sides(self) -> tuple[list[Side], list[Side]]:
        return [one.production for one in self.periods], [one.shadow for one in self.periods]

    @cached_property
    def starts(self) -> list[datetime.datetime]:
        """When each of the periods begins."""
        return [one.start for one in self.periods]

    @cached_property
    def instances(self) -> list[int | None]:
        """How many instances the shadow had in each of the periods; None where it can't be told.

        Each request adds one part in so many to InvocationsPerInstance (SageMaker Developer Guide,
        monitoring-cloudwatch).
        """
        both = zip(self.numbers("Invocations")[1], self.numbers("InvocationsPerInstance")[1], strict=True)
        return [max(1, round(requests / each)) if requests and each else None for requests, each in both]

    @cached_property
    def read(self) -> dict[tuple[str, ...], Any]:
        """What was put together of it once, by what: others ask for it again."""
        return {}

    @cached_property
    def _read(self) -> dict[tuple[str, str], Columns]:
        # Each is read once, by whichever rule comes first: a month of minutes is a lot of them.
        return {}

    @cached_property
    def _figures(self) -> dict[str, list[list[Mapping[str, float]]]]:
        return {}


def _column(figures: Sequence[Mapping[str, float]], name: str) -> list[float | None]:
    try:
        return [*map(operator.itemgetter(name), figures)]
    except KeyError:
        return [one.get(name) for one in figures]


def possible(values: list[float | None]) -> list[float | None]:
    """Figures, without those that can't be."""
    # A month of minutes has a million of them: told at once where all that are there are possible.
    known = [one for one in values if one is not None]
    # A sum with NaN or infinity in it isn't finite.
    if min(known, default=0) >= 0 and math.isfinite(sum(known)):
        return values
    return [one if one is not None and 0 <= one < math.inf else None for one in values]


def kept(column: Iterable[float | None], which: Iterable[object]) -> list[float]:
    """The values of some periods, all of which have one."""
    return cast("list[float]", [*itertools.compress(column, which)])


def log_ratios(production: Iterable[float], shadow: Iterable[float]) -> list[float]:
    """The logarithms of the shadow's part of production's; also where the quotient itself would be no number."""
    return [*map(operator.sub, map(math.log, shadow), map(math.log, production))]
