"""What SageMaker adds to the time in the container, held like any other duration."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Period, Recording, Side
from tests.ops.judge.samples import QUICK, recording

POLICY = replace(QUICK, rules=(Rule.overhead(max_increase_percent=10),))


def with_overhead(given: Recording, factor: float) -> Recording:
    """The recording with about 10 ms of overhead, and the shadow's so many times as much."""
    draw = random.Random(3)

    def add(side: Side, times: float) -> Side:
        values = {"count": side.numbers["Invocations"], "avg": 10_000 * times * math.exp(draw.gauss(0, 0.02))}
        return replace(side, distributions={**side.distributions, "OverheadLatency": values})

    periods = tuple(Period(one.start, add(one.production, 1), add(one.shadow, factor)) for one in given.periods)
    return replace(given, periods=periods)


@pytest.mark.parametrize(("factor", "outcome"), [(1.0, Outcome.PASS), (0.5, Outcome.PASS), (1.3, Outcome.FAIL)])
def test_overhead_is_judged_by_its_own_metric(factor: float, outcome: Outcome) -> None:
    """Whatever the time in the container does: it doubles here, and no rule asks for it."""
    verdict = judge(with_overhead(recording(60, slower=2), factor), POLICY)

    assert verdict.outcome is outcome
    [found] = verdict.findings
    assert found.rule.id == "overhead-average"
    assert "average overhead latency" in found.reason
    assert found.numbers["production_ms"] == pytest.approx(10, rel=0.05)


def test_a_recording_without_overhead_passes_nobody_who_asks_for_it() -> None:
    """Missing data is never good news."""
    assert judge(recording(60), POLICY).outcome is Outcome.INCONCLUSIVE
