"""A series of differences held to a value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shadow_ops.judge import held, ranks
from shadow_ops.judge.differences import Differences
from shadow_ops.judge.drift import NO_DRIFT, Drift
from shadow_ops.judge.verdict import Outcome
from tests.ops.judge.samples import FAIL, NEEDS, OPEN, PASS, above
from tests.ops.judge.test_figures import noisy, pairs


def held_at(values: list[float], other: Differences, seen: Drift, ends: float, to_fail: float) -> Outcome:
    """What comes of it with so much evidence needed."""
    return held.held_to(values, other, 0.02, seen, replace(NEEDS, ends=ends), to_fail).outcome


def test_a_series_is_decided_with_just_the_evidence_that_is_needed() -> None:
    """To pass by either way, to fail beyond drift at once, and within it by twenty periods."""
    low, calm = noisy(20, -0.1, 0.03, seed=3), Drift(0.0, 0.0, 10_000)
    patient = ranks.log_evidence(low, 0.02).below
    assert held_at(low, pairs(low), calm, patient, 99) is PASS
    assert held_at(low, pairs(low), calm, above(patient), 99) is OPEN
    slow = Drift(0.0004, 0.9, 20)
    clear = ranks.log_evidence(low, 0.02 - slow.margin).below
    assert held_at(low, pairs(low), slow, clear, 99) is PASS
    assert held_at(low, pairs(low), slow, above(clear), 99) is OPEN
    middle = held.held_to([0.02] * 20, pairs([0.02] * 20), 0.02, calm, NEEDS, 99)
    assert (middle.outcome, middle.leans_above, middle.is_below) == (OPEN, False, False)
    high = noisy(19, 0.3, 0.03, seed=3)
    far = ranks.log_evidence(high, 0.02 + NO_DRIFT.margin).above
    assert held_at(high, pairs(high), NO_DRIFT, 99, far) is FAIL
    assert held_at(high, pairs(high), NO_DRIFT, 99, above(far)) is OPEN
    for count, outcome in ((19, OPEN), (20, FAIL)):
        near = noisy(count, 0.05, 0.03, seed=3)
        won = ranks.log_evidence(near, 0.02).above
        assert held_at(near, pairs(near), calm, 99, won) is outcome
        assert held_at(near, pairs(near), calm, 99, above(won)) is OPEN
        own = pairs(near, beyond=[*[0.05, 0.06, 0.045, 0.055] * 5][:count])
        assert held_at(near, own, Drift(0.0, 0.9, 9), 99, won) is outcome


def test_fewer_periods_fail_where_they_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty, or a hundred minutes, but six at least; a latency's own difference must be confirmed."""
    found = [held._fewest_to_fail(minutes) for minutes in (1, 5, 5.01, 10, 16.6, 16.7, 20, 60)]
    assert found == [20, 20, 20, 10, 7, 6, 6, 6]
    own = [0.1, 0.13, 0.08, 0.12] * 5
    won = ranks.log_evidence(own, 0.02).above
    for confirming, is_own in ((won, True), (above(won), False)):
        monkeypatch.setattr(held, "_CONFIRMING", confirming)
        assert held._is_its_own(own, 0.02) is is_own
