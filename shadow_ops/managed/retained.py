"""What is done to take out a shadow that somebody has retained after its test."""

from __future__ import annotations

from shadow_ops.managed.steps import Deregister, GiveUp, Past, RemoveShadow, Seen, Step, Wait
from shadow_ops.managed.stopping import LATE_LOOKS


def next_without(seen: Seen, past: Past) -> Step:
    """What is done next."""
    experiment, live = seen.experiment, seen.live
    if experiment.shadow.name in seen.scaled:
        return Deregister(experiment.shadow.name)
    if past.asked != "update":
        return RemoveShadow()
    if past.looks < LATE_LOOKS and live.failure_reason is None:
        return Wait(f"{live.name} is about to be updated")
    why = live.failure_reason or "SageMaker says no reason"
    return GiveUp(f"SageMaker didn't take the shadow {experiment.shadow.name} out of {live.name}: {why}")
