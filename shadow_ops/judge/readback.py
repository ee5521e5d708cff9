"""Figures that can't mean what they say. Those that may mean something else than was meant are told beside, `noted`."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator

from shadow_ops.contract.catalogue import ERROR_METRICS, MODEL_LATENCY
from shadow_ops.judge.samples import Samples

_LATENCIES, _SIDES = (MODEL_LATENCY.name, "OverheadLatency"), ("production", "the shadow")
# Milliseconds or seconds on one side alone; two models' latencies are hardly farther apart than that beside.
_UNITS, _NEARLY, _TELL_A_UNIT = (1e-6, 1e-3, 1e3, 1e6), 3, 1000
# An error may be counted a period after its request.
_MOST_ERRORS, _A_FEW = 1.1, 10


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
