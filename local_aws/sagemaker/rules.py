"""What SageMaker refuses, as pure functions over requests.

Texts of refusals are invented unless a comment says where AWS's own was read. Sources are named in the README's table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker.records import Definition, Fleet

_TRANSITIONS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_MAX_VARIANTS = 10


def all_variants(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a configuration's production and shadow variants."""
    return [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]


def check_variants(config: dict[str, Any], models: dict[str, Definition]) -> None:
    """Refuse a CreateEndpointConfig whose variants do not go together.

    Raises:
        ServiceError: For the first rule that is broken.
    """
    production, shadows = config["ProductionVariants"], config.get("ShadowProductionVariants", [])
    if shadows and (len(production) != 1 or len(shadows) != 1):
        raise validation(
            "With ShadowProductionVariants exactly one production variant and one shadow variant may be given, "
            f"got {len(production)} and {len(shadows)}."
        )
    variants = all_variants(config)
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise validation(f"Variant names must be distinct, got {', '.join(names)}.")
    if len(variants) > _MAX_VARIANTS:
        raise validation(f"At most {_MAX_VARIANTS} variants, got {len(variants)}.")
    if shadows:
        for variant in variants:
            _check_excluded(variant, models.get(variant.get("ModelName", "")), config)
    for variant in variants:
        _check_hosting(variant, config)


def _check_excluded(variant: dict[str, Any], model: Definition | None, config: dict[str, Any]) -> None:
    request = model.request if model else {}
    containers = request.get("Containers", [])
    modes = [c.get("Mode") for c in (*containers, request.get("PrimaryContainer", {}))]
    excluded = {
        "serverless inference": "ServerlessConfig" in variant,
        "asynchronous inference": "AsyncInferenceConfig" in config,
        "multi-container endpoints": len(containers) > 1,
        "multi-model endpoints": "MultiModel" in modes,
        "Inf1 instances": variant.get("InstanceType", "").startswith("ml.inf1."),
    }
    for feature, used in excluded.items():
        if used:
            raise validation(f"Shadow variants do not support {feature} (variant {variant['VariantName']}).")


def _check_hosting(variant: dict[str, Any], config: dict[str, Any]) -> None:
    name = variant["VariantName"]
    if "ServerlessConfig" in variant or "AsyncInferenceConfig" in config:
        raise validation(f"Variant {name}: serverless and asynchronous inference are not modelled here.")
    if "ModelName" not in variant:
        raise validation(f"Variant {name}: inference components (no ModelName) are not modelled here.")
    for member in ("InstanceType", "InitialInstanceCount"):
        if member not in variant:
            raise validation(f"Variant {name} needs {member}.")


def check_idle(status: str, arn: str) -> None:
    """Refuse an operation on an endpoint that another one is changing."""
    if status in _TRANSITIONS:
        # This text is quoted by users (Terraform and CDK issues).
        raise validation(f'Cannot update in-progress endpoint "{arn}".')


def check_updatable(status: str, arn: str) -> None:
    """Refuse an update of an endpoint that only DeleteEndpoint can help."""
    check_idle(status, arn)
    if status != "InService":
        raise validation(f'Endpoint "{arn}" is {status}; only DeleteEndpoint is possible.')


def check_scaled(config: dict[str, Any], fleet: Fleet | None, scaled: Iterable[str]) -> None:
    """Refuse to remove an autoscaled variant or to change its instance type.

    The rule is in the Developer Guide (endpoint-scaling-update); the text is from memory of users' reports.
    """
    new = {variant["VariantName"]: variant for variant in all_variants(config)}
    blocked = []
    for name in scaled:
        live = fleet.find(name) if fleet else None
        if live is None:
            continue
        if name not in new or new[name]["InstanceType"] != live.instance_type:
            blocked.append(name)
    if blocked:
        quoted = ",".join(f'"{name}"' for name in sorted(blocked))
        raise validation(
            f"The variant(s) [{quoted}] must be deregistered as scalable targets with AWS Application Auto Scaling "
            "before they can be removed or have their instance type updated."
        )


def check_deployment(deployment: dict[str, Any] | None, config: dict[str, Any], fleet: Fleet | None) -> None:
    """Refuse a DeploymentConfig that contradicts itself or the endpoint it is for.

    Args:
        deployment: DeploymentConfig; None is a plain update.
        config: The new endpoint configuration.
        fleet: What serves now; None at creation, when only the deployment itself is checked.
    """
    if deployment is None:
        return
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise validation("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy may be set.")
    if blue_green:
        _check_blue_green(blue_green)
    if rolling:
        _check_percent("RollingUpdatePolicy.MaximumBatchSize", rolling["MaximumBatchSize"], 5, 50)
    if fleet is None:
        return
    old, new = _production_names(fleet), {v["VariantName"] for v in config["ProductionVariants"]}
    if old != new:
        raise validation(
            "Deployment guardrails need the same variant name in the new endpoint configuration, "
            f"got {', '.join(sorted(new))} instead of {', '.join(sorted(old))}."
        )
    if rolling and (len(all_variants(config)) > 1 or len(fleet.variants) > 1):
        raise validation("Rolling deployments do not support endpoints with several variants.")


def _production_names(fleet: Fleet) -> set[str]:
    return {variant.name for variant in fleet.production}


def _check_blue_green(policy: dict[str, Any]) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    kind = routing["Type"]
    sizes = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
    for owner, member in sizes.items():
        if kind == owner and member not in routing:
            raise validation(f"TrafficRoutingConfiguration of type {owner} needs {member}.")
        if kind != owner and member in routing:
            raise validation(f"{member} is only for TrafficRoutingConfiguration of type {owner}, got {kind}.")
    if kind == "CANARY":
        _check_percent("CanarySize", routing["CanarySize"], 1, 50)
    if kind == "LINEAR":
        _check_percent("LinearStepSize", routing["LinearStepSize"], 10, 50)
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    waits = routing.get("WaitIntervalInSeconds", 0) + policy.get("TerminationWaitInSeconds", 0)
    if limit is not None and limit <= waits:
        raise validation(f"MaximumExecutionTimeoutInSeconds must exceed the waits ({waits}), got {limit}.")


def _check_percent(member: str, size: dict[str, Any], low: int, high: int) -> None:
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        raise validation(f"{member} must be {low} to {high} percent, got {size['Value']}.")


def rollback_alarms(deployment: dict[str, Any] | None) -> list[str]:
    """Return the names of the alarms that roll a deployment back."""
    alarms = ((deployment or {}).get("AutoRollbackConfiguration") or {}).get("Alarms") or []
    return [alarm["AlarmName"] for alarm in alarms]


def check_alarms(deployment: dict[str, Any] | None, known: Iterable[str]) -> None:
    """Refuse rollback alarms that do not exist."""
    missing = sorted(set(rollback_alarms(deployment)) - set(known))
    if missing:
        raise validation(f"Could not find alarm(s) {', '.join(missing)} named in AutoRollbackConfiguration.")
