"""How each kind of rule is judged: one entry per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shadow_ops.contract.catalogue import ERROR_METRICS, RESOURCE_METRICS
from shadow_ops.contract.rules import (
    AgreementRule,
    AverageRule,
    DurationRule,
    ErrorRateRule,
    LatencyRule,
    OverheadRule,
    Rule,
    UtilizationRule,
)
from shadow_ops.judge.absent import SHADOW, Figure
from shadow_ops.judge.agreement import judge_agreement
from shadow_ops.judge.differences import key_of
from shadow_ops.judge.errors import judge_error_rate
from shadow_ops.judge.latency import judge_latency
from shadow_ops.judge.opinion import Needs, Opinion
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.utilization import judge_utilization, may_fail


@dataclass(frozen=True)
class Judge:
    """How a kind of rule is judged; each function takes rules of its kind alone.

    Attributes:
        judge: What the rule comes to. Its last argument is how much fails the shadow by comparison with production.
        may_fail: Whether the rule may fail the shadow of this endpoint. Hardware says that, never the data: the
            number of tests must not grow with time.
        figures: What the rule reads, without which it holds for nobody.
    """

    judge: Callable[[Any, Samples, Needs, float], Opinion]
    may_fail: Callable[[Any, Samples], bool] = lambda _rule, _samples: True
    figures: Callable[[Any], tuple[Figure, ...]] = lambda _rule: ()


def _of_duration(rule: DurationRule) -> tuple[Figure, ...]:
    return (Figure(*key_of(rule)),)


def _of_errors(rule: ErrorRateRule) -> tuple[Figure, ...]:
    return Figure("Invocations"), Figure(ERROR_METRICS[rule.errors].name)


def _of_utilization(rule: UtilizationRule) -> tuple[Figure, ...]:
    return (Figure(RESOURCE_METRICS[rule.resource].name, sides=(SHADOW,)),)


JUDGES: Mapping[type[Rule], Judge] = MappingProxyType(
    {
        LatencyRule: Judge(judge_latency, figures=_of_duration),
        AverageRule: Judge(judge_latency, figures=_of_duration),
        OverheadRule: Judge(judge_latency, figures=_of_duration),
        ErrorRateRule: Judge(
            lambda rule, samples, needs, _: judge_error_rate(rule, samples, needs), figures=_of_errors
        ),
        UtilizationRule: Judge(
            lambda rule, samples, needs, _: judge_utilization(rule, samples, needs), may_fail, _of_utilization
        ),
        AgreementRule: Judge(lambda rule, samples, needs, _: judge_agreement(rule, samples, needs)),
    }
)
