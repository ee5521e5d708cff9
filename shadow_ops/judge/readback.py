"""Numbers that may mean something else than was meant, read back beside the verdict.

What can't be meant is refused where it is read; these can be, and nobody would see it in a PASS.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator

from shadow_ops.contract.catalogue import MICROSECONDS_PER_MILLISECOND, MODEL_LATENCY, RESOURCE_METRICS
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.opinion import lasting
from shadow_ops.judge.samples import Samples

# No container answers a request in less, and SageMaker waits for none longer.
_FASTEST_MICROSECONDS, _SLOWEST_MICROSECONDS = 50, 60_000_000
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
    found = (*_of_policy(policy), *_of_distances(samples), *_of_latency(samples), *_of_memory(samples))
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


def _of_memory(samples: Samples) -> Iterator[str]:
    name = RESOURCE_METRICS["memory"].name
    values = [one for side in samples.fine.numbers(name) for one in side if one]
    if values and max(values) <= _LEAST_PERCENT:
        yield f"{name} is {max(values):g} % at most: CloudWatch and recordings have percent, 0 to 100"
