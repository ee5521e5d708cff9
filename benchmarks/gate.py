"""How often the gate is wrong, and how long it takes, when it is asked after every single period.

Simulated tests (benchmarks/gate_traffic.py says how) are judged by the default policy, except that a PASS needs an
hour instead of a day, which is harder on the gate. A verdict counts the first time that it is given. Beside it: when
the p99 rule alone would have failed by the sign test that its own test replaced, at the same level; a
threshold on the ratio of the last hour's mean p99, asked likewise; and an unpaired rank test as Kayenta uses it, asked
every 36 periods.

Run it with ``python -m benchmarks.gate``; ``--quick`` takes a minute and shows the shape only. The evidence is that of
the judge's own functions; at every first verdict the whole judge is asked too and must agree.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.gate_rivals import SignTest, rank_test_fails, ratio_alarms
from benchmarks.gate_traffic import PERCENTILES, Change, Quantiles, Traffic, pool, recording
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge, ranks, rates
from shadow_ops.judge.opinion import FEWEST_PERIODS, needs_of
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import latency_of, number_of, samples_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording

POLICY = GatePolicy(min_duration_minutes=60)
# 3 latencies, 3 error rates, 2 bounds of theirs, CPU, memory and disk: what the judge counts of the simulated tests.
_TESTS = 11
_ALLOWED = 1.05
_RANK_TEST_PERIODS = 36

TRAFFIC = (
    Traffic(60, 100, 72),
    Traffic(300, 100, 24),
    Traffic(1000, 100, 24),
    Traffic(6000, 100, 24),
    Traffic(300, 20, 72),
    Traffic(300, 10, 72),
    Traffic(6000, 10, 24),
)
CHANGES = (
    Change("none (A/A)"),
    Change("p99 +5 % (as allowed)", p99=1.05),
    Change("p99 +10 %", p99=1.1),
    Change("all +10 %", 1.1, 1.1, 1.1),
    Change("p99 +20 %", p99=1.2),
    Change("5xx 0.1 -> 0.5 %", errors=5),
)


@dataclass(frozen=True)
class Run:
    """One test's first verdict, in minutes, and what the others said."""

    outcome: Outcome | None
    minutes: float
    agrees: bool
    sign_minutes: float | None
    ratio_alarm: bool
    rank_test: bool | None
    rank_test_ever: bool


_POOLS: dict[Traffic, list[Quantiles]] = {}


def main() -> int:
    """Print the table; returns 1 if the judge disagreed with its own functions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=120, help="simulated tests per line (default 120)")
    parser.add_argument("--same", type=int, default=400, help="simulated tests of two equal variants (default 400)")
    parser.add_argument("--quick", action="store_true", help="20 tests per line")
    parser.add_argument("--processes", type=int, default=2, help="how many work side by side (default 2)")
    arguments = parser.parse_args()
    print(f"288 periods, all rules of the default policy: {speed():.0f} ms of one core a verdict\n")
    heads = (
        "a minute",
        "copied",
        "period",
        "change",
        "FAIL",
        "after",
        "PASS",
        "after",
        "by sign",
        "ratio",
        "rank test",
    )
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    agree = True
    for traffic in TRAFFIC:
        _POOLS[traffic] = pool(traffic, seed=traffic.per_minute)
        with multiprocessing.get_context("fork").Pool(arguments.processes) as workers:
            for change in CHANGES:
                count = arguments.same if change is CHANGES[0] else arguments.repetitions
                jobs = [(traffic, change, seed) for seed in range(20 if arguments.quick else count)]
                runs = workers.starmap(one_run, jobs, chunksize=5)
                agree = agree and all(run.agrees for run in runs)
                print(row(traffic, change, runs), flush=True)
    if not agree:
        print("the judge and its parts disagree", file=sys.stderr)
    return 0 if agree else 1


def speed() -> float:
    """Milliseconds that a verdict over a day takes, the median of several."""
    traffic = Traffic(300, 100, 24.2)
    one = recording(traffic, CHANGES[0], [((0.0, 0.5, 1.0), (0.01, 0.5, 1.0)), ((0.0, 0.5, 1.1), (0.0, 0.5, 1.0))], 1)
    taken = []
    for _ in range(15):
        start = time.process_time()
        judge(one, GatePolicy())
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def row(traffic: Traffic, change: Change, runs: Sequence[Run]) -> str:
    """One line of the table."""

    def share(count: int) -> str:
        return f"{count / len(runs):.1%}"

    def middle(minutes: Sequence[float | None]) -> str:
        # Of all tests: a median only where more than half got there.
        sorted_minutes = sorted(math.inf if one is None else one for one in minutes)
        half = sorted_minutes[len(sorted_minutes) // 2]
        return "" if math.isinf(half) else f"{half:.0f} min"

    cells = [f"{traffic.per_minute:,}", f"{traffic.sampling_percent:g} %", f"{traffic.period_seconds} s", change.title]
    for outcome in (Outcome.FAIL, Outcome.PASS):
        minutes = [run.minutes if run.outcome is outcome else None for run in runs]
        cells += [share(sum(one is not None for one in minutes)), middle(minutes)]
    cells.append(middle([run.sign_minutes for run in runs]))
    cells.append(share(sum(run.ratio_alarm for run in runs)))
    asked = [run.rank_test for run in runs if run.rank_test is not None]
    ever = sum(run.rank_test_ever for run in runs)
    cells.append(f"{sum(asked) / len(asked):.1%} / {share(ever)}" if asked else "")
    return f"| {' | '.join(cells)} |"


def one_run(traffic: Traffic, change: Change, seed: int) -> Run:
    """Judge one simulated test after every period until the first verdict."""
    whole = recording(traffic, change, _POOLS[traffic], seed * 1009 + 7)
    outcome, periods = first_verdict(whole)
    agrees = outcome is None or judge(_beginning(whole, periods), POLICY).outcome is outcome
    production, shadow = ([latency_of(getattr(one, side), "p99") or 0 for one in whole.periods] for side in _SIDES)
    hour = max(1, 3600 // traffic.period_seconds)
    chunks = [
        rank_test_fails(production[end - _RANK_TEST_PERIODS : end], shadow[end - _RANK_TEST_PERIODS : end], _ALLOWED)
        for end in range(_RANK_TEST_PERIODS, len(production) + 1, _RANK_TEST_PERIODS)
    ]
    return Run(
        outcome,
        periods * traffic.period_seconds / 60,
        agrees,
        _sign_minutes(whole),
        ratio_alarms(production, shadow, _ALLOWED, hour) is not None,
        chunks[0] if chunks else None,
        any(chunks),
    )


_SIDES = ("production", "shadow")


def first_verdict(whole: Recording) -> tuple[Outcome | None, int]:
    """The first verdict other than INCONCLUSIVE, and after how many periods of the test."""
    judged = samples_of(whole, POLICY).periods
    skipped = len(whole.periods) - len(judged)
    needs = needs_of(POLICY, _TESTS)
    allowed = math.log(_ALLOWED)
    differences: dict[int, list[float]] = {one: [] for one in PERCENTILES}
    counts: list[Counts] = []
    for number, period in enumerate(judged, 1):
        for percentile, listed in differences.items():
            values = [latency_of(getattr(period, side), f"p{percentile}") or 1.0 for side in _SIDES]
            listed.append(math.log(values[1] / values[0]))
        figures = [
            number_of(side, name) or 0.0
            for side in (period.shadow, period.production)
            for name in ("Invocation5XXErrors", "Invocations")
        ]
        counts.append(Counts(*figures))
        evidence = [ranks.log_evidence(listed, allowed) for listed in differences.values()]
        together, points = rates.total(counts), 0.001
        errors = rates.log_evidence_against_excess(together, points, points)
        failing = together.excess > points and errors >= needs.fail
        slower = any(one.above >= needs.fail for one in evidence) or evidence[-1].above >= needs.fail_first
        if slower or (failing and rates.log_evidence_of_ratio(counts) >= needs.fail):
            return Outcome.FAIL, number + skipped
        long_enough = number >= FEWEST_PERIODS and number * whole.period_seconds >= POLICY.min_duration_minutes * 60
        errors_hold = together.excess < points and errors >= needs.hold and _no_errors_hold(together, needs.hold)
        if long_enough and errors_hold and all(one.below >= needs.ends for one in evidence):
            return Outcome.PASS, number + skipped
    return None, len(whole.periods)


def _no_errors_hold(counts: Counts, needed: float) -> bool:
    # The simulated tests have no 4xx errors at all; of few requests that isn't enough either.
    none = Counts(0, counts.shadow, 0, counts.production)
    return rates.log_evidence_against_excess(none, 0.001, 0.001) >= needed


def _beginning(whole: Recording, periods: int) -> Recording:
    names = (whole.endpoint, whole.production_variant, whole.shadow_variant)
    hardware = (whole.production, whole.shadow, whole.promoted)
    return Recording(*names, whole.sampling_percent, whole.period_seconds, whole.periods[:periods], *hardware)


def _sign_minutes(whole: Recording) -> float | None:
    judged = samples_of(whole, POLICY).periods
    needed, test = needs_of(POLICY, _TESTS).fail_first, SignTest()
    for number, period in enumerate(judged, 1):
        values = [latency_of(getattr(period, side), "p99") or 1.0 for side in _SIDES]
        if test.add(values[1] > _ALLOWED * values[0]) >= needed:
            return (number + len(whole.periods) - len(judged)) * whole.period_seconds / 60
    return None


if __name__ == "__main__":
    sys.exit(main())
