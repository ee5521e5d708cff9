"""The alarms of a rule about errors."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.alarms.chance import error_margin
from shadow_constructs.alarms.spec import AlarmSpec, Term
from shadow_constructs.alarms.subjects import NewFleet, Pair, Watched
from shadow_ops.contract.catalogue import INVOCATIONS, Statistic
from shadow_ops.contract.rules import ErrorRateRule


def of_variant(one: Watched, rule: ErrorRateRule) -> Iterator[AlarmSpec]:
    """A variant fails more often than the bound says."""
    bound, alerts, metric = rule.own_bound, one.test.alerts, rule.statistics[0].metric
    if bound is not None:
        yield one.alarm(
            rule.id,
            f"more than {bound.limit:g} % of the requests end in {metric.title.lower()}, {alerts.over} with at least "
            f"{alerts.min_requests} requests each. {one.advice}",
            bound=bound,
            threshold=bound.limit,
            terms={"e": Term(metric, one.dimensions, "Sum"), "n": Term(INVOCATIONS, one.dimensions, "Sum")},
            # Below the traffic floor the last division is by zero, which drops the point.
            expression=f"100 * e / n / (n >= {alerts.min_requests})",
            missing=one.without_requests,
        )


def of_both(pair: Pair, rule: ErrorRateRule) -> Iterator[AlarmSpec]:
    """The shadow fails more than production, by more than chance."""
    bound, alerts, metric = rule.relative_bound, pair.test.alerts, rule.statistics[0].metric
    if bound is not None:
        margin = error_margin(("p", "s"), ("np", "ns"))
        yield pair.alarm(
            f"relative-{rule.id}",
            f"{pair.who} fails more: its share of {metric.title.lower()} is more than {bound.limit:g} percentage "
            f"points above production's beyond chance, {alerts.over} with at least {alerts.min_requests} requests "
            "each. Don't promote it; look at its logs.",
            bound=bound,
            terms={
                "p": Term(metric, pair.production_dimensions, "Sum"),
                "s": Term(metric, pair.shadow_dimensions, "Sum"),
            },
            expression=f"100 * (s / ns - p / np - {margin}) / {pair.floor(alerts.min_requests)}",
        )


def of_update(fleet: NewFleet, rule: ErrorRateRule) -> Iterator[AlarmSpec]:
    """The new fleet fails more often than the bound says."""
    bound, metric = rule.own_bound, rule.statistics[0].metric
    if bound is not None:
        said = f"in more than {bound.limit:g} % of the requests"
        rate = Statistic(metric, "Average")
        yield fleet.alarm(rule.id, said, bound=bound, metric=rate, threshold=bound.limit / 100)
