"""When alarms fire, on invented traffic."""

from __future__ import annotations

import pytest

from shadow_constructs.alarms import chance
from shadow_constructs.values.alerts import Alerts
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from tests.constructs.alarm_world import LATENCY, NONE, PERIOD, Traffic, World
from tests.values.samples import serving, shadow_test

BUSY = Traffic(400)
RELATIVE = {"relative-latency-p50", "relative-latency-p90"}


def test_an_equal_shadow_raises_no_alarm() -> None:
    """Two variants that are the same are judged fine, by every alarm that has something to judge."""
    world = World(shadow_test()).pass_by(BUSY, BUSY, 5)

    assert world.in_alarm() == set()
    assert {world.states[name] for name in RELATIVE} == {"OK"}


def test_a_slow_shadow_alarms_about_the_difference_alone() -> None:
    """Half as slow again: the comparison fires, production's alarms don't."""
    world = World(shadow_test()).pass_by(BUSY, Traffic(400, latency=1.5 * LATENCY), 3)

    assert world.in_alarm() == RELATIVE


def test_one_slow_period_is_no_alarm() -> None:
    """An outlier wakes nobody."""
    world = (
        World(shadow_test()).pass_by(BUSY, BUSY, 2).pass_by(BUSY, Traffic(400, latency=3 * LATENCY)).pass_by(BUSY, BUSY)
    )

    assert world.in_alarm() == set()


def test_a_failing_shadow_alarms_and_production_stays_calm() -> None:
    """A tenth of the shadow's requests fails: its own alarms and the difference fire."""
    world = World(shadow_test()).pass_by(BUSY, Traffic(400, failing=40), 3)

    assert world.in_alarm() == {
        "shadow-error-rate-5xx",
        "shadow-error-rate-model",
        "relative-error-rate-5xx",
        "relative-error-rate-model",
    }


def test_both_failing_alike_is_no_difference() -> None:
    """What both suffer from isn't the shadow's fault; each alone is in trouble all the same."""
    failing = Traffic(400, failing=40)

    found = World(shadow_test()).pass_by(failing, failing, 3).in_alarm()

    assert {name for name in found if name.startswith("relative")} == set()
    assert {"production-error-rate-5xx", "shadow-error-rate-5xx"} <= found


def test_a_failing_production_is_productions_alarm() -> None:
    """Callers suffer: the alarms about production fire, and the shadow isn't called unfit."""
    found = World(shadow_test()).pass_by(Traffic(400, failing=40), BUSY, 3).in_alarm()

    assert found == {"production-error-rate-5xx", "production-error-rate-model"}


def test_three_requests_at_night_wake_nobody() -> None:
    """All three fail on both variants, and the shadow is ten times as slow: too few to say anything."""
    night = Traffic(3, failing=3)

    world = World(shadow_test()).pass_by(night, Traffic(3, latency=10 * LATENCY, failing=3), 6)

    assert world.in_alarm() == set()
    assert world.values("relative-error-rate-5xx") == [None] * 6


def test_one_busy_period_in_a_quiet_night_wakes_nobody() -> None:
    """Whatever else is missing, one bad period isn't three."""
    bad = Traffic(400, latency=2 * LATENCY, failing=200)

    world = World(shadow_test()).pass_by(NONE, NONE, 4).pass_by(BUSY, bad).pass_by(NONE, NONE, 4)

    assert world.in_alarm() == set()


def test_a_silent_shadow_alarms_about_its_traffic() -> None:
    """Production has requests and the shadow gets none: no other alarm could see it."""
    assert World(shadow_test()).pass_by(BUSY, NONE, 3).in_alarm() == {"shadow-traffic"}


@pytest.mark.parametrize(("got", "expected"), [(100, set()), (60, set()), (40, {"shadow-traffic"})])
def test_a_sampled_shadow_is_held_to_its_share(got: int, expected: set[str]) -> None:
    """A quarter of the requests is asked for: half of that is too little, what chance does isn't."""
    test = shadow_test(sampling_percent=25)

    assert World(test).pass_by(BUSY, Traffic(got), 3).in_alarm() == expected


def test_no_traffic_at_all_is_no_alarm() -> None:
    """Nobody calls: nothing is wrong, and what can only be compared has no verdict."""
    world = World(shadow_test()).pass_by(NONE, NONE, 6)

    assert world.in_alarm() == set()
    assert world.states["relative-latency-p50"] == "INSUFFICIENT_DATA"
    assert world.states["production-error-rate-5xx"] == "OK"


def test_a_quiet_night_does_not_make_a_bad_shadow_fit() -> None:
    """What was shown by day stands until there is enough traffic to show otherwise."""
    world = World(shadow_test()).pass_by(BUSY, Traffic(400, latency=1.5 * LATENCY, failing=40), 3)
    by_day = world.in_alarm()

    at_night = set(world.pass_by(Traffic(3), Traffic(3), 8).in_alarm())
    next_day = world.pass_by(BUSY, BUSY, 5).in_alarm()

    assert by_day == at_night
    assert next_day == set()


def test_productions_trouble_ends_with_its_requests() -> None:
    """When nobody calls any more, nobody is failed any more."""
    world = World(shadow_test()).pass_by(Traffic(400, failing=40), BUSY, 3).pass_by(NONE, NONE, 6)

    assert world.in_alarm() == set()


def test_a_full_disk_alarms_before_capture_stops() -> None:
    """At 75 percent, on whichever variant."""
    test = shadow_test()

    assert World(test).pass_by(BUSY, Traffic(400, disk=74), 3).in_alarm() == set()
    assert World(test).pass_by(Traffic(400, disk=76), BUSY, 3).in_alarm() == {"production-disk"}


def test_cpu_is_judged_by_the_number_of_cores() -> None:
    """An ml.m5.xlarge has four: 310 of CloudWatch's 400 is below 80 percent, 330 is above."""
    test = shadow_test()

    assert World(test).pass_by(BUSY, Traffic(400, cpu=310), 3).in_alarm() == set()
    assert World(test).pass_by(BUSY, Traffic(400, cpu=330), 3).in_alarm() == {"shadow-cpu"}


def test_a_latency_bound_in_milliseconds_is_held_in_microseconds() -> None:
    """A p90 of 25 ms passes a bound of 30 ms and not one of 20 ms; both variants have it."""
    slow = Traffic(400, latency=25_000, spread=0)
    for bound, expected in ((30, set()), (20, {"production-latency-p90", "shadow-latency-p90"})):
        test = shadow_test(gate=GatePolicy(rules=(Rule.latency(percentile=90, max_milliseconds=bound),)))

        assert World(test).pass_by(slow, slow, 3).in_alarm() == expected


def test_a_percentile_of_too_few_requests_is_ignored() -> None:
    """A p99 wants a thousand requests: four hundred say nothing, whatever the bound."""
    test = shadow_test(gate=GatePolicy(rules=(Rule.latency(percentile=99, max_milliseconds=1),)))

    assert World(test).pass_by(BUSY, BUSY, 4).in_alarm() == set()


def test_an_endpoint_without_a_shadow_has_alarms_about_production_alone() -> None:
    """After the promotion nothing of the comparison is left to fire."""
    world = World(serving()).pass_by(Traffic(400, failing=40), NONE, 3)

    assert world.in_alarm() == {"production-error-rate-5xx", "production-error-rate-model"}


def cries(requests: int, percentile: float) -> int:
    """How often an alarm fires in half a day of two equal variants whose latencies scatter widely."""
    rules = (Rule.latency(percentile=percentile), Rule.error_rate(max_increase_points=0.1))
    world = World(shadow_test(gate=GatePolicy(rules=rules), alerts=Alerts(min_requests=20)))
    found = 0
    for _ in range(12 * 3600 // PERIOD):
        ours, theirs = (sum(world.random.random() < 0.02 for _ in range(requests)) for _ in range(2))
        world.pass_by(Traffic(requests, spread=0.5, failing=ours), Traffic(requests, spread=0.5, failing=theirs))
        found += len(world.in_alarm())
    return found


@pytest.mark.parametrize(("requests", "percentile"), [(20, 50), (100, 90)])
def test_equal_variants_stay_quiet_at_the_traffic_floor(
    requests: int, percentile: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve hours without a cry; the same alarms without the margin for chance do cry."""
    assert cries(requests, percentile) == 0

    monkeypatch.setattr(chance, "STANDARD_ERRORS", 0)
    assert cries(requests, percentile) > 0
