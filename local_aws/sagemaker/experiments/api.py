"""The operations on managed shadow tests."""

from __future__ import annotations

import time
from typing import Any

from local_aws.errors import ServiceError, validation
from local_aws.sagemaker import rules as variants
from local_aws.sagemaker import tags
from local_aws.sagemaker.definitions import find_config, find_model, listing
from local_aws.sagemaker.endpoints import Context, find_endpoint
from local_aws.sagemaker.experiments import course, rules
from local_aws.sagemaker.records import Experiment, Region, arn

_OVER = ("Completed", "Cancelled")


def create(region: Region, request: dict[str, Any], context: Context) -> dict[str, Any]:
    """CreateInferenceExperiment, on an endpoint that is there."""
    name = request["Name"]
    if name in region.experiments:
        raise ServiceError("ResourceInUse", f"There is an inference experiment {name} already.")
    endpoint = find_endpoint(region, request["EndpointName"])
    variants.check_updatable(endpoint.status, endpoint.arn)
    rules.check_variants(request)
    for variant in request["ModelVariants"]:
        find_model(region, variant["ModelName"])
    serving = find_config(region, endpoint.config_name).request["ProductionVariants"]
    if [variant["VariantName"] for variant in serving] != [request["ShadowModeConfig"]["SourceModelVariantName"]]:
        raise validation(f"{endpoint.name} must serve by the one variant that the experiment takes for production.")
    for other in region.experiments.values():
        if other.endpoint_name == endpoint.name and other.status not in (*_OVER, "Created", "Creating"):
            raise ServiceError("ResourceInUse", f"{endpoint.name} has the experiment {other.name}.")
    start, end = rules.span(request.get("Schedule", {}), time.time())
    kept = {key: value for key, value in request.items() if key != "Tags"}
    made = Experiment(name, arn(region.name, "inference-experiment", name), kept, start, end)
    region.experiments[name] = made
    if request.get("Tags"):
        tags.set_tags(region, made.arn, request["Tags"])
    context.deployer.spawn(course.run(region, made, context))
    return {"InferenceExperimentArn": made.arn}


def describe(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeInferenceExperiment."""
    experiment = find(region, request["Name"])
    endpoint = region.endpoints.get(experiment.endpoint_name)
    metadata: dict[str, Any] = {"EndpointName": experiment.endpoint_name}
    if endpoint is not None:
        metadata["EndpointStatus"] = endpoint.status
        if experiment.config_name:
            metadata["EndpointConfigName"] = experiment.config_name
        if endpoint.failure_reason:
            metadata["FailureReason"] = endpoint.failure_reason
    served = {v.name for v in endpoint.fleet.variants} if endpoint and endpoint.fleet else set()
    optional = {
        "StatusReason": experiment.reason,
        "CompletionTime": experiment.completed,
        **{key: experiment.request.get(key) for key in ("Description", "DataStorageConfig", "KmsKey")},
    }
    return {
        **_row(experiment),
        "Arn": experiment.arn,
        "EndpointMetadata": metadata,
        "ModelVariants": [
            {**variant, "Status": "InService" if variant["VariantName"] in served else _absent(experiment)}
            for variant in experiment.request["ModelVariants"]
        ],
        "ShadowModeConfig": experiment.request["ShadowModeConfig"],
        **{key: value for key, value in optional.items() if value is not None},
    }


def _absent(experiment: Experiment) -> str:
    return "Deleted" if experiment.status in _OVER else "Creating"


def update(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateInferenceExperiment: while it runs the share changes in place, without a new fleet."""
    experiment = find(region, request["Name"])
    rules.check_update(experiment, request)
    changed = {key: value for key, value in request.items() if key != "Name"}
    rules.check_variants({**experiment.request, **changed})
    schedule = {"StartTime": experiment.start, "EndTime": experiment.end, **changed.pop("Schedule", {})}
    start, end = rules.moment(schedule["StartTime"]), rules.moment(schedule["EndTime"])
    rules.check_span(start, end)
    experiment.start, experiment.end = start, end
    experiment.request.update(changed)
    endpoint = region.endpoints.get(experiment.endpoint_name)
    shadow = endpoint.fleet.shadow if experiment.status == "Running" and endpoint and endpoint.fleet else None
    if shadow is not None:
        shadow.weight = experiment.share
    experiment.modified = time.time()
    return {"InferenceExperimentArn": experiment.arn}


def start(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """StartInferenceExperiment: before its time; the end comes nearer where the span would exceed thirty days."""
    experiment = find(region, request["Name"])
    if experiment.status != "Created":
        raise rules.conflict(f"{experiment.name} is {experiment.status}; only a created one can be started.")
    experiment.start = time.time()
    experiment.end = min(experiment.end, experiment.start + 30 * 24 * rules.HOUR)
    experiment.early = True
    experiment.turn("Starting")
    return {"InferenceExperimentArn": experiment.arn}


def stop(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """StopInferenceExperiment; without its endpoint it is refused, and the test goes on until its end."""
    experiment = find(region, request["Name"])
    rules.check_stop(experiment, request)
    find_endpoint(region, experiment.endpoint_name)
    for variant in request.get("DesiredModelVariants", []):
        find_model(region, variant["ModelName"])
    experiment.stop = request
    experiment.turn("Stopping")
    return {"InferenceExperimentArn": experiment.arn}


def delete(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteInferenceExperiment: what is remembered of it goes; endpoint, variants and captured data stay."""
    experiment = find(region, request["Name"])
    if experiment.status not in (*_OVER, "Created"):
        raise rules.conflict(f"{experiment.name} is {experiment.status}; stop it before you delete it.")
    experiment.early = True
    del region.experiments[experiment.name]
    region.tags.pop(experiment.arn, None)
    return {"InferenceExperimentArn": experiment.arn}


def listed(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """ListInferenceExperiments: no endpoint filter, no endpoint's name in what comes back."""
    rows = [
        _row(experiment)
        for experiment in region.experiments.values()
        if request.get("StatusEquals", experiment.status) == experiment.status
    ]
    return listing("InferenceExperiments", "Name", rows, request)


def _row(experiment: Experiment) -> dict[str, Any]:
    return {
        "Name": experiment.name,
        "Type": experiment.request["Type"],
        "Schedule": {"StartTime": experiment.start, "EndTime": experiment.end},
        "Status": experiment.status,
        "CreationTime": experiment.created,
        "LastModifiedTime": experiment.modified,
        "RoleArn": experiment.request["RoleArn"],
    }


def find(region: Region, name: str) -> Experiment:
    """Return an experiment or refuse.

    Raises:
        ServiceError: If there is none of that name.
    """
    if name not in region.experiments:
        raise ServiceError("ResourceNotFound", f"Could not find inference experiment {name}.")
    return region.experiments[name]
