"""Alarms about one variant on its own: errors, latency and hardware beyond what the policy bears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shadow_constructs.alarms.spec import About, AlarmSpec, Missing, Term
from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.variant import Variant
from shadow_ops.contract import catalogue
from shadow_ops.contract.instances import hardware_of
from shadow_ops.contract.rules import ErrorRateRule, LatencyRule, Rule, UtilizationRule


@dataclass(frozen=True)
class Watched:
    """A variant that alarms are made about.

    Attributes:
        test: The endpoint.
        variant: The variant.
        about: Its role.
        prefix: Begins the ids of its alarms.
    """

    test: ShadowTest
    variant: Variant
    about: About
    prefix: str

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions of its metrics."""
        return catalogue.dimensions(self.test.endpoint_name, self.variant.name or "")

    @property
    def who(self) -> str:
        """Begins the descriptions."""
        return f"The {self.about} variant ({self.variant.model.version}) of {self.test.endpoint_name}"


def watched(test: ShadowTest) -> Iterator[Watched]:
    """The variants of an endpoint.

    Ids go by the role, because names and models change; further production variants have their name in it.
    """
    yield Watched(test, test.production, "production", "production")
    for other in test.other_production:
        yield Watched(test, other, "production", f"production-{other.name}")
    if test.shadow is not None:
        yield Watched(test, test.shadow, "shadow", "shadow")


def variant_alarms(one: Watched, rule: Rule, alerts: Alerts) -> Iterator[AlarmSpec]:
    """The alarm that a rule makes about a variant, if it makes one."""
    over = f"over {alerts.periods} x {alerts.period_seconds} s"
    if isinstance(rule, ErrorRateRule) and rule.max_percent is not None:
        yield _errors(one, rule, rule.max_percent, alerts, over)
    elif isinstance(rule, LatencyRule) and rule.max_milliseconds is not None:
        yield _latency(one, rule, rule.max_milliseconds, alerts, over)
    elif isinstance(rule, UtilizationRule):
        yield from _utilization(one, rule, alerts, over)


def _errors(one: Watched, rule: ErrorRateRule, bound: float, alerts: Alerts, over: str) -> AlarmSpec:
    entry = catalogue.ERROR_METRICS[rule.errors]
    return _alarm(
        one,
        alerts,
        id=f"{one.prefix}-{rule.id}",
        description=f"{one.who}: more than {bound:g} % of the requests end in {entry.title.lower()}, {over} with at "
        f"least {alerts.min_requests} requests each. {_advice(one)}",
        terms={"e": Term(entry, one.dimensions, "Sum"), "n": Term(catalogue.INVOCATIONS, one.dimensions, "Sum")},
        # Below the traffic floor the last division is by zero, which drops the point.
        expression=f"100 * e / n / (n >= {alerts.min_requests})",
        threshold=bound,
        missing=_without_requests(one),
    )


def _latency(one: Watched, rule: LatencyRule, bound: float, alerts: Alerts, over: str) -> AlarmSpec:
    name = f"p{rule.percentile:g}"
    return _alarm(
        one,
        alerts,
        id=f"{one.prefix}-{rule.id}",
        description=f"{one.who}: {name} of the model latency is above {bound:g} ms, {over}. {_advice(one)}",
        # A single metric has no floor of its own: CloudWatch ignores percentiles of too few requests.
        terms={"m": Term(catalogue.MODEL_LATENCY, one.dimensions, name)},
        expression=None,
        threshold=bound * catalogue.MICROSECONDS_PER_MILLISECOND,
        missing=_without_requests(one),
    )


def _utilization(one: Watched, rule: UtilizationRule, alerts: Alerts, over: str) -> Iterator[AlarmSpec]:
    factor = _factor(one, rule)
    if factor is None:
        return
    entry = catalogue.RESOURCE_METRICS[rule.resource]
    full = "Data capture stops when a disk is full. " if rule.resource == "disk" else ""
    advice = "Add instances or take larger ones." if one.about == "production" else "Promoted it would be worse."
    yield _alarm(
        one,
        alerts,
        id=f"{one.prefix}-{rule.resource.replace('_', '-')}",
        description=f"{one.who}: {entry.title} above {rule.max_percent:g} % of an instance, "
        f"{over}{_cores(rule, factor)}. {full}{advice}",
        # The fullest disk counts; load is an average, because one busy instance is the routing's business.
        terms={"m": Term(entry, one.dimensions, "Maximum" if rule.resource == "disk" else "Average")},
        expression=None,
        threshold=rule.max_percent * factor,
        # Hosts report without requests too: silence is worth seeing, as INSUFFICIENT_DATA, but it is no load.
        missing="missing",
        severity="warning",
    )


def _alarm(
    one: Watched,
    alerts: Alerts,
    *,
    id: str,
    description: str,
    terms: dict[str, Term],
    expression: str | None,
    threshold: float,
    missing: Missing,
    severity: str | None = None,
) -> AlarmSpec:
    shadow = one.about == "shadow"
    return AlarmSpec(
        id=id,
        about=one.about,
        severity="warning" if shadow or severity == "warning" else "critical",
        description=description,
        terms=terms,
        expression=expression,
        threshold=threshold,
        missing=missing,
        period_seconds=alerts.period_seconds,
        periods=alerts.periods,
        warm_up_minutes=alerts.warm_up_minutes if shadow else 0,
        version=one.variant.model.version if shadow else None,
    )


def _without_requests(one: Watched) -> Missing:
    # Production: without requests nobody is failed, and the alarm is over. Shadow: what it showed under load still
    # holds when the night is quiet; fewer requests than the floor neither make it fit nor unfit.
    return "notBreaching" if one.about == "production" else "ignore"


def _advice(one: Watched) -> str:
    if one.about == "production":
        return "Callers notice: look at the endpoint's logs and last update."
    return "Callers don't notice: don't promote it."


def _factor(one: Watched, rule: UtilizationRule) -> float | None:
    """What CloudWatch's figure is of one instance's percent; None where there is nothing to watch."""
    hardware = one.variant.hardware
    if not isinstance(hardware, Hardware):
        return None
    if rule.resource == "memory":
        return 1
    if rule.resource == "disk":
        # What fills a disk here is captured data; without capture there is nothing that would stop.
        return 1 if one.test.capture.enabled else None
    known = hardware_of(hardware.instance_type)
    if known is None:
        return None
    return known.vcpus if rule.resource == "cpu" else known.gpus or None


def _cores(rule: UtilizationRule, factor: float) -> str:
    if rule.resource in ("memory", "disk"):
        return ""
    what = "vCPUs" if rule.resource == "cpu" else "GPUs"
    return f" ({rule.max_percent * factor:g} of CloudWatch's {100 * factor:g} for {factor:g} {what})"
