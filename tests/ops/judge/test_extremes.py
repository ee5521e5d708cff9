"""Whatever numbers a recording may hold, the judge says something."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Side
from tests.ops.judge.samples import QUICK, recording

EXTREMES = st.sampled_from([0.0, 1e-12, 1e-9, 1.0, 1e15, 1e18])
PLAIN = recording(30)


@given(EXTREMES, EXTREMES, st.floats(0, 1), st.booleans(), st.integers(0, 99))
def test_numbers_at_the_ends_of_what_a_recording_takes_are_judged(
    figure: float, count: float, share: float, ours: bool, seed: int
) -> None:
    """Latencies, counts and utilisation, in some periods or in all, of one variant or of the other."""
    draw = random.Random(seed)

    def changed(one: Side) -> Side:
        if draw.random() > share:
            return one
        latencies = {
            metric: {key: count if key == "count" else figure for key in found}
            for metric, found in one.distributions.items()
        }
        return Side({name: count if name.startswith("Inv") else figure for name in one.numbers}, latencies)

    periods = tuple(
        replace(one, shadow=changed(one.shadow)) if ours else replace(one, production=changed(one.production))
        for one in PLAIN.periods
    )
    verdict = judge(replace(PLAIN, periods=periods), QUICK)
    assert verdict.outcome in Outcome
    assert "nan" not in verdict.reason
