"""From guardrails to an endpoint's DeploymentConfig. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shadow_constructs.values.guardrails import Guardrails

_ROUTING = {"all_at_once": "ALL_AT_ONCE", "canary": "CANARY", "linear": "LINEAR"}
_SIZES = {"canary": "CanarySize", "linear": "LinearStepSize"}


def deployment_config(guardrails: Guardrails, alarm_names: Sequence[str]) -> dict[str, Any] | None:
    """Render guardrails as CloudFormation's property, or None where they are off.

    Args:
        guardrails: How traffic moves.
        alarm_names: Alarms that roll an update back; tokens for those that the template makes.
    """
    if guardrails.shift == "off":
        return None
    wait = round(guardrails.wait_minutes * 60)
    if guardrails.shift == "rolling":
        size = {"Type": "CAPACITY_PERCENT", "Value": guardrails.size_percent}
        policy: dict[str, Any] = {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": size,
                "WaitIntervalInSeconds": wait,
                "MaximumExecutionTimeoutInSeconds": guardrails.timeout_seconds,
            }
        }
    else:
        # The interval is required by the API though not by CloudFormation's schema: written out, 0 included.
        routing: dict[str, Any] = {"Type": _ROUTING[guardrails.shift], "WaitIntervalInSeconds": wait}
        if guardrails.size_percent is not None:
            size = {"Type": "CAPACITY_PERCENT", "Value": guardrails.size_percent}
            routing[_SIZES[guardrails.shift]] = size
        policy = {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": routing,
                "TerminationWaitInSeconds": round(guardrails.bake_minutes * 60),
                "MaximumExecutionTimeoutInSeconds": guardrails.timeout_seconds,
            }
        }
    if alarm_names:
        policy["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarm_names]}
    return policy
