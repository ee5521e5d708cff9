"""How a deployment shifts traffic: its steps, as plain values."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Step(NamedTuple):
    """One step of a deployment.

    Args:
        share: Share of the traffic that the new fleet takes from now on.
        wait_seconds: How long it is watched before the next step, in AWS seconds.
    """

    share: float
    wait_seconds: float


def steps(deployment: dict[str, Any] | None, instances: int) -> list[Step]:
    """Return the steps of a deployment; a plain update is one step without a wait.

    Args:
        deployment: DeploymentConfig, already checked.
        instances: Instance count of the new production fleet, of which sizes are fractions.
    """
    rolling = (deployment or {}).get("RollingUpdatePolicy")
    if rolling:
        share = _fraction(rolling["MaximumBatchSize"], instances)
        return _ladder(share, rolling["WaitIntervalInSeconds"], rolling["WaitIntervalInSeconds"])
    policy = (deployment or {}).get("BlueGreenUpdatePolicy")
    if not policy:
        return [Step(1.0, 0.0)]
    routing = policy["TrafficRoutingConfiguration"]
    bake = policy.get("TerminationWaitInSeconds", 0)
    wait = routing.get("WaitIntervalInSeconds", 0)
    if routing["Type"] == "CANARY":
        return [Step(_fraction(routing["CanarySize"], instances), wait), Step(1.0, bake)]
    if routing["Type"] == "LINEAR":
        return _ladder(_fraction(routing["LinearStepSize"], instances), wait, bake)
    return [Step(1.0, bake)]


def _ladder(share: float, wait: float, last_wait: float) -> list[Step]:
    rungs = math.ceil(1 / share - 1e-9)
    return [Step(share * rung, wait) for rung in range(1, rungs)] + [Step(1.0, last_wait)]


def _fraction(size: dict[str, Any], instances: int) -> float:
    if size["Type"] == "CAPACITY_PERCENT":
        return float(size["Value"]) / 100
    return min(1.0, float(size["Value"]) / max(1, instances))
