"""What isn't there speaks for nobody: a rule that decides has its figures up to now, or there is no PASS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import absent, judge
from shadow_ops.judge.absent import Figure
from shadow_ops.judge.opinion import opinion
from shadow_ops.judge.samples import samples_of
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Recording, Side
from tests.ops.judge.samples import OPEN, PASS, QUICK, recording, with_numbers, with_shadow
from tests.ops.judge.test_now import busy, failing, slower

LONG = 340
PLAIN = replace(
    QUICK,
    rules=(Rule.latency(percentile=50), Rule.error_rate(), Rule.utilization(), Rule.utilization(resource="disk")),
)


def without(*names: str) -> Callable[[Side], Side]:
    """A side that lacks some of its figures."""

    def change(one: Side) -> Side:
        latencies = {
            metric: {key: value for key, value in found.items() if key not in names}
            for metric, found in one.distributions.items()
            if metric not in names
        }
        return Side({key: value for key, value in one.numbers.items() if key not in names}, latencies)

    return change


def lacking(given_recording: Recording, names: tuple[str, ...], when: Callable[[int], bool], *sides: str) -> Recording:
    """The recording, of which a variant or both lack figures in some periods."""
    change = without(*names)
    periods = tuple(
        replace(one, **{side: change(getattr(one, side)) for side in sides}) if when(number) else one  # type: ignore[arg-type] # names of sides
        for number, one in enumerate(given_recording.periods)
    )
    return replace(given_recording, periods=periods)


def said(given_recording: Recording, policy: GatePolicy = PLAIN) -> Verdict:
    """The verdict, without intervals."""
    return judge(given_recording, policy, intervals=False)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("ModelLatency",), "latency-p50 without ModelLatency of"),
        (("p50",), "latency-p50 without ModelLatency p50 of"),
        (("Invocation5XXErrors",), "error-rate-5xx without Invocation5XXErrors of"),
        (("CPUUtilization",), "utilization-cpu without CPUUtilization of"),
        (("DiskUtilization",), "utilization-disk without DiskUtilization of"),
    ],
)
def test_any_one_figure_that_the_shadow_lacks_now_takes_the_pass_away(names: tuple[str, ...], told: str) -> None:
    """The sentence names metric, side, in how many periods and since when; when it is back, so is the PASS."""
    verdict = said(lacking(recording(80), names, lambda number: number >= 60, "shadow"))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert f"{told} the shadow in 12 of the last 12 periods, since 2026-11-02 05:00 UTC" in verdict.reason
    assert verdict.minutes_to_go is None
    assert said(lacking(recording(LONG), names, lambda number: 240 <= number < 260, "shadow")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("sides", "told"),
    [(("production",), "of production in"), (("production", "shadow"), "of production and the shadow")],
)
def test_what_production_lacks_is_told_as_its_own(sides: tuple[str, ...], told: str) -> None:
    """On both sides at once it is no comparison either."""
    verdict = said(lacking(recording(80), ("ModelLatency",), lambda number: number >= 60, *sides))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert told in verdict.reason


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        # The newest two may not have arrived; a third has.
        (lambda number: number >= LONG - 2, Outcome.PASS),
        (lambda number: number >= LONG - 3, Outcome.PASS),
        (lambda number: number >= LONG - 4, Outcome.INCONCLUSIVE),
        # One of twelve, three of thirty-six, twenty-eight of a day.
        (lambda number: number == LONG - 5, Outcome.PASS),
        (lambda number: number in (LONG - 5, LONG - 12), Outcome.INCONCLUSIVE),
        (lambda number: number in range(LONG - 20, LONG - 17), Outcome.PASS),
        (lambda number: number in range(LONG - 20, LONG - 16), Outcome.INCONCLUSIVE),
        (lambda number: number in range(LONG - 200, LONG - 172), Outcome.PASS),
        (lambda number: number in range(LONG - 200, LONG - 171), Outcome.INCONCLUSIVE),
        (lambda number: number % 5 < 2, Outcome.INCONCLUSIVE),
    ],
)
def test_a_tenth_may_be_missing_of_the_last_hour_of_three_and_of_the_day(
    when: Callable[[int], bool], outcome: Outcome
) -> None:
    """And the newest two beside, which come late."""
    assert said(lacking(recording(LONG), ("p50",), when, "shadow")).outcome is outcome


@pytest.mark.parametrize(("lost", "outcome"), [(11, Outcome.PASS), (12, Outcome.INCONCLUSIVE)])
def test_time_without_a_figure_is_no_measured_time(lost: int, outcome: Outcome) -> None:
    """Of a day and 55 minutes, 55 may be missing; each rule has its own day."""
    policy = replace(PLAIN, min_duration_minutes=1440)
    some = lacking(recording(299), ("CPUUtilization",), lambda number: 100 <= number < 100 + lost, "shadow")
    verdict = said(some, policy)
    assert verdict.outcome is outcome
    if outcome is Outcome.INCONCLUSIVE:
        assert verdict.reason.startswith("without 12 periods in which it is far worse or a figure is missing: measured")
        assert verdict.minutes_to_go == pytest.approx(5)


def test_hours_of_nothing_but_requests_complete_no_day() -> None:
    """Fifteen good hours, then ten in which nothing is known but that the shadow is asked."""
    names = tuple(recording(1).periods[0].shadow.numbers.keys() - {"Invocations"})
    verdict = said(
        lacking(recording(300), (*names, "ModelLatency"), lambda number: number >= 180, "shadow"), GatePolicy()
    )
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "latency-p50, latency-p90, latency-p99, latency-average without ModelLatency of the shadow" in verdict.reason


@settings(max_examples=settings().max_examples // 4)
@given(
    st.integers(0, 10_000),
    st.integers(20, 30),
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.sampled_from(
        [slower(10), slower(2), failing(0.1), busy(95), without("ModelLatency"), without("CPUUtilization")]
    ),
)
def test_a_bad_stretch_among_good_periods_completes_no_pass(
    seed: int, periods: int, good: list[bool], change: Callable[[Side], Side]
) -> None:
    """However many good periods follow it or lie in it: they alone must be as long as the policy wants."""
    policy = replace(QUICK, min_duration_minutes=180)
    mixed = with_shadow(
        recording(periods + len(good), seed=seed),
        lambda number, one: one if number < periods or good[number - periods] else change(one),
    )
    if periods + sum(good) < 36:
        assert judge(mixed, policy, intervals=False).outcome is not Outcome.PASS


@pytest.mark.parametrize(
    ("rule", "name", "told"),
    [
        ("latency-p50", "p50", "p50 latency of"),
        ("utilization-memory", "MemoryUtilization", "Memory: MemoryUtilization of"),
    ],
)
def test_what_is_missing_is_told_with_whose_it_is_and_in_how_many_periods(rule: str, name: str, told: str) -> None:
    """The shadow's alone: production has it."""
    verdict = judge(lacking(recording(40), (name,), lambda number: number >= 10, "shadow"), QUICK)
    reason = next(one.reason for one in verdict.findings if one.rule.id == rule)
    assert reason == f"{told} the shadow is missing in 30 of 40 periods"


@pytest.mark.parametrize(("few", "is_told"), [(2, False), (3, True)])
def test_a_tenth_of_the_periods_may_lack_a_figure(few: int, is_told: bool) -> None:
    """Two of twenty, long ago; another figure that is nowhere doesn't end the look at the next."""
    rule = Rule.utilization()
    some = samples_of(with_numbers(recording(20), lambda n: {"CPUUtilization": None} if n < few else {}), QUICK)
    passed = opinion(rule, PASS, "")
    found = absent.checked(passed, some, (Figure("GPUUtilization", sides=(1,)), Figure("CPUUtilization", sides=(1,))))
    assert (found.finding.outcome is OPEN, len(found.unmeasured)) == (is_told, few)
    # What is missing speaks neither for a PASS nor for a FAIL.
    leaning = opinion(rule, OPEN, "", None, 9.0, leans_to_fail=True)
    found = absent.checked(leaning, some, (Figure("CPUUtilization", sides=(1,)),))
    assert (found.leans_to_fail, found.minutes_to_go) == ((False, None) if is_told else (True, 9.0))
