"""Figure for figure what random tests with every kind of trouble in them come to.

Whoever changes a comparison or a constant anywhere in the judge sees it here, though not which promise it breaks.
"""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import math
import pkgutil
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

import shadow_ops.judge
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge.noted import judge_aloud
from shadow_ops.judge.plan import plan
from shadow_ops.measure.recording import Coarse, Period, Recording, Side
from tests.ops.judge.samples import START

TESTS = 144
_RULES = (
    Rule.latency(percentile=99, max_increase_percent=5),
    Rule.latency(percentile=50, max_increase_percent=10, max_milliseconds=42),
    Rule.latency(percentile=90, max_increase_percent=0),
    Rule.average(max_increase_percent=5),
    Rule.overhead(max_increase_percent=20),
    Rule.error_rate(errors="5xx", max_increase_points=0.1, max_percent=5),
    Rule.error_rate(errors="model", max_increase_points=1),
    Rule.utilization(resource="cpu", max_percent=80),
    Rule.utilization(resource="memory", max_percent=90),
    Rule.agreement(min_percent=99),
    Rule.agreement(min_percent=95, less_noise=True),
)


def policy(draw: random.Random) -> GatePolicy:
    """The default one, or some rules with odd needs."""
    if draw.random() < 0.3:
        return GatePolicy(rules=[*GatePolicy().rules, Rule.agreement(min_percent=99)], warm_up_minutes=10)
    found: dict[str, Rule] = {}
    for rule in draw.sample(_RULES, draw.randint(2, 6)):
        found.setdefault(rule.id, rule)
    return GatePolicy(
        rules=list(found.values()),
        min_duration_minutes=draw.choice([60, 60, 180, 24 * 60]),
        min_requests=draw.choice([1, 1, 1000, 20_000]),
        warm_up_minutes=draw.choice([0, 0, 5, 30, 60]),
        confidence_percent=draw.choice([90, 95, 99]),
    )


def sides(draw: random.Random, periods: int, requests: int, copied: float) -> Iterator[tuple[Side, Side]]:
    """Both variants period by period: noise, and a stretch or two in which something is wrong with one of them."""
    mild = draw.random() < 0.6
    wrong = [_trouble(draw, periods) for _ in range(draw.randint(0, 1 if mild else 3))]
    base = draw.choice([0.0, 0.0005, 0.003, 0.04])
    cpu, memory = draw.uniform(80, 200 if mild else 320), draw.uniform(30, 80 if mild else 92)
    sd, usual = draw.choice([0.005, 0.02, 0.05]), 1.0 if mild else draw.choice([1.0, 1.03, 1.06, 1.12])
    for number in range(periods):
        found = []
        for place, share in ((0, 1.0), (1, copied)):
            now = [what for first, last, side, what in wrong if side == place and first <= number < last]
            got = math.prod(float(one["got"]) for one in now)
            slower = math.prod(float(one["slower"]) for one in now) * (usual if place else 1.0)
            fails = base + sum(float(one["fails"]) for one in now)
            count = round(requests * share * got * draw.uniform(0.97, 1.03))
            failed = sum(draw.random() < fails for _ in range(min(count, 400))) * max(1, count // 400)
            idle = any(one["idle"] for first, last, _, one in wrong if first <= number < last)
            found.append(_side(draw, 0 if idle else count, failed, slower, sd, (cpu, memory), [*now]))
        yield found[0], found[1]


def _trouble(draw: random.Random, periods: int) -> tuple[int, int, int, dict[str, float | str]]:
    first = draw.randrange(periods)
    what: dict[str, float | str] = {"got": 1.0, "slower": 1.0, "fails": 0.0, "idle": 0.0, "lacks": "", "cpu": 1.0}
    kind = draw.choice(list(what))
    odd = {
        "got": [0.0, 0.5, 0.85, 0.89, 0.91, 1.12, 2.0],
        "slower": [0.8, 1.05, 1.06, 1.2, 1.5, 3.0],
        "fails": [0.001, 0.01, 0.05, 0.3],
        "idle": [1.0],
        "lacks": ["p99", "avg", "ModelLatency", "CPUUtilization", "Invocation5XXErrors", "MemoryUtilization"],
        "cpu": [1.2, 1.6, 3.0],
    }
    what[kind] = draw.choice(odd[kind])  # type: ignore[arg-type] # of each kind its own
    return first, first + draw.choice([1, 3, 6, 12, 40, periods]), draw.choice([0, 1, 1]), what


def _side(
    draw: random.Random,
    count: int,
    failed: int,
    slower: float,
    sd: float,
    load: tuple[float, float],
    now: Sequence[dict[str, float | str]],
) -> Side:
    if not count:
        return draw.choice([Side(), Side({"Invocations": 0.0, "MemoryUtilization": load[1]})])
    latency = {
        f"p{percent}": base * slower * math.exp(draw.gauss(0, sd * times))
        for percent, base, times in ((50, 40_000, 0.5), (90, 80_000, 1), (99, 150_000, 2))
    }
    hot = math.prod(float(one["cpu"]) for one in now)
    numbers = {
        "Invocations": float(count),
        "InvocationsPerInstance": count / draw.choice([1, 1, 2]),
        "Invocation4XXErrors": float(count // 100),
        "Invocation5XXErrors": float(failed),
        "InvocationModelErrors": float(failed // 2),
        "CPUUtilization": load[0] * hot * draw.uniform(0.97, 1.03),
        "MemoryUtilization": min(100.0, load[1] * draw.uniform(0.99, 1.01)),
        "DiskUtilization": 20.0,
    }
    overhead = {"count": float(count), "avg": 5000.0 * slower, "p50": 4000.0 * math.exp(draw.gauss(0, sd))}
    distributions = {
        "ModelLatency": {"count": float(count), "avg": 45_000.0 * slower * math.exp(draw.gauss(0, sd / 2)), **latency},
        "OverheadLatency": overhead,
    }
    for lacking in (str(one["lacks"]) for one in now):
        numbers.pop(lacking, None)
        distributions.pop(lacking, None)
        for one in distributions.values():
            one.pop(lacking, None)
    return Side(numbers, distributions)


def answers(draw: random.Random, hours: int) -> Coarse:
    """What the watch counted, some hours without."""
    usual, unsteady = draw.choice([0.0, 0.002, 0.009, 0.011, 0.04]), draw.choice([0.0, 0.005, 0.03])
    listed = []
    for number in range(hours):
        pairs = draw.choice([0, 3, 100, 1000])
        differing = sum(draw.random() < usual * draw.choice([1, 1, 1, 4]) for _ in range(pairs))
        counted: dict[str, float] = {"ComparedAnswers": pairs, "AgreeingAnswers": pairs - differing}
        counted |= {"UnjoinedAnswers": draw.choice([0, 0, 10, 400])}
        if draw.random() < 0.7:
            counted |= {"RepeatedAnswers": pairs, "SteadyAnswers": pairs - round(pairs * unsteady)}
        listed.append(Period(START + number * datetime.timedelta(hours=1), Side(), Side(counted)))
    return Coarse(3600, tuple(listed))


def anything(draw: random.Random) -> Recording:
    """A test."""
    periods, seconds = draw.choice([13, 20, 36, 60, 90, 150, 300]), draw.choice([300, 300, 300, 60, 3600])
    requests, sampling = draw.choice([30, 90, 400, 1500]), draw.choice([100.0, 100.0, 50.0, 12.5])
    length = datetime.timedelta(seconds=seconds)
    both = sides(draw, periods, requests, sampling / 100)
    listed = tuple(Period(START + number * length, *each) for number, each in enumerate(both))
    production, shadow, promoted = (Instances("ml.m5.xlarge", draw.choice([1, 2]), 4, 0) for _ in range(3))
    found = Recording("churn", "production", "shadow", sampling, seconds, listed, production, shadow, promoted)
    if draw.random() < 0.6:
        found = replace(found, answers=answers(draw, max(1, periods * seconds // 3600)))
    if draw.random() < 0.5:
        found = replace(found, until=START + length * (periods + draw.choice([0, 1, 12, 40])))
    return found


def shown(value: float | None) -> str:
    """Without the last digits, which depend on the machine's library."""
    return "-" if value is None else f"{value:.6g}"


@pytest.mark.parametrize("number", range(0, TESTS, 8))
def test_figures_of_random_tests(number: int, snapshot: SnapshotAssertion) -> None:
    """Outcome, time to go and every figure of every rule; of the sentences a sum."""
    lines = []
    for seed in range(number, number + 8):
        draw = random.Random(seed)
        seen, by = anything(draw), policy(draw)
        verdict = judge_aloud(seen, by)
        said = "\n".join([verdict.reason, *verdict.notes, *(one.reason for one in verdict.findings)])
        lines.append(f"{seed} {verdict.outcome} {shown(verdict.minutes_to_go)} {zlib.crc32(said.encode())}")
        for one in verdict.findings:
            figures = " ".join(shown(each) for each in one.numbers.values())
            lines.append(f"  {one.rule.id} {one.outcome} {one.gates} {figures}")
    assert lines == snapshot


def test_plans_of_random_tests(snapshot: SnapshotAssertion) -> None:
    """Every time, number of copies and advice."""
    lines = []
    for seed in range(0, TESTS, 4):
        draw = random.Random(seed)
        seen, by = anything(draw), policy(draw)
        for one in plan(seen, by, (draw.choice([5, 25]), 100)):
            times = (f"{shown(rule.equal_minutes)} {shown(rule.worse_minutes)} {rule.waits}" for rule in one.rules)
            said = zlib.crc32("\n".join(rule.fix or "" for rule in one.rules).encode())
            lines.append(f"{seed} {shown(one.minutes)} {shown(one.copies)} {said} {'; '.join(times)}")
    assert lines == snapshot


def test_what_the_judge_makes_is_a_value() -> None:
    """Nobody changes an opinion, or what it was made from, behind another's back."""
    found = [
        one
        for module in pkgutil.iter_modules(shadow_ops.judge.__path__, "shadow_ops.judge.")
        for one in vars(importlib.import_module(module.name)).values()
        if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == module.name
    ]
    assert len(found) > 15
    assert [one.__name__ for one in found if not one.__dataclass_params__.frozen] == []  # type: ignore[attr-defined] # dataclasses' own
