"""The alarms of a latency rule."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.alarms.chance import latency_margin
from shadow_constructs.alarms.spec import AlarmSpec, Term
from shadow_constructs.alarms.subjects import NewFleet, Pair, Watched
from shadow_ops.contract.catalogue import MICROSECONDS_PER_MILLISECOND, MODEL_LATENCY
from shadow_ops.contract.rules import LatencyRule


def of_variant(one: Watched, rule: LatencyRule) -> Iterator[AlarmSpec]:
    """A variant is slower than the bound."""
    bound, [read] = rule.own_bound, rule.statistics
    if bound is not None:
        yield one.alarm(
            rule.id,
            f"{read.name} of the model latency is above {bound.limit:g} ms, {one.test.alerts.over}. {one.advice}",
            bound=bound,
            threshold=bound.limit * MICROSECONDS_PER_MILLISECOND,
            # A single metric has no floor of its own: CloudWatch ignores percentiles of too few requests.
            terms={"m": Term(read.metric, one.dimensions, read.name)},
            missing=one.without_requests,
        )


def of_both(pair: Pair, rule: LatencyRule) -> Iterator[AlarmSpec]:
    """The shadow is slower than production, by more than chance."""
    alerts, [read], bound = pair.test.alerts, rule.statistics, rule.relative_bound
    if bound is None:
        return
    # A percentile of few requests is biased low, and the shadow has fewer than production. CloudWatch's own rule
    # for that applies to single metrics only; in metric math we hold to it ourselves.
    floor = max(alerts.min_requests, rule.requests_needed)
    ids = {read.name: "p"}
    for other in ("p50", "p90"):
        ids.setdefault(other, other)
    margin = latency_margin(rule.percentile, median=ids["p50"], p90=ids["p90"], counts=("np", "ns"))
    yield pair.alarm(
        f"relative-{rule.id}",
        f"{pair.who} is slower: its {read.name} model latency is more than {bound.limit:g} % above production's "
        f"beyond chance, {alerts.over} with at least {floor} requests each. Don't promote it; `shadow-test compare` "
        "shows by how much.",
        bound=bound,
        terms={
            **{key: Term(MODEL_LATENCY, pair.production_dimensions, name) for name, key in ids.items()},
            "s": Term(MODEL_LATENCY, pair.shadow_dimensions, read.name),
        },
        expression=f"100 * (s / p - 1 - {margin}) / {pair.floor(floor)}",
    )


def of_update(fleet: NewFleet, rule: LatencyRule) -> Iterator[AlarmSpec]:
    """The new fleet is slower than the bound."""
    bound, [read] = rule.own_bound, rule.statistics
    if bound is not None:
        threshold = bound.limit * MICROSECONDS_PER_MILLISECOND
        said = f"{read.name} above {bound.limit:g} ms"
        yield fleet.alarm(rule.id, said, bound=bound, metric=read, threshold=threshold)
