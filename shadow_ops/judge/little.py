"""What the default rules ask for where there is little traffic: what it can answer within two days or so.

Only rules that are as the defaults have them adapt; a rule with a number of one's own is taken as it is.
"""

from __future__ import annotations

import math

from shadow_ops.contract.policy import DEFAULT_RULES
from shadow_ops.contract.rules import ErrorRateRule, Rule
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import Samples

# A percentile takes about so many periods with enough requests to tell 5 %, and should have them in two days.
BLOCKS_A_DAY = 36
# Of fewer periods than that in a day, each must hold more requests: a period has one vote, however many those are.
_BLOCKS_IN_LONG_PERIODS = 100
_A_DAY_MINUTES = 1440
# So many errors more in a day are what two equal variants may differ by; where both fail often, so many standard
# deviations of the difference of a day, or of two where a PASS doesn't wait for a p99.
_ERRORS_A_DAY, _CHANCE = 25, 5.5
_ENOUGH_FOR_A_DAY = 36_000


def holds_up(rule: Rule, samples: Samples, minutes: float, *, few: bool = False) -> bool:
    """Whether a PASS waits for a percentile: not for one of the defaults that would take many days, or can't be told.

    It is judged all the same, may fail the shadow, and takes a PASS away where the shadow is slower now.

    Args:
        rule: The rule.
        samples: What is judged.
        minutes: Length of the periods that it is judged in.
        few: Whether no period has as many requests of each variant as the rule needs.
    """
    if rule not in DEFAULT_RULES:
        return True
    blocks = BLOCKS_A_DAY if minutes * BLOCKS_A_DAY <= _A_DAY_MINUTES else _BLOCKS_IN_LONG_PERIODS
    return not few and samples.copies_a_day >= blocks * rule.requests_needed


def allowed_points(rule: ErrorRateRule, samples: Samples, counts: Counts) -> float | None:
    """How many points the shadow may fail more often: what the rule says, or the least that this traffic can tell.

    Args:
        rule: The rule.
        samples: What is judged.
        counts: Errors and requests of all of it.
    """
    if rule.max_increase_points is None or samples.copies_a_day <= 0:
        return rule.max_increase_points
    return points_told(rule, samples.copies_a_day, counts.production_errors / counts.production)


def points_told(rule: ErrorRateRule, copies_a_day: float, error_rate: float) -> float:
    """The same, of so many copies a day, so many of which fail on production; 0 where the rule compares nothing."""
    points = rule.max_increase_points or 0.0
    if rule not in DEFAULT_RULES:
        return points
    days = 1 if copies_a_day >= _ENOUGH_FOR_A_DAY else 2
    by_chance = _CHANCE * math.sqrt(2 * error_rate * copies_a_day / days)
    return max(points, min(max(_ERRORS_A_DAY, by_chance) / copies_a_day * 100, 100.0))
