"""The role that SageMaker takes to run a managed test: no minimum is documented, so each right has its reason here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from aws_cdk import aws_iam as iam

from shadow_constructs.model import permissions
from shadow_constructs.model.execution_role import sagemaker_trust
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import Place, place_of
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.managed import ManagedShadowTest

Statement = dict[str, Any]


def experiment_role(
    scope: Part, managed: ManagedShadowTest, captured: CaptureDestination | None, model_roles: Sequence[str]
) -> str:
    """Make the role.

    Args:
        scope: The managed test.
        managed: What is tested.
        captured: Where captured data goes, or None.
        model_roles: ARNs of the execution roles of both models, as far as they are known.

    Returns:
        Its ARN.
    """
    place = place_of(scope.stack)
    made = list(statements(managed, place, captured, model_roles))
    document = {"Version": "2012-10-17", "Statement": made}
    return iam.CfnRole(
        scope,
        "ExperimentRole",
        assume_role_policy_document=sagemaker_trust(place),
        description=f"Runs managed shadow tests of endpoint {managed.test.endpoint_name}",
        permissions_boundary=managed.test.guard.permissions_boundary,
        policies=[iam.CfnRole.PolicyProperty(policy_name="Test", policy_document=document)],
    ).attr_arn


def statements(
    managed: ManagedShadowTest, place: Place, captured: CaptureDestination | None, model_roles: Sequence[str]
) -> Iterator[Statement]:
    """The statements of the role.

    Args:
        managed: What is tested.
        place: Where the stack is deployed.
        captured: Where captured data goes, or None.
        model_roles: ARNs of the execution roles of both models.
    """
    sagemaker, name = place.arn("sagemaker"), managed.test.endpoint_name
    endpoints = [f"{sagemaker}:endpoint/{one}" for one in dict.fromkeys((name, name.lower()))]
    configs = [f"{sagemaker}:endpoint-config/*"]
    # The test is on this endpoint, which exists: it may neither be made nor deleted.
    yield _allow("SeeEndpoint", ["sagemaker:DescribeEndpoint"], endpoints)
    # An update is authorized on the endpoint and on the config that it is given (Service Authorization Reference).
    yield _allow("UpdateEndpoint", ["sagemaker:UpdateEndpoint"], [*endpoints, *configs])
    yield _allow("ScaleEndpoint", ["sagemaker:UpdateEndpointWeightsAndCapacities"], endpoints)
    # SageMaker makes a config for the run and one for the end, under names of its own, and reads the one before.
    yield _allow(
        "ConfigsOfTheRun",
        [f"sagemaker:{one}EndpointConfig" for one in ("Create", "Describe", "Delete")],
        configs,
    )
    yield _allow("TagConfigs", ["sagemaker:AddTags", "sagemaker:ListTags"], [*endpoints, *configs])
    # CloudFormation names models, and their ARNs are in lower case.
    yield _allow("SeeModels", ["sagemaker:DescribeModel"], [f"{sagemaker}:model/*"])
    if model_roles:
        passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        yield _allow("PassModelRoles", ["iam:PassRole"], list(model_roles), passed)
    if captured is not None:
        yield permissions.write_objects("WriteCaptured", place.partition, captured.bucket, captured.prefix)
        if captured.key_arn is not None:
            yield permissions.encrypt("EncryptCaptured", captured.key_arn)
    if managed.test.volume_key_arn is not None:
        yield from permissions.encrypt_volumes(managed.test.volume_key_arn)


def _allow(sid: str, actions: list[str], resources: list[str], condition: Statement | None = None) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}
