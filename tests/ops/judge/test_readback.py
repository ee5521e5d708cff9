"""What may mean something else than was meant is read back beside the verdict, whatever the verdict."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge, noted, readback
from shadow_ops.judge.noted import judge_aloud
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording, Side
from tests.ops.judge.samples import QUICK, START, above, recording, with_latency, with_numbers, with_shadow
from tests.ops.judge.test_now import slower


def read_back(given: Recording, policy: GatePolicy = QUICK) -> list[str]:
    """The warnings that a verdict has of its input."""
    return [
        one
        for one in judge_aloud(given, policy).notes
        if any(said in one for said in ("means", "recordings have", "apart", "published"))
    ]


def both(given: Recording, latency: float = 1.0) -> Recording:
    """Both variants with other figures."""

    def changed(one: Side) -> Side:
        times = {key: v if key == "count" else v * latency for key, v in one.distributions["ModelLatency"].items()}
        return Side(one.numbers, {"ModelLatency": times})

    periods = tuple(
        replace(one, production=changed(one.production), shadow=changed(one.shadow)) for one in given.periods
    )
    return replace(given, periods=periods)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            Rule.latency(max_increase_percent=0.05),
            "max_increase_percent=0.05 of rule latency-p99 means at most",
        ),
        (Rule.average(max_increase_percent=0.99), "max_increase_percent=0.99 of rule latency-average means"),
        (Rule.error_rate(max_increase_points=0.001), "max_increase_points=0.001 of rule error-rate-5xx means"),
        (Rule.error_rate(max_percent=0.05), "max_percent=0.05 of rule error-rate-5xx means at most 0.05 %"),
        (Rule.utilization(max_percent=0.8), "max_percent=0.8 of rule utilization-cpu means at most 0.8 %"),
        (Rule.latency(max_increase_percent=1), None),
        (Rule.latency(max_increase_percent=0), None),
        (Rule.error_rate(max_increase_points=0.01, max_percent=0.1), None),
        (Rule.utilization(max_percent=1), None),
    ],
)
def test_a_limit_that_looks_like_a_share_of_one_is_read_back(rule: Rule, said: str | None) -> None:
    """With what it means, and what to write instead."""
    found = read_back(recording(1), replace(QUICK, rules=(rule,)))
    assert [one for one in found if said is None or said not in one] == []
    assert bool(found) is (said is not None)


@pytest.mark.parametrize(("minutes", "said"), [(0.9, False), (1, True), (24, True), (59.9, True), (60, False)])
def test_a_day_that_is_written_in_hours_is_read_back(minutes: float, said: bool) -> None:
    """24 minutes are no day."""
    found = read_back(recording(1), replace(QUICK, min_duration_minutes=minutes))
    assert bool(found) is said
    if minutes == 24:
        assert found == ["warning: min_duration_minutes=24 means 24 min; if hours were meant, write 1440"]


@pytest.mark.parametrize(
    ("times", "said"), [(1, None), (1e-3, "0.04 ms"), (1e-6, "4e-05 ms"), (1.4e3, None), (1.6e3, "6.4e+04 ms")]
)
def test_a_latency_in_another_unit_is_read_back(times: float, said: str | None) -> None:
    """Milliseconds and seconds for microseconds, by p50 or by the average where that is all; nanoseconds likewise."""
    found = read_back(both(recording(20), latency=times))
    assert len(found) == (said is not None)
    assert said is None or f"ModelLatency is {said}" in found[0]


def test_the_average_tells_the_unit_where_it_is_all() -> None:
    """45 ms, here as 45 microseconds."""
    some = both(recording(20), latency=1e-3)
    alone = replace(
        some,
        periods=tuple(
            replace(one, production=Side({}, {"ModelLatency": {"count": 1500.0, "avg": 45.0}})) for one in some.periods
        ),
    )
    assert "ModelLatency is 0.045 ms" in read_back(alone)[0]


@pytest.mark.parametrize("name", ["CPUUtilization", "MemoryUtilization", "DiskUtilization"])
@pytest.mark.parametrize(("percent", "said"), [(1.0, True), (0.4, True), (1.1, False), (0.0, False)])
def test_utilisation_as_a_share_of_one_is_read_back(name: str, percent: float, said: bool) -> None:
    """Of one variant alone too, by its name: no host that serves has less than a percent in use."""
    some = with_shadow(recording(20), lambda _, one: Side({**one.numbers, name: percent}, one.distributions))
    found = read_back(some)
    assert len(found) == said
    assert not said or f"{name} of the shadow is {percent:g} % at most" in found[0]


@pytest.mark.parametrize(
    ("times", "said"),
    [(1e-3, True), (1e3, True), (1e-6, True), (1e6, True), (334, True), (2990, True), (330, False), (3010, False)],
)
def test_a_variant_in_another_unit_gets_no_verdict(times: float, said: bool) -> None:
    """Neither a PASS nor a FAIL: about a thousand or a million times is no difference between two models."""
    equal = recording(60)
    same = tuple(replace(one, shadow=slower(times)(one.production)) for one in equal.periods)
    verdict = judge(replace(equal, periods=same), QUICK, intervals=False)
    assert ("as if one were in another unit" in verdict.reason) is said
    assert not said or verdict.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("failed", "said"), [(1650, False), (1651, True)])
@pytest.mark.parametrize("side", ["production", "shadow"])
def test_far_more_errors_than_requests_are_no_errors(side: str, failed: int, said: bool) -> None:
    """A tenth more, and a few, may be counted a period later; what can't be excuses and condemns nobody."""
    usual = recording(20)

    def change(one: Side) -> Side:
        return replace(one, numbers={**one.numbers, "Invocation5XXErrors": float(failed)})

    periods = tuple(replace(one, **{side: change(getattr(one, side))}) for one in usual.periods)  # type: ignore[arg-type] # names of sides
    verdict = judge(replace(usual, periods=periods), QUICK, intervals=False)
    assert ("are more than its 30,000 requests" in verdict.reason) is said
    assert not said or verdict.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("seconds", "apart", "periods", "said"), [(5, 300, 12, True), (5, 300, 11, False), (300, 300, 40, False)]
)
def test_periods_that_are_farther_apart_than_long_are_read_back(
    seconds: int, apart: int, periods: int, said: bool
) -> None:
    """Minutes for seconds: none begins where another ends."""
    made = replace(recording(periods), period_seconds=seconds)
    found = read_back(made)
    assert len(found) == said
    assert not said or f"period_seconds={seconds}, but the periods begin {apart} s apart" in found[0]


@pytest.mark.parametrize(
    ("each", "periods", "said"), [(1, 40, False), (2, 24, True), (2, 22, False), (5, 60, True), (5, 55, False)]
)
def test_utilisation_that_comes_more_seldom_than_the_periods_is_read_back(each: int, periods: int, said: bool) -> None:
    """A dozen figures of the shadow's, none of which follows the one before at once."""
    usual = recording(periods)
    without = [
        replace(one.shadow, numbers={k: v for k, v in one.shadow.numbers.items() if k != "CPUUtilization"})
        for one in usual.periods
    ]
    some = [one if n % each == 0 else replace(one, shadow=without[n]) for n, one in enumerate(usual.periods)]
    found = read_back(replace(usual, periods=tuple(some)))
    assert [f"utilisation is published every {each * 300} s" in one for one in found] == [True] * said


def test_a_gap_is_no_distance() -> None:
    """A few periods that are missing say nothing of how long the others are."""
    some = recording(40)
    moved = tuple(
        replace(one, start=START + datetime.timedelta(minutes=5 * n + (n > 1) * 600))
        for n, one in enumerate(some.periods)
    )
    assert read_back(replace(some, periods=moved)) == []


def median_ratio(ratio: float) -> Samples:
    """A shadow whose p50 is so many times production's."""
    some = with_latency(
        recording(3),
        lambda one: {"count": 1500.0, "p50": one.distributions["ModelLatency"]["p50"] * ratio},
    )
    return samples_of(some, QUICK)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3, 1e6])
def test_a_ratio_within_three_times_a_unit_is_one(unit: float) -> None:
    """On either side, of a thousand and of a million."""
    for ratio, is_told in ((2.9997, True), (3.0003, False), (1 / 2.9997, True), (1 / 3.0003, False)):
        assert (readback.why_impossible(median_ratio(ratio * unit)) is not None) is is_told, ratio


def test_latencies_of_a_container_are_between_fifty_microseconds_and_a_minute() -> None:
    """Just there, too; of errors a tenth and ten more than the requests can be."""
    for value, is_told in ((49.9, True), (50, False), (60_000_000, False), (60_000_001, True)):
        some = recording(1)
        side = Side({"Invocations": 100.0}, {"ModelLatency": {"count": 100.0, "p50": float(value)}})
        one = samples_of(replace(some, periods=(replace(some.periods[0], production=side),)), QUICK)
        assert bool([*noted._of_latency(one)]) is is_told
    for name, unit in (("MemoryUtilization", "0 to 100"), ("CPUUtilization", "summed over the cores")):
        for percent, told in ((1.0, unit), (1.01, None)):
            low: dict[str, float | None] = {name: percent}
            [*found] = noted._of_shares(samples_of(with_numbers(recording(1), [low].__getitem__), QUICK))
            assert [one.split("percent, ")[1] for one in found] == ([told] if told else [])
    for failed, is_told in ((1110.0, False), (above(1110.0), True)):
        counted: dict[str, float | None] = {"Invocations": 1000.0, "Invocation4XXErrors": failed}
        some = with_numbers(recording(1), [counted].__getitem__)
        assert bool([*readback._of_errors(samples_of(some, QUICK))]) is is_told
