"""Where the AWS console is: each partition has a host of its own."""

from __future__ import annotations

from functools import cache
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.partitions import PARTITIONS, of_region

_KNOWN: WeakKeyDictionary[cdk.Stack, str] = WeakKeyDictionary()


def console_of(stack: cdk.Stack) -> str:
    """How addresses of the console begin where a stack is deployed; a token in a stack for any Region.

    Where no page says which host a partition's console has, they begin with their path: the console that shows such a
    link completes it.

    Args:
        stack: Asked once.
    """
    found = _KNOWN.get(stack)
    if found is None:
        found = _KNOWN[stack] = _start(stack)
    return found


def _start(stack: cdk.Stack) -> str:
    region = place_of(stack).region
    if not is_token(region):
        host = of_region(region).console
        return "" if host is None else f"https://{host}"
    start: object = ""
    for one in PARTITIONS:
        if one.console is not None:
            condition = cdk.CfnCondition(stack, f"Console-{one.name}", expression=_is_partition(one.name))
            start = {"Fn::If": [condition.logical_id, f"https://{one.console}", start]}
    return cdk.Token.as_string(start)


@cache
def _is_partition(name: str) -> cdk.ICfnRuleConditionExpression:
    return cdk.Fn.condition_equals(pseudo("PARTITION"), name)
