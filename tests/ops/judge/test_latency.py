"""Latencies: which periods are compared, and what is said of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge, latency
from shadow_ops.judge.differences import differences_of, of_grain
from shadow_ops.judge.drift import NO_DRIFT, Drift
from shadow_ops.judge.samples import samples_of
from shadow_ops.measure.recording import Side
from tests.ops.judge.samples import FIVE, NEEDS, OPEN, QUICK, START, above, recording, with_latency, with_shadow
from tests.ops.judge.test_figures import noisy, pairs, thinned


@pytest.mark.parametrize(("copies", "blocks"), [(69, 0), (70, 20), (75, 20)])
def test_neighbours_together_give_a_percentile_where_a_share_is_copied(copies: int, blocks: int) -> None:
    """Seventy of the hundred requests that a p90 takes, of many more on production; of fewer it comes out too low."""
    some = recording(40, copies=copies, sampling_percent=25)
    found = differences_of(Rule.latency(percentile=90), samples_of(some, QUICK))
    assert (len(found) if found.blocks else 0) == blocks


def test_what_is_as_allowed_is_not_above() -> None:
    """An equal shadow that may be no slower; a bound that is just reached."""
    same = with_latency(recording(40), lambda one: {**one.distributions["ModelLatency"], "p50": 45_000.0})
    equal = with_latency(recording(40), lambda one: dict(one.distributions["ModelLatency"]))
    found = judge(equal, replace(QUICK, rules=(Rule.latency(percentile=50, max_increase_percent=0),))).findings[0]
    assert (found.numbers["periods_above"], found.outcome) == (0, OPEN)
    assert "not now" not in found.reason
    for bound, many in ((45, 0), (44.9, 40)):
        rule = Rule.latency(percentile=50, max_milliseconds=bound)
        assert judge(same, replace(QUICK, rules=(rule,))).findings[0].numbers["periods_above_max"] == many


def test_resemblance_is_told_where_it_takes_half_of_the_evidence() -> None:
    """From 24 periods on its figure, above a half a warning; twice as few as there are is no matter."""
    assert latency._why_open(12, 5.0, 2.0) == "not sure enough yet"
    assert latency._why_open(12, None, above(2.0)).startswith("too near to tell: neighbouring periods")
    assert latency._why_open(11, None, 9.0) == "too few periods yet, 12 are needed to pass"
    for count, memory, told in ((23, 0.9, (False, 1)), (24, 0.5, (True, 1)), (24, 0.51, (True, 2)), (24, 0, (True, 1))):
        notes = latency._notes("p50", pairs(noisy(count, 0.0, 0.01)), Drift(0.0001, memory, count), 0.01)
        assert ("autocorrelation" in notes[0], len(notes)) == told
    assert latency._notes("p50", pairs([0.0] * 24), NO_DRIFT, 0.0) == (
        "p50 latency: the ratio varies by ±0.0 % from period to period",
    )
    assert latency._interval_text(None, 0.0, NEEDS) == "95 % sure: at most +0.0 %"
    assert latency._interval_text(0.0, None, NEEDS) == "95 % sure: at least +0.0 %"
    assert latency._interval_text(None, None, NEEDS) == "too early for an interval"


@pytest.mark.parametrize(("got", "blocks_"), [(450, 19), (449, 0)])
def test_neighbours_of_counts_that_are_a_tenth_apart_are_alike(got: int, blocks_: int) -> None:
    """Five hundred and 450 of the thousand that a p99 takes."""
    found = differences_of(Rule.latency(), samples_of(thinned(recording(57), lambda _: 1 / 3, got / 500), QUICK))
    assert (len(found) if found.blocks else 0) == blocks_


@pytest.mark.parametrize(("lacking", "beside"), [((), "avg"), ((3,), "p50"), ((3, 4), None)])
def test_what_a_percentile_does_by_itself_is_seen_beside_a_quieter_latency(
    lacking: Sequence[int], beside: str | None
) -> None:
    """The average, else the median, whichever is there in every period; else nothing is."""

    def cut(number: int, one: Side) -> Side:
        gone = {"avg": lacking[:1], "p50": lacking[1:]}
        kept = {k: v for k, v in one.distributions["ModelLatency"].items() if number not in gone.get(k, ())}
        return Side(one.numbers, {"ModelLatency": kept})

    fine = samples_of(with_shadow(recording(20), cut), QUICK).fine
    found = of_grain(fine, "ModelLatency", "p90", 100)
    calm = of_grain(fine, "ModelLatency", beside, 100).logs if beside else ()
    assert found.beyond == tuple(one - other for one, other in zip(found.logs, calm, strict=bool(beside)))


def slow_lately(_: int, one: Side) -> Side:
    """A median a tenth too slow."""
    latency = one.distributions["ModelLatency"]
    return Side(one.numbers, {"ModelLatency": {**latency, "p50": latency["p50"] * 1.1}})


def test_what_is_no_measured_time_is_much_slower_or_in_a_bad_stretch() -> None:
    """More than a fifth beyond what is allowed; of longer periods, of blocks and of few, by the recording's own."""
    rule, quiet = Rule.latency(percentile=50), samples_of(recording(40), QUICK)
    much = 0.05 + math.log(1.2)

    def times(values: list[float], **changes: float | bool) -> list[int]:
        some = replace(pairs(values), known_logs=values, **changes)  # type: ignore[arg-type] # its own fields
        return sorted((one - START) // FIVE for one in latency._unmeasured(rule, quiet, some, 0.05))

    assert times([0.0] * 20 + [much, above(much)]) == [21]
    worse = [0.05] * 20 + [0.06] * 10 + [0.05]
    assert times(worse) == [*range(20, 30)]
    assert times(worse, few=True) == times(worse, minutes=10.0) == times(worse, blocks=True) == []
    late = samples_of(with_shadow(recording(40), slow_lately), QUICK)
    calm = replace(pairs([0.0] * 20), known_logs=[0.0] * 20)
    assert (
        latency._not_now(rule, late, calm, 0.05) is latency._not_now(rule, late, replace(calm, few=True), 0.05) is None
    )
    for other in (replace(calm, thin=1), replace(calm, minutes=10.0), replace(calm, blocks=True)):
        assert "lately" in (latency._not_now(rule, late, other, 0.05) or "")
