"""Which alarms an endpoint has, from its policy: pure functions of one value."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shadow_constructs.alarms.answers import of_capture
from shadow_constructs.alarms.kinds import ALARMS
from shadow_constructs.alarms.spec import AlarmSpec
from shadow_constructs.alarms.subjects import NewFleet, Pair, watched
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.added import share_bound
from shadow_ops.contract.instances import hardware_of
from shadow_ops.contract.policy import DEFAULT_RULES
from shadow_ops.contract.problems import refuse


def alarm_specs(test: ShadowTest) -> tuple[AlarmSpec, ...]:
    """The alarms of an endpoint; report-only rules make none.

    Args:
        test: What the endpoint serves, with its thresholds; periods, traffic floor, and which alarms aren't wanted.

    Raises:
        InvalidValueError: If a limit of CloudWatch is exceeded, or `Alerts.without` names an unknown alarm.
    """
    alerts, rules = test.alerts, test.policy.gating_rules
    if not alerts.enabled:
        return ()
    found = [spec for one in watched(test) for rule in rules for spec in ALARMS[type(rule)].of_variant(one, rule)]
    if test.shadow is not None:
        pair = Pair(test, test.shadow)
        for rule in rules:
            of_both = ALARMS[type(rule)].of_both
            found += [] if of_both is None else of_both(pair, rule)
        found += of_capture(pair)
        found.append(_traffic(pair))
    known = {spec.id for spec in found}
    # What another phase of the same test has, so that `Alerts.without` fits before and after a promotion.
    possible = {"shadow-traffic", "capture"}
    possible |= {*(alarm_id for rule in rules for alarm_id in ALARMS[type(rule)].ids(rule))}
    for unknown in sorted(set(alerts.without) - known - possible):
        refuse("Alerts", "without", f"name alarms of this endpoint ({', '.join(sorted(known))})", unknown)
    return _checked(spec for spec in found if spec.id not in alerts.without)


def rollback_alarm_specs(test: ShadowTest, endpoint_config_name: str) -> tuple[AlarmSpec, ...]:
    """The alarms that take an endpoint update back: about production's new fleet alone, never about the shadow.

    Deployment guardrails take metric alarms; whether they take metric math isn't documented, so these have none and
    with it no traffic floor. A minute without data is no failure.

    Args:
        test: What the endpoint serves, with its thresholds.
        endpoint_config_name: The config of the new fleet; a token.
    """
    if not test.guardrails.own_alarms:
        return ()
    fleet = NewFleet(test, endpoint_config_name)
    # Their order has a part in the endpoint config's logical id, so it doesn't follow the policy's.
    usual = {rule.id: number for number, rule in enumerate(DEFAULT_RULES)}
    rules = sorted(test.policy.gating_rules, key=lambda rule: usual.get(rule.id, len(usual)))
    makers = [(ALARMS[type(rule)].of_update, rule) for rule in rules]
    return _checked(spec for of_update, rule in makers if of_update is not None for spec in of_update(fleet, rule))


def unwatched_types(test: ShadowTest) -> tuple[str, ...]:
    """Instance types whose number of cores isn't known, so that no CPU or GPU alarm can be made of them."""
    types = [one.hardware.instance_type for one in test.variants if isinstance(one.hardware, Hardware)]
    return tuple(sorted({one for one in types if hardware_of(one) is None}))


def _traffic(pair: Pair) -> AlarmSpec:
    """The shadow doesn't get its share of the requests."""
    test, alerts = pair.test, pair.test.alerts
    expected = test.sampled_percent
    floor = math.ceil(alerts.min_requests * 100 / expected)
    return pair.alarm(
        "shadow-traffic",
        f"The shadow of {test.endpoint_name} gets less than half of its {expected:g} % of the requests, {alerts.over} "
        f"with at least {floor} requests to production each. The test shows nothing while that lasts: see whether the "
        "shadow's containers run.",
        bound=share_bound(expected),
        terms={},
        # A shadow without any request has no data at all: FILL makes that the zero it is.
        expression=f"100 * FILL(ns, 0) / np / (np >= {floor})",
        above=False,
        # Where production has no traffic either, nothing is missing.
        missing="notBreaching",
    )


def _checked(specs: Iterator[AlarmSpec]) -> tuple[AlarmSpec, ...]:
    found = tuple(specs)
    for spec in found:
        spec.check()
    return found
