"""Hardware: which figures are judged, and how full it may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge, rates, utilization
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Side
from tests.ops.judge.samples import FAIL, NEEDS, OPEN, PASS, QUICK, above, recording, with_numbers, with_shadow


@pytest.mark.parametrize(
    ("full", "of", "outcome"),
    [(5, 100, PASS), (6, 100, OPEN), (14, 100, OPEN), (20, 100, FAIL)],
)
def test_a_twentieth_of_the_periods_may_be_above_a_limit(full: int, of: int, outcome: Outcome) -> None:
    """At the limit itself isn't above it; surely more than a twentieth fails."""
    rules = (Rule.utilization(resource="memory", max_percent=90),)
    policy = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0)
    marked = {number * of // full for number in range(full)}

    def some(number: int, one: Side) -> Side:
        return Side({**one.numbers, "MemoryUtilization": 90.1 if number in marked else 90.0}, one.distributions)

    found = judge(with_shadow(recording(of), some), policy)
    # More than a fiftieth of a day is a peak too, and takes a PASS away before.
    assert (found.outcome is FAIL) is (outcome is FAIL)
    assert found.findings[0].numbers["periods_above"] == full


@pytest.mark.parametrize(("percent", "is_told"), [(90.1, True), (90, False)])
def test_a_quarter_of_an_hour_of_nearly_full_memory_is_a_peak(percent: float, is_told: bool) -> None:
    """Of 80 % that are allowed, 90 are half of the way to full."""
    some = with_shadow(
        recording(300),
        lambda n, one: Side({**one.numbers, "MemoryUtilization": percent if n in range(150, 153) else 40.0}),
    )
    said = judge(some, replace(QUICK, rules=(Rule.utilization(resource="memory"),))).outcome
    assert said is (OPEN if is_told else PASS)


@pytest.mark.parametrize(
    ("resource", "shadow", "promoted", "sampling", "told"),
    [
        ("gpu", Instances("ml.g5.xlarge", 1, 4, 0), None, 100, "has no GPU"),
        ("gpu", Instances("ml.x.large", 1, 4, None), None, 100, "the number of GPUs of ml.x.large isn't known"),
        ("cpu", Instances("ml.x.large", 1, None, 1), None, 100, "the number of vCPUs of ml.x.large isn't known"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), None, 100, "would run on after a promotion"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), Instances("ml.x.large", 0, 4, 0), 100, "it takes instances"),
        ("cpu", Instances("ml.x.large", 0, 4, 0), Instances("ml.x.large", 1, 4, 0), 100, "it takes instances"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), Instances("ml.x.large", 1, 4, 0), 0, "and a share of the requests"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), Instances("ml.x.large", 1, 4, 0), 1, None),
    ],
)
def test_hardware_that_says_nothing_is_named(
    resource: str, shadow: Instances, promoted: Instances | None, sampling: float, told: str | None
) -> None:
    """One instance of each and any share of the requests is enough."""
    some = replace(
        samples_of(recording(1), QUICK),
        shadow_instances=shadow,
        promoted_instances=promoted,
        sampling_percent=sampling,
    )
    found = utilization.why_not_judged(Rule.utilization(resource=resource), some)  # type: ignore[arg-type] # one of them
    assert found is told is None or (found is not None and told is not None and told in found)


def memory(full: int, of: int, percent: float = 100.0, usual: float = 40.0) -> Samples:
    """So many periods in which the memory of the shadow is that full."""
    marked = {number * of // full for number in range(full)}
    return samples_of(
        with_numbers(recording(of), lambda n: {"MemoryUtilization": percent if n in marked else usual}), QUICK
    )


def test_a_limit_of_hardware_decides_with_just_the_evidence_that_is_needed() -> None:
    """On the limit nothing is above it: of eleven periods one more is to come."""
    rule = Rule.utilization(resource="memory", max_percent=90)
    needed = rates.log_evidence_against_share(20, 100, 0.05)
    for fail, outcome in ((needed, FAIL), (above(needed), OPEN)):
        seen = utilization.judge_utilization(rule, memory(20, 100), replace(NEEDS, fail=fail))
        assert seen.finding.outcome is outcome
    found = utilization.judge_utilization(rule, memory(1, 11, usual=90.0, percent=90.0), NEEDS)
    assert (found.finding.outcome, found.minutes_to_go) == (OPEN, 5)
    assert found.finding.reason.endswith("; 12 periods are needed to pass")


@pytest.mark.parametrize(("theirs", "excused"), [(90.0, False), (90.1, True)])
def test_production_that_is_as_full_excuses_a_period(theirs: float, excused: bool) -> None:
    """On the limit itself it isn't."""
    some, production = recording(20), Side({"MemoryUtilization": theirs})
    both = replace(some, periods=tuple(replace(one, production=production) for one in some.periods))
    rule = Rule.utilization(resource="memory", max_percent=90)
    assert utilization._production_too(rule, samples_of(both, QUICK), "MemoryUtilization") == [excused] * 20


@pytest.mark.parametrize(
    ("resource", "gpus", "factor"),
    [("memory", 2, 1.0), ("gpu_memory", 2, 0.5), ("gpu_memory", None, 1.0), ("gpu", 2, 2.5), ("cpu", 2, 1.25)],
)
def test_a_figure_is_of_the_whole_instance_and_of_all_the_traffic(
    resource: str, gpus: int | None, factor: float
) -> None:
    """By its cores or GPUs; CPU and GPU also by the share that is copied, here a fifth."""
    some = samples_of(recording(3, sampling_percent=20), QUICK)
    some = replace(some, shadow_instances=Instances("ml.x.large", 1, 4, gpus))
    rule = Rule.utilization(resource=resource)  # type: ignore[arg-type] # one of them
    assert utilization._factors(rule, some) == pytest.approx([factor] * 3)
