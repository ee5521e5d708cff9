"""What is there to be seen: what serves, what was captured, what was measured, what is left."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.errors import RehearsalError
from shadow_ops.aws.boto import Client

NAMESPACE = "AWS/SageMaker"


@dataclass(frozen=True)
class Serving:
    """What an endpoint serves.

    Attributes:
        config_name: The endpoint config that serves.
        status: The endpoint's status.
        modified: When the endpoint was last changed.
        models: ARN of each variant's model, by the variant's name.
        weights: Each variant's weight, by the variant's name.
    """

    config_name: str
    status: str
    modified: datetime.datetime
    models: Mapping[str, str]
    weights: Mapping[str, float]


def serving(sagemaker: Client, endpoint_name: str) -> Serving:
    """Return what an endpoint serves now, as SageMaker says."""
    endpoint = sagemaker.describe_endpoint(EndpointName=endpoint_name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    return Serving(
        config_name=endpoint["EndpointConfigName"],
        status=endpoint["EndpointStatus"],
        modified=endpoint["LastModifiedTime"],
        models={
            variant["VariantName"]: sagemaker.describe_model(ModelName=variant["ModelName"])["ModelArn"]
            for variant in variants
        },
        weights={variant["VariantName"]: variant["InitialVariantWeight"] for variant in variants},
    )


@dataclass(frozen=True)
class Record:
    """One captured invocation of one variant.

    Attributes:
        inference_id: The caller's id of the request.
        request: What was sent.
        response: What the variant answered.
        key: Where the record lies in S3.
    """

    inference_id: str
    request: str
    response: str
    key: str


def captured(s3: Client, uri: str) -> dict[str, list[Record]]:
    """Return the captured records below ``s3://…/<endpoint>/``, by the variant's name."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    found: dict[str, list[Record]] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            key = entry["Key"]
            variant = key.removeprefix(prefix).split("/")[0]
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            found.setdefault(variant, []).extend(_record(json.loads(line), key) for line in body.splitlines())
    return found


def pairs(records: Mapping[str, list[Record]], production: str, shadow: str) -> list[tuple[Record, Record]]:
    """Return production's and the shadow's record of the same request, joined by InferenceId."""
    mirrored = {record.inference_id: record for record in records.get(shadow, [])}
    return [(one, mirrored[one.inference_id]) for one in records.get(production, []) if one.inference_id in mirrored]


@dataclass(frozen=True)
class Measured:
    """What CloudWatch says of one variant over the last minutes.

    Attributes:
        invocations: Requests; of a shadow, the copies it was sent.
        errors: Requests the model failed.
        latency_ms: The model's average latency. None without a request.
    """

    invocations: int
    errors: int
    latency_ms: float | None


def measured(cloudwatch: Client, endpoint_name: str, variant: str) -> Measured:
    """Return a variant's metrics of the last hour."""

    def points(metric: str, statistic: str) -> list[float]:
        now = datetime.datetime.now(datetime.UTC)
        answer = cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": endpoint_name},
                {"Name": "VariantName", "Value": variant},
            ],
            StartTime=now - datetime.timedelta(hours=1),
            EndTime=now + datetime.timedelta(minutes=1),
            Period=60,
            Statistics=[statistic],
        )
        return [point[statistic] for point in answer["Datapoints"]]

    microseconds, samples = sum(points("ModelLatency", "Sum")), sum(points("ModelLatency", "SampleCount"))
    return Measured(
        invocations=round(sum(points("Invocations", "Sum"))),
        errors=round(sum(points("InvocationModelErrors", "Sum"))),
        latency_ms=microseconds / samples / 1000 if samples > 0 else None,
    )


def outputs(cloudformation: Client, stack_name: str) -> dict[str, str]:
    """Return a stack's outputs by name."""
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def inventory(client: Callable[[str], Any]) -> set[str]:
    """Return all that exists of the kinds a shadow test makes, as ``kind name``.

    Args:
        client: Makes a boto3 client of a service.
    """
    sagemaker, iam, s3, logs = client("sagemaker"), client("iam"), client("s3"), client("lambda")
    found = {f"endpoint {one['EndpointName']}" for one in sagemaker.list_endpoints()["Endpoints"]}
    found |= {
        f"endpoint config {one['EndpointConfigName']}" for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]
    }
    found |= {f"model {one['ModelName']}" for one in sagemaker.list_models()["Models"]}
    found |= {f"role {one['RoleName']}" for one in iam.list_roles()["Roles"]}
    found |= {f"bucket {one['Name']}" for one in s3.list_buckets()["Buckets"]}
    found |= {f"function {one['FunctionName']}" for one in logs.list_functions()["Functions"]}
    return found


def until(what: str, seconds: float, look: Callable[[], bool]) -> None:
    """Wait until something can be seen; captures and metrics arrive a little after the requests.

    Raises:
        RehearsalError: If it cannot be seen in time.
    """
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise RehearsalError(f"waited {seconds:g} s in vain until {what}")
        time.sleep(0.2)


def _record(line: Mapping[str, Any], key: str) -> Record:
    data = line["captureData"]
    return Record(
        inference_id=line["eventMetadata"].get("inferenceId", ""),
        request=data["endpointInput"]["data"],
        response=data["endpointOutput"]["data"],
        key=key,
    )
