from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.soonest import soonest_pass
from shadow_ops.judge.verdict import Outcome
from tests.ops.judge.samples import START, recording

HOUR = datetime.timedelta(hours=1)


def test_a_fresh_test_passes_after_a_day_and_the_first_sixth_of_the_warm_up() -> None:
    """The warm-up's last five sixths are measured time."""
    fresh = replace(recording(1), periods=())
    found = soonest_pass(fresh, GatePolicy(), START, 120)
    assert found == START + 24 * HOUR + datetime.timedelta(minutes=12)


def test_a_short_policy_still_takes_the_warm_up_and_twelve_periods() -> None:
    """However short a measurement is wanted."""
    fresh = replace(recording(1), periods=())
    found = soonest_pass(fresh, GatePolicy(min_duration_minutes=0), START, 0)
    assert found == START + 2 * HOUR


@pytest.mark.parametrize("seen", [1, 30, 200])
def test_an_equal_shadow_passes_then_and_not_a_period_earlier(seen: int) -> None:
    """The time that is told is when the judge passes it."""
    found = soonest_pass(recording(seen), GatePolicy(), START + seen * datetime.timedelta(minutes=5), 0)
    periods = round((found - START) / datetime.timedelta(minutes=5))
    assert judge(recording(periods), GatePolicy()).outcome is Outcome.PASS
    assert judge(recording(periods - 1), GatePolicy()).outcome is Outcome.INCONCLUSIVE
