"""From an endpoint configuration to the variants that will run, and from those to DescribeEndpoint."""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.definitions import find_model
from local_aws.sagemaker.records import Definition, Endpoint, Fleet, Region, Variant


def plan_fleet(
    region: Region,
    config: Definition,
    endpoint_name: str,
    retained: Fleet | None = None,
    excluded: set[str] | None = None,
) -> Fleet:
    """Return the fleet of a configuration, not yet started.

    Args:
        region: Where the models are.
        config: The endpoint configuration.
        endpoint_name: The endpoint it will serve.
        retained: The fleet whose weights and counts win for variants of the same name
            (RetainAllVariantProperties). Default: the configuration's initial values.
        excluded: ExcludeRetainedVariantProperties.
    """
    fleet = Fleet(endpoint_name, region.name, config.name, [], config.request.get("DataCaptureConfig"))
    for member, shadow in (("ProductionVariants", False), ("ShadowProductionVariants", True)):
        for wanted in config.request.get(member, []):
            variant = _variant(region, wanted, shadow=shadow)
            live = retained.find(variant.name) if retained else None
            if live is not None:
                _retain(variant, live, excluded or set())
            fleet.variants.append(variant)
    return fleet


def _variant(region: Region, wanted: dict[str, Any], *, shadow: bool) -> Variant:
    model = find_model(region, wanted["ModelName"])
    container = first_container(model)
    return Variant(
        name=wanted["VariantName"],
        model_name=model.name,
        instance_type=wanted["InstanceType"],
        count=wanted["InitialInstanceCount"],
        weight=wanted.get("InitialVariantWeight", 1.0),
        shadow=shadow,
        image=container.get("Image", ""),
        model_data=artifact_uri(container),
        volume_gigabytes=wanted.get("VolumeSizeInGB", 30),
    )


def _retain(variant: Variant, live: Variant, excluded: set[str]) -> None:
    if "DesiredWeight" not in excluded:
        variant.weight = live.weight
    if "DesiredInstanceCount" not in excluded:
        variant.count = live.count


def first_container(model: Definition) -> dict[str, Any]:
    """Return a model's container; a list of one is the same as the primary one."""
    found: dict[str, Any] = model.request.get("PrimaryContainer") or model.request["Containers"][0]
    return found


def artifact_uri(container: dict[str, Any]) -> str:
    """Return where a container's artifact is: one archive, or a prefix if the URI ends in a slash."""
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source:
        uri: str = source["S3Uri"]
        prefix = source["S3DataType"] == "S3Prefix" and not uri.endswith(".tar.gz")
        return uri.rstrip("/") + "/" if prefix else uri
    return str(container.get("ModelDataUrl", ""))


def describe_endpoint(endpoint: Endpoint, configs: dict[str, Definition]) -> dict[str, Any]:
    """Return the DescribeEndpoint response."""
    described: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config_name,
        "EndpointStatus": endpoint.status,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
    }
    if endpoint.failure_reason:
        described["FailureReason"] = endpoint.failure_reason
    if endpoint.deployment_config:
        described["LastDeploymentConfig"] = endpoint.deployment_config
    if endpoint.fleet:
        described.update(_summaries(endpoint.fleet, None))
        if endpoint.fleet.capture:
            described["DataCaptureConfig"] = _capture_summary(endpoint.fleet.capture)
    if endpoint.next_fleet:
        described["PendingDeploymentSummary"] = {
            "EndpointConfigName": endpoint.next_fleet.config_name,
            "StartTime": endpoint.pending_since,
            **_summaries(endpoint.next_fleet, endpoint.stage),
        }
    config = configs.get(endpoint.config_name)
    if config and "ExplainerConfig" in config.request:
        described["ExplainerConfig"] = config.request["ExplainerConfig"]
    return described


def _summaries(fleet: Fleet, stage: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"ProductionVariants": [_summary(v, stage) for v in fleet.production]}
    if fleet.shadow:
        found["ShadowProductionVariants"] = [_summary(fleet.shadow, stage)]
    return found


def _summary(variant: Variant, stage: str | None) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "VariantName": variant.name,
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": variant.count,
        "DesiredInstanceCount": variant.count,
    }
    if variant.image:
        summary["DeployedImages"] = [{"SpecifiedImage": variant.image, "ResolvedImage": variant.image}]
    if stage is not None:
        summary["VariantStatus"] = [{"Status": stage}]
        summary["InstanceType"] = variant.instance_type
    return summary


def _capture_summary(capture: dict[str, Any]) -> dict[str, Any]:
    enabled = capture.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }
