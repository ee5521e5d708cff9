"""What each rule says by itself, figure for figure, where its input is at an edge: missing, few, full, on the limit."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge, latency
from shadow_ops.judge.kinds import JUDGES
from shadow_ops.judge.opinion import Opinion, needs_of
from shadow_ops.judge.samples import samples_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording, Side
from tests.ops.judge.samples import HARDWARE, QUICK, START, recording, silent, with_shadow
from tests.ops.judge.test_figures import pairs, row, thinned

Change = Callable[[int, Side], Side]


def said(rule: Rule, given: Recording, *, intervals: bool = True) -> Opinion:
    """What a rule says of a recording without a warm-up."""
    samples = samples_of(given, replace(QUICK, warm_up_minutes=0))
    needs = needs_of(GatePolicy(), 9, intervals=intervals)
    return JUDGES[type(rule)].judge(rule, samples, needs, needs.fail_first)


def lines(one: Opinion) -> list[str]:
    """All of it."""
    finding = one.finding
    return [
        row(finding.outcome, finding.gates, one.minutes_to_go, len(one.bad), one.not_now),
        finding.reason,
        row(*finding.numbers.values()),
        *one.notes,
    ]


def numbered(**figures: Callable[[int], float | None]) -> Change:
    """A side with other numbers; without those that are None."""

    def change(number: int, one: Side) -> Side:
        found = {**one.numbers, **{name: of(number) for name, of in figures.items()}}
        return Side({name: value for name, value in found.items() if value is not None}, one.distributions)

    return change


def production(given: Recording, change: Change) -> Recording:
    """The recording with production changed."""
    periods = tuple(replace(one, production=change(n, one.production)) for n, one in enumerate(given.periods))
    return replace(given, periods=periods)


GPUS = Instances("ml.g5.12xlarge", 2, 48, 4)
CPU = Rule.utilization(resource="cpu", max_percent=80)
HALF = recording(40, copies=750, sampling_percent=50, cpu=100)


def loaded(percent: float) -> Recording:
    """A shadow whose four cores are so full."""
    return with_shadow(recording(30), numbered(CPUUtilization=lambda _: 4 * percent))


FULL = {f"{percent} %": loaded(percent) for percent in (79.9, 80, 80.1)}
UTILIZATION: dict[str, tuple[Rule, Recording]] = {
    **{name: (CPU, given) for name, given in FULL.items()},
    "eleven": (CPU, recording(11, cpu=100)),
    "eleven full": (CPU, recording(11, cpu=390)),
    "twelve": (CPU, recording(12, cpu=100)),
    "thirteen full of sixty": (
        CPU,
        with_shadow(recording(60), numbered(CPUUtilization=lambda n: 390.0 if n < 13 else 9.0)),
    ),
    "two full of forty": (CPU, with_shadow(recording(40), numbered(CPUUtilization=lambda n: 390.0 if n < 2 else 9.0))),
    "three full of forty": (
        CPU,
        with_shadow(recording(40), numbered(CPUUtilization=lambda n: 390.0 if n < 3 else 9.0)),
    ),
    "both full": (
        CPU,
        production(
            with_shadow(recording(60), numbered(CPUUtilization=lambda n: 390.0 if n < 4 else 9.0)),
            numbered(CPUUtilization=lambda n: 321.0 if n < 4 else 9.0),
        ),
    ),
    "missing in half": (CPU, with_shadow(recording(40), numbered(CPUUtilization=lambda n: None if n < 20 else 99.0))),
    "missing in more": (CPU, with_shadow(recording(40), numbered(CPUUtilization=lambda n: None if n < 21 else 99.0))),
    "half copied": (CPU, HALF),
    "half copied, more promoted": (CPU, replace(HALF, promoted=replace(HARDWARE, count=3))),
    "half copied, more tested": (CPU, replace(HALF, shadow=replace(HARDWARE, count=2))),
    "half copied, counts by period": (
        CPU,
        with_shadow(HALF, numbered(InvocationsPerInstance=lambda n: None if n % 3 else 750 / (1 + n % 2))),
    ),
    "no hardware": (CPU, replace(recording(20), shadow=None)),
    "no cores": (CPU, replace(recording(20), shadow=Instances("ml.new.large", 1))),
    "nothing promoted": (CPU, replace(recording(20), promoted=None)),
    "none promoted": (CPU, replace(recording(20), promoted=replace(HARDWARE, count=0))),
    "other promoted": (CPU, replace(recording(20), promoted=replace(HARDWARE, instance_type="ml.c5.large"))),
    "no GPU": (Rule.utilization(resource="gpu"), recording(20)),
    "memory without hardware": (
        Rule.utilization(resource="memory"),
        replace(recording(20), production=None, shadow=None, promoted=None),
    ),
    "GPU memory": (
        Rule.utilization(resource="gpu_memory", max_percent=50),
        replace(with_shadow(recording(40), numbered(GPUMemoryUtilization=lambda n: 199.0 + n % 3)), shadow=GPUS),
    ),
    "GPU": (
        Rule.utilization(resource="gpu", max_percent=50),
        replace(
            with_shadow(recording(40), numbered(GPUUtilization=lambda n: 199.0 + n % 3)), shadow=GPUS, promoted=GPUS
        ),
    ),
    "reported only": (Rule.utilization(resource="cpu", max_percent=20, report_only=True), recording(40)),
}


@pytest.mark.parametrize("name", UTILIZATION)
def test_what_is_said_of_a_load(name: str, snapshot: SnapshotAssertion) -> None:
    """On, below and above the limit; of hardware that is known, unknown or another."""
    assert lines(said(*UTILIZATION[name])) == snapshot


def failing(ours: Callable[[int], float | None], theirs: Callable[[int], float | None], count: int = 60) -> Recording:
    """A test with so many 5xx errors of each."""
    return production(
        with_shadow(recording(count), numbered(Invocation5XXErrors=ours)), numbered(Invocation5XXErrors=theirs)
    )


PLAIN, BOUND = Rule.error_rate(errors="5xx"), Rule.error_rate(errors="5xx", max_increase_points=0.2, max_percent=1)
ALONE = Rule.error_rate(errors="5xx", max_increase_points=None, max_percent=1)
ERRORS: dict[str, tuple[Rule, Recording]] = {
    "none": (PLAIN, failing(lambda _: 0, lambda _: 0)),
    "none, soon": (PLAIN, failing(lambda _: 0, lambda _: 0, 3)),
    "few more": (PLAIN, failing(lambda n: 2 + n % 2, lambda _: 1)),
    "more": (PLAIN, failing(lambda n: 4 + n % 2, lambda _: 1)),
    "many more": (PLAIN, failing(lambda _: 12, lambda _: 1)),
    "a quarter more": (PLAIN, failing(lambda _: 25, lambda _: 20)),
    "half more": (PLAIN, failing(lambda _: 150, lambda _: 100)),
    "fewer": (PLAIN, failing(lambda _: 10, lambda _: 100)),
    "all in one": (PLAIN, failing(lambda n: 900 if n == 30 else 0, lambda _: 0)),
    "all in thirteen": (PLAIN, failing(lambda n: 60 if 20 <= n < 33 else 0, lambda _: 0)),
    "all in thirty": (PLAIN, failing(lambda n: 60 if 20 <= n < 50 else 0, lambda _: 0)),
    "incident of both": (PLAIN, failing(lambda n: 90 if n < 5 else 1, lambda n: 90 if n < 5 else 1)),
    "incident of production": (PLAIN, failing(lambda _: 5, lambda n: 400 if n < 5 else 1)),
    "missing in half": (PLAIN, failing(lambda n: None if n < 30 else 1, lambda _: 1)),
    "missing in more": (PLAIN, failing(lambda n: None if n < 31 else 1, lambda _: 1)),
    "missing on production": (PLAIN, failing(lambda _: 1, lambda _: None)),
    "silent": (PLAIN, with_shadow(recording(40), silent)),
    "more errors than requests": (PLAIN, failing(lambda n: 1501 if n == 3 else 0, lambda _: 0)),
    "bound kept": (BOUND, failing(lambda _: 9, lambda _: 9)),
    "bound met": (BOUND, failing(lambda _: 15, lambda _: 15)),
    "bound broken": (BOUND, failing(lambda _: 20, lambda _: 20)),
    "bound broken by the shadow": (BOUND, failing(lambda _: 30, lambda _: 10)),
    "bound broken by production": (BOUND, failing(lambda _: 10, lambda _: 30)),
    "bound broken less": (BOUND, failing(lambda _: 20, lambda _: 40)),
    "bound broken for an hour": (BOUND, failing(lambda n: 200 if n < 12 else 1, lambda _: 1)),
    "bound broken lately": (BOUND, failing(lambda n: 25 if n > 47 else 9, lambda _: 9)),
    "bound alone": (ALONE, failing(lambda _: 9, lambda _: 0)),
    "bound alone, soon": (ALONE, failing(lambda _: 9, lambda _: 0, 6)),
    "bound alone, broken": (ALONE, failing(lambda _: 24, lambda _: 0)),
    "bound alone, a little broken": (ALONE, failing(lambda _: 17, lambda _: 0)),
    "a bound of all": (
        Rule.error_rate(max_increase_points=None, max_percent=100),
        failing(lambda _: 1500, lambda _: 0),
    ),
    "a bound of none": (Rule.error_rate(max_increase_points=0, max_percent=0), failing(lambda _: 0, lambda _: 0)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_said_of_errors(name: str, snapshot: SnapshotAssertion) -> None:
    """Few and many, in one period and in all, missing, and about a bound."""
    assert lines(said(*ERRORS[name])) == snapshot


P50, P99 = Rule.latency(percentile=50), Rule.latency(percentile=99)
WITHIN = Rule.latency(percentile=50, max_increase_percent=50, max_milliseconds=42)
LATE = {
    f"above its bound in {many} of twelve": (
        WITHIN,
        with_shadow(
            recording(60),
            lambda n, one, many=many: replace(
                one,
                distributions={
                    "ModelLatency": {
                        **one.distributions["ModelLatency"],
                        "p50": 42_001.0 if n >= 60 - many else 41_000.0,
                    }
                },
            ),  # type: ignore[misc] # bound early
        ),
    )
    for many in (9, 10)
}
LATENCY: dict[str, tuple[Rule, Recording]] = {
    "one": (P50, recording(1)),
    "eleven": (P50, recording(11)),
    "twelve": (P50, recording(12)),
    "twenty-three": (P50, recording(23)),
    "twenty-four": (P50, recording(24)),
    "p99": (P99, recording(24)),
    "5 %": (P50, recording(40, slower=1.05)),
    "few copies": (P99, recording(40, copies=900, sampling_percent=60)),
    "few copies, slower": (P99, recording(40, copies=900, sampling_percent=60, slower=1.6)),
    "silent": (P50, with_shadow(recording(40), silent)),
    "average": (Rule.average(max_increase_percent=1), recording(40)),
    "overhead": (Rule.overhead(), recording(40)),
    "within a bound": (WITHIN, recording(40)),
    "about a bound": (WITHIN, recording(40, slower=1.05)),
    "above a bound": (WITHIN, recording(40, slower=1.2)),
    "above a bound, and faster": (
        Rule.latency(percentile=50, max_increase_percent=50, max_milliseconds=30),
        recording(60, slower=0.9),
    ),
    "reported only": (Rule.latency(percentile=50, report_only=True), recording(40, slower=1.3)),
    "slow lately": (
        P50,
        with_shadow(recording(60), lambda n, one: recording(1, slower=1.3).periods[0].shadow if n > 48 else one),
    ),
    **LATE,
}


@pytest.mark.parametrize("name", LATENCY)
def test_what_is_said_of_a_latency(name: str, snapshot: SnapshotAssertion) -> None:
    """Few periods and many, few copies, on the tolerance, and about a bound."""
    assert lines(said(*LATENCY[name])) == snapshot


def test_without_intervals_the_middle_is_told() -> None:
    """They take most of the time; the outcome is the same."""
    for rule, given in (LATENCY["twelve"], ERRORS["few more"]):
        assert said(rule, given, intervals=False).finding.outcome is said(rule, given).finding.outcome
    assert "too early for an interval" in said(P50, recording(40), intervals=False).finding.reason


def test_only_a_recordings_own_periods_are_bad_by_themselves() -> None:
    """Those above what is allowed; of blocks, no period is known to be."""
    slow = said(
        P50, with_shadow(recording(40), lambda n, one: recording(1, slower=1.3).periods[0].shadow if n > 37 else one)
    )
    assert slow.bad == {START + n * datetime.timedelta(minutes=5) for n in (38, 39)}
    blocks = said(P99, thinned(recording(40, slower=2), lambda _: 0.3))
    assert blocks.finding.numbers["periods_above"]
    assert blocks.bad == frozenset()


@pytest.mark.parametrize(("theirs", "ours", "is_told"), [(1.0, 1.01, True), (1.01, 1.02, False), (0.5, 1.0, False)])
def test_a_bound_is_broken_alone_where_production_is_on_it_or_below(theirs: float, ours: float, is_told: bool) -> None:
    """And the shadow above, not on it."""
    some = replace(pairs([0.0] * 40), production=(theirs,) * 40, shadow=(ours,) * 40)
    assert (latency._above_bound(some, 1.0) is not None) is is_told


def test_how_far_a_bound_is_broken_is_told_of_the_last_twelve_periods() -> None:
    """Their middle, in milliseconds."""
    some = replace(pairs([0.0] * 40), production=(1.0,) * 40, shadow=(2000.0,) * 34 + (4000.0,) * 6)
    assert (latency._above_bound(some, 1000.0) or "").startswith("3 ms lately, above it in 12 of the last 12")


@pytest.mark.parametrize("periods", [1, 5, 11])
def test_what_lacks_periods_alone_says_how_long_they_take(periods: int) -> None:
    """Five minutes each."""
    rules = (Rule.error_rate(max_increase_points=100),)
    policy = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0, min_requests=0)
    found = judge(recording(periods), policy)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert found.minutes_to_go == (12 - periods) * 5
    assert found.reason.startswith(f"{periods} of 12 periods with data of both variants; about ")
