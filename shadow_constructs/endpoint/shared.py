"""The capture bucket, and what else of an endpoint's stack others may refer to.

A test and its promotion are two stacks of an app and one of CloudFormation. What the CDK does with a reference from a
third stack, an export in the one and a dependency on it, would have the promotion refused and the test deployed anew.
So other stacks read an output, which both have.
"""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from shadow_constructs.endpoint.outputs import CAPTURE_KEY, CAPTURED_DATA, prefix_of
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import place_of
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse


@jsii.implements(cdk.IStringProducer)
class _Known:
    """A text of the endpoint's stack; elsewhere, what an output of that stack says.

    Args:
        endpoint: Whose it is.
        here: As the endpoint's own stack knows it.
        output: Name of the output, without the prefix.
    """

    def __init__(self, endpoint: Part, here: str, output: str) -> None:
        self._endpoint, self._here, self._output = endpoint, here, output

    def produce(self, context: cdk.IResolveContext) -> str:
        """The text for who asks."""
        ours, theirs = self._endpoint.stack, cdk.Stack.of(context.scope)
        if _outermost(theirs) == _outermost(ours):
            return self._here
        if ours.nested_stack_parent is not None:
            fix = "give a bucket of your own: Capture.into(bucket)"
            rule = "be of no nested stack, to be used in another one"
            refuse("ShadowEndpoint", "capture_bucket", rule, ours.node.path, fix)
        prefix = prefix_of(self._endpoint)
        if prefix is None:
            fix = "call endpoint.add_outputs(), or give a bucket of your own: Capture.into(bucket)"
            refuse("ShadowEndpoint", "capture_bucket", "have an output that other stacks can read", None, fix)
        account, region = place_of(ours).account, place_of(ours).region
        elsewhere = place_of(theirs).account
        if elsewhere != account and not is_token(account) and not is_token(elsewhere):
            fix = "give a bucket of your own with a policy that admits them: Capture.into(bucket)"
            refuse("ShadowEndpoint", "capture_bucket", f"be used in account {account}", elsewhere, fix)
        there = None if is_token(region) or region == place_of(theirs).region else region
        said = cdk.Fn.get_stack_output(ours.stack_name, f"{prefix}{self._output}", there)
        # The output with the bucket is the address of the captured data: s3://bucket/...
        return cdk.Fn.select(2, cdk.Fn.split("/", said)) if self._output == CAPTURED_DATA else said


def shared_bucket(endpoint: Part, bucket: s3.IBucket, key_arn: str | None) -> s3.IBucket:
    """The bucket, to be granted and read in any stack.

    Args:
        endpoint: The endpoint, for whose captures it is.
        bucket: As it is in the endpoint's stack.
        key_arn: The KMS key that encrypts it, or None.
    """
    key: kms.IKey | None = None
    if key_arn is not None:
        arn = shared_text(endpoint, key_arn, CAPTURE_KEY)
        key = kms.Key.from_key_arn(endpoint, "CaptureKey", arn)
    name = shared_text(endpoint, bucket.bucket_name, CAPTURED_DATA)
    return s3.Bucket.from_bucket_attributes(endpoint, "CaptureBucket", bucket_name=name, encryption_key=key)


def shared_text(endpoint: Part, here: str, output: str) -> str:
    """A text of the endpoint's stack, to be used in any stack; a literal is itself everywhere.

    Args:
        endpoint: Whose it is.
        here: As the endpoint's own stack knows it.
        output: Name of the output that says it to others.
    """
    return cdk.Lazy.uncached_string(_Known(endpoint, here, output)) if is_token(here) else here


def deployed_text(endpoint: Part, here: str, output: str) -> str:
    """A text as the endpoint's stack was deployed with it, which may be another than the code says by now.

    Args:
        endpoint: Whose it is.
        here: As the code says it.
        output: Name of the output that says it to others.
    """
    return cdk.Lazy.uncached_string(_Known(endpoint, here, output))


def _outermost(stack: cdk.Stack) -> cdk.Stack:
    above = stack.nested_stack_parent
    return stack if above is None else _outermost(above)
