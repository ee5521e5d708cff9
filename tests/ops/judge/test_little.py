"""What little traffic can tell, and what a PASS doesn't wait for."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import DEFAULT_RULES
from shadow_ops.contract.rules import ErrorRateRule
from shadow_ops.judge import grain, little, soonest
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.measure.recording import Side
from tests.ops.judge.samples import QUICK, recording


def samples_at(copies_a_day: float) -> Samples:
    """A day with so many copies."""
    each = round(copies_a_day / 288)
    return samples_of(recording(288, copies=each), QUICK)


@pytest.mark.parametrize(
    ("copies", "minutes", "few", "waits"),
    [
        (125, 5, False, True),
        (124, 5, False, False),
        (125, 5, True, False),
        (125, 40, False, True),
        (125, 41, False, False),
        (348, 60, False, True),
        (346, 60, False, False),
    ],
)
def test_a_pass_waits_for_a_percentile_that_two_days_can_answer(
    copies: int, minutes: float, few: bool, waits: bool
) -> None:
    """36 periods of enough requests a day, or a hundred times as many requests where periods are long."""
    rule = next(one for one in DEFAULT_RULES if one.id == "latency-p99")
    assert little.holds_up(rule, samples_at(copies * 288), minutes, few=few) is waits


@pytest.mark.parametrize(
    ("a_day", "rate", "points"),
    [
        (25_000, 0.0, 0.1),
        (24_000, 0.0, 2500 / 24_000),
        (35_999, 0.04, 550 * math.sqrt(0.04 / 35_999)),
        (36_000, 0.04, 550 * math.sqrt(0.08 / 36_000)),
        (20, 0.0, 100),
    ],
)
def test_errors_may_differ_by_what_the_traffic_can_tell(a_day: float, rate: float, points: float) -> None:
    """25 a day, or 5.5 standard deviations of a day, or of two at less traffic; what the rule says where it is more."""
    assert little.points_told(ErrorRateRule(errors="4xx"), a_day, rate) == pytest.approx(points)
    assert little.points_told(ErrorRateRule(errors="4xx", max_increase_points=0.2), a_day, rate) == 0.2


def test_points_are_what_the_rule_says_where_no_copy_was_measured() -> None:
    """Without a minute there is no pace."""
    rule = next(one for one in DEFAULT_RULES if isinstance(one, ErrorRateRule))
    some = samples_of(recording(20), QUICK)
    counts = Counts(0, 1000, 0, 1000)
    assert little.allowed_points(rule, replace(some, minutes=0.0), counts) == rule.max_increase_points
    assert little.points_told(replace(rule, max_increase_points=None), 10.0, 0.0) == 0
    assert requests_kept() == [0.0, None, None, 1.0]


def requests_kept() -> list[float | None]:
    """What can be, of what can't; and requests that only a latency tells of."""
    assert soonest.requests_of(Side({}, {"ModelLatency": {"count": 7.0}})) == 7
    assert soonest.requests_of(Side({"Invocations": 0.0}, {"ModelLatency": {"count": 7.0}})) == 0
    return grain.possible([0.0, -1.0, math.inf, 1.0])
