"""The endpoint configurations that SageMaker makes for a managed shadow test: for the run, and at its end."""

from __future__ import annotations

import itertools
from typing import Any

from local_aws.sagemaker import definitions
from local_aws.sagemaker.records import Definition, Experiment, Region

_NAME = 50
_numbers = itertools.count(1)


def for_the_run(region: Region, experiment: Experiment) -> Definition:
    """Make the configuration of the run: both variants, and what DataStorageConfig says about answers."""
    assert experiment.before is not None
    production, shadow = (
        _variant(experiment, experiment.variant(name)) for name in (experiment.production_name, experiment.shadow_name)
    )
    return _make(
        region, experiment, [production], [{**shadow, "InitialVariantWeight": experiment.share}], _capture(experiment)
    )


def for_the_end(region: Region, experiment: Experiment, stop: dict[str, Any]) -> Definition:
    """Make the configuration that the actions and the desired variants ask for."""
    desired = {variant["VariantName"]: variant for variant in stop.get("DesiredModelVariants", [])}
    kept = [
        (name, action, _variant(experiment, desired.get(name) or experiment.variant(name)))
        for name, action in stop["ModelVariantActions"].items()
        if action != "Remove"
    ]
    production = [v for name, action, v in kept if name == experiment.production_name or action == "Promote"]
    shadows = [
        {**v, "InitialVariantWeight": experiment.share}
        for name, action, v in kept
        if name == experiment.shadow_name and action == "Retain"
    ]
    return _make(region, experiment, production, shadows, (_capture if shadows else _as_before)(experiment))


def _variant(experiment: Experiment, wanted: dict[str, Any] | None) -> dict[str, Any]:
    # What an experiment can't say of a variant (volume, timeouts, routing) stays as it was: invented.
    assert wanted is not None
    assert experiment.before is not None
    before = experiment.before.request["ProductionVariants"]
    same = next((v for v in before if v["VariantName"] == wanted["VariantName"]), {"InitialVariantWeight": 1.0})
    hardware = wanted["InfrastructureConfig"]["RealTimeInferenceConfig"]
    return {
        **same,
        "VariantName": wanted["VariantName"],
        "ModelName": wanted["ModelName"],
        "InstanceType": hardware["InstanceType"],
        "InitialInstanceCount": hardware["InstanceCount"],
    }


def _capture(experiment: Experiment) -> dict[str, Any] | None:
    storage = experiment.request.get("DataStorageConfig")
    if storage is None:
        return _as_before(experiment)
    made: dict[str, Any] = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": storage["Destination"],
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    if "KmsKey" in storage:
        made["KmsKeyId"] = storage["KmsKey"]
    if "ContentType" in storage:
        made["CaptureContentTypeHeader"] = storage["ContentType"]
    return made


def _as_before(experiment: Experiment) -> dict[str, Any] | None:
    assert experiment.before is not None
    return experiment.before.request.get("DataCaptureConfig")


def _make(
    region: Region,
    experiment: Experiment,
    production: list[dict[str, Any]],
    shadows: list[dict[str, Any]],
    capture: dict[str, Any] | None,
) -> Definition:
    assert experiment.before is not None
    name = f"{experiment.name[:_NAME]}-{next(_numbers)}"
    made = {**experiment.before.request, "EndpointConfigName": name, "ProductionVariants": production}
    if "KmsKey" in experiment.request:
        # API member KmsKey: of the storage volumes of what hosts the endpoint.
        made["KmsKeyId"] = experiment.request["KmsKey"]
    for member, value in (("ShadowProductionVariants", shadows), ("DataCaptureConfig", capture)):
        made.pop(member, None)
        if value:
            made[member] = value
    definitions.create_config(region, made)
    return region.configs[name]
