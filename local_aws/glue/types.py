"""CloudFormation's knowledge of the added types: properties that replace, names, attributes, conversions."""

from __future__ import annotations

import secrets
import string
from typing import Any

from botocore.model import StructureShape

from local_aws.api_model import coerce, operation
from local_aws.errors import validation

_ALPHABET = string.ascii_letters + string.digits
_SUFFIX = 12
_MAX_NAME = 63

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
EXPERIMENT = "AWS::SageMaker::InferenceExperiment"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"

# Registry schemas, createOnlyProperties: everything but Tags for models and configurations.
REPLACING: dict[str, tuple[str, ...]] = {
    MODEL: (
        "Containers",
        "EnableNetworkIsolation",
        "ExecutionRoleArn",
        "InferenceExecutionConfig",
        "ModelName",
        "PrimaryContainer",
        "VpcConfig",
    ),
    CONFIG: (
        "AsyncInferenceConfig",
        "DataCaptureConfig",
        "EnableNetworkIsolation",
        "EndpointConfigName",
        "ExecutionRoleArn",
        "ExplainerConfig",
        "KmsKeyId",
        "MetricsConfig",
        "ProductionVariants",
        "ShadowProductionVariants",
        "VpcConfig",
    ),
    ENDPOINT: ("EndpointName",),
    EXPERIMENT: ("EndpointName", "KmsKey", "Name", "RoleArn", "Type"),
    TARGET: ("ResourceId", "ScalableDimension", "ServiceNamespace"),
    POLICY: ("PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"),
}

NAMED: dict[str, str] = {MODEL: "ModelName", CONFIG: "EndpointConfigName", ENDPOINT: "EndpointName", EXPERIMENT: "Name"}
"""Property with the physical name, per type that has one."""


def generated_name(logical_id: str) -> str:
    """Return a physical name in CloudFormation's style, within SageMaker's 63 characters."""
    suffix = "".join(secrets.choice(_ALPHABET) for _ in range(_SUFFIX))
    return f"{logical_id[: _MAX_NAME - _SUFFIX - 1]}-{suffix}"


def api_request(
    service: str, name: str, properties: dict[str, Any], resource_type: str, skip: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the API request that a resource's properties stand for, with scalars in the API's types.

    Args:
        service: API of the call, such as ``sagemaker``.
        name: The operation.
        properties: Resolved properties; their names are those of the API.
        resource_type: For the refusal of unknown properties.
        skip: Properties that belong to another call.

    Raises:
        ServiceError: If the type has no such property.
    """
    shape = operation(service, name).input_shape
    assert isinstance(shape, StructureShape)
    kept = {key: value for key, value in properties.items() if key not in skip}
    unknown = sorted(set(kept) - set(shape.members))
    if unknown:
        raise validation(f"Encountered unsupported property {unknown[0]} of {resource_type}")
    request: dict[str, Any] = coerce(shape, kept)
    return request
