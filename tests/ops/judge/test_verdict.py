from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shadow_ops.cli.text import verdict_text
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import AverageRule, ErrorRateRule, LatencyRule, Rule, UtilizationRule
from shadow_ops.judge import decide, judge
from shadow_ops.judge.noted import judge_aloud
from shadow_ops.judge.opinion import FEWEST_PERIODS, lasting, needs_of, opinion, signed
from shadow_ops.judge.samples import samples_of
from shadow_ops.judge.verdict import Finding, Outcome, Verdict
from shadow_ops.measure.recording import Period, Recording, Side
from tests.ops.judge.samples import FAIL, OPEN, PASS, QUICK, recording, silent, with_numbers, with_shadow


def finding(verdict: Verdict, rule: str) -> Finding:
    """What a rule says."""
    return next(one for one in verdict.findings if one.rule.id == rule)


def test_an_equal_shadow_passes_when_it_has_been_measured_for_long_enough() -> None:
    """A day of equal figures passes by the default policy, and the reason says how much was seen."""
    verdict = judge(recording(300), GatePolicy())

    assert verdict.outcome is PASS
    assert verdict.reason == "all 10 deciding rules hold over 24.8 h and 432,000 requests to the shadow"
    assert verdict.minutes_to_go is None


def test_an_equal_shadow_does_not_pass_before_its_time() -> None:
    """Every rule holds after three hours, but a day is wanted: the verdict says how much is missing."""
    verdict = judge(recording(38), GatePolicy())

    assert verdict.outcome is OPEN
    assert "measured 3 h of 24 h" in verdict.reason
    assert verdict.minutes_to_go == pytest.approx(21 * 60)


def test_a_slow_shadow_fails_long_before_the_day_is_over() -> None:
    """A FAIL needs no minimum of time, and says by how much the shadow is slower."""
    verdict = judge(recording(30, slower=1.2), GatePolicy())

    assert verdict.outcome is FAIL
    p50 = finding(verdict, "latency-p50")
    assert p50.outcome is FAIL
    assert p50.numbers["increase_percent"] == pytest.approx(20, abs=1)
    low = p50.numbers["low_percent"]
    assert low is not None
    assert low > 5
    assert "allowed +5 %: slower than that in 18 of 18 periods" in p50.reason


def test_a_faster_shadow_passes() -> None:
    """Being better is no difference that anybody minds."""
    assert judge(recording(60, slower=0.8), QUICK).outcome is PASS


def test_a_shadow_at_the_tolerance_neither_passes_nor_fails() -> None:
    """Exactly 5 % slower where 5 % is allowed: there is nothing to be sure of, and no time can be told."""
    draw = recording(200, slower=1.05)
    verdict = judge(draw, replace(QUICK, rules=(LatencyRule(percentile=90),)))

    assert verdict.outcome is OPEN
    assert verdict.minutes_to_go is None


def test_a_failing_shadow_fails_by_its_errors_alone() -> None:
    """One request in a hundred fails, where production's don't."""
    verdict = judge(recording(30, errors=0.01), QUICK)

    assert verdict.outcome is FAIL
    assert finding(verdict, "error-rate-5xx").outcome is FAIL
    assert finding(verdict, "latency-p50").outcome is not FAIL


def test_hardware_that_holds_half_the_traffic_fails_when_projected_to_all_of_it() -> None:
    """200 of 400 % at half the requests is the whole instance at all of them."""
    fine = judge(recording(40, cpu=120, sampling_percent=50, copies=750), QUICK)
    full = judge(recording(40, cpu=200, sampling_percent=50, copies=750), QUICK)

    assert finding(fine, "utilization-cpu").outcome is PASS
    assert finding(full, "utilization-cpu").outcome is FAIL
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

    assert verdict.outcome is OPEN
    assert verdict.reason.startswith("no data of the shadow variant 'shadow'")


def test_a_shadow_that_has_fallen_silent_does_not_pass() -> None:
    """A day of good figures, then ten minutes of nothing while copies are due."""
    good = recording(300)
    verdict = judge(with_shadow(good, lambda number, one: one if number < 298 else Side()), GatePolicy())

    assert verdict.outcome is OPEN
    assert "'shadow' has fallen silent" in verdict.reason


def test_a_shadow_that_gets_far_less_than_its_share_does_not_pass() -> None:
    """Equal figures of a twelfth of the requests, where half are to be copied."""
    verdict = judge(recording(40, copies=125, sampling_percent=50), replace(QUICK, rules=(LatencyRule(percentile=50),)))

    assert verdict.outcome is OPEN
    assert (
        "got fewer copies than were due in the last 12 periods: 16.7 % of the 9,000 copies that were due"
        in verdict.reason
    )


def test_a_percentile_of_too_few_requests_speaks_for_nobody() -> None:
    """The trap of sampling: 500 copies a period are too few for a p99, however good it looks; a PASS is told so."""
    verdict = judge(recording(60, slower=0.8, copies=500, sampling_percent=33, cpu=40), QUICK)

    assert verdict.outcome is OPEN
    assert finding(verdict, "latency-p90").outcome is PASS
    assert "needs 1,000 requests of each variant in a period" in finding(verdict, "latency-p99").reason


def test_report_only_rules_are_judged_but_do_not_decide() -> None:
    """A shadow that fails them alone passes, and the finding says FAIL without gating."""
    rules = (Rule.error_rate(), Rule.latency(percentile=50, report_only=True))
    verdict = judge(recording(60, slower=1.3), replace(QUICK, rules=rules))

    assert verdict.outcome is PASS
    assert (verdict.findings[1].outcome, verdict.findings[1].gates) == (FAIL, False)


def test_a_bound_in_milliseconds_holds_for_the_shadow_whatever_production_does() -> None:
    """Both variants take 40 ms: a bound of 30 ms fails, one of 60 ms holds."""

    def outcome(bound: float) -> Outcome:
        rules = (Rule.latency(percentile=50, max_milliseconds=bound),)
        return judge(recording(60), replace(QUICK, rules=rules)).outcome

    assert (outcome(30), outcome(60)) == (FAIL, PASS)


def test_a_bound_on_errors_holds_for_the_shadow_whatever_production_does() -> None:
    """One 4xx in 1,500 requests on both sides: a bound of 0.01 % fails, one of 1 % holds."""

    def outcome(bound: float) -> Outcome:
        rules = (Rule.error_rate(errors="4xx", max_percent=bound),)
        return judge(recording(200), replace(QUICK, rules=rules)).outcome

    assert (outcome(0.01), outcome(1)) == (FAIL, PASS)


def test_a_verdict_of_nothing_is_inconclusive() -> None:
    """No period at all is no PASS, with no rule to blame either."""
    empty = Recording("churn", "production", "shadow", 100, 300, ())

    assert judge(empty, GatePolicy()).outcome is OPEN
    assert judge(empty, GatePolicy(rules=(Rule.utilization(resource="gpu"),))).outcome is OPEN


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

    assert judge(unknown, QUICK).outcome is PASS
    assert judge(known, QUICK).outcome is OPEN
    assert "MemoryUtilization of the shadow is missing" in finding(judge(known, QUICK), "utilization-memory").reason


def test_periods_before_the_shadow_are_no_part_of_the_test() -> None:
    """A window that begins before the shadow gives the same verdict as one that begins with it."""
    whole = recording(40)
    earlier = tuple(
        Period(one.start - datetime.timedelta(hours=5), one.production, Side()) for one in whole.periods[:12]
    )

    assert judge(replace(whole, periods=(*earlier, *whole.periods)), QUICK) == judge(whole, QUICK)


@pytest.mark.parametrize(
    ("tests", "fail"), [(1, math.log(20 / 0.25)), (2, math.log(20 / 0.25)), (5, math.log(4 * 20 / 0.25))]
)
def test_the_allowance_is_shared_three_quarters_to_the_first(tests: int, fail: float) -> None:
    """And the last quarter among all others; a PASS shares nothing, the ends of an interval share one allowance."""
    needs = needs_of(GatePolicy(), tests)
    assert needs.fail == pytest.approx(fail)
    assert needs.fail_first == pytest.approx(math.log(20 / 0.75))
    assert needs.hold == pytest.approx(math.log(20))
    assert needs.ends == pytest.approx(math.log(40))


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (1.99, "120 s"),
        (2, "2 min"),
        (119.5, "120 min"),
        (120, "2 h"),
        (2879, "48 h"),
        (2880, "2 days"),
        (3600, "2.5 days"),
    ],
)
def test_a_time_is_told_in_the_unit_that_fits(minutes: float, text: str) -> None:
    """Rounded up where it is short."""
    assert lasting(minutes) == text
    assert (signed(-0.04), signed(0.05), signed(-0.06)) == ("+0.0", "+0.1", "-0.1")


def test_the_default_policy_is_what_the_page_says() -> None:
    """Each number of it."""
    usual = GatePolicy()
    assert (usual.confidence_percent, usual.min_duration_minutes, usual.min_requests) == (95, 1440, 1000)
    assert (usual.warm_up_minutes, usual.period_seconds, FEWEST_PERIODS) == (60, None, 12)
    assert [
        (one.id, getattr(one, "max_increase_percent", None), getattr(one, "max_percent", None)) for one in usual.rules
    ] == [
        ("latency-p50", 5, None),
        ("latency-p90", 5, None),
        ("latency-p99", 5, None),
        ("latency-average", 5, None),
        ("error-rate-5xx", None, 5),
        ("error-rate-model", None, 5),
        ("error-rate-4xx", None, None),
        ("utilization-cpu", None, 80),
        ("utilization-gpu", None, 80),
        ("utilization-memory", None, 90),
        ("utilization-gpu-memory", None, 95),
        ("utilization-disk", None, 75),
    ]
    assert [one.max_increase_points for one in usual.of(ErrorRateRule)] == [0.1, 0.1, 0.1]
    assert (LatencyRule().percentile, AverageRule().requests_needed, UtilizationRule().max_percent) == (99, 10, 80)


@pytest.mark.parametrize(("periods_", "outcome"), [(11, OPEN), (12, PASS)])
def test_a_pass_takes_twelve_periods_and_the_time_and_the_requests_that_are_wanted(
    periods_: int, outcome: Outcome
) -> None:
    """Not one less of either."""
    rules = (Rule.average(),)
    some = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0)
    assert judge(recording(periods_), some).outcome is outcome
    timed = GatePolicy(rules=rules, min_duration_minutes=periods_ * 5, warm_up_minutes=0)
    assert judge(recording(periods_), timed).outcome is outcome
    late = GatePolicy(rules=rules, min_duration_minutes=periods_ * 5 + 0.1, warm_up_minutes=0)
    assert judge(recording(periods_), late).outcome is OPEN
    counted = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0, min_requests=1500 * periods_)
    assert judge(recording(periods_), counted).outcome is outcome
    more = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0, min_requests=1500 * periods_ + 1)
    assert judge(recording(periods_), more).outcome is OPEN


@pytest.mark.parametrize(("each", "minutes"), [((10,), 10), ((10, 20), 8.5), ((20, 10, 30), 8.5)])
def test_a_test_that_leans_to_fail_is_over_with_the_first_of_its_rules(each: Sequence[float], minutes: float) -> None:
    """A little sooner where there are several."""
    some = recording(40)
    leaning = [opinion(Rule.average(), OPEN, "", None, one, leans_to_fail=True) for one in each]
    assert decide._missing(some, QUICK, samples_of(some, QUICK), leaning)[1] == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("outcome", "holds_up", "not_now", "gates"),
    [(PASS, True, None, True), (PASS, False, None, False), (OPEN, False, "x", True), (FAIL, False, None, True)],
)
def test_what_holds_up_no_pass_decides_by_what_speaks_against_it(
    outcome: Outcome, holds_up: bool, not_now: str | None, gates: bool
) -> None:
    """And a rule that is only reported never does; what is decided takes no more time."""
    for only in (False, True):
        rule = Rule.average(report_only=only)
        found = opinion(rule, outcome, "", {}, 9.0, not_now=not_now, holds_up=holds_up, leans_to_fail=True)
        assert found.finding.gates is (gates and not only)
        assert (found.minutes_to_go, found.leans_to_fail) == ((9.0, True) if outcome is OPEN else (0.0, False))
    assert not opinion(rule, OPEN, "", leans_to_fail=True).leans_to_fail


def test_one_period_of_fifty_that_is_no_measured_time_may_be_just_what_lacks() -> None:
    """Of 250 minutes five are lost; and bad periods at the end are told as what they are."""
    rules = (Rule.latency(percentile=50), Rule.utilization(resource="memory"))
    some = with_numbers(recording(50), lambda n: {"MemoryUtilization": None} if n == 20 else {})
    assert judge(some, replace(QUICK, rules=rules, min_duration_minutes=245)).outcome is PASS
    late = judge(some, replace(QUICK, rules=rules, min_duration_minutes=250))
    assert late.reason.startswith("without 1 period in which it is far worse or a figure is missing: measured 4.08 h")
    # One of fifty completes nothing, one of fewer may have: the test is judged without it.
    for periods, outcome in ((50, PASS), (49, OPEN)):
        some = with_numbers(recording(periods), lambda n: {"MemoryUtilization": None} if n == 20 else {})
        enough = round(sum(one.shadow.numbers["Invocations"] for one in some.periods))
        asked = replace(QUICK, rules=rules, min_duration_minutes=200, min_requests=enough)
        assert judge(some, asked).outcome is outcome
    bad_end = recording(50)
    last = bad_end.periods[-1]
    slower = {**last.shadow.distributions["ModelLatency"], "p50": 45_000.0}
    bad_end = replace(
        bad_end,
        periods=(*bad_end.periods[:-1], replace(last, shadow=Side(last.shadow.numbers, {"ModelLatency": slower}))),
    )
    found = judge(bad_end, replace(QUICK, rules=rules, min_duration_minutes=250))
    assert found.reason.startswith(
        "without the last 1 period, in which the shadow is worse than allowed: measured 4.08 h of 4.17 h"
    )


def test_requests_to_go_come_at_the_pace_so_far() -> None:
    """Of twenty periods, a tenth more takes two."""
    policy = replace(QUICK, rules=(Rule.average(),), min_requests=33_000)
    assert judge(recording(20), policy).minutes_to_go == pytest.approx(10)
    assert judge(recording(22), policy).reason.startswith("the deciding rule holds over 110 min and 33,000 requests")


def test_a_verdict_is_plain_json() -> None:
    """Each finding by its rule, with and without an outcome."""
    rule = Rule.average()
    some = (Finding(rule, PASS, True, "why", {"periods": 3}), Finding(rule, None, False, "not judged: x", {}))
    told = verdict_text.as_json(recording(1), Verdict(OPEN, "reason", some, ("note",), 5.0))
    assert told.items() >= {"period_seconds": 300, "periods": 1}.items()
    assert {name: told[name] for name in ("verdict", "reason", "minutes_to_go", "findings", "notes")} == {
        "verdict": "INCONCLUSIVE",
        "reason": "reason",
        "minutes_to_go": 5.0,
        "findings": [
            {"rule": rule.id, "outcome": "PASS", "gates": True, "reason": "why", "numbers": {"periods": 3}},
            {"rule": rule.id, "outcome": None, "gates": False, "reason": "not judged: x", "numbers": {}},
        ],
        "notes": ["note"],
    }
