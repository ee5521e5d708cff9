"""Where the AWS console is: each partition has a host of its own."""

from __future__ import annotations

from functools import cache
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.values.pairs.places import partition_of
from shadow_constructs.values.tokens import is_token

_USUAL = "console.aws.amazon.com"
_HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}
_KNOWN: WeakKeyDictionary[cdk.Stack, str] = WeakKeyDictionary()


def console_of(stack: cdk.Stack) -> str:
    """How addresses of the console begin where a stack is deployed; a token in a stack for any Region.

    Args:
        stack: Asked once.
    """
    found = _KNOWN.get(stack)
    if found is None:
        found = _KNOWN[stack] = f"https://{_host(stack)}"
    return found


def _host(stack: cdk.Stack) -> str:
    region = place_of(stack).region
    if not is_token(region):
        return _HOSTS.get(partition_of(region), _USUAL)
    host: object = _USUAL
    for name, other in _HOSTS.items():
        condition = cdk.CfnCondition(stack, f"Console-{name}", expression=_is_partition(name))
        host = {"Fn::If": [condition.logical_id, other, host]}
    return cdk.Token.as_string(host)


@cache
def _is_partition(name: str) -> cdk.ICfnRuleConditionExpression:
    return cdk.Fn.condition_equals(pseudo("PARTITION"), name)
