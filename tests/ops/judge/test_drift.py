"""Slow waves that move both variants: what of a series is drift, and what it takes from the evidence."""

from __future__ import annotations

import math

import pytest

from shadow_ops.judge import drift
from shadow_ops.judge.drift import NO_DRIFT, Drift, divisor
from shadow_ops.judge.samples import samples_of
from shadow_ops.measure.recording import Side
from tests.ops.judge.samples import QUICK, above, below, recording, with_shadow


def test_the_margin_of_drift_begins_at_what_is_usual_and_learns() -> None:
    """Three times 2.45 % before anything is seen; half-way to what is seen after ten periods."""
    assert pytest.approx(3 * math.sqrt(0.0006)) == NO_DRIFT.margin
    assert Drift(0.0018, 0.5, 10).margin == pytest.approx(3 * math.sqrt(0.0012))
    # Of usual drift that is below eight percent.
    assert [Drift(one, 0.5, 1000).is_usual(1.0) for one in (0.0007, 0.00072)] == [True, False]
    assert (Drift(0.1, 0.7, 9).lasts, Drift(0.1, 0.71, 9).lasts) == (False, True)


def test_evidence_counts_less_by_drifts_share_and_memory() -> None:
    """1 + 2 x share / (1 - memory), where a series of noise 0.01 has a drift of a quarter of that."""
    series = [0.1 if number % 2 else -0.1 for number in range(72)]
    assert divisor(series, Drift(0.0025, 0.5, 72)) == pytest.approx(1 + 2 * 0.25 / 0.5)
    assert divisor(series, Drift(0.0025, 0.0, 72)) == 1
    assert divisor(series[:2], Drift(0.0025, 0.5, 72)) == 1


def test_drift_is_usual_up_to_its_margin_and_its_share_of_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just there, too; and a series that hardly moves has none."""
    monkeypatch.setattr(drift, "_USUAL_MARGIN", NO_DRIFT.margin)
    assert (NO_DRIFT.is_usual(1.5), NO_DRIFT.is_usual(above(1.5))) == (True, False)
    monkeypatch.setattr(drift, "_USUAL_MARGIN", below(NO_DRIFT.margin))
    assert not NO_DRIFT.is_usual(1.0)
    assert drift.drift_of([0.3] * 20 + [above(0.3)] * 20).memory == 0
    assert drift.drift_of([0.1, 0.2]) is NO_DRIFT
    assert drift.drift_of([0.0, 1.0, 1.0]) == Drift(0.0, 0.0, 3)
    # Kendall's correction: of four, (4 x + 1) in one.
    assert drift.drift_of([0.0, 0.0, 1.0, 1.0]).memory == 0.95
    series = [0.0, 0.0, 1.0, 1.0, 0.0] * 4
    (variance, covariance) = drift._moments(series)
    assert drift.drift_of(series).memory == pytest.approx((20 * covariance / variance + 1) / 17)


@pytest.mark.parametrize(("having", "periods"), [(10, 20), (11, 11)])
def test_drift_is_seen_in_the_average_where_most_periods_have_one(having: int, periods: int) -> None:
    """Else in the median."""

    def cut(number: int, one: Side) -> Side:
        kept = {k: v for k, v in one.distributions["ModelLatency"].items() if k != "avg" or number < having}
        return Side(one.numbers, {"ModelLatency": kept})

    some = samples_of(with_shadow(recording(20), cut), QUICK)
    assert some.drift_in(some.fine).periods == periods
