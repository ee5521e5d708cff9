"""Requests against botocore's API model."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local_aws.api_model import check_request, coerce, operation, service_model
from local_aws.errors import ServiceError
from local_aws.tests.support import config, model, variant


def test_a_right_request_passes() -> None:
    """What the service takes is taken."""
    check_request("sagemaker", "CreateEndpointConfig", config())


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "'endpointConfigName' failed to satisfy constraint: Member must not be null"),
        (config(name="under_score"), "regular expression pattern"),
        (config(production=variant(InstanceType="ml.m5.huge")), "enum value set"),
        (config(production=variant(InitialInstanceCount=0)), "greater than or equal to 1"),
        (config(production=variant(ContainerStartupHealthCheckTimeoutInSeconds=7200)), "less than or equal to 3600"),
        (config(production=variant(InitialInstanceCount="1")), "is not a integer"),
        (config(production=variant(InitialInstanceCount=True)), "is not a integer"),
        (config(production=variant(Weight=1)), "Unknown member 'productionVariants.1.member.weight'"),
        (config(ProductionVariants=[]), "length greater than or equal to 1"),
        (config(ProductionVariants={}), "is not a list"),
        (config(Tags=[{"Key": "a"}]), "'tags.1.member.value'"),
    ],
)
def test_fails_what_the_model_forbids(request_: dict[str, Any], said: str) -> None:
    """Types, required members, enums, patterns, bounds and unknown keys are refused, in AWS's words."""
    with pytest.raises(ServiceError, match=re.escape(said)) as refused:
        check_request("sagemaker", "CreateEndpointConfig", request_)

    assert refused.value.code == "ValidationException"


def test_fails_with_every_problem_at_once() -> None:
    """Two mistakes are two errors in one message."""
    with pytest.raises(ServiceError, match="2 validation errors detected"):
        check_request("sagemaker", "CreateModel", model("under_score", EnableNetworkIsolation="yes"))


def test_fails_an_operation_that_does_not_exist() -> None:
    """An operation that the service does not have is named."""
    with pytest.raises(ServiceError, match="no operation CreateShadow"):
        operation("sagemaker", "CreateShadow")


@pytest.mark.parametrize("service", ["sagemaker", "application-autoscaling", "cloudwatch"])
def test_every_pattern_of_the_model_can_be_checked(service: str) -> None:
    """No request fails because Python cannot read one of AWS's patterns."""
    from local_aws.api_model import _compiled

    shapes = service_model(service)
    patterns = {shapes.shape_for(name).metadata.get("pattern") for name in shapes.shape_names}
    for pattern in patterns - {None}:
        _compiled(pattern)


def test_template_scalars_become_the_types_of_the_api() -> None:
    """CloudFormation's strings become numbers and booleans; what cannot be is left to validation."""
    shape = operation("sagemaker", "CreateEndpointConfig").input_shape
    assert shape is not None
    given = config(production=variant(InitialInstanceCount="2", InitialVariantWeight="0.5", EnableSSMAccess="true"))

    (found,) = coerce(shape, given)["ProductionVariants"]

    assert (found["InitialInstanceCount"], found["InitialVariantWeight"], found["EnableSSMAccess"]) == (2, 0.5, True)
    assert (
        coerce(shape, config(production=variant(InitialInstanceCount="two")))["ProductionVariants"][0][
            "InitialInstanceCount"
        ]
        == "two"
    )
