"""Judges how full the hardware is: CPU and GPU as they would be with all the traffic, memory and disk as they are."""

from __future__ import annotations

import datetime
import itertools
import math
import statistics
from collections.abc import Sequence

from shadow_ops.contract.catalogue import RESOURCE_METRICS
from shadow_ops.contract.rules import UtilizationRule
from shadow_ops.judge import rates, vetoes
from shadow_ops.judge.opinion import FEWEST_PERIODS, Needs, Opinion, counted, not_judged, opinion, plain
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.verdict import Outcome

_TOLERATED_SHARE = 0.05
"""Share of the periods that may be above the limit before it fails a shadow; a peak takes its PASS away before."""

# Of what is left between the limit and full, a quarter of an hour beyond so much is a peak.
_NEARLY_FULL = 0.5
_PROJECTED = ("cpu", "gpu")
_OF_A_GPU = ("gpu", "gpu_memory")


def why_not_judged(rule: UtilizationRule, samples: Samples) -> str | None:
    """Why a rule has nothing to say of this endpoint; None if it has."""
    shadow, promoted = samples.shadow_instances, samples.promoted_instances
    if rule.resource in ("memory", "disk"):
        metric = RESOURCE_METRICS[rule.resource].name
        if not samples.knows_hardware and _absent(samples, metric):
            return f"the recording has neither {metric} nor the instances"
        return None
    if shadow is None:
        return "the recording doesn't say what the shadow runs on"
    cores = shadow.gpus if rule.resource in _OF_A_GPU else shadow.vcpus
    if rule.resource in _OF_A_GPU and cores == 0:
        return f"{shadow.instance_type} has no GPU"
    if not cores:
        return (
            f"the number of {'GPUs' if rule.resource in _OF_A_GPU else 'vCPUs'} of {shadow.instance_type} isn't known"
        )
    if rule.resource in _PROJECTED:
        if promoted is None:
            return "the recording doesn't say what the shadow's model would run on after a promotion"
        if promoted.instance_type != shadow.instance_type:
            return (
                f"tested on {shadow.instance_type}, to be promoted on {promoted.instance_type}, "
                "and the load of one says nothing sure of the other"
            )
        if promoted.count < 1 or shadow.count < 1 or samples.sampling_percent <= 0:
            return "it takes instances before and after a promotion, and a share of the requests"
    return None


def may_fail(rule: UtilizationRule, samples: Samples) -> bool:
    """Whether a rule may fail the shadow, as far as the hardware says."""
    return rule.resource in ("memory", "disk") or why_not_judged(rule, samples) is None


def judge_utilization(rule: UtilizationRule, samples: Samples, needs: Needs) -> Opinion:
    """Judge a utilisation.

    Args:
        rule: The rule.
        samples: What is judged.
        needs: How much evidence decides.
    """
    why = why_not_judged(rule, samples)
    if why is not None:
        return not_judged(rule, why)
    entry = RESOURCE_METRICS[rule.resource]
    figures = samples.fine.numbers(entry.name)[1]
    starts = [start for start, value in zip(samples.fine.starts, figures, strict=True) if value is not None]
    found = [
        value * factor for value, factor in zip(figures, _factors(rule, samples), strict=True) if value is not None
    ]
    values = sorted(found)
    if not values or len(values) * 2 < samples.paired:
        absent = len(samples.periods) - len(values)
        where = f"is missing in {absent} of {counted(len(samples.periods), 'period')}" if absent else "has no data yet"
        text = f"{entry.title}: {entry.name} of the shadow {where}"
        return opinion(rule, Outcome.INCONCLUSIVE, text, {"periods": len(values)})
    over = [value > rule.max_percent for value in found]
    above = sum(over)
    high = _p95(values)
    subject = f"{entry.title} at all the traffic" if rule.resource in _PROJECTED else entry.title
    reason = (
        f"{subject} {high:.3g} % in the 95th percentile of {counted(len(values), 'period')}, "
        f"allowed {plain(rule.max_percent)} %: above in {above}"
    )
    numbers: dict[str, float | int | None] = {
        "p95_percent": high,
        "highest_percent": values[-1],
        "allowed_percent": rule.max_percent,
        "projection": _projection(samples, samples.shadow_instances.count)
        if rule.resource in _PROJECTED and samples.shadow_instances is not None
        else None,
        "periods": len(values),
        "periods_above": above,
    }
    bad = frozenset(start for start, one in zip(starts, over, strict=True) if one)
    too = _production_too(rule, samples, entry.name)
    alone = [one and not theirs for one, theirs in zip(over, too, strict=True)]
    unmeasured = frozenset(itertools.compress(starts, alone))
    enough = len(values) >= FEWEST_PERIODS
    many = enough and above > _TOLERATED_SHARE * len(values)
    if many and rates.log_evidence_against_share(above, len(values), _TOLERATED_SHARE) >= needs.fail:
        return opinion(rule, Outcome.FAIL, reason, numbers, bad=bad)
    now = _not_now(over, alone, starts, found, rule.max_percent, samples.period_minutes) if above else None
    if now is not None:
        return opinion(rule, Outcome.INCONCLUSIVE, f"{reason}; not now: {now}", numbers, not_now=now, bad=bad)
    if high <= rule.max_percent and enough:
        return opinion(rule, Outcome.PASS, reason, numbers, bad=bad, unmeasured=unmeasured)
    if high > rule.max_percent:
        text = f"{reason}; not in enough of them to be sure"
        return opinion(rule, Outcome.INCONCLUSIVE, text, numbers, bad=bad)
    minutes = (FEWEST_PERIODS - len(values)) * samples.period_minutes
    text = f"{reason}; {FEWEST_PERIODS} periods are needed to pass"
    return opinion(rule, Outcome.INCONCLUSIVE, text, numbers, minutes, bad=bad)


def _p95(values: Sequence[float]) -> float:
    """The smallest of sorted values that 95 % of them don't exceed."""
    return values[math.ceil((1 - _TOLERATED_SHARE) * len(values)) - 1]


def _production_too(rule: UtilizationRule, samples: Samples, metric: str) -> list[bool]:
    """Whether production itself is above the limit, in each period in which the shadow has a figure.

    Of hardware that isn't known nothing is known: then it excuses nobody.
    """
    cores: int | None = 1
    if rule.resource not in ("memory", "disk"):
        theirs = samples.production_instances
        cores = None if theirs is None else theirs.gpus if rule.resource in _OF_A_GPU else theirs.vcpus
    ours, shadows = samples.fine.numbers(metric)
    return [
        one is not None and bool(cores) and one > rule.max_percent * (cores or 0)
        for one, shadow in zip(ours, shadows, strict=True)
        if shadow is not None
    ]


def _not_now(
    over: Sequence[bool],
    alone: Sequence[bool],
    starts: Sequence[datetime.datetime],
    values: Sequence[float],
    limit: float,
    minutes: float,
) -> str | None:
    found = vetoes.lately(over, starts)
    if found is not None:
        return f"{statistics.median(values[-12:]):.3g} % lately, {found}"
    # A peak at which production is as full is no fault of the shadow.
    full = limit + _NEARLY_FULL * (100 - limit)
    far = [one and value > full for one, value in zip(alone, values, strict=True)]
    peaks = vetoes.peaks_of(alone, [False] * len(alone), minutes, far)
    if not peaks.when:
        return None
    return f"{statistics.median(values[number] for number in peaks.when):.3g} % in {peaks.text(starts)}"


def _factors(rule: UtilizationRule, samples: Samples) -> Sequence[float]:
    """From the figure of each period to percent of the whole instance, at all the traffic where that is asked."""
    shadow = samples.shadow_instances
    if shadow is None or rule.resource in ("memory", "disk"):
        return [1.0] * len(samples.periods)
    factor = 1.0 / ((shadow.gpus if rule.resource in _OF_A_GPU else shadow.vcpus) or 1)
    if rule.resource not in _PROJECTED:
        return [factor] * len(samples.periods)
    return [factor * _projection(samples, count or shadow.count) for count in samples.fine.instances]


def _projection(samples: Samples, count: float) -> float:
    """From the share that is copied, on so many instances, to all the traffic on those after a promotion."""
    promoted = samples.promoted_instances
    return 100 / samples.sampling_percent * count / promoted.count if promoted is not None else 1.0


def _absent(samples: Samples, metric: str) -> bool:
    return all(one is None for one in samples.fine.numbers(metric)[1])
