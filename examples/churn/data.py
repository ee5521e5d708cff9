"""A telecom-churn data set, made up on the spot.

It is synthetic so that the example needs no download, carries nobody's customer records and licence, and can say
exactly why a customer leaves: what a model *could* learn is known, and one model can be made to miss it on purpose.

Each row is one customer. The columns, in the order in which an endpoint receives them:

==========================  ===============================================================================
``tenure_months``           months since the contract began, 0 to 72
``contract_months``         notice period: 1, 12 or 24
``monthly_charge``          currency units a month, about 10 to 110
``day_minutes``             call minutes a day between 7 and 19 h
``evening_minutes``         call minutes a day outside of those hours
``international_plan``      1 with the plan, 0 without
``international_calls``     calls abroad a month
``data_gb``                 mobile data a month
``support_calls``           calls to support in the last three months
``late_payments``           bills paid late in the last year
``dropped_calls_percent``   share of calls that broke off in the last month, 0 to 100
``usage_trend_percent``     change of use, last month against the quarter before it
==========================  ===============================================================================

The label is 1 when the customer left. It is drawn with a probability that rises with four reasons, no single one of
which decides: an expensive tariff for what is used, repeated calls to support by a customer who is not yet loyal,
calls that break off, and use that fades away while the notice period is short. Paying late and calling abroad without
the plan add a little. So no model can be perfect, shallow trees on the old columns find part of it, and deeper trees
that also see the last two columns find clearly more.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COLUMNS = (
    "tenure_months",
    "contract_months",
    "monthly_charge",
    "day_minutes",
    "evening_minutes",
    "international_plan",
    "international_calls",
    "data_gb",
    "support_calls",
    "late_payments",
    "dropped_calls_percent",
    "usage_trend_percent",
)
"""Names of the features, in the order of every row and of every request."""

NOT_YET_COLLECTED = ("dropped_calls_percent", "usage_trend_percent")
"""The columns that the data of the first model did not have yet."""


@dataclass(frozen=True)
class Customer:
    """One row of the data set.

    Attributes:
        features: One number per name in ``COLUMNS``.
        churned: 1 when the customer left, 0 otherwise.
    """

    features: tuple[float, ...]
    churned: int


def customers(rows: int, seed: int) -> Iterator[Customer]:
    """Make up customers, one after the other.

    The same seed gives the same customers, and a longer data set begins with the shorter one.

    Args:
        rows: How many, at least 1.
        seed: Any integer from 0.

    Yields:
        The customers.

    Raises:
        ValueError: If ``rows`` is below 1 or ``seed`` is below 0.
    """
    if rows < 1:
        raise ValueError(f"rows must be at least 1, got {rows}")
    # random.Random takes the absolute value, so -1 and 1 would silently be the same data set.
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")
    rng = random.Random(seed)
    for _ in range(rows):
        yield _customer(rng)


def as_csv(rows: Sequence[Customer]) -> str:
    """Render customers as the endpoint is to receive them.

    Args:
        rows: The customers.

    Returns:
        One line per customer, each a request body of its own: comma-separated, without header and label.
    """
    return "".join(",".join(f"{value:g}" for value in row.features) + "\n" for row in rows)


def _customer(rng: random.Random) -> Customer:
    tenure = math.floor(73 * rng.random())
    draw = rng.random()
    contract = 1 if draw < 0.5 else 12 if draw < 0.8 else 24
    day = max(0.0, round(_bell(rng, 32, 14), 1))
    evening = max(0.0, round(_bell(rng, 24, 11), 1))
    plan = 1 if rng.random() < 0.15 else 0
    abroad = _count(rng, 0.6 if plan else 0.25)
    data = max(0.0, round(_bell(rng, 12, 7), 1))
    # What the use is worth, and a tariff that fits it well or badly.
    worth = 8 + 0.35 * (day + evening) + 1.4 * data + 6 * plan
    charge = max(10.0, round(_bell(rng, worth + 4, 11), 2))
    support = _count(rng, 0.5)
    late = _count(rng, 0.3)
    dropped = round(10 * rng.random() * rng.random(), 1)
    trend = round(_bell(rng, -4, 22), 1)

    overpaid = (charge - worth) / 11
    score = -3.3 + 0.55 * overpaid
    if support >= 3:
        score += 2.2 if tenure < 24 else 0.5
    if dropped > 3.5:
        score += 1.5
    if trend < -15:
        score += 2.4 if contract == 1 else 0.4
    score += 0.25 * late + (0.3 * abroad if not plan else 0.0) - 0.012 * tenure
    churned = 1 if rng.random() < 1 / (1 + math.exp(-score)) else 0
    features = (tenure, contract, charge, day, evening, plan, abroad, data, support, late, dropped, trend)
    return Customer(tuple(float(value) for value in features), churned)


# Only Random.random() is promised to give the same numbers in every Python version; its normal and Poisson-like
# relatives are not. So the two shapes needed are built from it by plain arithmetic.


def _bell(rng: random.Random, mean: float, deviation: float) -> float:
    """Return a bell-shaped number: four uniform draws added up, scaled to the mean and standard deviation."""
    spread = rng.random() + rng.random() + rng.random() + rng.random() - 2
    return mean + deviation * math.sqrt(3) * spread


def _count(rng: random.Random, again: float) -> int:
    """Return how often something happened in a row, each time with the probability ``again``; at most 9."""
    count = 0
    while count < 9 and rng.random() < again:
        count += 1
    return count
