from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import LatencyRule, Rule
from shadow_ops.judge import judge
from shadow_ops.judge.noted import judge_aloud
from shadow_ops.judge.verdict import Finding, Outcome, Verdict
from shadow_ops.measure.recording import Period, Recording, Side
from tests.ops.judge.samples import QUICK, recording, silent, with_shadow


def finding(verdict: Verdict, rule: str) -> Finding:
    """What a rule says."""
    return next(one for one in verdict.findings if one.rule.id == rule)


def test_an_equal_shadow_passes_when_it_has_been_measured_for_long_enough() -> None:
    """A day of equal figures passes by the default policy, and the reason says how much was seen."""
    verdict = judge(recording(300), GatePolicy())

    assert verdict.outcome is Outcome.PASS
    assert verdict.reason == "all 10 deciding rules hold over 24.8 h and 432,000 requests to the shadow"
    assert verdict.minutes_to_go is None


def test_an_equal_shadow_does_not_pass_before_its_time() -> None:
    """Every rule holds after three hours, but a day is wanted: the verdict says how much is missing."""
    verdict = judge(recording(38), GatePolicy())

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "measured 3 h of 24 h" in verdict.reason
    assert verdict.minutes_to_go == pytest.approx(21 * 60)


def test_a_slow_shadow_fails_long_before_the_day_is_over() -> None:
    """A FAIL needs no minimum of time, and says by how much the shadow is slower."""
    verdict = judge(recording(30, slower=1.2), GatePolicy())

    assert verdict.outcome is Outcome.FAIL
    p50 = finding(verdict, "latency-p50")
    assert p50.outcome is Outcome.FAIL
    assert p50.numbers["increase_percent"] == pytest.approx(20, abs=1)
    low = p50.numbers["low_percent"]
    assert low is not None
    assert low > 5
    assert "allowed +5 %: slower than that in 18 of 18 periods" in p50.reason


def test_a_faster_shadow_passes() -> None:
    """Being better is no difference that anybody minds."""
    assert judge(recording(60, slower=0.8), QUICK).outcome is Outcome.PASS


def test_a_shadow_at_the_tolerance_neither_passes_nor_fails() -> None:
    """Exactly 5 % slower where 5 % is allowed: there is nothing to be sure of, and no time can be told."""
    draw = recording(200, slower=1.05)
    verdict = judge(draw, replace(QUICK, rules=(LatencyRule(percentile=90),)))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.minutes_to_go is None


def test_a_failing_shadow_fails_by_its_errors_alone() -> None:
    """One request in a hundred fails, where production's don't."""
    verdict = judge(recording(30, errors=0.01), QUICK)

    assert verdict.outcome is Outcome.FAIL
    assert finding(verdict, "error-rate-5xx").outcome is Outcome.FAIL
    assert finding(verdict, "latency-p50").outcome is not Outcome.FAIL


def test_hardware_that_holds_half_the_traffic_fails_when_projected_to_all_of_it() -> None:
    """200 of 400 % at half the requests is the whole instance at all of them."""
    fine = judge(recording(40, cpu=120, sampling_percent=50, copies=750), QUICK)
    full = judge(recording(40, cpu=200, sampling_percent=50, copies=750), QUICK)

    assert finding(fine, "utilization-cpu").outcome is Outcome.PASS
    assert finding(full, "utilization-cpu").outcome is Outcome.FAIL
    assert finding(full, "utilization-cpu").numbers["p95_percent"] == pytest.approx(100)


def test_rules_about_a_gpu_say_nothing_of_an_instance_without_one() -> None:
    """They have no outcome and no part in the verdict."""
    gpu = finding(judge(recording(), QUICK), "utilization-gpu")

    assert (gpu.outcome, gpu.gates) == (None, False)
    assert gpu.reason == "not judged: ml.m5.xlarge has no GPU"


def test_load_on_one_instance_type_is_no_forecast_for_another() -> None:
    """A shadow tested on one type and promoted on another isn't judged by its CPU, and the reason names both."""
    verdict = judge(replace(recording(), promoted=Instances("ml.c5.large", 2, 2, 0)), QUICK)

    cpu = finding(verdict, "utilization-cpu")
    assert cpu.outcome is None
    assert "tested on ml.m5.xlarge, to be promoted on ml.c5.large" in cpu.reason


def test_without_data_of_the_shadow_the_verdict_names_it() -> None:
    """Production has requests and the shadow has none: inconclusive, and it says who is missing."""
    verdict = judge(with_shadow(recording(300), silent), GatePolicy())

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.startswith("no data of the shadow variant 'shadow'")


def test_a_shadow_that_has_fallen_silent_does_not_pass() -> None:
    """A day of good figures, then ten minutes of nothing while copies are due."""
    good = recording(300)
    verdict = judge(with_shadow(good, lambda number, one: one if number < 298 else Side()), GatePolicy())

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "'shadow' has fallen silent" in verdict.reason


def test_a_shadow_that_gets_far_less_than_its_share_does_not_pass() -> None:
    """Equal figures of a twelfth of the requests, where half are to be copied."""
    verdict = judge(recording(40, copies=125, sampling_percent=50), replace(QUICK, rules=(LatencyRule(percentile=50),)))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert (
        "got fewer copies than were due in the last 12 periods: 16.7 % of the 9,000 copies that were due"
        in verdict.reason
    )


def test_a_percentile_of_too_few_requests_speaks_for_nobody() -> None:
    """The trap of sampling: 500 copies a period are too few for a p99, however good it looks; a PASS is told so."""
    verdict = judge(recording(60, slower=0.8, copies=500, sampling_percent=33, cpu=40), QUICK)

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert finding(verdict, "latency-p90").outcome is Outcome.PASS
    assert "needs 1,000 requests of each variant in a period" in finding(verdict, "latency-p99").reason


def test_report_only_rules_are_judged_but_do_not_decide() -> None:
    """A shadow that fails them alone passes, and the finding says FAIL without gating."""
    rules = (Rule.error_rate(), Rule.latency(percentile=50, report_only=True))
    verdict = judge(recording(60, slower=1.3), replace(QUICK, rules=rules))

    assert verdict.outcome is Outcome.PASS
    assert (verdict.findings[1].outcome, verdict.findings[1].gates) == (Outcome.FAIL, False)


def test_a_bound_in_milliseconds_holds_for_the_shadow_whatever_production_does() -> None:
    """Both variants take 40 ms: a bound of 30 ms fails, one of 60 ms holds."""

    def outcome(bound: float) -> Outcome:
        rules = (Rule.latency(percentile=50, max_milliseconds=bound),)
        return judge(recording(60), replace(QUICK, rules=rules)).outcome

    assert (outcome(30), outcome(60)) == (Outcome.FAIL, Outcome.PASS)


def test_a_bound_on_errors_holds_for_the_shadow_whatever_production_does() -> None:
    """One 4xx in 1,500 requests on both sides: a bound of 0.01 % fails, one of 1 % holds."""

    def outcome(bound: float) -> Outcome:
        rules = (Rule.error_rate(errors="4xx", max_percent=bound),)
        return judge(recording(200), replace(QUICK, rules=rules)).outcome

    assert (outcome(0.01), outcome(1)) == (Outcome.FAIL, Outcome.PASS)


def test_a_verdict_of_nothing_is_inconclusive() -> None:
    """No period at all is no PASS, with no rule to blame either."""
    empty = Recording("churn", "production", "shadow", 100, 300, ())

    assert judge(empty, GatePolicy()).outcome is Outcome.INCONCLUSIVE
    assert judge(empty, GatePolicy(rules=(Rule.utilization(resource="gpu"),))).outcome is Outcome.INCONCLUSIVE


def test_the_warm_up_is_not_judged() -> None:
    """A slow first half hour is left out if the policy says so, and decides if it doesn't."""
    slow, fine = recording(40, slower=3), recording(40)
    periods = tuple(
        s if number < 6 else f for number, (s, f) in enumerate(zip(slow.periods, fine.periods, strict=True))
    )
    verdict = judge_aloud(replace(fine, periods=periods), replace(QUICK, warm_up_minutes=30))

    assert finding(verdict, "latency-p50").numbers["periods_above"] == 0
    assert "6 periods of warm-up not judged" in verdict.notes


def test_slow_waves_are_warned_of() -> None:
    """A difference that stays for hours makes the periods resemble each other, and the notes say so."""

    def wave(number: int, one: Side) -> Side:
        factor = 1.1 if number // 24 % 2 else 0.9
        latency = {name: value * factor for name, value in one.distributions["ModelLatency"].items() if name != "count"}
        return Side(one.numbers, {"ModelLatency": {**latency, "count": 1500.0}})

    notes = judge(with_shadow(recording(96), wave), QUICK).notes

    assert any(note.startswith("warning: p50 latency differs alike in neighbouring periods") for note in notes)


def test_memory_is_not_judged_of_a_recording_without_instances_and_memory_but_missing_with_them() -> None:
    """A bare recording can pass; one that knows its instances should know their memory."""

    def bare(_number: int, one: Side) -> Side:
        return Side({name: value for name, value in one.numbers.items() if "Util" not in name}, one.distributions)

    known = with_shadow(recording(60), bare)
    unknown = replace(known, production=None, shadow=None, promoted=None)

    assert judge(unknown, QUICK).outcome is Outcome.PASS
    assert judge(known, QUICK).outcome is Outcome.INCONCLUSIVE
    assert "MemoryUtilization of the shadow is missing" in finding(judge(known, QUICK), "utilization-memory").reason


def test_periods_before_the_shadow_are_no_part_of_the_test() -> None:
    """A window that begins before the shadow gives the same verdict as one that begins with it."""
    whole = recording(40)
    earlier = tuple(
        Period(one.start - datetime.timedelta(hours=5), one.production, Side()) for one in whole.periods[:12]
    )

    assert judge(replace(whole, periods=(*earlier, *whole.periods)), QUICK) == judge(whole, QUICK)
