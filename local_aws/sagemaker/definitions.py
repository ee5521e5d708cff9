"""Models and endpoint configurations: create, describe, delete, list."""

from __future__ import annotations

from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker import rules, tags
from local_aws.sagemaker.records import Definition, Region, arn


def create_model(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """CreateModel."""
    if "PrimaryContainer" in request and "Containers" in request:
        raise validation("Only one of PrimaryContainer and Containers may be given.")
    if "PrimaryContainer" not in request and not request.get("Containers"):
        raise validation("A model needs PrimaryContainer or Containers.")
    if "ExecutionRoleArn" not in request:
        raise validation("A model with a container needs ExecutionRoleArn.")
    model = _define(region, region.models, "model", request["ModelName"], request)
    return {"ModelArn": model.arn}


def describe_model(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeModel."""
    model = find_model(region, request["ModelName"])
    return {**model.request, "ModelArn": model.arn, "CreationTime": model.created}


def delete_model(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteModel. A model in use may be deleted: what serves has been downloaded already."""
    model = find_model(region, request["ModelName"])
    del region.models[model.name]
    region.tags.pop(model.arn, None)
    return {}


def list_models(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """ListModels."""
    rows = [{"ModelName": m.name, "ModelArn": m.arn, "CreationTime": m.created} for m in region.models.values()]
    return listing("Models", "ModelName", rows, request)


def create_config(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """CreateEndpointConfig."""
    for variant in rules.all_variants(request):
        if "ModelName" in variant:
            find_model(region, variant["ModelName"])
    rules.check_variants(request, region.models)
    config = _define(region, region.configs, "endpoint-config", request["EndpointConfigName"], request)
    return {"EndpointConfigArn": config.arn}


def describe_config(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeEndpointConfig."""
    config = find_config(region, request["EndpointConfigName"])
    return {**config.request, "EndpointConfigArn": config.arn, "CreationTime": config.created}


def delete_config(region: Region, request: dict[str, Any], in_use_delete: str) -> dict[str, Any]:
    """DeleteEndpointConfig.

    The API page says that a configuration in use must not be deleted; users report that the call succeeds and the
    next UpdateEndpoint fails, so that is the default here.
    """
    config = find_config(region, request["EndpointConfigName"])
    if in_use_delete == "refuse":
        for endpoint in region.endpoints.values():
            pending = endpoint.next_fleet.config_name if endpoint.next_fleet else None
            if config.name in (endpoint.config_name, pending):
                raise validation(f'Endpoint configuration "{config.arn}" is in use by {endpoint.name}.')
    del region.configs[config.name]
    region.tags.pop(config.arn, None)
    return {}


def list_configs(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """ListEndpointConfigs."""
    rows = [
        {"EndpointConfigName": c.name, "EndpointConfigArn": c.arn, "CreationTime": c.created}
        for c in region.configs.values()
    ]
    return listing("EndpointConfigs", "EndpointConfigName", rows, request)


def find_model(region: Region, name: str) -> Definition:
    """Return a model or refuse in AWS's words."""
    if name not in region.models:
        raise validation(f'Could not find model "{arn(region.name, "model", name)}".')
    return region.models[name]


def find_config(region: Region, name: str) -> Definition:
    """Return an endpoint configuration or refuse in AWS's words."""
    if name not in region.configs:
        raise validation(f'Could not find endpoint configuration "{arn(region.name, "endpoint-config", name)}".')
    return region.configs[name]


def _define(region: Region, store: dict[str, Definition], kind: str, name: str, request: dict[str, Any]) -> Definition:
    definition = Definition(name, arn(region.name, kind, name), {k: v for k, v in request.items() if k != "Tags"})
    if name in store:
        raise validation(
            f'Cannot create already existing {kind.replace("-config", " configuration")} "{definition.arn}".'
        )
    store[name] = definition
    if request.get("Tags"):
        tags.set_tags(region, definition.arn, request["Tags"])
    return definition


def listing(member: str, name_key: str, rows: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a List call: filtered by NameContains, sorted, cut at MaxResults."""
    wanted = [row for row in rows if request.get("NameContains", "") in row[name_key]]
    by = name_key if request.get("SortBy") == "Name" else "CreationTime"
    wanted.sort(key=lambda row: row[by], reverse=request.get("SortOrder", "Descending") == "Descending")
    first, size = int(request.get("NextToken", "0")), request.get("MaxResults", 100)
    page: dict[str, Any] = {member: wanted[first : first + size]}
    if first + size < len(wanted):
        page["NextToken"] = str(first + size)
    return page
