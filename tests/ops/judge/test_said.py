"""Word for word what is said of tests of each kind: whoever changes a number of the judge sees here what it does."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge.noted import judge_aloud
from shadow_ops.judge.plan import plan
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.recording import Coarse, Recording, Side
from tests.ops.judge.samples import HARDWARE, QUICK, START, recording, with_shadow
from tests.support.traffic import Now, Traffic, simulated

A_DAY = 288
Changes = Callable[[int, Side], Side]


def changed(side: Side, *, slower: float = 1.0, errors: float | None = None, **numbers: float) -> Side:
    """A side with other figures."""
    latency = side.distributions["ModelLatency"]
    longer = {key: value if key == "count" else value * slower for key, value in latency.items()}
    found = {**side.numbers, **numbers}
    if errors is not None:
        failed = float(round(side.numbers["Invocations"] * errors))
        found |= {"Invocation5XXErrors": failed, "InvocationModelErrors": failed}
    return Side(found, {"ModelLatency": longer})


def both(given: Recording, change: Changes) -> Recording:
    """Both variants changed alike."""
    periods = tuple(
        replace(one, production=change(number, one.production), shadow=change(number, one.shadow))
        for number, one in enumerate(given.periods)
    )
    return replace(given, periods=periods)


def production(given: Recording, change: Changes) -> Recording:
    """Production changed."""
    periods = tuple(replace(one, production=change(number, one.production)) for number, one in enumerate(given.periods))
    return replace(given, periods=periods)


def wandering(given: Recording, sd: float, memory: float) -> Recording:
    """The shadow's latencies with slow noise."""
    draw, state, states = random.Random(4), 0.0, []
    for _ in given.periods:
        state = memory * state + draw.gauss(0, sd * math.sqrt(1 - memory * memory))
        states.append(state)
    return with_shadow(given, lambda number, one: changed(one, slower=math.exp(states[number])))


def hours_of(given: Recording) -> Recording:
    """The recording whose p99 is known by the hour alone."""

    def thin(_number: int, one: Side) -> Side:
        latency = {key: value for key, value in one.distributions["ModelLatency"].items() if key != "p99"}
        return Side(one.numbers, {"ModelLatency": latency})

    def hourly(one: Side) -> Side:
        latency = one.distributions["ModelLatency"]
        return Side({}, {"ModelLatency": {"count": latency["count"] * 12, "p99": latency["p99"]}})

    coarse = tuple(
        replace(one, production=hourly(one.production), shadow=hourly(one.shadow)) for one in given.periods[::12]
    )
    return replace(both(given, thin), coarse=(Coarse(3600, coarse),))


def minutes(given: Recording) -> Recording:
    """The recording in periods of four minutes."""
    length = datetime.timedelta(minutes=4)
    periods = tuple(replace(one, start=START + number * length) for number, one in enumerate(given.periods))
    return replace(given, periods=periods, period_seconds=240)


def gpus(percent: float, memory: float) -> Recording:
    """A test on instances with four GPUs."""
    hardware = Instances("ml.g5.12xlarge", 2, 48, 4)
    seen = both(
        recording(60),
        lambda _, one: changed(one, GPUUtilization=4 * percent, GPUMemoryUtilization=4 * memory, CPUUtilization=900.0),
    )
    return replace(seen, production=hardware, shadow=hardware, promoted=replace(hardware, count=3))


def every(some: range, **change: float) -> Changes:
    """A side changed in some periods of each day."""
    return lambda number, one: changed(one, **change) if number % A_DAY in some else one


def late(since: int, **change: float) -> Changes:
    """A side changed from some period on."""
    return lambda number, one: changed(one, **change) if number >= since else one


BOUNDS = replace(
    QUICK,
    rules=(
        Rule.latency(percentile=50, max_milliseconds=41),
        Rule.latency(percentile=90, max_milliseconds=70),
        Rule.latency(percentile=99, max_increase_percent=40, max_milliseconds=200),
        Rule.error_rate(errors="4xx", max_percent=0.2),
        Rule.error_rate(errors="5xx", max_increase_points=None, max_percent=2),
    ),
)
OWN = replace(QUICK, rules=(Rule.latency(percentile=99, max_increase_percent=6), Rule.average(max_increase_percent=3)))
USUAL = GatePolicy()
TESTS: dict[str, tuple[Callable[[], Recording], GatePolicy]] = {
    "one period": (lambda: recording(1), USUAL),
    "eleven periods": (lambda: recording(23), USUAL),
    "an hour": (lambda: recording(40), USUAL),
    "a day": (lambda: recording(300), USUAL),
    "quick": (lambda: recording(40), QUICK),
    "3 % slower": (lambda: recording(60, slower=1.03), QUICK),
    "7 % slower": (lambda: recording(60, slower=1.07), QUICK),
    "20 % slower": (lambda: recording(30, slower=1.2), USUAL),
    "faster": (lambda: recording(60, slower=0.9), QUICK),
    "few errors": (lambda: recording(60, errors=0.0014), QUICK),
    "more errors": (lambda: recording(60, errors=0.004), QUICK),
    "errors": (lambda: recording(60, errors=0.02), QUICK),
    "errors on both": (lambda: both(recording(300), lambda _, one: changed(one, errors=0.04)), USUAL),
    "errors late": (lambda: with_shadow(recording(400), late(380, errors=0.006)), USUAL),
    "errors late and hard": (lambda: with_shadow(recording(400), late(397, errors=0.2)), USUAL),
    "errors daily": (lambda: with_shadow(recording(900), every(range(100, 112), errors=0.02)), USUAL),
    "incident of production": (
        lambda: production(
            recording(300, errors=0.003),
            lambda number, one: late(0, errors=0.25)(number, one) if 40 <= number < 52 else one,
        ),
        USUAL,
    ),
    "slow late": (lambda: with_shadow(recording(400), late(389, slower=1.3)), USUAL),
    "slow for three hours": (
        lambda: with_shadow(recording(400), lambda n, one: changed(one, slower=1.3) if 360 < n < 392 else one),
        USUAL,
    ),
    "slow daily": (lambda: with_shadow(recording(900), every(range(100, 112), slower=1.6)), USUAL),
    "slow on two days of five": (
        lambda: with_shadow(
            recording(1440), lambda n, one: changed(one, slower=1.6) if n // A_DAY in (1, 3) and n % A_DAY < 9 else one
        ),
        USUAL,
    ),
    "wandering": (lambda: wandering(recording(120), 0.04, 0.9), QUICK),
    "wandering a little": (lambda: wandering(recording(120), 0.02, 0.6), QUICK),
    "fewer copies": (lambda: recording(60, copies=1300), QUICK),
    "many fewer copies": (lambda: recording(60, copies=1000), QUICK),
    "more copies": (lambda: recording(60, copies=1900), QUICK),
    "a tenth": (lambda: recording(400, copies=150, sampling_percent=10, cpu=12), USUAL),
    "half": (lambda: recording(60, copies=750, sampling_percent=50, cpu=150), QUICK),
    "full processor": (lambda: recording(60, cpu=330), QUICK),
    "full processor late": (lambda: with_shadow(recording(400), late(388, CPUUtilization=340.0)), USUAL),
    "full processor daily": (lambda: with_shadow(recording(900), every(range(100, 112), CPUUtilization=360.0)), USUAL),
    "some full periods": (
        lambda: with_shadow(recording(100), lambda n, one: changed(one, CPUUtilization=330.0) if n % 13 == 0 else one),
        QUICK,
    ),
    "more instances": (
        lambda: with_shadow(
            recording(60), lambda n, one: changed(one, InvocationsPerInstance=500.0 if n % 2 else 750.0)
        ),
        QUICK,
    ),
    "other hardware": (lambda: replace(recording(60), promoted=Instances("ml.c5.large", 2, 2, 0)), QUICK),
    "more of it": (lambda: replace(recording(60, cpu=200), promoted=replace(HARDWARE, count=3)), QUICK),
    "unknown hardware": (lambda: replace(recording(60), production=None, shadow=None, promoted=None), QUICK),
    "gpus": (lambda: gpus(60, 50), QUICK),
    "full gpus": (lambda: gpus(99, 98), QUICK),
    "bounds": (lambda: recording(60, errors=0.01), BOUNDS),
    "bounds broken": (lambda: recording(60, slower=1.3, errors=0.03), BOUNDS),
    "bounds broken late": (lambda: with_shadow(recording(400), late(380, slower=1.25, errors=0.05)), BOUNDS),
    "own numbers": (lambda: recording(60, slower=1.04), OWN),
    "own numbers, few copies": (lambda: recording(60, copies=500, sampling_percent=33, cpu=40), OWN),
    "p99 by the hour": (lambda: hours_of(recording(400)), USUAL),
    "minutes": (lambda: minutes(recording(60)), QUICK),
    "6 a minute": (lambda: simulated(Traffic(6), 50, 1), USUAL),
    "6 a minute, slow": (lambda: simulated(Traffic(6), 30, 2, shadow=lambda _: Now(latency=1.3)), USUAL),
    "15 a minute, by the hour": (lambda: simulated(Traffic(15, seconds=3600, averages=False), 60, 3), USUAL),
    "60 a minute": (lambda: simulated(Traffic(60), 26, 4), USUAL),
    "60 a minute, office hours": (lambda: simulated(Traffic(60, open_hours=9), 80, 5), USUAL),
    "60 a minute, tail": (lambda: simulated(Traffic(60), 26, 6, shadow=lambda _: Now(tail=1.3)), USUAL),
    "60 a minute, 4 % errors": (lambda: simulated(Traffic(60, error_rate=0.04), 26, 7), USUAL),
}


def rounded(value: float | None) -> str:
    """Without the last digits, which depend on the machine's library."""
    return "-" if value is None else f"{value:.6g}"


def lines(verdict: Verdict) -> list[str]:
    """A verdict, a line for each note and each rule that says anything."""
    return [
        f"{verdict.outcome}, {rounded(verdict.minutes_to_go)} min: {verdict.reason}",
        *verdict.notes,
        *(
            f"{one.rule.id} {one.outcome} {'' if one.gates else '(no part) '}{one.reason} "
            f"[{' '.join(rounded(number) for number in one.numbers.values())}]"
            for one in verdict.findings
            if one.outcome is not None
        ),
    ]


@pytest.mark.parametrize("name", TESTS)
def test_what_is_said_of_a_test(name: str, snapshot: SnapshotAssertion) -> None:
    """Verdict, reason, notes and each rule's figures."""
    make, policy = TESTS[name]
    assert lines(judge_aloud(make(), policy)) == snapshot


@pytest.mark.parametrize(("per_minute", "hours"), [(6, 48), (60, 30), (60, 9)])
def test_what_is_planned(per_minute: float, hours: float, snapshot: SnapshotAssertion) -> None:
    """The times of each rule, at three shares of the traffic."""
    seen = simulated(Traffic(per_minute, open_hours=24 if hours > 24 else 9, error_rate=0.004), max(hours, 24), 5)
    found = plan(seen, USUAL, (10, 50, 100))
    assert [
        f"{one.sampling_percent} %, {rounded(one.minutes)} min, {rounded(one.copies)} copies, {rule.rule.id}: "
        f"{rounded(rule.equal_minutes)} {rounded(rule.worse_minutes)} {rule.waits} {rule.fix}"
        for one in found
        for rule in one.rules
    ] == snapshot
