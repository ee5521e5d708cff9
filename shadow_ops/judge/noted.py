"""What a person should know beside a verdict, for those who show it: no function does.

Numbers that may mean something else than was meant are read back: what can't be meant is refused where it is read;
these can be, and nobody would see it in a PASS.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Iterator

from shadow_ops.contract.catalogue import CPU_UTILIZATION, MICROSECONDS_PER_MILLISECOND, MODEL_LATENCY, RESOURCE_METRICS
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.small import small_limits
from shadow_ops.judge.copies import Copies, Fault
from shadow_ops.judge.decide import judge
from shadow_ops.judge.opinion import counted, lasting
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.recording import Recording

# Shorter periods resemble their neighbours so much that two equal variants fail more often: docs/gate.md has it.
_SHORT_PERIOD_SECONDS = 300
_PRICE_OF_MINUTES_PERCENT = 7.5
# No container answers a request in less, and SageMaker waits for none longer.
_FASTEST_MICROSECONDS, _SLOWEST_MICROSECONDS = 50, 60_000_000
_SIDES = ("production", "the shadow")
# Memory of a host that serves is more, in percent.
_LEAST_PERCENT = 1
_A_MINUTE, _AN_HOUR = 1, 60
# So many periods say how far apart they are.
_ENOUGH = 12


def judge_aloud(recording: Recording, policy: GatePolicy) -> Verdict:
    """Judge a shadow test, with all that a person should know beside the verdict."""
    return noted(judge(recording, policy), recording, policy)


def noted(verdict: Verdict, recording: Recording, policy: GatePolicy) -> Verdict:
    """A verdict with all that a person should know beside it.

    Args:
        verdict: What was judged, with the notes of its rules.
        recording: What was seen.
        policy: What must hold.
    """
    samples = samples_of(recording, policy)
    read_back = (*_of_policy(policy), *_of_distances(samples), *_of_latency(samples), *_of_shares(samples))
    warnings = tuple(f"warning: {one}" for one in read_back)
    return dataclasses.replace(verdict, notes=(*warnings, *_of_periods(recording, samples), *verdict.notes))


def _of_policy(policy: GatePolicy) -> Iterator[str]:
    for rule in policy.rules:
        yield from small_limits(rule).values()
    minutes = policy.min_duration_minutes
    if _A_MINUTE <= minutes < _AN_HOUR:
        yield f"min_duration_minutes={minutes:g} means {lasting(minutes)}; if hours were meant, write {minutes * 60:g}"


def _of_distances(samples: Samples) -> Iterator[str]:
    starts = [one.start for one in samples.periods]
    apart = [(later - one).total_seconds() for one, later in itertools.pairwise(starts)]
    if len(starts) >= _ENOUGH and min(apart) > samples.fine.seconds:
        usual = statistics.median(apart)
        yield (
            f"period_seconds={samples.fine.seconds:g}, but the periods begin {usual:g} s apart: counted as {usual:g} s "
            f"long they would be judged otherwise"
        )
    figures = samples.fine.numbers(CPU_UTILIZATION.name)[1]
    known = [start for start, figure in zip(starts, figures, strict=True) if figure is not None]
    between = [(later - one).total_seconds() for one, later in itertools.pairwise(known)]
    if len(known) >= _ENOUGH and min(between) > max(samples.fine.seconds, statistics.median(apart)):
        yield (
            f"period_seconds={samples.fine.seconds:g}, but utilisation is published every {min(between):g} s: most "
            f"periods lack it; judge by periods of {min(between):g} s"
        )


def _of_latency(samples: Samples) -> Iterator[str]:
    for statistic in ("p50", "avg"):
        values = [one for one in samples.fine.latencies(MODEL_LATENCY.name, statistic)[0] if one]
        if not values:
            continue
        middle = statistics.median(values)
        if not _FASTEST_MICROSECONDS <= middle <= _SLOWEST_MICROSECONDS:
            yield (
                f"production's ModelLatency is {middle / MICROSECONDS_PER_MILLISECOND:.2g} ms: CloudWatch and "
                "recordings have microseconds"
            )
        return


def _of_shares(samples: Samples) -> Iterator[str]:
    for resource, entry in RESOURCE_METRICS.items():
        for side, values in zip(_SIDES, samples.fine.numbers(entry.name), strict=True):
            known = [one for one in values if one]
            if known and max(known) <= _LEAST_PERCENT:
                unit = "percent, 0 to 100" if resource in ("memory", "disk") else "percent, summed over the cores"
                yield f"{entry.name} of {side} is {max(known):g} % at most: CloudWatch and recordings have {unit}"


def _of_periods(recording: Recording, samples: Samples) -> tuple[str, ...]:
    notes: list[str] = []
    if recording.period_seconds < _SHORT_PERIOD_SECONDS:
        notes.append(
            f"warning: periods of {recording.period_seconds} s resemble their neighbours: of periods of a minute, "
            f"{_PRICE_OF_MINUTES_PERCENT} % of two equal variants failed, of five minutes none"
        )
    if samples.warm_up:
        notes.append(f"{counted(samples.warm_up, 'period')} of warm-up not judged")
    if samples.idle:
        notes.append(f"{counted(samples.idle, 'period')} without requests of either variant left out")
    if samples.unpaired:
        notes.append(f"{counted(samples.unpaired, 'period')} with requests of one variant only not compared")
    notes.extend(_of_copies(samples.copies, recording.shadow_variant))
    return tuple(notes)


def _of_copies(copies: Copies, shadow: str) -> list[str]:
    found = copies.faults
    said = [(fault, found.count(fault)) for fault in Fault]
    return [f"{many} of {len(found)} periods in which {shadow!r} got {fault}" for fault, many in said if many]
