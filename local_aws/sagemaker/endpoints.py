"""Endpoints: create, update, scale, delete, list."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker import rules, tags
from local_aws.sagemaker.definitions import find_config, listing
from local_aws.sagemaker.deployment import Deployer
from local_aws.sagemaker.fleets import plan_fleet
from local_aws.sagemaker.records import Endpoint, Region, arn
from local_aws.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Context:
    """What endpoints need from the rest.

    Args:
        settings: Durations and assumptions.
        deployer: Runs deployments.
        scaled: Returns the names of an endpoint's variants that are scalable targets.
        deregister: Removes the scalable targets of an endpoint that is deleted.
        alarms: Returns the names of a region's alarms.
    """

    settings: Settings
    deployer: Deployer
    scaled: Callable[[str, str], set[str]]
    deregister: Callable[[str, str], None]
    alarms: Callable[[str], set[str]]


def find_endpoint(region: Region, name: str) -> Endpoint:
    """Return an endpoint or refuse in AWS's words."""
    if name not in region.endpoints:
        raise validation(f'Could not find endpoint "{arn(region.name, "endpoint", name)}".')
    return region.endpoints[name]


def create_endpoint(region: Region, request: dict[str, Any], context: Context) -> dict[str, Any]:
    """CreateEndpoint."""
    name = request["EndpointName"]
    config = find_config(region, request["EndpointConfigName"])
    # Names are unique without regard to case (API reference), though invoked with regard to it.
    if any(other.lower() == name.lower() for other in region.endpoints):
        raise validation(f'Cannot create already existing endpoint "{arn(region.name, "endpoint", name)}".')
    deployment = request.get("DeploymentConfig")
    rules.check_deployment(deployment, config.request, None)
    endpoint = Endpoint(name, arn(region.name, "endpoint", name), region.name, config.name)
    endpoint.deployment_config = deployment
    fleet = plan_fleet(region, config, name)
    region.endpoints[name] = endpoint
    if request.get("Tags"):
        tags.set_tags(region, endpoint.arn, request["Tags"])
    context.deployer.spawn(context.deployer.create(endpoint, fleet))
    return {"EndpointArn": endpoint.arn}


def update_endpoint(region: Region, request: dict[str, Any], context: Context) -> dict[str, Any]:
    """UpdateEndpoint."""
    endpoint = find_endpoint(region, request["EndpointName"])
    rules.check_updatable(endpoint.status, endpoint.arn)
    config = find_config(region, request["EndpointConfigName"])
    # Users report that an update fails when the configuration that serves has been deleted.
    find_config(region, endpoint.config_name)
    if config.name == endpoint.config_name and context.settings.assumptions.same_config_update == "refuse":
        raise validation(f'Endpoint "{endpoint.arn}" already uses endpoint configuration "{config.name}".')
    deployment = request.get("DeploymentConfig")
    if request.get("RetainDeploymentConfig"):
        deployment = endpoint.deployment_config
    rules.check_scaled(config.request, endpoint.fleet, context.scaled(region.name, endpoint.name))
    rules.check_deployment(deployment, config.request, endpoint.fleet)
    rules.check_alarms(deployment, context.alarms(region.name))
    excluded = {e["VariantPropertyType"] for e in request.get("ExcludeRetainedVariantProperties", [])}
    retained = endpoint.fleet if request.get("RetainAllVariantProperties") else None
    fleet = plan_fleet(region, config, endpoint.name, retained, excluded)
    endpoint.next_fleet, endpoint.next_share, endpoint.stage = fleet, 0.0, "Creating"
    endpoint.pending_since = time.time()
    endpoint.failure_reason, endpoint.silent = None, False
    endpoint.touch("Updating")
    context.deployer.spawn(context.deployer.update(endpoint, fleet, deployment))
    return {"EndpointArn": endpoint.arn}


def update_weights(region: Region, request: dict[str, Any], context: Context) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities."""
    endpoint = find_endpoint(region, request["EndpointName"])
    rules.check_updatable(endpoint.status, endpoint.arn)
    assert endpoint.fleet is not None
    chosen = []
    for desired in request["DesiredWeightsAndCapacities"]:
        variant = endpoint.fleet.find(desired["VariantName"])
        if variant is None:
            raise validation(f'Endpoint "{endpoint.arn}" has no variant "{desired["VariantName"]}".')
        if variant.shadow and context.settings.assumptions.shadow_weight_update == "refuse":
            raise validation(f'"{variant.name}" is a shadow variant; its weight cannot be changed in place.')
        chosen.append((variant, desired))
    for variant, desired in chosen:
        variant.weight = desired.get("DesiredWeight", variant.weight)
        variant.count = desired.get("DesiredInstanceCount", variant.count)
    endpoint.touch("Updating")
    context.deployer.spawn(context.deployer.scale(endpoint))
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(region: Region, request: dict[str, Any], context: Context) -> dict[str, Any]:
    """DeleteEndpoint. Scalable targets of its variants go with it (Developer Guide, endpoint-auto-scaling)."""
    endpoint = find_endpoint(region, request["EndpointName"])
    rules.check_idle(endpoint.status, endpoint.arn)
    endpoint.touch("Deleting")

    def forget() -> None:
        region.endpoints.pop(endpoint.name, None)
        region.tags.pop(endpoint.arn, None)
        context.deregister(region.name, endpoint.name)

    context.deployer.spawn(context.deployer.delete(endpoint, forget))
    return {}


def list_endpoints(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """ListEndpoints."""
    rows = [
        {
            "EndpointName": e.name,
            "EndpointArn": e.arn,
            "CreationTime": e.created,
            "LastModifiedTime": e.modified,
            "EndpointStatus": e.status,
        }
        for e in region.endpoints.values()
        if request.get("StatusEquals", e.status) == e.status
    ]
    return listing("Endpoints", "EndpointName", rows, request)
