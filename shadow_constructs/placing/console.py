"""Where the AWS console is: each partition has a host of its own."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.values.pairs.places import partition_of
from shadow_constructs.values.tokens import is_token

_USUAL = "console.aws.amazon.com"
_HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


_KNOWN: WeakKeyDictionary[cdk.Stack, str] = WeakKeyDictionary()


def console_of(scope: Construct) -> str:
    """How addresses of the console begin where a construct is deployed; a token in a stack for any Region.

    Args:
        scope: A construct of the stack, which is asked once.
    """
    stack = cdk.Stack.of(scope)
    found = _KNOWN.get(stack)
    if found is None:
        found = _KNOWN[stack] = f"https://{_host(stack)}"
    return found


def _host(stack: cdk.Stack) -> str:
    region = place_of(stack).region
    if not is_token(region):
        return _HOSTS.get(partition_of(region), _USUAL)
    host = _USUAL
    for name, other in _HOSTS.items():
        expression = cdk.Fn.condition_equals(pseudo("PARTITION"), name)
        condition = cdk.CfnCondition(stack, f"Console-{name}", expression=expression)
        host = cdk.Fn.condition_if(condition.logical_id, other, host).to_string()
    return host
