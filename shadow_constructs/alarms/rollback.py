"""The alarms that take an endpoint update back: about production's new fleet alone, never about the shadow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shadow_constructs.alarms.spec import AlarmSpec, Term
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract import catalogue
from shadow_ops.contract.policy import DEFAULT_RULES, GatePolicy
from shadow_ops.contract.rules import ErrorRateRule, LatencyRule, Rule

_PERIOD_SECONDS = 60


def rollback_alarm_specs(test: ShadowTest, policy: GatePolicy, endpoint_config_name: str) -> tuple[AlarmSpec, ...]:
    """The alarms that take an update back.

    Deployment guardrails take metric alarms; whether they take metric math isn't documented, so these have none and
    with it no traffic floor. A minute without data is no failure.

    Args:
        test: What the endpoint serves.
        policy: Its thresholds. Where it bounds neither 5xx nor model errors, the bounds of `DEFAULT_RULES` are used:
            an old fleet that is kept for nothing to take its place would be no protection.
        endpoint_config_name: The config of the new fleet; a token.
    """
    dimensions = catalogue.dimensions(test.endpoint_name, test.production.name or "", endpoint_config_name)
    found: list[AlarmSpec] = []
    for rule in _bounded(policy):
        if isinstance(rule, ErrorRateRule) and rule.max_percent is not None:
            said = f"in more than {rule.max_percent:g} % of the requests"
            term = Term(catalogue.ERROR_METRICS[rule.errors], dimensions, "Average")
            found.append(_update(rule, term, rule.max_percent / 100, said))
        if isinstance(rule, LatencyRule) and rule.max_milliseconds is not None:
            name = f"p{rule.percentile:g}"
            threshold = rule.max_milliseconds * catalogue.MICROSECONDS_PER_MILLISECOND
            said = f"{name} above {rule.max_milliseconds:g} ms"
            found.append(_update(rule, Term(catalogue.MODEL_LATENCY, dimensions, name), threshold, said))
    for spec in found:
        spec.check()
    return tuple(found)


def _bounded(policy: GatePolicy) -> Iterator[Rule]:
    given = {rule.id: rule for rule in policy.rules}
    defaults = {rule.id: rule for rule in DEFAULT_RULES if isinstance(rule, ErrorRateRule)}
    for rule in {**defaults, **given}.values():
        if rule.report_only:
            continue
        default = defaults.get(rule.id)
        if isinstance(rule, ErrorRateRule) and rule.max_percent is None and default is not None:
            yield replace(rule, max_percent=default.max_percent)
        else:
            yield rule


def _update(rule: Rule, term: Term, threshold: float, said: str) -> AlarmSpec:
    return AlarmSpec(
        id=f"update-{rule.id}",
        about="update",
        severity="critical",
        description=f"{term.entry.title} of production's new fleet: {said}. While an update runs, SageMaker takes it "
        "back to the old fleet; afterwards it only shows.",
        terms={"m": term},
        expression=None,
        threshold=threshold,
        # The new fleet has no data until it takes traffic, and a quiet minute is no failure.
        missing="notBreaching",
        period_seconds=_PERIOD_SECONDS,
        periods=1,
    )
