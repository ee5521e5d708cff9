"""What is to be told admits alarms and EventBridge: policies of the app do, of others synth says what they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.placing.said import say
from shadow_constructs.values.alerts import FIFO
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import Problems, readable

ALARMS = "cloudwatch.amazonaws.com"
_FUNCTIONS = "lambda.alarms.cloudwatch.amazonaws.com"
# It publishes to no topic by a statement that has a condition (EventBridge User Guide, resource-based policies of
# targets), and so to none without a policy of its own: SNS's default policy has one.
EVENTS = "events.amazonaws.com"
# Amazon SNS Developer Guide, sns-key-management: its policy can't be changed.
_MANAGED_KEY = "alias/aws/sns"
PUBLISHING = ("kms:Decrypt", "kms:GenerateDataKey*")
"""What whoever publishes to an encrypted topic needs of its key (the same page)."""


def check_topic(scope: Part, subject: str, what: str, arn: str) -> None:
    """Refuse a topic of the app that no alarm can tell, and warn of one that can't be told of anything.

    Args:
        scope: Whose alarms tell it.
        subject: Whom a refusal names.
        what: The argument.
        arn: Anything that is told.

    Raises:
        InvalidValueError: If it is a FIFO topic.
    """
    topic = _target(arn)
    if not isinstance(topic, sns.CfnTopic):
        return
    problems = Problems(subject)
    if topic.fifo_topic:
        problems.add(what, *FIFO)
    elif _MANAGED_KEY in str(topic.stack.resolve(topic.kms_master_key_id)):
        cdk.Annotations.of(scope).add_warning_v2(
            f"shadow-constructs:key-of-a-topic:{topic.node.path}",
            f"the topic {_path(topic)} is encrypted under {_MANAGED_KEY}, whose policy admits no alarms and no "
            "EventBridge: nobody is told; give it a key of yours that admits both (docs/alarms.md)",
        )
    problems.raise_if_any()


def key_of(arn: str | None) -> str | None:
    """The ARN of the key under which a topic of the app is encrypted; None where it is none or not known."""
    topic = None if arn is None else _target(arn)
    key = topic.kms_master_key_id if isinstance(topic, sns.CfnTopic) else None
    return key if key is not None and (_key(key) is not None or ":key/" in key) else None


def admit(scope: Part, arns: Sequence[str], *, deployments: bool = False) -> None:
    """Let a stack's alarms tell topics and call functions of the app; of others, say what they need.

    Args:
        scope: The alarms.
        arns: Their actions.
        deployments: Whether EventBridge tells them too, which are topics then.
    """
    for arn in arns:
        found = _target(arn)
        topic = found.node.scope if isinstance(found, sns.CfnTopic) else None
        if isinstance(found, cdk.CfnResource) and found.cfn_resource_type.startswith("AWS::Lambda::"):
            _let_call(scope, found, arn)
        elif ":lambda:" in arn:
            say(
                scope.node,
                "policy-of-a-function",
                f"alarms call a function only if its policy admits {_FUNCTIONS}; a function of another app keeps its "
                f"policy to itself, so add it there once: aws lambda add-permission --function-name {readable(arn)} "
                f"--statement-id alarms --action lambda:InvokeFunction --principal {_FUNCTIONS}",
            )
        elif isinstance(topic, sns.Topic):
            _let_publish(scope.stack, topic, deployments=deployments)
        elif deployments or isinstance(found, sns.CfnTopic) or ":sns:" in arn:
            say(
                scope.node,
                "policy-of-a-topic",
                f"people are told only if the policy of the topic admits {ALARMS}"
                + (f", and {EVENTS} without a condition" if deployments else "")
                + "; a topic of another app keeps its policy to itself, so look at it (docs/alarms.md)",
            )
        if isinstance(found, sns.CfnTopic) and found.kms_master_key_id is not None:
            _let_encrypt(scope, found, found.kms_master_key_id)


def _let_call(scope: Part, function: cdk.CfnResource, arn: str) -> None:
    """Lambda Developer Guide, services-cloudwatch-alarms: without that permission the alarm's action is refused."""
    elsewhere = _elsewhere(scope.stack, function.stack)
    if function.node.try_find_child(f"ShadowTestAlarms{elsewhere}") is None:
        lambda_.CfnPermission(
            function,
            f"ShadowTestAlarms{elsewhere}",
            action="lambda:InvokeFunction",
            function_name=arn,
            principal=_FUNCTIONS,
            source_account=elsewhere or pseudo("ACCOUNT_ID"),
        )


def _let_publish(stack: cdk.Stack, topic: sns.Topic, *, deployments: bool) -> None:
    # In the template of the topic's stack, whose own account may be another than the alarms'.
    elsewhere = _elsewhere(stack, topic.stack)
    account = {"StringEquals": {"aws:SourceAccount": elsewhere or pseudo("ACCOUNT_ID")}}
    admitted: dict[str, tuple[str, dict[str, Any] | None]] = {f"ShadowTestAlarms{elsewhere}": (ALARMS, account)}
    if deployments:
        admitted["ShadowTestEvents"] = (EVENTS, None)
    for sid, (service, conditions) in admitted.items():
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


def _let_encrypt(scope: Part, topic: sns.CfnTopic, key_arn: str) -> None:
    key = _key(key_arn)
    if key is not None:
        # Without conditions: EventBridge meets none (SNS Developer Guide, sns-key-management), and what may be
        # published to a topic at all, its own policy says.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ShadowTestTopics",
                principals=[iam.ServicePrincipal(service) for service in (ALARMS, EVENTS)],
                actions=list(PUBLISHING),
                resources=["*"],
            )
        )
    elif _MANAGED_KEY not in str(topic.stack.resolve(key_arn)):
        say(
            scope.node,
            "policy-of-a-key",
            f"people are told only if the policy of the key of the topic {_path(topic)} admits {ALARMS} and "
            f"{EVENTS} to {' and '.join(PUBLISHING)}; a key of another app keeps its policy to itself, so look at it "
            "(docs/alarms.md)",
        )


def _path(topic: sns.CfnTopic) -> str:
    return topic.node.path.removesuffix("/Resource")


def _key(arn: str) -> kms.Key | None:
    """The key of the app that an ARN or id is of."""
    found = _target(arn)
    key = found.node.scope if isinstance(found, kms.CfnKey) else None
    return key if isinstance(key, kms.Key) else None


def _target(arn: str) -> object:
    """The resource of the app that a token refers to."""
    token = cdk.Tokenization.reverse_string(arn).first_token if is_token(arn) else None
    return token.target if isinstance(token, cdk.Reference) else None


def _elsewhere(stack: cdk.Stack, other: cdk.Stack) -> str:
    """A stack's account, if it is known to be another than the one of what it uses."""
    ours, theirs = place_of(stack).account, place_of(other).account
    return ours if ours != theirs and not is_token(ours) else ""
