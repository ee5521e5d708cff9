"""Alarms as CloudFormation resources of the CDK's own classes, so that tags and Aspects reach them.

What is nested is plain data: each property class of the CDK would be checked in Python once more, at a cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from shadow_constructs.alarms.spec import AlarmSpec

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def add_alarm(
    scope: Construct, spec: AlarmSpec, actions: Sequence[str] = (), after: cdk.CfnResource | None = None
) -> cloudwatch.CfnAlarm:
    """Render one alarm.

    Args:
        scope: Parent construct.
        spec: The alarm.
        actions: ARNs of what is told when it fires and when it is over.
        after: What must be there before the alarm is made, if it waits while it is fresh. By default nothing.
    """
    properties = spec.properties(actions)
    given = {_WORDS.sub("_", name).lower(): nested(value) for name, value in properties.items()}
    alarm = cloudwatch.CfnAlarm(scope, spec.construct_id, **given)
    if after is not None and spec.warm_up_minutes > 0:
        alarm.add_resource_dependency(after)
    return alarm


def nested(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A property of CloudFormation's as the CDK names it, `metricStat` for `MetricStat`.

    Args:
        value: The property's value.
    """
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: nested(one) for name, one in value.items()}
    return [nested(one) for one in value] if isinstance(value, list) else value
