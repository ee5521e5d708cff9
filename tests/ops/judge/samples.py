"""Recordings for the judge's tests: the same numbers in every run."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Callable
from dataclasses import replace

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.episodes import Block
from shadow_ops.judge.opinion import needs_of
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Period, Recording, Side

START = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
HARDWARE = Instances("ml.m5.xlarge", 1, 4, 0)
QUICK = GatePolicy(min_duration_minutes=60, warm_up_minutes=0)
FIVE, HOUR, DAY = (datetime.timedelta(minutes=one) for one in (5, 60, 1440))
PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
NEEDS = needs_of(GatePolicy(), 9)


def side(
    draw: random.Random, *, slower: float = 1.0, errors: float = 0.0, cpu: float = 120.0, requests: int = 1500
) -> Side:
    """One variant in one period, a few percent of noise on its latencies."""
    latency = {
        f"p{percentile}": base * slower * math.exp(draw.gauss(0, spread))
        for percentile, base, spread in ((50, 40_000, 0.01), (90, 80_000, 0.02), (99, 150_000, 0.04))
    }
    numbers = {
        "Invocations": float(requests),
        "Invocation4XXErrors": 1.0,
        "Invocation5XXErrors": float(round(requests * errors)),
        "InvocationModelErrors": float(round(requests * errors)),
        "CPUUtilization": cpu,
        "MemoryUtilization": 40.0,
        "DiskUtilization": 20.0,
    }
    return Side(numbers, {"ModelLatency": {"count": float(requests), "avg": 45_000.0, **latency}})


def recording(
    periods: int = 40,
    *,
    slower: float = 1.0,
    errors: float = 0.0,
    cpu: float = 120.0,
    copies: int = 1500,
    sampling_percent: float = 100,
    seed: int = 7,
) -> Recording:
    """A test of five-minute periods whose shadow differs as said."""
    draw = random.Random(seed)
    listed = tuple(
        Period(
            START + datetime.timedelta(minutes=5 * number),
            side(draw),
            side(draw, slower=slower, errors=errors, cpu=cpu, requests=copies),
        )
        for number in range(periods)
    )
    names = ("churn", "production", "shadow")
    return Recording(*names, sampling_percent, 300, listed, HARDWARE, HARDWARE, HARDWARE)


def with_shadow(given: Recording, change: Callable[[int, Side], Side]) -> Recording:
    """The recording with each of the shadow's sides changed."""
    periods = tuple(replace(one, shadow=change(number, one.shadow)) for number, one in enumerate(given.periods))
    return replace(given, periods=periods)


def silent(_number: int, _side: Side) -> Side:
    """A shadow of which CloudWatch has nothing."""
    return Side()


def starts(count: int) -> list[datetime.datetime]:
    """Periods of five minutes."""
    return [START + number * FIVE for number in range(count)]


def blocks(*errors: tuple[float, float], requests: float = 1000) -> list[Block]:
    """Periods of which the shadow and production have so many errors."""
    counts = (Counts(ours, requests, theirs, requests) for ours, theirs in errors)
    return [Block(start, one) for start, one in zip(starts(len(errors)), counts, strict=True)]


def above(value: float) -> float:
    """The next number."""
    return math.nextafter(value, math.inf)


def below(value: float) -> float:
    """The one before."""
    return math.nextafter(value, -math.inf)


def with_numbers(given: Recording, change: Callable[[int], dict[str, float | None]]) -> Recording:
    """The recording with other figures of the shadow in each period; None takes one away."""

    def changed(number: int, one: Side) -> Side:
        numbers = {**one.numbers, **change(number)}
        return Side({name: value for name, value in numbers.items() if value is not None}, one.distributions)

    return with_shadow(given, changed)


def with_latency(given: Recording, change: Callable[[Side], dict[str, float]]) -> Recording:
    """The recording with other latencies of the shadow, from those of production."""
    return replace(
        given,
        periods=tuple(
            replace(one, shadow=replace(one.shadow, distributions={"ModelLatency": change(one.production)}))
            for one in given.periods
        ),
    )
