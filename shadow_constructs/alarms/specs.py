"""Which alarms an endpoint has, from its policy: pure functions of values."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shadow_constructs.alarms.spec import About, AlarmSpec, Term
from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops import catalogue
from shadow_ops.instances import hardware_of
from shadow_ops.policy import GatePolicy
from shadow_ops.problems import refuse
from shadow_ops.rules import ErrorRateRule, LatencyRule, Rule, UtilizationRule

_UPDATE_PERIOD_SECONDS = 60
# Below half of its share something is broken; chance alone doesn't take a shadow there above the traffic floor.
_BROKEN_SHARE = 0.5


def alarm_specs(test: ShadowTest, policy: GatePolicy, alerts: Alerts) -> tuple[AlarmSpec, ...]:
    """The alarms of an endpoint; report-only rules make none.

    Args:
        test: What the endpoint serves.
        policy: Its thresholds.
        alerts: Periods, traffic floor, and which alarms aren't wanted.

    Raises:
        InvalidValueError: If a limit of CloudWatch is exceeded, or `Alerts.without` names an unknown alarm.
    """
    if not alerts.enabled:
        return ()
    found: list[AlarmSpec] = []
    rules = [rule for rule in policy.rules if not rule.report_only]
    for about, variant in (("production", test.production), ("shadow", test.shadow)):
        if variant is not None:
            for rule in rules:
                found += _of_variant(about, test, variant, rule, alerts)  # type: ignore[arg-type]  # a literal's text
    if test.shadow is not None:
        for rule in rules:
            found += _of_comparison(test, rule, alerts)
        found.append(_shadow_traffic(test, alerts))
    known = {spec.id for spec in found}
    for unknown in sorted(set(alerts.without) - known - _possible(policy)):
        refuse("Alerts", "without", f"name alarms of this endpoint ({', '.join(sorted(known))})", unknown)
    kept = tuple(spec for spec in found if spec.id not in alerts.without)
    for spec in kept:
        spec.check()
    return kept


def unwatched_types(test: ShadowTest) -> tuple[str, ...]:
    """Instance types whose number of cores isn't known, so that no CPU or GPU alarm can be made of them."""
    types = [one.hardware.instance_type for one in test.variants if isinstance(one.hardware, Hardware)]
    return tuple(sorted({one for one in types if hardware_of(one) is None}))


def rollback_alarm_specs(test: ShadowTest, policy: GatePolicy, endpoint_config_name: str) -> tuple[AlarmSpec, ...]:
    """The alarms that take an update back: about production's new fleet alone, and never about the shadow.

    Deployment guardrails take metric alarms; whether they take metric math isn't documented, so these have none and
    with it no traffic floor. A minute without data is no failure.

    Args:
        test: What the endpoint serves.
        policy: Its thresholds; a rule without a bound of its own makes no alarm.
        endpoint_config_name: The config of the new fleet; a token.
    """
    variant = test.production.name or ""
    dimensions = catalogue.dimensions(test.endpoint_name, variant, endpoint_config_name)
    found: list[AlarmSpec] = []
    for rule in policy.rules:
        if rule.report_only:
            continue
        if isinstance(rule, ErrorRateRule) and rule.max_percent is not None:
            entry, threshold, said = _error(rule), rule.max_percent / 100, f"more than {rule.max_percent:g} % end so"
            found.append(_update(rule, Term(entry, dimensions, "Average"), threshold, said))
        if isinstance(rule, LatencyRule) and rule.max_milliseconds is not None:
            term = Term(catalogue.MODEL_LATENCY, dimensions, f"p{rule.percentile:g}")
            threshold = rule.max_milliseconds * catalogue.MICROSECONDS_PER_MILLISECOND
            found.append(_update(rule, term, threshold, f"p{rule.percentile:g} above {rule.max_milliseconds:g} ms"))
    for spec in found:
        spec.check()
    return tuple(found)


def _update(rule: Rule, term: Term, threshold: float, said: str) -> AlarmSpec:
    return AlarmSpec(
        id=f"update-{rule.id}",
        about="update",
        description=f"{term.entry.title} of production's new fleet: {said}. While an update runs, SageMaker takes it "
        "back to the old fleet; afterwards it only shows.",
        terms={"m": term},
        expression=None,
        threshold=threshold,
        # The new fleet has no data until it takes traffic, and a quiet minute is no failure.
        missing="notBreaching",
        period_seconds=_UPDATE_PERIOD_SECONDS,
        periods=1,
    )


def _of_variant(about: About, test: ShadowTest, variant: Variant, rule: Rule, alerts: Alerts) -> Iterator[AlarmSpec]:
    dimensions = catalogue.dimensions(test.endpoint_name, variant.name or "")
    warm_up = alerts.warm_up_minutes if about == "shadow" else 0
    who = f"The {about} variant ({variant.label}) of {test.endpoint_name}"
    advice = (
        "Callers notice: look at the endpoint's logs and last update."
        if about == "production"
        else "Callers don't notice: don't promote it."
    )
    over = f"{alerts.periods} x {alerts.period_seconds} s"
    common = {"about": about, "period_seconds": alerts.period_seconds, "periods": alerts.periods}
    match rule:
        case ErrorRateRule(max_percent=float() | int() as bound):
            entry = _error(rule)
            yield AlarmSpec(
                id=f"{about}-{rule.id}",
                description=f"{who}: more than {bound:g} % of the requests end in {entry.title.lower()}, over {over} "
                f"with at least {alerts.min_requests} requests each. {advice}",
                terms={"e": Term(entry, dimensions, "Sum"), "n": Term(catalogue.INVOCATIONS, dimensions, "Sum")},
                # Below the traffic floor the last division is by zero, which drops the point.
                expression=f"100 * e / n / (n >= {alerts.min_requests})",
                threshold=bound,
                # Without requests nothing fails.
                missing="notBreaching",
                warm_up_minutes=warm_up,
                **common,  # type: ignore[arg-type]  # three of its arguments, of three types
            )
        case LatencyRule(max_milliseconds=float() | int() as bound):
            yield AlarmSpec(
                id=f"{about}-{rule.id}",
                description=f"{who}: p{rule.percentile:g} of the model latency is above {bound:g} ms over {over}. "
                f"{advice}",
                terms={"m": Term(catalogue.MODEL_LATENCY, dimensions, f"p{rule.percentile:g}")},
                expression=None,
                threshold=bound * catalogue.MICROSECONDS_PER_MILLISECOND,
                # Without requests nothing is slow; too few for the percentile are ignored by CloudWatch itself.
                missing="notBreaching",
                warm_up_minutes=warm_up,
                **common,  # type: ignore[arg-type]  # three of its arguments, of three types
            )
        case UtilizationRule():
            factor = _factor(rule, variant, test)
            if factor is None:
                return
            entry = catalogue.RESOURCE_METRICS[rule.resource]
            yield AlarmSpec(
                id=f"{about}-{rule.resource.replace('_', '-')}",
                description=f"{who}: {entry.title} above {rule.max_percent:g} % of an instance over {over}"
                f"{_cores(rule, factor)}. "
                + ("Data capture stops when a disk is full. " if rule.resource == "disk" else "")
                + ("Add instances or take larger ones." if about == "production" else "Promoted it would be worse."),
                terms={"m": Term(entry, dimensions, "Maximum" if rule.resource == "disk" else "Average")},
                expression=None,
                threshold=rule.max_percent * factor,
                # Hosts always report: silence is worth seeing, as INSUFFICIENT_DATA, but says nothing of the load.
                missing="missing",
                warm_up_minutes=warm_up,
                **common,  # type: ignore[arg-type]  # three of its arguments, of three types
            )


def _of_comparison(test: ShadowTest, rule: Rule, alerts: Alerts) -> Iterator[AlarmSpec]:
    ours, theirs = _both(test)
    over = f"{alerts.periods} x {alerts.period_seconds} s"
    common = {"about": "comparison", "period_seconds": alerts.period_seconds, "periods": alerts.periods}
    requests = {
        "np": Term(catalogue.INVOCATIONS, ours, "Sum"),
        "ns": Term(catalogue.INVOCATIONS, theirs, "Sum"),
    }
    if isinstance(rule, LatencyRule):
        # A percentile of few requests is biased low, and the shadow has fewer than production.
        floor = max(alerts.min_requests, math.ceil(round(10 / (1 - rule.percentile / 100), 6)))
        name = f"p{rule.percentile:g}"
        terms = {
            **requests,
            "p": Term(catalogue.MODEL_LATENCY, ours, name),
            "s": Term(catalogue.MODEL_LATENCY, theirs, name),
        }
        yield AlarmSpec(
            id=f"relative-{rule.id}",
            description=f"The shadow of {test.endpoint_name} ({_label(test)}) is slower: {name} of its model latency "
            f"is more than {rule.max_increase_percent:g} % above production's over {over} with at least {floor} "
            "requests each. Don't promote it; `shadow-test compare` shows by how much.",
            terms=terms,
            expression=f"100 * (s - p) / p / ((np >= {floor}) * (ns >= {floor}))",
            threshold=rule.max_increase_percent,
            # Without enough requests nothing can be compared; that the shadow gets none is another alarm.
            missing="notBreaching",
            warm_up_minutes=alerts.warm_up_minutes,
            **common,  # type: ignore[arg-type]  # three of its arguments, of three types
        )
    if isinstance(rule, ErrorRateRule):
        entry = _error(rule)
        floor = alerts.min_requests
        yield AlarmSpec(
            id=f"relative-{rule.id}",
            description=f"The shadow of {test.endpoint_name} ({_label(test)}) fails more: its share of "
            f"{entry.title.lower()} is more than {rule.max_increase_points:g} percentage points above production's "
            f"over {over} with at least {floor} requests each. Don't promote it; look at its logs.",
            terms={**requests, "p": Term(entry, ours, "Sum"), "s": Term(entry, theirs, "Sum")},
            expression=f"100 * (s / ns - p / np) / ((np >= {floor}) * (ns >= {floor}))",
            threshold=rule.max_increase_points,
            # Without enough requests nothing can be compared.
            missing="notBreaching",
            warm_up_minutes=alerts.warm_up_minutes,
            **common,  # type: ignore[arg-type]  # three of its arguments, of three types
        )


def _shadow_traffic(test: ShadowTest, alerts: Alerts) -> AlarmSpec:
    ours, theirs = _both(test)
    expected = test.sampled_percent
    floor = math.ceil(alerts.min_requests * 100 / expected)
    return AlarmSpec(
        id="shadow-traffic",
        about="comparison",
        description=f"The shadow of {test.endpoint_name} gets less than half of its {expected:g} % of the requests, "
        f"over {alerts.periods} x {alerts.period_seconds} s with at least {floor} requests to production each. The "
        "test shows nothing while that lasts: see whether the shadow's containers run.",
        terms={
            "np": Term(catalogue.INVOCATIONS, ours, "Sum"),
            "ns": Term(catalogue.INVOCATIONS, theirs, "Sum"),
        },
        # A shadow without any request has no data at all: FILL makes that the zero it is.
        expression=f"100 * FILL(ns, 0) / np / (np >= {floor})",
        threshold=expected * _BROKEN_SHARE,
        above=False,
        # Where production has no traffic either, nothing is missing.
        missing="notBreaching",
        period_seconds=alerts.period_seconds,
        periods=alerts.periods,
        warm_up_minutes=alerts.warm_up_minutes,
    )


def _both(test: ShadowTest) -> tuple[dict[str, str], dict[str, str]]:
    assert test.shadow is not None
    name = test.endpoint_name
    return (
        catalogue.dimensions(name, test.production.name or ""),
        catalogue.dimensions(name, test.shadow.name or ""),
    )


def _label(test: ShadowTest) -> str:
    return "" if test.shadow is None else test.shadow.label


def _error(rule: ErrorRateRule) -> catalogue.CatalogueEntry:
    return catalogue.ERROR_METRICS[rule.errors]


def _factor(rule: UtilizationRule, variant: Variant, test: ShadowTest) -> float | None:
    """What CloudWatch's figure is of one instance's percent; None where there is nothing to watch."""
    if not isinstance(variant.hardware, Hardware):
        return None
    if rule.resource == "memory":
        return 1
    if rule.resource == "disk":
        # What fills a disk here is captured data; without capture there is nothing that would stop.
        return 1 if test.capture.enabled else None
    known = hardware_of(variant.hardware.instance_type)
    if known is None:
        return None
    return known.vcpus if rule.resource == "cpu" else known.gpus or None


def _cores(rule: UtilizationRule, factor: float) -> str:
    if rule.resource in ("memory", "disk"):
        return ""
    what = "vCPUs" if rule.resource == "cpu" else "GPUs"
    return f" ({rule.max_percent * factor:g} of CloudWatch's {100 * factor:g} for {factor:g} {what})"


def _possible(policy: GatePolicy) -> set[str]:
    """Ids that another phase of the same test has, so that `Alerts.without` fits before and after a promotion."""
    found = {"shadow-traffic"}
    for rule in policy.rules:
        name = rule.resource.replace("_", "-") if isinstance(rule, UtilizationRule) else rule.id
        found |= {f"{about}-{name}" for about in ("production", "shadow", "relative")}
    return found
