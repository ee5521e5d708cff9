"""A managed test as a resource of the template: `AWS::SageMaker::InferenceExperiment`."""

from __future__ import annotations

import datetime

import aws_cdk as cdk
import jsii
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from shadow_ops.contract.managed import ManagedAsked


@jsii.implements(cdk.IAnyProducer)
class _Tags:
    """Whatever tags the resource gets in the end, from the app's aspects too."""

    def __init__(self, made: sagemaker.CfnInferenceExperiment) -> None:
        self._made = made

    def produce(self, _context: cdk.IResolveContext) -> object:
        """The tags as the template has them."""
        return self._made.tags.render_tags()


def native_experiment(scope: Construct, asked: ManagedAsked, asks: cdk.CfnResource) -> cdk.CfnResource:
    """Make the resource; what its handler drops in silence, the test's function refuses before (docs/managed.md).

    There is no DesiredState in it: one that is left behind ends a running test at any later update. It is retained
    where the stack goes or another test takes its place: the handler's deletion would leave the shadow on the endpoint,
    and the function's ends the test properly.

    Args:
        scope: The managed test.
        asked: The test.
        asks: The resource that asks the function. It answers the test's name: of another content it is another one, so
            that nothing of it is changed under a running test. It gets the tags as well: where nothing but them
            changes the handler sends share and end too, so the function has to be asked.
    """
    assert asked.native is not None
    assert asked.starts is not None  # the value refuses a native test without one
    said = asked.to_request(asks.ref, asked.native)
    end = asked.starts + datetime.timedelta(seconds=asked.seconds)
    said["Schedule"] = {"StartTime": _at(asked.starts), "EndTime": _at(end)}
    made = sagemaker.CfnInferenceExperiment(
        scope, "Native", name=asks.ref, type="ShadowMode", role_arn="", endpoint_name="", model_variants=[]
    )
    for member, value in said.items():
        made.add_property_override(member, value)
    asks.add_property_override("NativeTags", cdk.Lazy.uncached_any(_Tags(made)))
    made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    return made


def _at(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
