"""The scaling that the code declares, as the guard is told it: requests of Application Auto Scaling. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shadow_constructs.values.scaling import TARGETS, Scaling, Schedule, target_policy
from shadow_ops.contract.scaled import Scaled


def scaled(scaling: Mapping[str, Scaling]) -> dict[str, Scaled]:
    """The declaration by variant."""
    return {name: _variant(name, one) for name, one in scaling.items()}


def _variant(name: str, scaling: Scaling) -> Scaled:
    policies = [*_tracking(name, scaling), *scaling.policies]
    return Scaled(
        variant=name,
        minimum=scaling.min_count,
        maximum=scaling.max_count,
        policies={one["PolicyName"]: one for one in policies},
        schedules={one.name: _schedule(one) for one in scaling.schedules},
    )


def _tracking(name: str, scaling: Scaling) -> Iterator[dict[str, Any]]:
    for member, metric in TARGETS.items():
        target = getattr(scaling, member)
        if target is not None:
            yield {
                "PolicyName": target_policy(name, member),
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": target,
                    "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
                    "ScaleInCooldown": scaling.cooldown_seconds,
                    "ScaleOutCooldown": scaling.cooldown_seconds,
                },
            }


def _schedule(schedule: Schedule) -> dict[str, Any]:
    limits = {"MinCapacity": schedule.min_count, "MaxCapacity": schedule.max_count}
    action = {name: value for name, value in limits.items() if value is not None}
    made = {"ScheduledActionName": schedule.name, "Schedule": schedule.when, "ScalableTargetAction": action}
    return made if schedule.timezone is None else {**made, "Timezone": schedule.timezone}
