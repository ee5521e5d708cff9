"""Judges how full the hardware is: CPU and GPU as they would be with all the traffic, memory and disk as they are."""

from __future__ import annotations

import math

from shadow_ops.contract.catalogue import RESOURCE_METRICS
from shadow_ops.contract.rules import UtilizationRule
from shadow_ops.judge import rates
from shadow_ops.judge.opinion import FEWEST_PERIODS, Needs, Opinion, counted, not_judged, opinion, plain
from shadow_ops.judge.samples import Samples, number_of
from shadow_ops.judge.verdict import Outcome

_TOLERATED_SHARE = 0.05
"""Share of the periods that may be above the limit: a peak of an hour in a day may, a lasting load may not."""

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
    entry, factor = RESOURCE_METRICS[rule.resource], _factor(rule, samples)
    values = sorted(
        value * factor for one in samples.periods if (value := number_of(one.shadow, entry.name)) is not None
    )
    if not values or len(values) * 2 < samples.paired:
        absent = len(samples.periods) - len(values)
        where = f"is missing in {absent} of {counted(len(samples.periods), 'period')}" if absent else "has no data yet"
        text = f"{entry.title}: {entry.name} of the shadow {where}"
        return opinion(rule, Outcome.INCONCLUSIVE, text, {"periods": len(values)})
    above = sum(value > rule.max_percent for value in values)
    # The smallest value that 95 % of the periods don't exceed.
    high = values[math.ceil((1 - _TOLERATED_SHARE) * len(values)) - 1]
    subject = f"{entry.title} at all the traffic" if rule.resource in _PROJECTED else entry.title
    reason = (
        f"{subject} {high:.3g} % in the 95th percentile of {counted(len(values), 'period')}, "
        f"allowed {plain(rule.max_percent)} %: above in {above}"
    )
    numbers: dict[str, float | int | None] = {
        "p95_percent": high,
        "highest_percent": values[-1],
        "allowed_percent": rule.max_percent,
        "projection": factor if rule.resource in _PROJECTED else None,
        "periods": len(values),
        "periods_above": above,
    }
    many = above > _TOLERATED_SHARE * len(values)
    if many and rates.log_evidence_against_share(above, len(values), _TOLERATED_SHARE) >= needs.fail:
        return opinion(rule, Outcome.FAIL, reason, numbers)
    if high <= rule.max_percent and len(values) >= FEWEST_PERIODS:
        return opinion(rule, Outcome.PASS, reason, numbers)
    if high > rule.max_percent:
        return opinion(rule, Outcome.INCONCLUSIVE, f"{reason}; not in enough of them to be sure", numbers)
    minutes = (FEWEST_PERIODS - len(values)) * samples.period_minutes
    text = f"{reason}; {FEWEST_PERIODS} periods are needed to pass"
    return opinion(rule, Outcome.INCONCLUSIVE, text, numbers, minutes)


def _factor(rule: UtilizationRule, samples: Samples) -> float:
    shadow, promoted = samples.shadow_instances, samples.promoted_instances
    if shadow is None or rule.resource in ("memory", "disk"):
        return 1.0
    factor = 1.0 / ((shadow.gpus if rule.resource in _OF_A_GPU else shadow.vcpus) or 1)
    if rule.resource in _PROJECTED and promoted is not None:
        factor *= 100 / samples.sampling_percent * shadow.count / promoted.count
    return factor


def _absent(samples: Samples, metric: str) -> bool:
    return all(number_of(one.shadow, metric) is None for one in samples.periods)
