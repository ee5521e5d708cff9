"""The alarms of a rule about the hardware."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.alarms.spec import AlarmSpec, Term
from shadow_constructs.alarms.subjects import Watched
from shadow_constructs.values.hardware import Hardware
from shadow_ops.contract.instances import hardware_of
from shadow_ops.contract.rules import UtilizationRule


def name_of(rule: UtilizationRule) -> str:
    """How its alarms are called."""
    return rule.resource.replace("_", "-")


def of_variant(one: Watched, rule: UtilizationRule) -> Iterator[AlarmSpec]:
    """A variant's instances are full."""
    factor = _factor(one, rule)
    if factor is None:
        return
    [bound], [read] = rule.bounds, rule.statistics
    full = "Data capture stops when a disk is full. " if rule.resource == "disk" else ""
    advice = "Add instances or take larger ones." if one.about == "production" else "Promoted it would be worse."
    yield one.alarm(
        name_of(rule),
        f"{read.metric.title} above {bound.limit:g} % of an instance, {one.test.alerts.over}{_cores(rule, factor)}. "
        f"{full}{advice}",
        bound=bound,
        threshold=bound.limit * factor,
        terms={"m": Term(read.metric, one.dimensions, read.name)},
        # Hosts report without requests too: silence is worth seeing, as INSUFFICIENT_DATA, but it is no load.
        missing="missing",
        critical=False,
    )


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
