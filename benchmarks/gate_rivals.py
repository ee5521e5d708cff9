"""What people use instead of the gate: a ratio threshold, an unpaired rank test, and the sign test it grew from."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def ratio_alarms(production: Sequence[float], shadow: Sequence[float], allowed: float, periods: int) -> int | None:
    """The first look at which the last hour's mean is more than `allowed` times production's; None if there is none."""
    for end in range(periods, len(production) + 1):
        if sum(shadow[end - periods : end]) > allowed * sum(production[end - periods : end]):
            return end
    return None


def rank_test_fails(production: Sequence[float], shadow: Sequence[float], allowed: float) -> bool:
    """An unpaired rank test in the way of Kayenta, written from its description.

    Fails if the 98 % interval of the Hodges-Lehmann shift is above a quarter of its estimate, and the ratio of the
    means is above `allowed`.
    """
    shifts = sorted(one - other for one in shadow for other in production)
    n, m = len(shadow), len(production)
    estimate = statistics.median(shifts)
    # The ends are order statistics of the shifts, by the normal approximation of the rank sum; 2.326 for 98 %.
    depth = max(0, round(n * m / 2 - 2.326 * math.sqrt(n * m * (n + m + 1) / 12)))
    return shifts[depth] > 0.25 * abs(estimate) and sum(shadow) / n > allowed * sum(production) / m
