"""While nothing comes a verdict says since when, and what decides doesn't wait for more than it needs."""

from __future__ import annotations

import datetime
import math
import random
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Period, Recording, Side
from tests.ops.judge.samples import QUICK, START, recording

SECONDS = GatePolicy(
    rules=(Rule.latency(percentile=50, max_increase_percent=100),),
    period_seconds=1,
    min_duration_minutes=0.2,
    min_requests=200,
    warm_up_minutes=0,
)


def seconds(periods: int, seed: int, slower: float = 1.0) -> Recording:
    """A laptop's test: periods of a second, latencies that wander by a tenth, on each side by itself."""
    draw = random.Random(seed)
    drifts, found = [0.0, 0.0], []
    for number in range(periods):
        sides = []
        for place, times in enumerate((1.0, slower)):
            drifts[place] = 0.9 * drifts[place] + draw.gauss(0, 0.1 * math.sqrt(1 - 0.81))
            latency = {"count": 40.0, "p50": 3000 * times * math.exp(drifts[place] + draw.gauss(0, 0.15))}
            sides.append(Side({"Invocations": 40.0}, {"ModelLatency": latency}))
        found.append(Period(START + datetime.timedelta(seconds=number), *sides))
    return Recording("churn", "production", "shadow", 100, 1, tuple(found))


def test_a_generous_tolerance_is_met_in_seconds_though_they_resemble_each_other() -> None:
    """Of equal variants, of which twice the latency is allowed, nearly all pass within 18 periods."""
    passed = [judge(seconds(18, seed), SECONDS).outcome is Outcome.PASS for seed in range(30)]
    assert sum(passed) >= 27


def test_a_generous_tolerance_is_not_met_by_who_is_beyond_it() -> None:
    """Of shadows that take 2.5 times as long, none passes."""
    assert not any(judge(seconds(60, seed, 2.5), SECONDS).outcome is Outcome.PASS for seed in range(30))


def test_what_waits_for_requests_says_since_when_there_are_none() -> None:
    """The time to go counts from when they come again; it doesn't seem to stand still."""
    seen = replace(recording(5), until=START + datetime.timedelta(minutes=35))
    said = judge(seen, QUICK)
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "; no requests since 2026-11-02 00:25 UTC; about " in said.reason
    assert said.reason.endswith(" to go once there are")


@pytest.mark.parametrize("minutes", [25, 34])
def test_a_period_without_requests_is_not_worth_telling(minutes: int) -> None:
    """Only when two whole ones went by; a recording that doesn't say up to when it looked says nothing."""
    said = judge(replace(recording(5), until=START + datetime.timedelta(minutes=minutes)), QUICK)
    assert said == judge(recording(5), QUICK)


def test_a_test_of_seconds_tells_the_second() -> None:
    """Minutes would be no answer there."""
    said = judge(replace(seconds(5, 1), until=START + datetime.timedelta(seconds=9)), SECONDS)
    assert "no requests since 2026-11-02 00:00:05 UTC" in said.reason


def test_what_takes_longer_because_neighbours_resemble_each_other_says_so() -> None:
    """Not only that it isn't sure."""
    waves = recording(40)
    factors = [1.04 if number // 10 % 2 else 0.97 for number in range(40)]
    periods = tuple(
        replace(
            one,
            shadow=replace(
                one.shadow,
                distributions={
                    "ModelLatency": {
                        key: value if key == "count" else value * factor
                        for key, value in one.shadow.distributions["ModelLatency"].items()
                    }
                },
            ),
        )
        for one, factor in zip(waves.periods, factors, strict=True)
    )
    said = judge(replace(waves, periods=periods), replace(QUICK, rules=(Rule.latency(percentile=50),)))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "neighbouring periods differ alike, so 40 say as much as" in said.findings[0].reason
