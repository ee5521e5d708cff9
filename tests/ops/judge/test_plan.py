from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge
from shadow_ops.judge import plan as planning
from shadow_ops.judge.plan import Plan, RulePlan, plan
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording
from tests.ops.judge.samples import DAY, recording
from tests.ops.judge.test_figures import row, thinned
from tests.support.traffic import Traffic, simulated

QUICK = GatePolicy(min_duration_minutes=60)


def seen(per_minute: float = 300, hours: float = 48, **traffic: float) -> Recording:
    """What production did."""
    return simulated(Traffic(per_minute, **traffic), hours, 5)  # type: ignore[arg-type] # by name, all are numbers


def of(rule: str, planned: Plan) -> RulePlan:
    """What one rule takes."""
    return next(one for one in planned.rules if one.rule.id == rule)


def test_fewer_copies_take_longer_for_every_rule() -> None:
    """At each lower percentage each rule takes as long or longer, and the whole test too."""
    tenth, half, all_of_it = plan(seen(), QUICK, (10, 50, 100))
    for one in all_of_it.rules:
        times = [of(one.rule.id, planned).equal_minutes for planned in (tenth, half, all_of_it)]
        told = [one if one is not None else 1e9 for one in times]
        assert told == sorted(told, reverse=True), one.rule.id
    assert tenth.minutes is not None
    assert all_of_it.minutes is not None
    assert tenth.minutes > all_of_it.minutes


def test_a_test_takes_as_long_as_the_policy_wants_at_least() -> None:
    """A day and the first sixth of the warm-up, where the rules need less; the copies are those of that time."""
    (one,) = plan(seen(), GatePolicy(), (100,))
    assert one.minutes == pytest.approx(24 * 60 + 10)
    assert one.copies == pytest.approx(300 * 60 * 24.17, rel=0.05)


def test_what_cannot_be_decided_names_what_to_change() -> None:
    """A p99 of six requests a minute copied at a tenth is never decided; a PASS of the default rules doesn't wait."""
    (one,) = plan(seen(6), GatePolicy(), (10,))
    p99 = of("latency-p99", one)
    assert (p99.equal_minutes, p99.waits) == (None, False)
    assert p99.fix is not None
    assert p99.fix.startswith("copy more: it takes 1,000 copies in an hour")
    assert one.minutes is not None


def test_a_rule_of_ones_own_that_cannot_be_decided_leaves_no_time_to_tell() -> None:
    """A PASS waits for it, so none can be promised."""
    (one,) = plan(seen(6), GatePolicy(rules=(Rule.latency(percentile=99, max_increase_percent=4),)), (10,))
    assert one.minutes is None
    assert one.copies is None


def test_an_endpoint_without_data_has_no_plan() -> None:
    """No traffic, no time."""
    (one,) = plan(replace(seen(), periods=()), GatePolicy(), (100,))
    assert one.minutes is None


@pytest.mark.long
def test_about_half_of_equal_tests_end_before_the_time_that_is_told() -> None:
    """Of twenty equal tests, between three and all have passed at twice the told time, and not all at half of it."""
    (one,) = plan(seen(), QUICK, (100,))
    assert one.minutes is not None
    warm = one.minutes + 60

    def passed(minutes: float) -> int:
        tests = (simulated(Traffic(), minutes / 60, 100 + seed) for seed in range(20))
        return sum(judge(one, QUICK, intervals=False).outcome is Outcome.PASS for one in tests)

    assert passed(warm / 2) < 10 <= passed(2 * warm)


@pytest.mark.parametrize(
    ("each", "share", "together"),
    [
        (2000, 0.5, 1),
        (1999, 0.5, 3),
        (2000 / 3, 0.5, 3),
        (666, 0.5, 12),
        (166.7, 0.5, 12),
        (166, 0.5, None),
        (1000, 1, 1),
        (999, 1, 2),
        (0, 1, None),
    ],
)
def test_periods_are_put_together_until_a_percentile_has_its_copies(
    each: float, share: float, together: int | None
) -> None:
    """One, three or twelve of them; of all the requests, as many as it takes."""
    assert planning._together(Rule.latency(), each, share) == together


def planned(rule: Rule, seen: Recording, sampling: float = 100) -> tuple[planning.Plan, planning.RulePlan | None]:
    """The plan of one rule."""
    (one,) = planning.plan(seen, GatePolicy(rules=(rule,), min_duration_minutes=60, warm_up_minutes=60), (sampling,))
    return one, next(iter(one.rules), None)


def test_a_plan_without_a_rule_that_takes_time_has_none() -> None:
    """Of nothing but hardware, of no traffic; a bound alone is decided by itself, and the warm-up's sixth is added."""
    bound = Rule.error_rate(max_increase_points=None, max_percent=1)
    assert planned(Rule.utilization(), recording(20))[0].minutes is None
    assert planned(bound, replace(recording(20), periods=()))[0].minutes is None
    one, rule = planned(bound, recording(20))
    assert rule is not None
    assert (one.minutes, rule.equal_minutes, rule.waits) == (70, 0.0, False)
    assert planned(bound, replace(recording(20), periods=()))[1] == planning.RulePlan(bound, None, None, False)


@pytest.mark.parametrize(
    ("rule", "fix"),
    [
        (Rule.error_rate(errors="4xx", max_increase_points=0), None),
        (Rule.error_rate(max_increase_points=0), "copy more, allow more points, or only report it"),
        (Rule.agreement(min_percent=99.9999), "copy more, ask for less agreement, or only report it"),
        (Rule.agreement(), None),
        (Rule.latency(percentile=50, max_increase_percent=0.001), "copy more, allow more than 0.001 %"),
    ],
)
def test_a_plan_says_what_to_change_where_a_rule_takes_too_long(rule: Rule, fix: str | None) -> None:
    """Which of its numbers, in a few words; no more points at all is told by the ratio."""
    found = planned(rule, thinned(recording(40), lambda _: 0.2))[1]
    assert found is not None
    assert (found.fix or "").startswith(fix or "")
    assert (found.equal_minutes is None) is (fix is not None)


@pytest.mark.parametrize(("periods", "said"), [(0, "none"), (1, "1"), (11, "11"), (12, None)])
def test_a_plan_counts_the_periods_that_have_a_figure(periods: int, said: str | None) -> None:
    """It never says that there are none where there are too few."""
    rule = Rule.latency(percentile=50, max_increase_percent=5)
    whole = recording(max(periods, 1))
    found = planned(rule, whole if periods else replace(whole, periods=()))[1]
    text = f"production has figures of it in {said} of the 12 periods needed; look at more days"

    assert found is not None
    assert found.fix == (None if said is None else text)


def test_plans_figure_for_figure(snapshot: SnapshotAssertion) -> None:
    """Of each kind of rule, at all of the requests, half and a tenth, by day alone and around the clock."""
    rules = (
        *(Rule.latency(percentile=one, max_increase_percent=4) for one in (50, 90, 99)),
        Rule.average(),
        Rule.agreement(),
        *(Rule.error_rate(errors="4xx"), Rule.error_rate(max_increase_points=0.2)),
    )
    lines = []
    steady = thinned(recording(60), lambda n: 1 + n % 3 / 10)
    by_day = replace(
        steady, periods=(*steady.periods[:30], *(replace(p, start=p.start + DAY) for p in steady.periods[30:]))
    )
    for seen in (steady, by_day):
        own = planning.plan(seen, GatePolicy(rules=rules, min_duration_minutes=60), (100, 50, 10))
        for one in (*own, *planning.plan(seen, GatePolicy(), (50,))):
            lines.append(row(one.sampling_percent, one.minutes, one.copies))
            lines += [row(each.rule.id, each.equal_minutes, each.worse_minutes, each.waits) for each in one.rules]
    assert lines == snapshot
