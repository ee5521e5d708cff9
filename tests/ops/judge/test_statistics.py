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
from shadow_ops.judge.drift import NO_DRIFT, Drift, divisor, drift_of
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
    ("per_minute", "seconds"), [(6000, 300), (200, 300), (199, 900), (67, 900), (66, 3600), (0, 3600)]
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


@pytest.mark.long
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


def interval(differences: list[float], anchor: float) -> ranks.Interval:
    """The interval at 95 %, with the test of its anchor at the same level."""
    evidence = ranks.log_evidence(differences, anchor)
    return ranks.interval(differences, SURE, anchor, evidence.below >= SURE, evidence.above >= SURE)


@given(DIFFERENCES, st.floats(-1, 1))
def test_the_interval_never_contradicts_the_test_of_its_anchor(differences: list[float], anchor: float) -> None:
    """It ends below the anchor if and only if the evidence says so, and the estimate lies inside."""
    found = interval(differences, anchor)
    evidence = ranks.log_evidence(differences, anchor)

    if found.high is not None:
        assert (found.high < anchor) <= (evidence.below >= SURE)
        assert found.centre <= found.high
    if found.low is not None:
        assert (found.low > anchor) <= (evidence.above >= SURE)
        assert found.low <= found.centre
    if evidence.below >= SURE:
        assert found.high is not None
        assert found.high <= anchor
    if evidence.above >= SURE:
        assert found.low is not None
        assert found.low >= anchor


def test_the_interval_holds_the_truth_and_narrows() -> None:
    """Around 0.3, and less than half as wide with many more periods."""
    draw = random.Random(3)
    differences = [draw.gauss(0.3, 0.1) for _ in range(300)]
    wide, narrow = (interval(differences[:n], 0.5) for n in (20, 300))

    assert None not in (wide.low, wide.high, narrow.low, narrow.high)
    assert (wide.low or 9) < 0.3 < (wide.high or 0)
    assert (narrow.low or 9) < 0.3 < (narrow.high or 0)
    assert (narrow.high or 9) - (narrow.low or 0) < ((wide.high or 0) - (wide.low or 9)) / 2


def test_the_interval_does_not_depend_on_how_far_away_its_anchor_is() -> None:
    """A generous tolerance makes nobody less sure of where the differences lie."""
    draw = random.Random(4)
    differences = [draw.gauss(0, 0.01) for _ in range(60)]
    near, far = (interval(differences, anchor) for anchor in (0.02, 0.3))

    assert near.low == pytest.approx(far.low, abs=3e-4)
    assert near.high == pytest.approx(far.high, abs=3e-4)


def test_the_interval_of_a_long_test_is_that_of_its_averages() -> None:
    """Of 3,000 differences, five each together; it stays inside that of the first hundred."""
    draw = random.Random(6)
    differences = [draw.gauss(0.1, 0.05) for _ in range(3000)]
    long, short = interval(differences, 0.5), interval(differences[:100], 0.5)

    assert len(ranks.averaged(differences, 600)) == 600
    assert (short.low or 9) < (long.low or 9) < 0.1 < (long.high or 0) < (short.high or 0)


def test_drift_is_what_neighbours_share() -> None:
    """Independent noise has next to none, a slow wave nearly all, and constants none at all."""
    draw = random.Random(8)
    white = [draw.gauss(0, 0.05) for _ in range(360)]
    slow: list[float] = [0.0]
    for _ in range(359):
        slow.append(0.95 * slow[-1] + draw.gauss(0, 0.05))

    assert drift_of(white).memory < 0.2
    assert divisor(white, drift_of(white)) < 1.5
    assert drift_of(slow).memory > 0.7
    assert divisor(slow, drift_of(slow)) > 5
    assert drift_of([0.1] * 100) == Drift(0.0, 0.0, 100)
    assert drift_of([0.1, 0.2]) == NO_DRIFT


def test_a_lasting_change_is_no_drift() -> None:
    """One step in the middle of a quiet series leaves its evidence as it is."""
    draw = random.Random(9)
    quiet = [draw.gauss(0, 0.02) + (0.5 if number >= 180 else 0) for number in range(360)]

    assert divisor(quiet, drift_of(quiet)) < 1.5


@pytest.mark.long
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


@pytest.mark.parametrize(
    ("hits", "trials", "share", "evidence"), [(0, 0, 0.1, 0.0), (3, 10, 0.3, -1.24), (9, 10, 0.3, 6.02)]
)
def test_evidence_against_a_share_is_that_of_two_mixtures(
    hits: float, trials: float, share: float, evidence: float
) -> None:
    """A flat one (1/2, 1/2), and one that believes in shares as small as the one in question."""

    def beta(a: float, b: float) -> float:
        return math.gamma(a) * math.gamma(b) / math.gamma(a + b)

    found = rates.log_evidence_against_share(hits, trials, share)
    if trials:
        mixed = [beta(hits + 0.5, trials - hits + b) / beta(0.5, b) for b in (0.5, 0.5 / share)]
        likelihood = share**hits * (1 - share) ** (trials - hits)
        assert found == pytest.approx(math.log(sum(mixed) / 2 / likelihood))
    assert found == pytest.approx(evidence, abs=0.01)


def test_evidence_of_a_ratio_is_a_mixture_of_twenty() -> None:
    """From 1.1 to 100 times the tolerated 1.2, evenly by their logarithms."""
    some = [Counts(9, 1000, 3, 2000), Counts(4, 500, 0, 900)]
    coins = 0.0
    for step in range(20):
        multiple = 1.1 * (100 / 1.1) ** (step / 19)
        won = 1.0
        for one in some:
            base, grown = 1.2 * one.shadow + one.production, 1.2 * multiple * one.shadow + one.production
            won *= multiple**one.shadow_errors * (base / grown) ** (one.shadow_errors + one.production_errors)
        coins += won / 20
    assert rates.log_evidence_of_ratio(some) == pytest.approx(math.log(coins))
    assert rates.TOLERATED_RATIO == 1.2
