"""Alarms and the topic as CloudFormation resources of the CDK's own classes, so that tags and Aspects reach them.

What is nested is plain data: each property class of the CDK would be checked in Python once more, at a cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from shadow_constructs.alarms.spec import AlarmSpec
from shadow_constructs.placing.place import pseudo

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
    given = {_WORDS.sub("_", name).lower(): _nested(value) for name, value in properties.items()}
    alarm = cloudwatch.CfnAlarm(scope, spec.construct_id, **given)
    if after is not None and spec.warm_up_minutes > 0:
        alarm.add_resource_dependency(after)
    return alarm


def notification_topic(scope: Construct, endpoint_name: str, emails: Sequence[str]) -> str:
    """Make a topic that e-mail addresses listen to, and that alarms and deployment events may publish to.

    Returns:
        Its ARN, a token.
    """
    topic = sns.CfnTopic(
        scope,
        "Topic",
        display_name=f"Shadow test {endpoint_name}"[:100],
        subscription=[{"endpoint": address, "protocol": "email"} for address in emails],
    )
    arn = topic.ref
    publish = {"Action": "sns:Publish", "Resource": arn}
    account = {"StringEquals": {"aws:SourceAccount": pseudo("ACCOUNT_ID")}}
    statements = [
        _allowed("Alarms", "cloudwatch") | publish | {"Condition": account},
        # EventBridge publishes to no topic whose policy has a condition (EventBridge User Guide, resource-based
        # policies of targets).
        _allowed("Deployments", "events") | publish,
        {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*"}
        | publish
        | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]
    sns.CfnTopicPolicy(
        scope, "TopicPolicy", topics=[arn], policy_document={"Version": "2012-10-17", "Statement": statements}
    )
    return arn


def _allowed(sid: str, service: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}


def _nested(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Names as the CDK has them, `metricStat` for `MetricStat`."""
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: _nested(one) for name, one in value.items()}
    return [_nested(one) for one in value] if isinstance(value, list) else value
