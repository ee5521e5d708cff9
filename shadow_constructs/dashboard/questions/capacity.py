"""Would it carry all the traffic?"""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard.grid import share_width
from shadow_constructs.dashboard.lanes import Lane, promoted_hardware
from shadow_constructs.dashboard.questions.question import Row, Subject, either, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, Threshold, graph
from shadow_constructs.values.hardware import Hardware
from shadow_ops.contract.catalogue import INVOCATIONS_PER_INSTANCE, RESOURCE_METRICS
from shadow_ops.contract.rules import Resource, UtilizationRule


def rows(subject: Subject) -> Iterator[Row]:
    """Utilisation of each variant's instances, and the shadow's if it got every request."""
    if all(lane.hardware is None for lane in subject.lanes.all):
        return  # serverless: no instances to fill
    yield from heading(
        either(subject, "Would it carry all the traffic?", "Is there room?"),
        either(
            subject,
            f"Per instance, divided by its cores. {_outlook(subject)}",
            "Per instance, divided by its cores.",
        ),
    )
    yield _shown(subject, [*_computing(subject, "cpu"), _plain(subject, "memory"), _plain(subject, "disk")])
    if any(lane.has_gpus for lane in subject.lanes.all):
        yield _shown(subject, [*_computing(subject, "gpu"), *_divided(subject, "gpu_memory")])


def _outlook(subject: Subject) -> str:
    promoted, shadow = promoted_hardware(subject.test), subject.lanes.shadow
    if promoted is None or shadow is None or shadow.hardware is None:
        return ""
    if promoted.instance_type != shadow.hardware.instance_type:
        return f"Not projected: the promotion goes to {promoted.label}, where it hasn't been seen."
    return f"Projected: what the shadow would use, in proportion, if all requests went to {promoted.label}."


def _shown(subject: Subject, charts: list[Chart]) -> Row:
    width = share_width(len(charts))
    return [graph(_resized(chart, width), subject.canvas) for chart in charts]


def _resized(chart: Chart, width: int) -> Chart:
    return Chart(chart.title, chart.unit, chart.expressions, chart.metrics, chart.thresholds, width=width)


def _computing(subject: Subject, resource: Resource) -> Iterator[Chart]:
    """A resource that requests use up: as it is, and projected."""
    yield from _divided(subject, resource)
    projected = _projected(subject, resource)
    if projected is not None:
        yield projected


def _divided(subject: Subject, resource: Resource) -> Iterator[Chart]:
    """A resource that CloudWatch sums over an instance's cores or GPUs."""
    entry = RESOURCE_METRICS[resource]
    lanes = [lane for lane in subject.lanes.all if lane.hardware is not None]
    if resource != "cpu":
        lanes = [lane for lane in lanes if lane.has_gpus]
    known = [Metric(lane, entry, "Average", lane.key) for lane in lanes if lane.machine is not None]
    if known:
        lines = [Expression(f"{m.id}/{_units(m.lane, resource)}", m.lane.title, m.lane.colour) for m in known]
        yield Chart(entry.title, "%", lines, known, _threshold(subject, resource))
    unknown = [
        Metric(lane, entry, "Average", lane.key, lane.title) for lane in lanes if lane.machine is None and lane.hardware
    ]
    if unknown:
        # Not divided and not held against the policy: how many cores an unlisted type has isn't guessed.
        yield Chart(f"{entry.title}, summed over the cores of an unlisted type", "% of a core", metrics=unknown)


def _projected(subject: Subject, resource: Resource) -> Chart | None:
    pair = subject.lanes.pair
    if pair is None:
        return None
    production, shadow = pair
    if shadow.machine is None or (resource != "cpu" and not shadow.has_gpus):
        return None
    promoted = promoted_hardware(subject.test)
    if promoted is None or shadow.hardware is None or promoted.instance_type != shadow.hardware.instance_type:
        return None  # what it would use on other instances isn't guessed
    entry = RESOURCE_METRICS[resource]
    metrics = [
        Metric(shadow, entry, "Average", "s"),
        Metric(shadow, INVOCATIONS_PER_INSTANCE, "Sum", "si"),
        Metric(production, INVOCATIONS_PER_INSTANCE, "Sum", "pi"),
    ]
    # By the requests that an instance really gets, so that neither a lost copy nor a scaled count flatters it.
    per_instance = f"pi*{_production_count(subject)}/{promoted.count}"
    projected = f"IF(s>0 AND si>0,s/{_units(shadow, resource)}*{per_instance}/si)"
    lines = [Expression(projected, f"{shadow.title} with all requests", shadow.colour)]
    return Chart(f"{entry.title}, projected to 100 %", "%", lines, metrics, _threshold(subject, resource))


def _plain(subject: Subject, resource: Resource) -> Chart:
    """A resource in percent of the instance, which doesn't grow with the requests."""
    entry = RESOURCE_METRICS[resource]
    lanes = [lane for lane in subject.lanes.all if lane.hardware is not None]
    metrics = [Metric(lane, entry, entry.statistics[0], lane.key, lane.title) for lane in lanes]
    return Chart(entry.title, "%", metrics=metrics, thresholds=_threshold(subject, resource))


def _threshold(subject: Subject, resource: Resource) -> list[Threshold]:
    rules = [rule for rule in subject.test.policy.of(UtilizationRule) if rule.resource == resource]
    return Threshold.of(bound for rule in rules for bound in rule.bounds)


def _units(lane: Lane, resource: Resource) -> int:
    assert lane.machine is not None  # the callers have looked
    return lane.machine.vcpus if resource == "cpu" else lane.machine.gpus


def _production_count(subject: Subject) -> int:
    hardware = subject.test.production.hardware
    return hardware.count if isinstance(hardware, Hardware) else 1
