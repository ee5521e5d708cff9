"""The scaling that the code declares, as the guard is told it: requests of Application Auto Scaling. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shadow_constructs.values.scaling import Scaling, Schedule

_TARGETS = {
    "invocations_per_instance": "SageMakerVariantInvocationsPerInstance",
    "concurrent_requests": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
}


def scaling_text(scaling: Mapping[str, Scaling]) -> str:
    """The declaration as JSON text, by variant; the same for the same scaling."""
    return json.dumps([_variant(name, one) for name, one in sorted(scaling.items())], separators=(",", ":"))


def _variant(name: str, scaling: Scaling) -> dict[str, Any]:
    return {
        "variant": name,
        "min": scaling.min_count,
        "max": scaling.max_count,
        "policies": [*_tracking(name, scaling), *(dict(policy) for policy in scaling.policies)],
        "schedules": [_schedule(one) for one in scaling.schedules],
    }


def _tracking(name: str, scaling: Scaling) -> Iterator[dict[str, Any]]:
    for member, metric in _TARGETS.items():
        target = getattr(scaling, member)
        if target is not None:
            yield {
                "PolicyName": f"{name}-{member.replace('_', '-')}",
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
