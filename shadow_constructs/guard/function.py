"""A Lambda function with the library's code: the guard's and the watch's."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from shadow_constructs.guard.acting import acting_as
from shadow_constructs.guard.log import log_group
from shadow_constructs.guard.package import package_asset
from shadow_constructs.guard.role import Statement
from shadow_constructs.placing.given import Part
from shadow_constructs.values.guard import Guard

# Tags of apps and Aspects come before.
_LAST_WORD = 10_000


def lambda_function(
    scope: Construct,
    guard: Guard,
    *,
    description: str,
    handler: str,
    memory_mb: int,
    timeout_seconds: int,
    role_arn: str,
    log_group: str,
) -> lambda_.CfnFunction:
    """Make the function, in the guard's network.

    Args:
        scope: Where.
        guard: How the code's author wants functions to run.
        description: For whoever lists functions.
        handler: What is called.
        memory_mb: Its memory; its share of a processor goes with it.
        timeout_seconds: How long one call may take.
        role_arn: What it acts as.
        log_group: Name of the log group that it writes to.
    """
    code, network = package_asset(scope, "Code"), guard.network
    return lambda_.CfnFunction(
        scope,
        "Function",
        description=description,
        code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
        handler=handler,
        runtime="python3.14",
        architectures=["arm64"],
        memory_size=memory_mb,
        timeout=timeout_seconds,
        role=role_arn,
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group),
        vpc_config=None
        if network is None
        else lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=list(network.subnet_ids), security_group_ids=list(network.security_group_ids)
        ),
    )


def acting_function(
    scope: Part,
    guard: Guard,
    *,
    what: str,
    acts: str,
    handler: str,
    timeout_seconds: int,
    tag: tuple[str, str],
    allowed: Callable[[str], Iterable[Statement]],
) -> lambda_.CfnFunction:
    """Make a function that changes something, with its log group and its role, which lets it invoke itself by a tag.

    Args:
        scope: Where.
        guard: How the code's author wants functions to run.
        what: What it does, for whoever lists functions.
        acts: The same for whoever lists roles.
        handler: What is called.
        timeout_seconds: How long one call may take.
        tag: Key and value of the tag that it alone has.
        allowed: What it may do, given the ARN of its log group.
    """
    group = log_group(scope, guard)
    acting = acting_as(scope, guard, acts, allowed(group.attr_arn))
    function = lambda_function(
        scope,
        guard,
        description=what,
        handler=handler,
        memory_mb=256,
        timeout_seconds=timeout_seconds,
        role_arn=acting.arn,
        log_group=group.ref,
    )
    for policy in acting.attached:
        # Lambda asks what the role may do when the function is made.
        function.add_resource_dependency(policy)
    know_by_tag(function, *tag)
    return function


def know_by_tag(function: lambda_.CfnFunction, key: str, endpoint_name: str) -> None:
    """Give a function the tag by which its role lets it invoke itself: none of the app's may stand in its place."""
    cdk.Tags.of(function).add(key, endpoint_name, priority=_LAST_WORD)


def may_call(scope: Construct, construct_id: str, rule: events.CfnRule, function_arn: str) -> lambda_.CfnPermission:
    """Let a rule call a function."""
    return lambda_.CfnPermission(
        scope,
        construct_id,
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )
