from __future__ import annotations

import datetime
import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Period, Recording, Side
from tests.ops.judge.samples import QUICK, recording, with_shadow

FEW = settings().max_examples // 4
SEEDS = st.integers(0, 10_000)
BAD = st.sampled_from([{"slower": 1.3}, {"errors": 0.02}, {"cpu": 390.0}])


def _shuffled(side: Side, draw: random.Random) -> Side:
    numbers, latency = list(side.numbers.items()), list(side.distributions["ModelLatency"].items())
    draw.shuffle(numbers)
    draw.shuffle(latency)
    return Side(dict(numbers), {"ModelLatency": dict(latency)})


def _slower(side: Side, factor: float) -> Side:
    latency = side.distributions["ModelLatency"]
    return Side(side.numbers, {"ModelLatency": {k: v if k == "count" else v * factor for k, v in latency.items()}})


def _without(side: Side, names: set[str]) -> Side:
    latency = {name: value for name, value in side.distributions["ModelLatency"].items() if name not in names}
    numbers = {name: value for name, value in side.numbers.items() if name not in names}
    return Side(numbers, {} if "ModelLatency" in names else {"ModelLatency": latency})


FIELDS = [*recording(1).periods[0].shadow.numbers, "ModelLatency", "count", "p50", "p90", "p99"]


@settings(max_examples=FEW)
@given(SEEDS, st.sampled_from([0.9, 1.0, 1.2]))
def test_the_order_of_metrics_and_of_rules_changes_nothing(seed: int, slower: float) -> None:
    """Same outcome, and each rule says the same."""
    draw = random.Random(seed)
    usual = recording(30, slower=slower, seed=seed)
    periods = tuple(
        Period(one.start, _shuffled(one.production, draw), _shuffled(one.shadow, draw)) for one in usual.periods
    )
    rules = list(QUICK.rules)
    draw.shuffle(rules)
    expected, found = judge(usual, QUICK), judge(replace(usual, periods=periods), replace(QUICK, rules=rules))

    assert found.outcome is expected.outcome
    assert sorted(found.findings, key=lambda one: one.rule.id) == sorted(expected.findings, key=lambda one: one.rule.id)


@settings(max_examples=FEW)
@given(SEEDS, st.sampled_from([1e-3, 0.5, 1000.0]))
def test_the_unit_of_latency_changes_nothing(seed: int, factor: float) -> None:
    """Both variants in milliseconds give the same outcomes as both in microseconds."""
    usual = recording(30, slower=1.07, seed=seed)
    periods = tuple(
        Period(one.start, _slower(one.production, factor), _slower(one.shadow, factor)) for one in usual.periods
    )
    expected, found = judge(usual, QUICK), judge(replace(usual, periods=periods), QUICK)

    assert [one.outcome for one in found.findings] == [one.outcome for one in expected.findings]


@settings(max_examples=FEW)
@given(SEEDS, st.integers(1, 40))
def test_empty_periods_at_the_end_change_nothing(seed: int, count: int) -> None:
    """Not the outcome, not a number, not a note."""
    usual = recording(30, seed=seed)
    last = usual.periods[-1].start
    empty = tuple(Period(last + datetime.timedelta(minutes=5 * (1 + n)), Side(), Side()) for n in range(count))

    assert judge(replace(usual, periods=(*usual.periods, *empty)), QUICK) == judge(usual, QUICK)


@settings(max_examples=FEW)
@given(SEEDS, BAD, st.sets(st.sampled_from(FIELDS)), st.sets(st.integers(0, 39)))
def test_missing_fields_never_raise_and_never_make_a_bad_shadow_pass(
    seed: int, bad: dict[str, float], names: set[str], periods: set[int]
) -> None:
    """Whatever is left out of whichever of its periods."""
    whole = recording(40, seed=seed, **bad)  # type: ignore[arg-type] # the names are those of the function
    some = with_shadow(whole, lambda number, one: _without(one, names) if number in periods else one)
    everywhere = with_shadow(whole, lambda _, one: _without(one, names))

    assert judge(some, QUICK).outcome is not Outcome.PASS
    assert judge(everywhere, QUICK).outcome is not Outcome.PASS


@settings(max_examples=FEW)
@given(SEEDS, st.sets(st.sampled_from(FIELDS), min_size=1))
def test_a_metric_that_is_missing_everywhere_never_passes(seed: int, names: set[str]) -> None:
    """Even of a good shadow: each metric that a rule needs must be there."""
    good = recording(40, seed=seed)
    thinned = with_shadow(good, lambda _, one: _without(one, names))
    needless = {"count", "avg"}

    assert judge(good, QUICK).outcome is Outcome.PASS
    if names - needless:
        assert judge(thinned, QUICK).outcome is Outcome.INCONCLUSIVE


@settings(max_examples=FEW)
@given(SEEDS, st.floats(1.0, 3.0), st.floats(1.0, 2.0), st.integers(0, 39))
def test_more_evidence_against_never_turns_fail_into_pass(seed: int, slower: float, more: float, since: int) -> None:
    """A failing shadow that gets slower still, from any period on, never passes."""
    first = recording(40, slower=slower, seed=seed)
    if judge(first, QUICK).outcome is Outcome.FAIL:
        worse = with_shadow(first, lambda number, one: _slower(one, more) if number >= since else one)

        assert judge(worse, QUICK).outcome is not Outcome.PASS


@settings(max_examples=FEW)
@given(SEEDS, st.floats(1.15, 3.0))
def test_swapping_the_variants_turns_a_regression_into_an_improvement(seed: int, slower: float) -> None:
    """What fails one way round passes the other."""
    usual = recording(40, slower=slower, seed=seed)
    swapped = replace(usual, periods=tuple(Period(one.start, one.shadow, one.production) for one in usual.periods))

    assert judge(usual, QUICK).outcome is Outcome.FAIL
    assert judge(swapped, QUICK).outcome is Outcome.PASS


def _followed(first: Recording, second: Recording) -> Recording:
    """One recording right after another."""
    after = first.periods[-1].start + datetime.timedelta(minutes=5)
    shifted = tuple(
        replace(one, start=after + datetime.timedelta(minutes=5 * n)) for n, one in enumerate(second.periods)
    )
    return replace(first, periods=(*first.periods, *shifted))


@settings(max_examples=2 * FEW)
@given(
    SEEDS,
    st.integers(1, 40),
    st.integers(1, 30),
    st.sampled_from(
        [{"slower": 1.3}, {"slower": 10}, {"errors": 0.02}, {"cpu": 390.0}, {"copies": 500}, {"copies": 0}]
    ),
)
def test_a_bad_stretch_at_the_end_never_turns_not_pass_into_pass(
    seed: int, periods: int, more: int, bad: dict[str, float]
) -> None:
    """Not by the time it takes, nor by its requests: whatever the shadow lacked, that doesn't give it."""
    before = recording(periods, seed=seed)
    after = _followed(before, recording(more, seed=seed + 1, **bad))  # type: ignore[arg-type] # names of the function
    if judge(before, QUICK, intervals=False).outcome is not Outcome.PASS:
        assert judge(after, QUICK, intervals=False).outcome is not Outcome.PASS


@settings(max_examples=FEW)
@given(SEEDS, st.sampled_from([{}, {"slower": 1.3}, {"errors": 0.02}]), st.integers(1, 39), st.booleans())
def test_a_day_without_requests_changes_no_verdict(
    seed: int, change: dict[str, float], where: int, hosts_go_on: bool
) -> None:
    """Wherever it lies, and whether or not the instances report their load meanwhile: no outcome, reason or number."""
    usual = recording(40, seed=seed, **change)  # type: ignore[arg-type] # the names are those of the function
    host = {"CPUUtilization": 399.0, "MemoryUtilization": 99.0, "DiskUtilization": 20.0}
    quiet = Side({**host, "Invocations": 0.0}) if hosts_go_on else Side()
    gap = tuple(
        Period(usual.periods[where].start + datetime.timedelta(minutes=5 * n), quiet, quiet) for n in range(288)
    )
    later = tuple(replace(one, start=one.start + datetime.timedelta(days=1)) for one in usual.periods[where:])
    expected = judge(usual, QUICK)
    found = judge(replace(usual, periods=(*usual.periods[:where], *gap, *later)), QUICK)

    assert (found.outcome, found.minutes_to_go) == (expected.outcome, expected.minutes_to_go)
    assert [one.numbers for one in found.findings] == [one.numbers for one in expected.findings]


_VALUES = st.floats(allow_nan=True) | st.integers(-5, 10**6)
_SIDES = st.builds(
    Side,
    st.dictionaries(st.sampled_from(FIELDS), _VALUES),
    st.dictionaries(st.just("ModelLatency"), st.dictionaries(st.sampled_from(["count", "p50", "p90", "p99"]), _VALUES)),
)


@given(st.lists(st.tuples(_SIDES, _SIDES), max_size=20), st.sampled_from([1.0, 50.0, 100.0]))
def test_no_recording_makes_the_judge_raise(sides: list[tuple[Side, Side]], sampling: float) -> None:
    """Whatever numbers are in it; and its verdict, asked again, is the same."""
    start = recording(1).periods[0].start
    periods = tuple(Period(start + datetime.timedelta(minutes=5 * n), *both) for n, both in enumerate(sides))
    given_recording = Recording("churn", "production", "shadow", sampling, 300, periods)

    assert judge(given_recording, GatePolicy()) == judge(given_recording, GatePolicy())
