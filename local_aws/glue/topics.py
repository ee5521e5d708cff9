"""SNS as services use it: a topic's own policy decides who may tell it, and e-mails are kept to be looked at.

ministack asks a topic's policy only when a caller publishes; its EventBridge and its alarms publish past it.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from local_aws import ACCOUNT_ID
from local_aws.glue import private
from local_aws.loose import Foreign

logger = logging.getLogger(__name__)
_MAIL_KEPT = 1000
_DEFAULT = "__default_policy_ID"


class Topics:
    """The policies of topics, enforced, and the mail of their subscribers.

    Args:
        mail: Where e-mails are kept, the newest last.
        enforced: Whether policies are asked.
    """

    def __init__(self, mail: list[dict[str, str]], *, enforced: bool) -> None:
        self._mail = mail
        self._enforced = enforced

    def install(self) -> None:
        """Stand between the services that publish, and the topics."""
        topics, events = private.module("services.sns"), private.module("services.eventbridge")
        alarms = private.module("services.cloudwatch")
        fan_out, dispatch, act = topics._fanout, events._dispatch_to_sns, alarms._dispatch_alarm_actions

        def to_subscribers(
            arn: str, message_id: str, message: str, subject: str, *rest: Foreign, **named: Foreign
        ) -> None:
            fan_out(arn, message_id, message, subject, *rest, **named)
            for one in (topics._topic_by_arn_any_scope(arn) or {}).get("subscriptions", ()):
                if one["protocol"] == "email":
                    self._deliver(one["endpoint"], arn, subject, message)

        def of_rules(arn: str, payload: str) -> None:
            if self._admits(arn, "events", ""):
                dispatch(arn, payload)

        def of_alarm(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
            actions = ("AlarmActions", "OKActions", "InsufficientDataActions")
            source = str(alarm.get("AlarmArn", ""))
            admitted = {
                name: [
                    one
                    for one in alarm.get(name) or []
                    if ":sns:" not in one or self._admits(one, "cloudwatch", source)
                ]
                for name in actions
            }
            act({**alarm, **admitted}, old, new, reason)

        topics._fanout, events._dispatch_to_sns, alarms._dispatch_alarm_actions = to_subscribers, of_rules, of_alarm

    def _deliver(self, address: str, arn: str, subject: str, message: str) -> None:
        self._mail.append({"to": address, "topic": arn, "subject": subject, "message": message})
        del self._mail[:-_MAIL_KEPT]

    def _admits(self, arn: str, service: str, source: str) -> bool:
        topic = private.module("services.sns")._topic_by_arn_any_scope(arn)
        if topic is None or not self._enforced:
            return topic is not None
        policy = policy_of(arn, topic.get("attributes", {}).get("Policy"))
        admitted = admits(policy, arn, service, source)
        if not admitted:
            logger.warning("%s.amazonaws.com may not publish to %s: its policy has no statement for it", service, arn)
        return admitted


def policy_of(arn: str, text: str | None) -> dict[str, Any]:
    """A topic's policy; the one that AWS gives to a topic without one, as AWS gives it."""
    policy: dict[str, Any] = json.loads(text) if text else {"Id": _DEFAULT}
    if policy.get("Id") != _DEFAULT:
        return policy
    owner = {"StringEquals": {"AWS:SourceOwner": ACCOUNT_ID}}
    default = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Resource": arn}
    return {"Statement": [default | {"Condition": owner}]}


def admits(policy: dict[str, Any], arn: str, service: str, source: str) -> bool:
    """Whether a policy lets a service publish.

    EventBridge gives none of the keys by which a statement could know whose rule it is: what allows on a condition
    doesn't allow EventBridge.
    """
    evaluator = private.module("core.iam_evaluator")
    statements = policy.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    keys: dict[str, str] = {}
    if service == "events":
        statements = [one for one in statements if one.get("Effect") != "Allow" or not one.get("Condition")]
    else:
        keys = {"aws:sourcearn": source, "aws:sourceaccount": ACCOUNT_ID, "aws:sourceowner": ACCOUNT_ID}
    context = evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sns:Publish",
        resource_arn=arn,
        region=arn.split(":")[3],
        secure_transport=True,
        service_context=keys,
    )
    found = evaluator.evaluate_resource_policy({"Statement": statements}, context, service=f"{service}.amazonaws.com")
    return bool(found.decision == "Allow")
