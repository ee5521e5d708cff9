"""Where the AWS console is: each partition has a host of its own."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.placing.place import place_of
from shadow_constructs.values.pairs.places import partition_of
from shadow_constructs.values.tokens import is_token

_USUAL = "console.aws.amazon.com"
_HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def console_of(scope: Construct) -> str:
    """How addresses of the console begin where a construct is deployed; a token in a stack for any Region.

    Args:
        scope: A construct of the stack.
    """
    stack = cdk.Stack.of(scope)
    region = place_of(stack).region
    if not is_token(region):
        return f"https://{_HOSTS.get(partition_of(region), _USUAL)}"
    host = _USUAL
    for name, other in _HOSTS.items():
        host = cdk.Fn.condition_if(_condition(stack, name).logical_id, other, host).to_string()
    return f"https://{host}"


def _condition(stack: cdk.Stack, partition: str) -> cdk.CfnCondition:
    # One for all endpoints of the stack.
    name = f"Console-{partition}"
    found = stack.node.try_find_child(name)
    if isinstance(found, cdk.CfnCondition):
        return found
    return cdk.CfnCondition(stack, name, expression=cdk.Fn.condition_equals(cdk.Aws.PARTITION, partition))
