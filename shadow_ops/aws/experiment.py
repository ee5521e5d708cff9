"""A managed shadow test (InferenceExperiment) as SageMaker describes it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client
from shadow_ops.aws.errors import error_code
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import variant_config
from shadow_ops.contract.problems import CannotTellError

OVER = frozenset(("Completed", "Cancelled"))
"""Statuses that end a test."""


@dataclass(frozen=True)
class ModelVariant:
    """A variant of a managed test.

    Attributes:
        name: VariantName.
        model: ModelName.
        instances: What it runs on.
    """

    name: str
    model: str
    instances: Instances

    def to_api(self, instances: Instances | None = None) -> dict[str, Any]:
        """The ModelVariantConfig, on other hardware where it is given."""
        return variant_config(self.name, self.model, instances or self.instances)


@dataclass(frozen=True)
class Experiment:
    """A managed shadow test.

    Attributes:
        name: Its name.
        arn: Its ARN.
        endpoint: The endpoint that it runs on.
        status: SageMaker's word, such as ``Running``.
        reason: What SageMaker says about the status, or who ended it.
        production: The variant that answers callers.
        shadow: The variant that gets copies.
        sampling_percent: The share of the requests that is copied, in whole percent.
        config: The endpoint config that SageMaker made for the run; None before it runs.
        created: When it was made.
        start: When it begins, or began.
        end: When it ends by its schedule.
        completed: When it was over; None until then.
        modified: When it was last changed, its share for instance.
    """

    name: str
    arn: str
    endpoint: str
    status: str
    reason: str | None
    production: ModelVariant
    shadow: ModelVariant
    sampling_percent: int
    config: str | None
    created: datetime.datetime
    start: datetime.datetime
    end: datetime.datetime
    completed: datetime.datetime | None
    modified: datetime.datetime

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status in OVER

    def mode(self, percent: int) -> dict[str, Any]:
        """The ShadowModeConfig with a share."""
        shadow = {"ShadowModelVariantName": self.shadow.name, "SamplingPercentage": percent}
        return {"SourceModelVariantName": self.production.name, "ShadowModelVariants": [shadow]}


def describe(sagemaker: Client, name: str) -> Experiment | None:
    """Describe a managed test; None if there is none of that name.

    Raises:
        ClientError: If the call is refused.
    """
    try:
        found = sagemaker.describe_inference_experiment(Name=name)
    except ClientError as error:
        if error_code(error) == "ResourceNotFound":
            return None
        raise
    try:
        return _experiment(found)
    except (KeyError, IndexError) as error:
        raise CannotTellError(f"SageMaker doesn't say all of the managed test {name}: {error} is missing") from None


def tags(sagemaker: Client, experiment: Experiment) -> dict[str, str]:
    """The tags of a managed test.

    Raises:
        ClientError: If the call is refused.
    """
    # A page holds more than a resource may have (API operation ListTags).
    found = sagemaker.list_tags(ResourceArn=experiment.arn, MaxResults=100)["Tags"]
    return {one["Key"]: one["Value"] for one in found}


def tag(sagemaker: Client, experiment: Experiment, wanted: Mapping[str, str | None]) -> None:
    """Set tags, and take away those without a value; the others stay.

    Raises:
        ClientError: If a call is refused.
    """
    made = [{"Key": key, "Value": value} for key, value in wanted.items() if value is not None]
    gone = [key for key, value in wanted.items() if value is None]
    # First those that go: a resource may have fifty.
    if gone:
        sagemaker.delete_tags(ResourceArn=experiment.arn, TagKeys=gone)
    if made:
        sagemaker.add_tags(ResourceArn=experiment.arn, Tags=made)


def _experiment(found: Mapping[str, Any]) -> Experiment:
    # botocore gives times of the machine's zone; here they are said, and put into names, as UTC.
    found = _in_utc(found)
    mode = found["ShadowModeConfig"]
    copied = mode["ShadowModelVariants"][0]
    variants = {one["VariantName"]: _variant(one) for one in found["ModelVariants"]}
    schedule, created = found.get("Schedule") or {}, found["CreationTime"]
    start = schedule.get("StartTime", created)
    return Experiment(
        name=found["Name"],
        arn=found["Arn"],
        endpoint=found["EndpointMetadata"]["EndpointName"],
        status=found["Status"],
        reason=found.get("StatusReason"),
        production=variants[mode["SourceModelVariantName"]],
        shadow=variants[copied["ShadowModelVariantName"]],
        sampling_percent=copied["SamplingPercentage"],
        config=found["EndpointMetadata"].get("EndpointConfigName"),
        created=created,
        start=start,
        # Seven days where nothing is said (SageMaker Developer Guide, create a shadow test).
        end=schedule.get("EndTime", start + datetime.timedelta(days=7)),
        completed=found.get("CompletionTime"),
        modified=found.get("LastModifiedTime", created),
    )


def _in_utc(found: Any) -> Any:  # noqa: ANN401 - whatever a description holds
    if isinstance(found, Mapping):
        return {key: _in_utc(one) for key, one in found.items()}
    return found.astimezone(datetime.UTC) if isinstance(found, datetime.datetime) else found


def _variant(described: Mapping[str, Any]) -> ModelVariant:
    hardware = described["InfrastructureConfig"]["RealTimeInferenceConfig"]
    on = Instances(hardware["InstanceType"], hardware["InstanceCount"])
    return ModelVariant(described["VariantName"], described["ModelName"], on)
