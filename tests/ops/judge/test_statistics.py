from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import choose_period, ranks, rates
from shadow_ops.judge.rates import Counts

SURE = math.log(20)
DIFFERENCES = st.lists(st.floats(-1, 1), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("percentile", "requests"), [(10, 100), (50, 20), (90, 100), (95, 200), (99, 1000), (99.9, 10_000)]
)
def test_a_percentile_needs_ten_requests_beyond_it(percentile: float, requests: int) -> None:
    """On its shorter side; rounding of floating-point numbers adds none."""
    assert Rule.latency(percentile=percentile).requests_needed == requests


@pytest.mark.parametrize(
    ("per_minute", "seconds"), [(6000, 300), (200, 300), (199, 900), (60, 3600), (1, 3600), (0, 3600)]
)
def test_periods_are_as_short_as_the_highest_percentile_allows(per_minute: float, seconds: int) -> None:
    """By the default policy that is p99, which needs 1,000 requests."""
    assert choose_period(per_minute, GatePolicy()) == seconds


def test_report_only_percentiles_make_periods_no_longer_and_the_policy_has_the_last_word() -> None:
    """A p99 that doesn't decide needs no long periods; a length in the policy is taken as it is."""
    median = GatePolicy(rules=(Rule.latency(percentile=50), Rule.latency(percentile=99, report_only=True)))

    assert choose_period(10, median) == 300
    assert choose_period(10, GatePolicy(period_seconds=60)) == 60
    assert choose_period(10, GatePolicy(rules=(Rule.error_rate(),))) == 300


def test_equal_variants_rarely_ever_look_different_however_often_one_looks() -> None:
    """400 tests of pure noise, looked at after each of 100 periods: at most 5 % may ever exceed 20 coins."""
    draw = random.Random(5)
    alarms = 0
    for _ in range(400):
        noise = [draw.gauss(0, 1) for _ in range(100)]
        alarms += any(ranks.log_evidence(noise[:seen], 0).above >= SURE for seen in range(1, 101))

    assert alarms <= 20


def test_outliers_have_no_more_weight_than_the_largest_rank() -> None:
    """A difference a thousand times as large is no more evidence."""
    usual = [0.1, -0.2, 0.3, 0.4, -0.1, 0.9]

    assert ranks.log_evidence([*usual, 1], 0) == ranks.log_evidence([*usual, 1000], 0)


@given(DIFFERENCES, st.floats(-1, 1))
def test_evidence_for_one_side_is_evidence_against_the_other(differences: list[float], value: float) -> None:
    """Turned around, the differences turn the evidence around; and never do both sides win."""
    evidence = ranks.log_evidence(differences, value)
    turned = ranks.log_evidence([-one for one in differences], -value)

    assert (turned.above, turned.below) == (evidence.below, evidence.above)
    assert min(evidence.above, evidence.below) < SURE


@given(DIFFERENCES, st.floats(-1, 1))
def test_the_interval_never_contradicts_the_test_of_its_anchor(differences: list[float], anchor: float) -> None:
    """The upper end is above the anchor unless there is evidence that the differences lie below it."""
    low, high = ranks.interval(differences, SURE, anchor)

    if high is not None and anchor <= max(differences):
        assert (high <= anchor) == (ranks.log_evidence(differences, anchor).below >= SURE)
    if low is not None and high is not None:
        assert low <= high + 1e-3


def test_the_interval_holds_the_truth_and_narrows() -> None:
    """Around 0.3, and three times as narrow with many more periods."""
    draw = random.Random(3)
    differences = [draw.gauss(0.3, 0.1) for _ in range(300)]
    (low, high), (closer_low, closer_high) = (ranks.interval(differences[:n], SURE, 0.5) for n in (20, 300))

    assert low is not None
    assert high is not None
    assert closer_low is not None
    assert closer_high is not None
    assert low < 0.3 < high
    assert closer_low < 0.3 < closer_high
    assert closer_high - closer_low < (high - low) / 2


def test_the_interval_does_not_depend_on_how_far_away_its_anchor_is() -> None:
    """A generous tolerance makes nobody less sure of where the differences lie."""
    draw = random.Random(4)
    differences = [draw.gauss(0, 0.01) for _ in range(60)]
    (low, high), (far_low, far_high) = (ranks.interval(differences, SURE, anchor) for anchor in (0.02, 0.3))

    assert low == pytest.approx(far_low, abs=3e-4)
    assert high == pytest.approx(far_high, abs=3e-4)


def test_waves_have_autocorrelation_and_constants_none() -> None:
    """Neighbours that are alike give nearly 1, alternating ones nearly -1, equal ones nothing."""
    wave = ranks.autocorrelation([math.sin(number / 10) for number in range(200)])
    saw = ranks.autocorrelation([(-1.0) ** number for number in range(200)])

    assert wave is not None
    assert wave > 0.9
    assert saw is not None
    assert saw < -0.9
    assert ranks.autocorrelation([0.1] * 50) is None


def test_equal_error_rates_rarely_ever_look_different_however_often_one_looks() -> None:
    """200 tests of two variants that fail once in 50 requests, looked at 60 times: at most 5 % may exceed 20."""
    draw = random.Random(11)
    alarms = 0
    for _ in range(200):
        periods: list[Counts] = []
        found = False
        for _ in range(60):
            shadow, production = (sum(draw.random() < 0.02 for _ in range(50)) for _ in range(2))
            periods.append(Counts(shadow, 50, production, 50))
            together = rates.total(periods)
            found = found or (
                together.excess > 0.001 and rates.log_evidence_against_excess(together, 0.001, 0.001) >= SURE
            )
            found = found or rates.log_evidence_of_ratio(periods) >= SURE
        alarms += found

    assert alarms <= 10


@given(st.integers(1, 3000), st.integers(1, 3000), st.floats(0, 1), st.floats(0, 1))
def test_the_interval_of_an_excess_holds_what_was_observed(n: int, m: int, share: float, other: float) -> None:
    """And its ends are what the evidence excludes, within -1 and 1."""
    counts = Counts(round(n * share), n, round(m * other), m)
    low, high = rates.interval_of_excess(counts, SURE, 0.001)

    assert -1 <= low <= counts.excess <= high <= 1


def test_more_requests_of_the_same_shares_are_more_evidence() -> None:
    """Three times as many errors as production's: sure at last."""
    evidence = [rates.log_evidence_of_ratio([Counts(3 * k, 1000 * k, k, 1000 * k)]) for k in (1, 5, 20, 100)]

    assert all(one < other for one, other in pairwise(evidence))
    assert evidence[-1] > SURE


def test_no_error_in_five_thousand_requests_shows_an_excess_below_a_tenth_of_a_percent() -> None:
    """And no error in a thousand doesn't."""
    assert rates.log_evidence_against_excess(Counts(0, 6000, 0, 6000), 0.001, 0.001) >= SURE
    assert rates.log_evidence_against_excess(Counts(0, 1000, 0, 1000), 0.001, 0.001) < SURE
