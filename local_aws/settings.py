"""What a person may set: speed, and the choices that AWS does not document."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Behaviour that no AWS document states; each can be switched to see that nothing depends on it.

    Args:
        same_config_update: What UpdateEndpoint does when the configuration already serves: refuse or accept.
        shadow_weight_update: Whether UpdateEndpointWeightsAndCapacities takes a shadow variant: accept or refuse.
        config_in_use_delete: What DeleteEndpointConfig does with a configuration that serves: accept or refuse.
        capture_failures: Whether invocations that the model failed are captured: no or yes.
        shadow_event_id: Whether a mirrored request has the eventId of its original: own or same.
        cloudformation_notices: When CloudFormation fails an update that SageMaker rolled back: unless-silent
            (always, except for the fault `silent-rollback`), always or never.
        cloudformation_same_config: What CloudFormation does when a stack rollback asks for the configuration that
            already serves: skip (does not call UpdateEndpoint) or call.
    """

    same_config_update: str = "refuse"
    shadow_weight_update: str = "accept"
    config_in_use_delete: str = "accept"
    capture_failures: str = "no"
    shadow_event_id: str = "own"
    cloudformation_notices: str = "unless-silent"
    cloudformation_same_config: str = "skip"


CHOICES: dict[str, tuple[str, ...]] = {
    "same_config_update": ("refuse", "accept"),
    "shadow_weight_update": ("accept", "refuse"),
    "config_in_use_delete": ("accept", "refuse"),
    "capture_failures": ("no", "yes"),
    "shadow_event_id": ("own", "same"),
    "cloudformation_notices": ("unless-silent", "always", "never"),
    "cloudformation_same_config": ("skip", "call"),
}
"""Allowed values per assumption; the first is the default."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How fast the local AWS runs, and what it assumes.

    Args:
        wait_scale: Local seconds per AWS second of a deployment's wait (bake, canary, linear steps).
        startup_timeout_seconds: How long a model server may take to become healthy.
        transition_seconds: Least time an endpoint spends in Creating, Updating, RollingBack or Deleting.
        drain_seconds: How long an old fleet lives on after traffic has left it.
        capture_flush_seconds: How often captured records are written to S3.
        host_metrics_seconds: How often CPU, memory and disk use are measured.
        alarm_seconds: How often alarms are evaluated.
        assumptions: The switches for what AWS does not document.
    """

    wait_scale: float = 0.02
    startup_timeout_seconds: float = 20.0
    transition_seconds: float = 1.0
    drain_seconds: float = 2.0
    capture_flush_seconds: float = 1.0
    host_metrics_seconds: float = 0.5
    alarm_seconds: float = 1.0
    assumptions: Assumptions = field(default_factory=Assumptions)


def parse_assumptions(pairs: list[str]) -> Assumptions:
    """Return the assumptions that ``NAME=VALUE`` texts describe.

    Raises:
        ValueError: If a name or a value is unknown.
    """
    chosen: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        key = name.replace("-", "_")
        if key not in CHOICES:
            raise ValueError(f"unknown assumption '{name}', known: {', '.join(_dashed(c) for c in CHOICES)}")
        if value not in CHOICES[key]:
            raise ValueError(f"'{name}' must be one of {', '.join(CHOICES[key])}, got '{value}'")
        chosen[key] = value
    return dataclasses.replace(Assumptions(), **chosen)


def _dashed(name: str) -> str:
    return name.replace("_", "-")
