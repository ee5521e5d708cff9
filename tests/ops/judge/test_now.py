"""A PASS speaks of the candidate as it is now and at its peak: what takes it away, and what doesn't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Recording, Side
from tests.ops.judge.samples import recording, with_shadow

AN_HOUR, A_DAY = 12, 288
Change = Callable[[Side], Side]


def slower(times: float, *keys: str) -> Change:
    """Latencies that are so many times as long; all of them where none is named."""

    def change(one: Side) -> Side:
        latency = one.distributions["ModelLatency"]
        longer = {key: value * times for key, value in latency.items() if key != "count" and (not keys or key in keys)}
        return replace(one, distributions={"ModelLatency": {**latency, **longer}})

    return change


def failing(share: float) -> Change:
    """So many of the requests fail."""

    def change(one: Side) -> Side:
        failed = float(round(one.numbers["Invocations"] * share))
        return replace(one, numbers={**one.numbers, "Invocation5XXErrors": failed, "InvocationModelErrors": failed})

    return change


def busy(percent: float) -> Change:
    """A processor as full as that, over its four cores."""
    return lambda one: replace(one, numbers={**one.numbers, "CPUUtilization": 4 * percent})


def verdict(days: float, change: Change, when: Callable[[int], bool], given: Recording | None = None) -> Verdict:
    """The verdict on equal variants whose shadow is changed in some periods."""
    equal = recording(round(days * A_DAY)) if given is None else given
    return judge(
        with_shadow(equal, lambda number, one: change(one) if when(number) else one), GatePolicy(), intervals=False
    )


def last(periods: int, days: float) -> Callable[[int], bool]:
    """The last so many periods of so many days."""
    return lambda number: number >= round(days * A_DAY) - periods


@pytest.mark.parametrize(
    "change",
    [
        slower(1.5),
        slower(1.5, "p50"),
        slower(1.5, "p90"),
        slower(1.5, "p99"),
        slower(1.5, "avg"),
        failing(0.01),
        busy(95),
    ],
)
@pytest.mark.parametrize("days", [1.5, 4])
def test_a_shadow_that_is_worse_for_an_hour_passes_no_longer(change: Change, days: float) -> None:
    """Whatever came before: each percentile by itself, the average, errors, the processor. It fails nobody."""
    assert verdict(days, change, lambda _: False).outcome is Outcome.PASS
    said = verdict(days, change, last(AN_HOUR, days))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert said.reason.startswith("not now: ")


@pytest.mark.parametrize("change", [slower(1.5), slower(2, "p99"), failing(0.03), busy(95)])
@pytest.mark.parametrize("hours", [1, 3])
def test_a_daily_peak_at_which_it_is_worse_takes_the_pass_away(change: Change, hours: int) -> None:
    """An hour a day is four in a hundred periods, and is when it matters."""
    said = verdict(3.5, change, lambda number: number % A_DAY in range(144, 144 + hours * AN_HOUR))
    assert said.outcome is not Outcome.PASS


@pytest.mark.parametrize("change", [slower(2), failing(0.03), busy(95)])
def test_a_peak_that_comes_again_takes_the_pass_away_between_its_days(change: Change) -> None:
    """As on every third day: the last one is more than a day ago, and the next will come."""
    said = verdict(8, change, lambda number: number % (3 * A_DAY) in range(144, 144 + 2 * AN_HOUR))
    assert said.outcome is Outcome.INCONCLUSIVE
    assert "of the last 8 days" in said.reason


@pytest.mark.parametrize("change", [slower(2), failing(0.03), busy(95)])
def test_one_bad_stretch_that_is_over_by_a_day_is_forgiven(change: Change) -> None:
    """Nobody starts a test of weeks anew for two hours."""
    assert verdict(4, change, lambda number: number in range(A_DAY, A_DAY + 2 * AN_HOUR)).outcome is Outcome.PASS


def test_a_processor_that_is_as_full_on_both_sides_is_no_fault_of_the_shadow() -> None:
    """At the daily peak production is above the limit too: who replaces it by the like has made nothing worse."""
    peak = range(144, 144 + AN_HOUR)
    equal = recording(round(3.5 * A_DAY))
    full = replace(
        equal,
        periods=tuple(
            replace(one, production=busy(90)(one.production)) if number % A_DAY in peak else one
            for number, one in enumerate(equal.periods)
        ),
    )
    assert verdict(3.5, busy(90), lambda number: number % A_DAY in peak, full).outcome is Outcome.PASS


def test_production_of_unknown_hardware_excuses_no_full_processor() -> None:
    """Its figure is a sum over cores that nobody knows: 110 % of four is far below the limit."""
    unknown = replace(recording(round(3.5 * A_DAY)), production=None)
    said = verdict(3.5, busy(95), lambda number: number % A_DAY in range(144, 144 + AN_HOUR), unknown)
    assert said.outcome is not Outcome.PASS


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (Rule.error_rate(errors="5xx", max_increase_points=100, max_percent=2), failing(0.05)),
        (Rule.latency(percentile=50, max_increase_percent=900, max_milliseconds=100), slower(4)),
    ],
)
def test_a_bound_of_its_own_holds_now_too(rule: Rule, change: Change) -> None:
    """Not on the average of a week: a bound that the shadow has been above for an hour takes the PASS away."""
    policy = GatePolicy(rules=(rule,))
    equal = recording(3 * A_DAY)
    assert judge(equal, policy, intervals=False).outcome is Outcome.PASS
    bad = with_shadow(equal, lambda number, one: change(one) if last(AN_HOUR, 3)(number) else one)
    assert judge(bad, policy, intervals=False).outcome is Outcome.INCONCLUSIVE


def test_a_share_that_leaves_few_copies_gets_its_verdict_all_the_same() -> None:
    """A tenth of 300 a minute is too few for a p99 of five minutes: equal passes without it, much slower doesn't."""
    few = with_shadow(
        recording(2 * A_DAY, copies=150, sampling_percent=10, cpu=12),
        lambda _, one: replace(one, numbers={**one.numbers, "Invocation4XXErrors": 0.0}),
    )
    assert judge(few, GatePolicy(), intervals=False).outcome is Outcome.PASS
    assert verdict(2, slower(1.4, "p99"), lambda _: True, few).outcome is not Outcome.PASS
    assert verdict(2, slower(1.6, "p99"), last(AN_HOUR, 2), few).outcome is not Outcome.PASS


@pytest.mark.parametrize(
    ("errors", "outcome"), [(0.02, Outcome.INCONCLUSIVE), (0.008, Outcome.INCONCLUSIVE), (0.001, Outcome.PASS)]
)
def test_an_hour_of_errors_each_day_takes_a_pass_away(errors: float, outcome: Outcome) -> None:
    """Though no five minutes of it are far beyond what is allowed, and hours have passed since."""
    usual, bad = recording(400, errors=0.0005), recording(400, errors=errors)
    periods = tuple(
        b if 14 * 12 <= n % 288 < 15 * 12 else u
        for n, (u, b) in enumerate(zip(usual.periods, bad.periods, strict=True))
    )
    assert judge(replace(usual, periods=periods), GatePolicy()).outcome is outcome
