"""Which alarms an endpoint has, from its policy: pure functions of values."""

from __future__ import annotations

from collections.abc import Sequence

from shadow_constructs.alarms.comparison import comparison_alarms, traffic_alarm
from shadow_constructs.alarms.of_variant import variant_alarms, watched
from shadow_constructs.alarms.spec import AlarmSpec
from shadow_constructs.values.alerts import Alerts
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.instances import hardware_of
from shadow_ops.contract.policy import DEFAULT_RULES, GatePolicy
from shadow_ops.contract.problems import refuse
from shadow_ops.contract.rules import Rule, UtilizationRule


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
    rules = _rules(test, policy)
    found = [spec for one in watched(test) for rule in rules for spec in variant_alarms(one, rule, alerts)]
    if test.shadow is not None:
        found += [spec for rule in rules for spec in comparison_alarms(test, test.shadow, rule, alerts)]
        found.append(traffic_alarm(test, test.shadow, alerts))
    known = {spec.id for spec in found}
    for unknown in sorted(set(alerts.without) - known - _possible(rules)):
        refuse("Alerts", "without", f"name alarms of this endpoint ({', '.join(sorted(known))})", unknown)
    kept = tuple(spec for spec in found if spec.id not in alerts.without)
    for spec in kept:
        spec.check()
    return kept


def unwatched_types(test: ShadowTest) -> tuple[str, ...]:
    """Instance types whose number of cores isn't known, so that no CPU or GPU alarm can be made of them."""
    types = [one.hardware.instance_type for one in test.variants if isinstance(one.hardware, Hardware)]
    return tuple(sorted({one for one in types if hardware_of(one) is None}))


def _rules(test: ShadowTest, policy: GatePolicy) -> Sequence[Rule]:
    rules = list(policy.rules)
    if test.capture.enabled and not any(isinstance(r, UtilizationRule) and r.resource == "disk" for r in rules):
        # Where capture stops is no matter of taste: a policy that doesn't speak of disks gets the bound all the same.
        rules += [rule for rule in DEFAULT_RULES if isinstance(rule, UtilizationRule) and rule.resource == "disk"]
    return [rule for rule in rules if not rule.report_only]


def _possible(rules: Sequence[Rule]) -> set[str]:
    """Ids that another phase of the same test has, so that `Alerts.without` fits before and after a promotion."""
    found = {"shadow-traffic"}
    for rule in rules:
        name = rule.resource.replace("_", "-") if isinstance(rule, UtilizationRule) else rule.id
        abouts = ("production", "shadow") if isinstance(rule, UtilizationRule) else ("production", "shadow", "relative")
        found |= {f"{about}-{name}" for about in abouts}
    return found
