"""A managed test as a resource of the template: `AWS::SageMaker::InferenceExperiment`."""

from __future__ import annotations

import datetime

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from shadow_ops.contract.managed import ManagedAsked


def native_experiment(scope: Construct, asked: ManagedAsked, name: str) -> cdk.CfnResource:
    """Make the resource; what its handler drops in silence, the test's function refuses before (docs/managed.md).

    There is no DesiredState in it: one that is left behind ends a running test at any later update. It is retained
    where the stack goes or another test takes its place: the handler's deletion would leave the shadow on the endpoint,
    and the function's ends the test properly.

    Args:
        scope: The managed test.
        asked: The test.
        name: Its name, which the function answers: of another content it is another one, so that nothing of it is
            changed under a running test.
    """
    assert asked.native is not None
    assert asked.starts is not None  # the value refuses a native test without one
    said = asked.to_request(name, asked.native)
    end = asked.starts + datetime.timedelta(seconds=asked.seconds)
    said["Schedule"] = {"StartTime": _at(asked.starts), "EndTime": _at(end)}
    made = sagemaker.CfnInferenceExperiment(
        scope, "Native", name=name, type="ShadowMode", role_arn="", endpoint_name="", model_variants=[]
    )
    for member, value in said.items():
        made.add_property_override(member, value)
    made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    return made


def _at(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
