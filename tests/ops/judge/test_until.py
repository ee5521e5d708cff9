"""How long evidence takes: one computation, of a plan beforehand and of a test on its way."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import replace

import pytest

from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge, ranks, until
from shadow_ops.judge.differences import Differences
from shadow_ops.judge.drift import NO_DRIFT, USUAL_DRIFT, Drift
from shadow_ops.judge.samples import samples_of
from tests.ops.judge.samples import QUICK, above, recording, starts

SURE = math.log(40)


@pytest.mark.parametrize("size", [0.3, 1.0, 3.0])
def test_half_of_as_many_series_are_told_in_the_time_that_is_told(size: float) -> None:
    """Of other seeds than those that it was simulated with."""
    told = until.periods(size * 0.02, 0.02, SURE)
    assert told is not None

    def first(seed: int) -> int:
        draw = random.Random(1000 + seed)
        won = ranks.course((draw.gauss(size, 1) for _ in range(600)), 0.0)
        return next((number for number, one in enumerate(won, 1) if one >= SURE), 600)

    assert statistics.median(first(seed) for seed in range(60)) == pytest.approx(told, rel=0.35)


def test_what_was_won_shortens_what_is_to_go_and_what_was_lost_lengthens_it() -> None:
    """Half of the evidence is about half of the time; the last period is always to come."""
    whole = until.periods(0.5, 1.0, SURE) or 0
    half, last = until.periods(0.5, 1.0, SURE, SURE / 2) or 0, until.periods(0.5, 1.0, SURE, SURE - 0.01)
    assert 0.3 * whole < half < 0.7 * whole
    assert last == until.periods(0.5, 1.0, SURE, SURE) == 1
    assert (until.periods(0.5, 1.0, SURE, -2.0) or 0) == until.periods(0.5, 1.0, SURE + 2.0)


def test_no_time_is_told_of_what_lies_on_the_value_or_takes_too_many_periods() -> None:
    """A difference of a twentieth of its noise, or less, is told in no test; much larger ones count as twenty."""
    assert until.periods(0.0, 1.0, SURE) is until.periods(-1.0, 1.0, SURE) is None
    assert until.periods(0.05, 1.0, SURE) == until.periods(0.001, 1.0, SURE)
    assert until.periods(20, 1.0, SURE) == until.periods(1e6, 1.0, SURE) == until.periods(1.0, 0.0, SURE)
    assert until.periods(0.05, 1.0, 40.0) is None
    # The ends are where they are: a little less than twenty times the noise takes no less.
    assert (until._LEAST_OF_NOISE, until._MOST_OF_NOISE) == (0.05, 20)


def test_more_evidence_than_is_followed_takes_as_much_longer() -> None:
    """In proportion."""
    assert until.periods(1.0, 1.0, 96.0) == 2 * (until.periods(1.0, 1.0, 48.0) or 0)


def test_a_series_holds_by_the_quicker_of_two_ways() -> None:
    """With patience for drift, or without where it is farther below than drift reaches."""
    slow = Drift(0.001, 0.8, 50)
    patient = until.periods(0.2, 0.05, SURE * 8)
    clear = until.periods(0.2 - slow.margin, 0.05, SURE)
    assert until.to_hold(0.2, 0.05, slow, 8, SURE, (0.0, 0.0)) == min(patient or 0, clear or 0) == clear
    assert until.to_hold(0.05, 0.05, slow, 8, SURE, (0.0, 0.0)) == until.periods(0.05, 0.05, SURE * 8)
    assert until.to_hold(0.2, 0.05, slow, 8, SURE, (0.0, SURE / 2)) == until.periods(
        0.2 - slow.margin, 0.05, SURE, SURE / 2
    )
    assert until.to_hold(-0.1, 0.05, NO_DRIFT, 1, SURE, (0.0, 0.0)) is None


@pytest.mark.parametrize(("since", "found"), [(0, 5.0), (5, 5.0), (5.1, 5.25), (42_000, 40_839), (43_000, None)])
def test_a_time_is_found_to_within_a_tenth_and_thirty_days(since: float, found: float | None) -> None:
    """Counted from what was seen, and a little sooner, because one looks more than once."""
    for seen in (0.0, 3.0):
        told = until.first(lambda minutes: minutes >= since, 5, seen)
        assert told == (None if found is None else pytest.approx((found - seen) * until.SEEN_SOONER, rel=1e-4))
    # Just thirty days are the last that are told.
    assert until.first(lambda _: True, 43_200.0) == pytest.approx(43_200 * 0.85)
    assert until.first(lambda _: True, above(43_200.0)) is None


def test_all_rules_take_longer_than_the_slowest_where_others_of_other_kinds_are_as_slow() -> None:
    """Rules of one kind are decided by the same luck: the slowest of them counts alone."""
    p50, p99, errors, answers = Rule.latency(percentile=50), Rule.latency(), Rule.error_rate(), Rule.agreement()
    assert until.all_of([]) == until.all_of([(p50, 0.0)]) == until.all_of([(p50, 0.0), (errors, 0.0)]) == 0
    assert until.all_of([(p50, 0.5), (errors, 0.0)]) == pytest.approx(0.5, rel=0.01)
    assert until.all_of([(p50, 60.0), (p99, 100.0), (errors, 0.0)]) == pytest.approx(100, rel=1e-3)
    # Half of the tests: each by then in 71 %, which is 0.545 standard deviations of 0.5 after its own half.
    assert until.all_of([(p99, 100.0), (errors, 100.0)]) == pytest.approx(100 * math.exp(0.5449 * 0.5), rel=1e-3)
    assert until.all_of([(p99, 100.0), (errors, 20.0)]) == pytest.approx(100, rel=0.01)
    three = until.all_of([(p99, 100.0), (errors, 100.0), (answers, 100.0)])
    assert three == pytest.approx(100 * math.exp(0.8193 * 0.5), rel=1e-3)


def test_drift_that_is_usual_makes_evidence_less_by_its_share_of_the_noise() -> None:
    """2.4 % of slow noise with a memory of 0.6: of noise of 4.9 % a quarter is drift."""
    assert USUAL_DRIFT.less(0.0024) == pytest.approx(1 + 2 * 0.25 / 0.4)
    assert USUAL_DRIFT.less(0.0) == pytest.approx(1 + 2 / 0.4)
    assert (NO_DRIFT.less(0.1), Drift(0.0, 0.5, 9).less(0.0)) == (1.0, 1.0)


def test_a_verdict_on_its_way_tells_the_time_of_its_slowest_rule() -> None:
    """Not more than five times the periods so far, of twelve at least: what takes longer is too near to tell."""
    policy = replace(QUICK, rules=(Rule.latency(percentile=90, max_increase_percent=2),), min_duration_minutes=0)
    times = [judge(recording(14, slower=one), policy).minutes_to_go for one in (0.995, 1.0, 1.005, 1.019)]
    told = [one for one in times if one is not None]
    assert times[-1] is None
    assert 5 <= min(told) <= max(told) <= 4 * 14 * 5
    assert told == sorted(told)


@pytest.mark.parametrize(("every", "count", "apart"), [(1, 1, 5), (1, 30, 5), (12, 30, 60)])
def test_periods_to_go_are_as_far_apart_as_those_that_could_be_used(every: int, count: int, apart: float) -> None:
    """One in twelve of five minutes each: an hour each, for the time that is told."""
    some = starts(count * every)[::every]
    assert Differences(tuple(some), (1.0,) * count, (1.0,) * count, (), 5, 0, 0).apart == apart
    whole = samples_of(recording(40), QUICK)
    assert whole.judged_minutes == 200
    assert replace(whole, fine=replace(whole.fine, periods=whole.periods[::39])).judged_minutes == 200
    assert replace(whole, fine=replace(whole.fine, periods=())).judged_minutes == 0
