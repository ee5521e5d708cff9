"""Numbers that may mean something else than was meant, read back beside the verdict.

What can't be meant is refused where it is read; these can be, and nobody would see it in a PASS.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator

from shadow_ops.contract.catalogue import ERROR_METRICS, MICROSECONDS_PER_MILLISECOND, MODEL_LATENCY, RESOURCE_METRICS
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.opinion import lasting
from shadow_ops.judge.samples import Samples

# No container answers a request in less, and SageMaker waits for none longer.
_FASTEST_MICROSECONDS, _SLOWEST_MICROSECONDS = 50, 60_000_000
_LATENCIES, _SIDES = (MODEL_LATENCY.name, "OverheadLatency"), ("production", "the shadow")
# Milliseconds or seconds on one side alone; two models' latencies are hardly farther apart than that beside.
_UNITS, _NEARLY, _TELL_A_UNIT = (1e-6, 1e-3, 1e3, 1e6), 3, 1000
# An error may be counted a period after its request.
_MOST_ERRORS, _A_FEW = 1.1, 10
# Memory of a host that serves is more, in percent.
_LEAST_PERCENT = 1
_A_MINUTE, _AN_HOUR = 1, 60
# So many periods say how far apart they are.
_ENOUGH = 12


def notes(samples: Samples, policy: GatePolicy) -> tuple[str, ...]:
    """What a person should read again.

    Args:
        samples: What is judged.
        policy: What must hold.
    """
    found = (*_of_policy(policy), *_of_distances(samples), *_of_latency(samples), *_of_shares(samples))
    return tuple(f"warning: {one}" for one in found)


def _of_policy(policy: GatePolicy) -> Iterator[str]:
    for rule in policy.rules:
        yield from rule.small_limits.values()
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


def why_impossible(samples: Samples) -> str | None:
    """Why the figures can't mean what they say, so that they speak neither for the shadow nor against it.

    Args:
        samples: What is judged.
    """
    return next(itertools.chain(_of_units(samples), _of_errors(samples)), None)


def _of_units(samples: Samples) -> Iterator[str]:
    for metric in _LATENCIES:
        for statistic in ("p50", "avg", "p90", "p99"):
            both = zip(*samples.fine.latencies(metric, statistic), strict=True)
            # A unit is as long as the test: a thousand periods tell it as well as all.
            some = itertools.islice(both, 0, None, math.ceil(len(samples.periods) / _TELL_A_UNIT) or 1)
            ratios = [ours / theirs for theirs, ours in some if theirs and ours]
            ratio = statistics.median(ratios) if ratios else 1.0
            if ratio > 0 and any(1 / _NEARLY <= ratio * one <= _NEARLY for one in _UNITS):
                yield (
                    f"{metric} {statistic} of the shadow is {ratio:.3g} times production's, as if one were in another "
                    "unit: CloudWatch and recordings have microseconds"
                )


def _of_errors(samples: Samples) -> Iterator[str]:
    for side, requests in zip(range(len(_SIDES)), samples.fine.requests, strict=True):
        asked = math.fsum(filter(None, requests))
        for entry in ERROR_METRICS.values():
            failed = math.fsum(filter(None, samples.fine.numbers(entry.name)[side]))
            if asked and failed > _MOST_ERRORS * asked + _A_FEW:
                yield f"{entry.name} of {_SIDES[side]}, {failed:,.0f}, are more than its {asked:,.0f} requests"
