"""What an endpoint serves now, as SageMaker says: variants, models, counts, config."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client


@dataclass(frozen=True)
class LiveVariant:
    """A variant that serves, or is a shadow.

    Attributes:
        name: Its name.
        model_name: Its SageMaker model; None for a variant of inference components.
        instance_type: What it runs on; None if serverless.
        initial_count: Instances that the config asks for; None if serverless.
        current_count: Instances that run.
        desired_count: Instances that are wanted.
        weight: Production: its share among the production variants. Shadow: the share of the requests it gets.
    """

    name: str
    model_name: str | None
    instance_type: str | None
    initial_count: int | None
    current_count: int | None
    desired_count: int | None
    weight: float


@dataclass(frozen=True)
class Config:
    """An endpoint config.

    Attributes:
        name: Its name.
        created: When it was made.
        production: Its production variants as the API gives them.
        shadow: Its shadow variants, likewise.
        capture_uri: Where captured data goes; None if nothing is captured.
        capture_percent: Share of the requests that is captured, 0 to 100.
    """

    name: str
    created: datetime.datetime
    production: tuple[Mapping[str, Any], ...]
    shadow: tuple[Mapping[str, Any], ...]
    capture_uri: str | None
    capture_percent: float = 100


@dataclass(frozen=True)
class LiveEndpoint:
    """An endpoint.

    Attributes:
        name: Its name.
        arn: Its ARN.
        status: SageMaker's word, such as ``InService`` or ``Updating``.
        config: The config that serves.
        production: The production variants, the main one first.
        shadow: The shadow variant, or None.
        failure_reason: Why the last creation or update failed; SageMaker may forget it.
        modified: When it last changed.
        since: Since when what is measured is about what serves now, where that is later than the config: a managed
            test's share changes in place.
    """

    name: str
    arn: str
    status: str
    config: Config
    production: tuple[LiveVariant, ...]
    shadow: LiveVariant | None
    failure_reason: str | None
    modified: datetime.datetime
    since: datetime.datetime | None = None
    created: datetime.datetime | None = None

    @property
    def began(self) -> datetime.datetime:
        """When the test began that runs: a test is as old as its config, and as its share."""
        return self.config.created if self.since is None else max(self.since, self.config.created)

    @property
    def sampling_percent(self) -> float:
        """Share of the requests that is copied to the shadow; 0 without one."""
        # Beside a production weight of 1, as this library renders it, the shadow's weight is the share.
        return 0 if self.shadow is None else self.shadow.weight * 100


def describe_config(sagemaker: Client, name: str) -> Config:
    """Describe an endpoint config.

    Raises:
        ClientError: If there is no such config, or the call is refused.
    """
    found = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    capture = found.get("DataCaptureConfig") or {}
    return Config(
        name=name,
        created=found["CreationTime"],
        production=tuple(found["ProductionVariants"]),
        shadow=tuple(found.get("ShadowProductionVariants") or ()),
        capture_uri=capture.get("DestinationS3Uri") if capture.get("EnableCapture", True) else None,
        capture_percent=capture.get("InitialSamplingPercentage", 100),
    )


def describe_contents(
    sagemaker: Client, serving: Config, asked: Config, made: dict[str, Any], *, told: bool
) -> dict[str, str | None]:
    """What models are made of, by their names: a hash of artifact, image, environment, all that their containers get.

    CloudFormation makes the same model anew under another name, for another role or network for instance.

    Args:
        sagemaker: The client.
        serving: The config that serves.
        asked: The one that shall: nothing is looked at where it brings nothing to users that they don't have.
        made: What was seen before; what is seen goes there.
        told: Whether anything was promoted before, which might come back.

    Returns:
        None for a model that is gone.

    Raises:
        ClientError: If a call is refused.
    """
    answering, coming, tested = (
        {one["ModelName"] for one in side if "ModelName" in one}
        for side in (serving.production, asked.production, serving.shadow)
    )
    wanted = sorted(answering | coming | tested) if coming - answering or coming & tested or told else []
    for name in wanted:
        if made.get(f"model {name}") is None:
            made[f"model {name}"] = _content(sagemaker, name)
    return {name: made[f"model {name}"] for name in wanted}


def _content(sagemaker: Client, model: str) -> str | None:
    try:
        found = sagemaker.describe_model(ModelName=model)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    made = [found.get(name) for name in ("PrimaryContainer", "Containers", "InferenceExecutionConfig")]
    return hashlib.sha256(json.dumps(made, sort_keys=True, default=str).encode()).hexdigest()[:16]


def describe(sagemaker: Client, name: str) -> LiveEndpoint | None:
    """Describe an endpoint and the config that serves.

    Returns:
        The endpoint, or None if there is none of that name.

    Raises:
        ClientError: If a call is refused.
    """
    try:
        found = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    config = describe_config(sagemaker, found["EndpointConfigName"])
    summaries = {
        one["VariantName"]: one
        for one in [*(found.get("ProductionVariants") or ()), *(found.get("ShadowProductionVariants") or ())]
    }
    shadows = [_variant(one, summaries) for one in config.shadow]
    return LiveEndpoint(
        name=found["EndpointName"],
        arn=found["EndpointArn"],
        status=found["EndpointStatus"],
        config=config,
        production=tuple(_variant(one, summaries) for one in config.production),
        shadow=shadows[0] if shadows else None,
        failure_reason=found.get("FailureReason") or None,
        modified=found["LastModifiedTime"],
        created=found["CreationTime"],
    )


def is_missing(error: ClientError) -> bool:
    """Whether SageMaker says that what was asked for doesn't exist: it has no error code of its own for that."""
    details = error.response.get("Error", {})
    missing = "could not find" in details.get("Message", "").lower()
    return details.get("Code") == "ValidationException" and missing


def _variant(wanted: Mapping[str, Any], summaries: Mapping[str, Mapping[str, Any]]) -> LiveVariant:
    live = summaries.get(wanted["VariantName"], {})
    return LiveVariant(
        name=wanted["VariantName"],
        model_name=wanted.get("ModelName"),
        instance_type=wanted.get("InstanceType"),
        initial_count=wanted.get("InitialInstanceCount"),
        current_count=live.get("CurrentInstanceCount"),
        desired_count=live.get("DesiredInstanceCount"),
        weight=live.get("CurrentWeight", wanted.get("InitialVariantWeight", 1.0)),
    )
