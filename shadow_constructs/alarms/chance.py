"""How far two equal variants lie apart by chance, as metric math, so that alarms speak of more than that.

Between equal variants a percentile of a few hundred requests differs by more than five percent most of the time. An
alarm on the plain difference would cry several times a day about nothing (tests/constructs/test_alarm_states.py).
"""

from __future__ import annotations

from statistics import NormalDist

STANDARD_ERRORS = 2
"""How many standard errors are taken off a difference. With three periods in a row, equal variants stay below zero
for years; a difference that is really there shows as soon as there are enough requests."""

_NORMAL = NormalDist()
# Of a log-normal distribution, LOG(p90 / p50) is so many times its spread.
_P90 = _NORMAL.inv_cdf(0.9)


def latency_margin(percentile: float, *, median: str, p90: str, counts: tuple[str, str]) -> str:
    """What a ratio of percentiles may be above 1 by chance.

    The standard error of a quantile q is sqrt(q (1 - q) / n) over the density there. Latencies are taken for
    log-normal, with the spread that production's median and p90 show: close enough for a margin.

    Args:
        percentile: Such as 99.
        median: Id of production's median.
        p90: Id of production's 90th percentile.
        counts: Ids of both variants' numbers of requests.
    """
    share = percentile / 100
    density = _NORMAL.pdf(_NORMAL.inv_cdf(share))
    factor = STANDARD_ERRORS * (share * (1 - share)) ** 0.5 / density / _P90
    return f"{factor:.4g} * LOG({p90} / {median}) * ({_per_request(counts)} ^ 0.5)"


def error_margin(errors: tuple[str, str], counts: tuple[str, str]) -> str:
    """What two shares of errors may differ by chance: both taken together, as if there were one variant.

    Args:
        errors: Ids of both variants' numbers of errors.
        counts: Ids of both variants' numbers of requests.
    """
    (e, f), (n, m) = errors, counts
    pooled = f"({e} + {f}) / ({n} + {m})"
    # ABS: were more errors than requests counted in a period, the root would have no value.
    return f"{STANDARD_ERRORS} * (({pooled} * ABS(1 - {pooled}) * {_per_request(counts)}) ^ 0.5)"


def _per_request(counts: tuple[str, str]) -> str:
    return f"(1 / {counts[0]} + 1 / {counts[1]})"
