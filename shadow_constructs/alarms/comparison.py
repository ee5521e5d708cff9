"""Alarms about the shadow against production: slower, failing more, or without its share of the requests."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shadow_constructs.alarms.chance import error_margin, latency_margin
from shadow_constructs.alarms.spec import AlarmSpec, Missing, Term
from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops.contract import catalogue
from shadow_ops.contract.rules import ErrorRateRule, LatencyRule, Rule

# Below half of its share something is broken; chance alone doesn't take a shadow there above the traffic floor.
_BROKEN_SHARE = 0.5
# CloudWatch's own rule for percentiles of few samples: ten beyond the percentile (User Guide, percentiles-with-low-
# samples). It applies to single metrics only; in metric math we hold to it ourselves.
_SAMPLES_BEYOND = 10


def comparison_alarms(test: ShadowTest, shadow: Variant, rule: Rule, alerts: Alerts) -> Iterator[AlarmSpec]:
    """The alarm that a rule makes about the difference between the variants, if it makes one."""
    if isinstance(rule, LatencyRule):
        yield _latency(test, shadow, rule, alerts)
    elif isinstance(rule, ErrorRateRule):
        yield _errors(test, shadow, rule, alerts)


def traffic_alarm(test: ShadowTest, shadow: Variant, alerts: Alerts) -> AlarmSpec:
    """The alarm that the shadow doesn't get its share."""
    expected = test.sampled_percent
    floor = math.ceil(alerts.min_requests * 100 / expected)
    return _alarm(
        shadow,
        alerts,
        id="shadow-traffic",
        description=f"The shadow of {test.endpoint_name} gets less than half of its {expected:g} % of the requests, "
        f"{_over(alerts)} with at least {floor} requests to production each. The test shows nothing while that lasts: "
        "see whether the shadow's containers run.",
        terms=_requests(test, shadow),
        # A shadow without any request has no data at all: FILL makes that the zero it is.
        expression=f"100 * FILL(ns, 0) / np / (np >= {floor})",
        threshold=expected * _BROKEN_SHARE,
        above=False,
        # Where production has no traffic either, nothing is missing.
        missing="notBreaching",
    )


def _latency(test: ShadowTest, shadow: Variant, rule: LatencyRule, alerts: Alerts) -> AlarmSpec:
    ours, theirs = _dimensions(test, test.production), _dimensions(test, shadow)
    # A percentile of few requests is biased low, and the shadow has fewer than production.
    beyond = min(rule.percentile, 100 - rule.percentile) / 100
    floor = max(alerts.min_requests, math.ceil(round(_SAMPLES_BEYOND / beyond, 6)))
    name = f"p{rule.percentile:g}"
    production = {name: "p"}
    for other in ("p50", "p90"):
        production.setdefault(other, other)
    terms = {
        **_requests(test, shadow),
        **{key: Term(catalogue.MODEL_LATENCY, ours, statistic) for statistic, key in production.items()},
        "s": Term(catalogue.MODEL_LATENCY, theirs, name),
    }
    margin = latency_margin(rule.percentile, median=production["p50"], p90=production["p90"], counts=("np", "ns"))
    return _alarm(
        shadow,
        alerts,
        id=f"relative-{rule.id}",
        description=f"The shadow of {test.endpoint_name} ({shadow.model.version}) is slower: its {name} model latency "
        f"is more than {rule.max_increase_percent:g} % above production's beyond chance, {_over(alerts)} with at least "
        f"{floor} requests each. Don't promote it; `shadow-test compare` shows by how much.",
        terms=terms,
        expression=f"100 * (s / p - 1 - {margin}) / {_floor(floor)}",
        threshold=rule.max_increase_percent,
        missing=_KEPT,
    )


def _errors(test: ShadowTest, shadow: Variant, rule: ErrorRateRule, alerts: Alerts) -> AlarmSpec:
    entry = catalogue.ERROR_METRICS[rule.errors]
    margin = error_margin(("p", "s"), ("np", "ns"))
    return _alarm(
        shadow,
        alerts,
        id=f"relative-{rule.id}",
        description=f"The shadow of {test.endpoint_name} ({shadow.model.version}) fails more: its share of "
        f"{entry.title.lower()} is more than {rule.max_increase_points:g} percentage points above production's beyond "
        f"chance, {_over(alerts)} with at least {alerts.min_requests} requests each. Don't promote it; look at its "
        "logs.",
        terms={
            **_requests(test, shadow),
            "p": Term(entry, _dimensions(test, test.production), "Sum"),
            "s": Term(entry, _dimensions(test, shadow), "Sum"),
        },
        expression=f"100 * (s / ns - p / np - {margin}) / {_floor(alerts.min_requests)}",
        threshold=rule.max_increase_points,
        missing=_KEPT,
    )


# With too few requests nothing can be compared. What was last shown stands: neither does a quiet night make a slow
# shadow fit, nor does one busy period among quiet ones, all that there is to judge then, make a good one unfit.
_KEPT: Missing = "ignore"


def _alarm(
    shadow: Variant,
    alerts: Alerts,
    *,
    id: str,
    description: str,
    terms: dict[str, Term],
    expression: str,
    threshold: float,
    missing: Missing,
    above: bool = True,
) -> AlarmSpec:
    return AlarmSpec(
        id=id,
        about="comparison",
        severity="warning",
        description=description,
        terms=terms,
        expression=expression,
        threshold=threshold,
        above=above,
        missing=missing,
        period_seconds=alerts.period_seconds,
        periods=alerts.periods,
        warm_up_minutes=alerts.warm_up_minutes,
        version=shadow.model.version,
    )


def _requests(test: ShadowTest, shadow: Variant) -> dict[str, Term]:
    return {
        "np": Term(catalogue.INVOCATIONS, _dimensions(test, test.production), "Sum"),
        "ns": Term(catalogue.INVOCATIONS, _dimensions(test, shadow), "Sum"),
    }


def _floor(requests: int) -> str:
    # Zero where a variant has fewer, and a division by zero drops the point (User Guide, using-metric-math).
    return f"((np >= {requests}) * (ns >= {requests}))"


def _dimensions(test: ShadowTest, variant: Variant) -> dict[str, str]:
    return catalogue.dimensions(test.endpoint_name, variant.name or "")


def _over(alerts: Alerts) -> str:
    return f"over {alerts.periods} x {alerts.period_seconds} s"
