"""Pairs of numbers, added up: means, limits of agreement, correlation, quantiles of the differences."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shadow_ops.responses.answer import LARGEST

# Each bucket is a fiftieth wider than the one before: a quantile is within one percent.
STEP = math.log(1.02)
_ROUNDING = 1e-12


def bucket(apart: float) -> int:
    """The bucket of a difference above zero."""
    return math.ceil(math.log(apart) / STEP)


@dataclass
class Numbers:
    """Pairs of numbers of one kind.

    Attributes:
        count: How many.
        production: Sum of production's numbers.
        shadow: Sum of the shadow's.
        production_squares: Sum of production's squares.
        shadow_squares: Sum of the shadow's.
        products: Sum of the products.
        apart: Sum of the differences, the shadow's number less production's.
        apart_squares: Sum of their squares.
        largest: The largest difference, without its sign.
        least: The smallest number of either side.
        most: The largest number of either side.
        buckets: How many differences are in each `bucket`; those of zero are in none.
    """

    count: int = 0
    production: float = 0
    shadow: float = 0
    production_squares: float = 0
    shadow_squares: float = 0
    products: float = 0
    apart: float = 0
    apart_squares: float = 0
    largest: float = 0
    least: float = math.inf
    most: float = -math.inf
    buckets: Counter[int] = field(default_factory=Counter)

    def add(self, production: float, shadow: float) -> None:
        """Count one pair; of what isn't a plain number nothing is counted."""
        if not (abs(production) < LARGEST and abs(shadow) < LARGEST):
            return
        production, shadow = float(production), float(shadow)
        apart = shadow - production
        self.count += 1
        self.production += production
        self.shadow += shadow
        self.production_squares += production * production
        self.shadow_squares += shadow * shadow
        self.products += production * shadow
        self.apart += apart
        self.apart_squares += apart * apart
        self.least = min(self.least, production, shadow)
        self.most = max(self.most, production, shadow)
        if apart:
            self.largest = max(self.largest, abs(apart))
            self.buckets[bucket(abs(apart))] += 1

    def __add__(self, other: Numbers) -> Numbers:
        """What both have counted."""
        both = Numbers()
        both.merge(self)
        both.merge(other)
        return both

    def merge(self, other: Numbers) -> None:
        """Count what another one has counted."""
        for name in ("count", "production", "shadow", "production_squares", "shadow_squares", "products"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.apart += other.apart
        self.apart_squares += other.apart_squares
        self.largest = max(self.largest, other.largest)
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        self.buckets.update(other.buckets)

    @property
    def mean(self) -> float:
        """The mean difference."""
        # What is left of differences that cancel out is rounding.
        floor = _ROUNDING * math.sqrt(self.count * self.apart_squares)
        return self.apart / self.count if abs(self.apart) > floor else 0.0

    @property
    def deviation(self) -> float:
        """Standard deviation of the differences; 0 of one."""
        if self.count < 2:
            return 0
        spread = self.apart_squares - self.apart * self.mean
        return math.sqrt(spread / (self.count - 1)) if spread > _ROUNDING * self.apart_squares else 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """Limits of agreement, between which 95 % of the differences lie if they are normal (Bland and Altman)."""
        return self.mean - 1.96 * self.deviation, self.mean + 1.96 * self.deviation

    @property
    def correlation(self) -> float | None:
        """Pearson's; None if either side is constant."""
        spread = [
            squares - total * total / self.count
            for total, squares in ((self.production, self.production_squares), (self.shadow, self.shadow_squares))
        ]
        # What is left of two large sums is rounding, not spread.
        floors = (_ROUNDING * self.production_squares, _ROUNDING * self.shadow_squares)
        if any(one <= floor for one, floor in zip(spread, floors, strict=True)):
            return None
        found = (self.products - self.production * self.shadow / self.count) / math.sqrt(spread[0] * spread[1])
        return max(-1.0, min(1.0, found))

    def quantile(self, share: float) -> float:
        """The size below which a share of the differences lies, to within one percent."""
        rank = math.ceil(share * self.count)
        below = self.count - self.buckets.total()
        if rank <= below:
            return 0
        for place in sorted(self.buckets):
            below += self.buckets[place]
            if below >= rank:
                return min(self.largest, math.exp((place - 0.5) * STEP))
        return self.largest

    def to_json(self) -> dict[str, Any]:
        """The figures as plain JSON values, to nine digits: the last ones depend on the order of adding up."""
        return {name: _rounded(value) for name, value in self._figures().items()}

    def _figures(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "mean_production": self.production / self.count,
            "mean_shadow": self.shadow / self.count,
            "mean_difference": self.mean,
            "standard_deviation": self.deviation,
            "limits_of_agreement": list(self.limits),
            "p50_apart": self.quantile(0.5),
            "p90_apart": self.quantile(0.9),
            "p99_apart": self.quantile(0.99),
            "max_apart": self.largest,
            "correlation": self.correlation,
        }


def _rounded(value: Any) -> Any:  # noqa: ANN401 - plain JSON values
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value
