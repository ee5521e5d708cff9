"""Who is told of alarms and deployments: a topic and a rule for all endpoints of a stack that tell the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.placing.said import say
from shadow_constructs.values.alerts import FIFO, Alerts
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import Problems, readable

CHANGES = ("SageMaker Endpoint Deployment State Change", "SageMaker Endpoint State Change")
"""What EventBridge calls the events of an endpoint's deployments."""
_ALARMS = "cloudwatch.amazonaws.com"
_FUNCTIONS = "lambda.alarms.cloudwatch.amazonaws.com"
# It publishes to no topic by a statement that has a condition (EventBridge User Guide, resource-based policies of
# targets), and so to none without a policy of its own: SNS's default policy has one.
_EVENTS = "events.amazonaws.com"

# Amazon SNS Developer Guide, sns-key-management: its policy can't be changed.
_MANAGED_KEY = "alias/aws/sns"


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
    _check_topics(scope, alerts)
    addresses = tuple(alerts.emails) if alerts.enabled else ()
    people = addresses or (() if alerts.topic_arn is None else (alerts.topic_arn,))
    if not people:
        return None
    known = _TOLD.setdefault(scope.stack, {})
    found = known.get(people)
    if found is None:
        topic = _topic(scope, endpoint_name, addresses) if addresses else None
        arn = topic.ref if topic is not None else people[0]
        if topic is None and not _admitted(scope.stack, arn):
            say(
                scope.node,
                "policy-of-a-topic",
                "people are told only if the policy of the topic admits cloudwatch.amazonaws.com, and "
                "events.amazonaws.com without a condition; a topic of another app keeps its policy to itself, so look "
                "at it (docs/alarms.md)",
            )
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


def let_call(scope: Part, arns: Sequence[str]) -> None:
    """Let a stack's alarms call functions of the app; of others, say what they need.

    Lambda Developer Guide, services-cloudwatch-alarms: the alarm's action is refused without that permission, and
    nobody is told.

    Args:
        scope: The alarms.
        arns: Their actions.
    """
    for arn in arns:
        found = _target(arn)
        if isinstance(found, cdk.CfnResource) and found.cfn_resource_type.startswith("AWS::Lambda::"):
            elsewhere = _elsewhere(scope.stack, found.stack)
            if found.node.try_find_child(f"ShadowTestAlarms{elsewhere}") is None:
                lambda_.CfnPermission(
                    found,
                    f"ShadowTestAlarms{elsewhere}",
                    action="lambda:InvokeFunction",
                    function_name=arn,
                    principal=_FUNCTIONS,
                    source_account=elsewhere or pseudo("ACCOUNT_ID"),
                )
        elif ":lambda:" in arn:
            say(
                scope.node,
                "policy-of-a-function",
                f"alarms call a function only if its policy admits {_FUNCTIONS}; a function of another app keeps its "
                f"policy to itself, so add it there once: aws lambda add-permission --function-name {readable(arn)} "
                f"--statement-id alarms --action lambda:InvokeFunction --principal {_FUNCTIONS}",
            )


def _elsewhere(stack: cdk.Stack, other: cdk.Stack) -> str:
    """A stack's account, if it is known to be another than the one of what it uses."""
    ours, theirs = place_of(stack).account, place_of(other).account
    return ours if ours != theirs and not is_token(ours) else ""


def _check_topics(scope: Part, alerts: Alerts) -> None:
    problems = Problems("Alerts")
    for name, arn in (("topic_arn", alerts.topic_arn or ""), *(("action_arns", one) for one in alerts.action_arns)):
        topic = _target(arn)
        if isinstance(topic, sns.CfnTopic) and topic.fifo_topic:
            problems.add(name, *FIFO)
        elif isinstance(topic, sns.CfnTopic) and _MANAGED_KEY in str(topic.stack.resolve(topic.kms_master_key_id)):
            cdk.Annotations.of(scope).add_warning_v2(
                f"shadow-constructs:key-of-a-topic:{topic.node.path}",
                f"the topic {topic.node.path} is encrypted under {_MANAGED_KEY}, whose policy admits no alarms and no "
                "EventBridge: nobody is told; give it a key of yours that admits both (docs/alarms.md)",
            )
    problems.raise_if_any()


def _target(arn: str) -> object:
    """The resource of the app that a token refers to."""
    token = cdk.Tokenization.reverse_string(arn).first_token if is_token(arn) else None
    return token.target if isinstance(token, cdk.Reference) else None


def _admitted(stack: cdk.Stack, arn: str) -> bool:
    """Let a stack's alarms and EventBridge publish to a topic, if it is one of the app."""
    found = _target(arn)
    topic = found.node.scope if isinstance(found, sns.CfnTopic) else None
    if not isinstance(topic, sns.Topic):
        return False
    # In the template of the topic's stack, whose own account may be another than the alarms'.
    elsewhere = _elsewhere(stack, topic.stack)
    account = {"StringEquals": {"aws:SourceAccount": elsewhere or pseudo("ACCOUNT_ID")}}
    alarms = f"ShadowTestAlarms{elsewhere}"
    for sid, service, conditions in ((alarms, _ALARMS, account), ("ShadowTestEvents", _EVENTS, None)):
        # The same statement of another endpoint is no second one: policies hold each once.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal(service)],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions=conditions,
            )
        )
    return True


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
        _allowed("Alarms", _ALARMS) | publish | {"Condition": account},
        _allowed("Deployments", _EVENTS) | publish,
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
