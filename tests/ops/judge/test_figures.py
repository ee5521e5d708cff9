"""Figure for figure what the judge's parts come to: whoever changes a constant or a comparison sees here what it does.

The parts by themselves, over seeded input with each kind of edge in it; `test_said` has whole verdicts.
"""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import fields, replace

import pytest
from syrupy.assertion import SnapshotAssertion

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import errors_now, ranks, rates
from shadow_ops.judge.differences import Differences, differences_of, with_few
from shadow_ops.judge.drift import Drift, divisor, drift_of
from shadow_ops.judge.episodes import Block
from shadow_ops.judge.held import held_to
from shadow_ops.judge.opinion import needs_of
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import samples_of
from shadow_ops.measure.recording import Coarse, Recording, Side
from tests.ops.judge.samples import QUICK, START, recording, silent, with_shadow

SURE = math.log(20)


def shown(value: object) -> str:
    """A number without the last digits, which depend on the machine's library; others as they are."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.7g}"


def row(*values: object) -> str:
    """Several of them."""
    return " ".join(shown(one) for one in values)


def noisy(count: int, middle: float, sd: float, memory: float = 0.0, seed: int = 1) -> list[float]:
    """A series with as much slow noise as is said."""
    draw, state, found = random.Random(seed), 0.0, []
    for _ in range(count):
        state = memory * state + draw.gauss(0, sd * math.sqrt(1 - memory * memory))
        found.append(middle + state)
    return found


def test_evidence_of_ranks(snapshot: SnapshotAssertion) -> None:
    """Of few and of many differences, with ties, with one on the value, and longer than what is ranked among."""
    series = [
        noisy(1, 0.1, 0.05),
        noisy(40, 0.05, 0.05),
        [*noisy(30, 0.0, 0.1, seed=2), 0.0, 0.05, 0.05, -0.05, 0.05],
        noisy(1300, 0.004, 0.05, seed=3),
    ]
    lines = []
    for one in series:
        for value in (-0.05, 0.0, 0.05):
            evidence = ranks.log_evidence(one, value)
            lines.append(row(evidence.above, evidence.below, [*ranks.course(one, value)][-1]))
        lines.append(row(ranks.noise(one), *ranks.averaged(one, 600)[:2], len(ranks.averaged(one, 600))))
    assert lines == snapshot


def test_intervals_of_ranks(snapshot: SnapshotAssertion) -> None:
    """With the anchor below, above and within, and where there is no end."""
    lines = []
    for count, seed in ((3, 1), (20, 2), (150, 3), (1500, 4)):
        series = noisy(count, 0.1, 0.05, seed=seed)
        for anchor in (-0.1, 0.06, 0.1, 0.14, 0.4):
            for below, above in ((False, False), (True, False), (False, True)):
                found = ranks.interval(series, SURE, anchor, below, above)
                lines.append(row(count, anchor, below, above, found.low, found.centre, found.high))
    assert lines == snapshot


COUNTS = [
    Counts(0, 1000, 0, 1000),
    Counts(0, 40, 3, 2000),
    Counts(3, 500, 4, 1500),
    Counts(30, 1000, 10, 1000),
    Counts(12, 1000, 10, 1000),
    Counts(700, 9000, 600, 8000),
    Counts(50, 50, 0, 60),
    Counts(0, 30, 30, 30),
    Counts(5, 3, 1, 2000),
]


def test_evidence_of_rates(snapshot: SnapshotAssertion) -> None:
    """Each kind of evidence, at several scales, shares and excesses, and the interval."""
    lines = []
    for one in COUNTS:
        if one.shadow_errors > one.shadow:
            continue
        lines.append(row(one.excess, rates.log_evidence_of_ratio([one, one.swapped, one.times(0.5)])))
        lines.append(row(*(rates.log_evidence_below_ratio(one, ratio) for ratio in (0.5, 1.0, 1.2, 5))))
        excesses = ((0.0, 0.001), (0.001, 0.001), (-0.01, 0.0), (0.3, 0.4), (0.02, 1.0))
        lines.append(row(*(rates.log_evidence_against_excess(one, *both) for both in excesses)))
        lines.append(row(*(rates.interval_of_excess(one, SURE, scale) for scale in (0.001, 0.1))))
        shares = (0.0, 1e-6, 0.01, 0.5, 1.0)
        lines.append(row(*(rates.log_evidence_against_share(one.shadow_errors, one.shadow, share) for share in shares)))
    assert lines == snapshot


def test_drift_and_what_evidence_is_worth(snapshot: SnapshotAssertion) -> None:
    """Of each length about the ends of a stretch, and of each memory up to the longest."""
    lines = []
    for count in (2, 3, 4, 12, 35, 36, 37, 71, 72, 73, 150):
        for memory in (0.0, 0.5, 0.9, 0.99):
            series = noisy(count, 0.02, 0.03, memory, seed=count)
            drift = drift_of(series)
            worth = divisor(series, drift), divisor(series, Drift(0.0004, 0.3, 20)), drift.margin, drift.lasts
            lines.append(row(count, memory, drift.variance, drift.memory, drift.periods, *worth))
    lines.append(row(drift_of([0.1] * 40), drift_of([0.1, 0.3] * 20), divisor([0.1] * 40, Drift(0.0, 0.5, 9))))
    assert lines == snapshot


def pairs(
    values: list[float], early: Iterable[float] = (), minutes: float = 5, beyond: Iterable[float] = ()
) -> Differences:
    """Differences of which the judge sees the values elsewhere."""
    starts = tuple(START + number * datetime.timedelta(minutes=minutes) for number in range(len(values)))
    return Differences(starts, (1.0,) * len(values), (1.0,) * len(values), tuple(early), minutes, 0, 0, tuple(beyond))


def test_series_held_to_a_value(snapshot: SnapshotAssertion) -> None:
    """Below, near and above it, of few periods and many, with drift and without, a warm-up and others beside them."""
    needs, lines = needs_of(GatePolicy(), 9), []
    for count in (5, 6, 12, 20, 40):
        for middle in (-0.1, -0.02, 0.0, 0.02, 0.06, 0.2):
            for memory in (0.0, 0.9):
                series = noisy(count, middle, 0.03, memory, seed=count)
                drift = drift_of(series)
                for other in (
                    pairs(series),
                    pairs(series, early=noisy(10, middle, 0.03, seed=4)),
                    pairs(series, minutes=15, beyond=noisy(count, middle, 0.02, seed=5)),
                    pairs(series, minutes=60, beyond=noisy(count, 0.0, 0.02, 0.9, seed=6)),
                ):
                    found = held_to(series, other, 0.02, drift, needs, needs.fail_first)
                    lines.append(row(*(getattr(found, one.name) for one in fields(found))))
    assert lines == snapshot


def blocks(
    errors: Callable[[int], tuple[float, float]], count: int, minutes: float = 5, requests: float = 1000
) -> list[Block]:
    """Periods with so many errors of the shadow and of production."""
    length = datetime.timedelta(minutes=minutes)
    each = ((START + number * length, errors(number)) for number in range(count))
    return [Block(start, Counts(ours, requests, theirs, requests)) for start, (ours, theirs) in each]


def test_what_keeps_errors_from_holding_now(snapshot: SnapshotAssertion) -> None:
    """More and more of them, in the last hours, in a peak of a day, in one that comes again, at an hour of the day."""
    lines: list[object] = []
    for more in range(2, 40, 2):
        for last in (3, 12, 13, 30, 37, 150):
            some = blocks(lambda n, more=more, last=last: (1 + more * (n >= 400 - last), 1), 400)  # type: ignore[misc] # bound early
            lines.append(row(more, last, errors_now.not_now(some, some, 0.001, 5)))
        for when in (range(100, 112), range(100, 106), range(100, 102)):
            some = blocks(lambda n, more=more, when=when: (1 + more * (n % 288 in when), 1), 900)  # type: ignore[misc] # bound early
            lines.append(row(more, when, errors_now.not_now(some, some, 0.001, 5)))
        nights = blocks(lambda n, more=more: (more / 8 * (n % 288 in range(24, 36)), 0.1), 2016, requests=100)  # type: ignore[misc] # bound early
        lines.append(row(more, "at night", errors_now.not_now(nights, nights, 0.001, 5)))
        hourly = blocks(lambda n, more=more: (1 + 4 * more * (n > 60), 1), 72, 60)  # type: ignore[misc] # bound early
        lines.append(row(more, "hourly", errors_now.not_now(hourly, hourly, 0.001, 60)))
        lines.append(row(more, "bound", *(errors_now.above_bound(hourly[: 61 + n], 0.02) for n in range(12))))
    assert lines == snapshot


def told(one: Differences) -> str:
    """What differences there are."""
    sums = (math.fsum(one.logs), math.fsum(one.early), math.fsum(one.beyond), math.fsum(one.production))
    counts = (len(one), len(one.early), len(one.beyond), one.thin, one.missing)
    return row(*counts, *sums, one.minutes, one.blocks, one.few, *one.starts[:1], *one.starts[-1:])


def thinned(given: Recording, share: Callable[[int], float], ours: float = 1.0) -> Recording:
    """The recording with so much of its requests in each period, and so much of that at the shadow."""

    def some(one: Side, times: float) -> Side:
        count = float(round(1500 * times))
        latency = {**one.distributions["ModelLatency"], "count": count}
        return Side({**one.numbers, "Invocations": count}, {"ModelLatency": latency})

    return replace(
        given,
        periods=tuple(
            replace(one, production=some(one.production, share(n)), shadow=some(one.shadow, share(n) * ours))
            for n, one in enumerate(given.periods)
        ),
    )


PLAIN = recording(90)
RECORDINGS: dict[str, Recording] = {
    "plain": PLAIN,
    "half thin": thinned(PLAIN, lambda n: 1 if n % 2 else 0.5),
    "more than half thin": thinned(PLAIN, lambda n: 1 if n % 3 == 1 else 0.5),
    "all thin": thinned(PLAIN, lambda _: 0.3),
    "thin and unlike": thinned(PLAIN, lambda _: 0.3, 0.89),
    "thin and alike": thinned(PLAIN, lambda _: 0.3, 0.91),
    "few": thinned(PLAIN, lambda _: 0.07, 0.5),
    "very few": thinned(PLAIN, lambda _: 0.01),
    "just enough": thinned(PLAIN, lambda n: (999 + n % 3) / 1500),
    "silent late": with_shadow(PLAIN, lambda n, one: silent(n, one) if n > 70 else one),
    "hours": replace(thinned(PLAIN, lambda _: 0.3), coarse=(Coarse(3600, thinned(PLAIN, lambda _: 4).periods[::12]),)),
    "holes": replace(PLAIN, periods=tuple(one for n, one in enumerate(PLAIN.periods) if n % 7)),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_of_a_recording_is_compared(name: str, snapshot: SnapshotAssertion) -> None:
    """Samples and differences, with a warm-up of an hour and without."""
    lines = []
    for warm_up in (0, 60):
        samples = samples_of(RECORDINGS[name], replace(QUICK, warm_up_minutes=warm_up))
        drift = samples.drift_in(samples.fine)
        own = [str(one) for one in samples.copies.own_faults]
        lines += [
            row(len(samples.periods), samples.paired, samples.unpaired, samples.minutes, samples.idle, samples.warm_up),
            row(
                samples.shadow_requests, samples.production_requests, samples.copies_a_day, drift.variance, drift.memory
            ),
            row(*(own.count(fault) for fault in sorted(set(own)))),
        ]
        for rule in (*(Rule.latency(percentile=one) for one in (50, 90, 99)), Rule.average()):
            lines += [told(differences_of(rule, samples)), told(with_few(rule, samples))]
    assert lines == snapshot
