"""Who is told of alarms and deployments: a topic and a rule for all endpoints of a stack that tell the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from constructs import Construct

from shadow_constructs.alarms.admitting import ALARMS, EVENTS, admit, check_topic
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import pseudo
from shadow_constructs.values.alerts import Alerts

CHANGES = ("SageMaker Endpoint Deployment State Change", "SageMaker Endpoint State Change")
"""What EventBridge calls the events of an endpoint's deployments."""


@dataclass
class _Told:
    """People, and the endpoints that they are told of.

    Attributes:
        topic_arn: The topic.
        rule: Sends them the events of deployments.
        topic: The topic, if it is of the library's making.
        endpoints: The endpoints' names.
    """

    topic_arn: str
    rule: events.CfnRule
    topic: sns.CfnTopic | None
    endpoints: list[str] = field(default_factory=list)


# A stack's people, by their addresses or their topic.
_TOLD: WeakKeyDictionary[cdk.Stack, dict[tuple[str, ...], _Told]] = WeakKeyDictionary()


def tell(scope: Part, endpoint_name: str, alerts: Alerts) -> str | None:
    """Have people told of an endpoint's deployments, by a topic that its alarms may use too.

    The first endpoint of a stack that tells them has the topic and the rule, so that they confirm once. A stack doesn't
    hold so many endpoints that their names outgrow the rule's pattern (EventBridge quotas: 2048 characters).

    Args:
        scope: Where the topic and the rule are made, if they are.
        endpoint_name: The endpoint.
        alerts: Who is told.

    Returns:
        The topic's ARN, a token or as it was given. None if nobody is told.
    """
    for name, told in (("topic_arn", alerts.topic_arn or ""), *(("action_arns", one) for one in alerts.action_arns)):
        check_topic(scope, "Alerts", name, told)
    addresses = tuple(alerts.emails) if alerts.enabled else ()
    people = addresses or (() if alerts.topic_arn is None else (alerts.topic_arn,))
    if not people:
        return None
    known = _TOLD.setdefault(scope.stack, {})
    found = known.get(people)
    if found is None:
        topic = _topic(scope, endpoint_name, addresses) if addresses else None
        arn = topic.ref if topic is not None else people[0]
        if topic is None:
            admit(scope, [arn], deployments=True)
        rule = events.CfnRule(scope, "Deployments", targets=[{"arn": arn, "id": "people"}])
        found = known[people] = _Told(arn, rule, topic)
    elif found.topic is not None:
        found.topic.display_name = "Shadow tests"
    found.endpoints.append(endpoint_name)
    found.rule.description = f"Deployments of {_some(found.endpoints)}, for people"
    found.rule.event_pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": list(CHANGES),
        "detail": {"EndpointName": list(found.endpoints)},
    }
    return found.topic_arn


def _some(endpoints: Sequence[str]) -> str:
    return endpoints[0] if len(endpoints) == 1 else f"{endpoints[0]} and {len(endpoints) - 1} more endpoints"


def _topic(scope: Construct, endpoint_name: str, emails: Sequence[str]) -> sns.CfnTopic:
    """A topic that e-mail addresses listen to, and that alarms and deployment events may publish to."""
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
        _allowed("Alarms", ALARMS) | publish | {"Condition": account},
        _allowed("Deployments", EVENTS) | publish,
        {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*"}
        | publish
        | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]
    sns.CfnTopicPolicy(
        scope, "TopicPolicy", topics=[arn], policy_document={"Version": "2012-10-17", "Statement": statements}
    )
    return topic


def _allowed(sid: str, service: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": {"Service": service}}
