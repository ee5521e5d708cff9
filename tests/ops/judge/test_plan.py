from __future__ import annotations

from dataclasses import replace

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge
from shadow_ops.judge.plan import Plan, RulePlan, plan
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording
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
