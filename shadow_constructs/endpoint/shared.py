"""The capture bucket, and what else of an endpoint's stack others may refer to.

A test and its promotion are two stacks of an app and one of CloudFormation. What the CDK does with a reference from a
third stack, an export in the one and a dependency on it, would have the promotion refused and the test deployed anew.
So other stacks read an output, which both have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

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
        _check_reach(ours, place_of(theirs).account)
        prefix = prefix_of(self._endpoint)
        if prefix is None:
            fix = "call endpoint.add_outputs(), or give a bucket of your own: Capture.into(bucket)"
            refuse("ShadowEndpoint", "capture_bucket", "have an output that other stacks can read", None, fix)
        region = place_of(ours).region
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
    found = s3.Bucket.from_bucket_attributes(endpoint, "CaptureBucket", bucket_name=name, encryption_key=key)
    # What a token refuses when it is resolved comes out as an error of the CDK's; so who is granted is looked at first.
    for grant in (one for one in dir(found) if one.startswith("grant_")):
        setattr(found, grant, _looking_first(endpoint.stack, getattr(found, grant)))
    return found


def _looking_first(ours: cdk.Stack, grant: Callable[..., Any]) -> Callable[..., Any]:
    def granted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the CDK's method takes
        for one in (*given, *named.values()):
            if isinstance(one, Construct) and _outermost(cdk.Stack.of(one)) != _outermost(ours):
                _check_reach(ours, place_of(cdk.Stack.of(one)).account)
            if hasattr(one, "grant_principal"):
                _check_account(ours, getattr(one.grant_principal, "principal_account", None))
        return grant(*given, **named)

    return granted


def _check_reach(ours: cdk.Stack, account: str) -> None:
    """Refuse what no other stack can be given, and no other account."""
    if ours.nested_stack_parent is not None:
        fix = "give a bucket of your own: Capture.into(bucket)"
        rule = "be of no nested stack, to be used in another one"
        refuse("ShadowEndpoint", "capture_bucket", rule, ours.node.path, fix)
    _check_account(ours, account)


def _check_account(ours: cdk.Stack, theirs: str | None) -> None:
    account = place_of(ours).account
    if theirs not in (None, account) and not is_token(account) and not is_token(theirs):
        fix = "give a bucket of your own with a policy that admits them: Capture.into(bucket)"
        refuse("ShadowEndpoint", "capture_bucket", f"be used in account {account}", theirs, fix)


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
