"""The watch: a function, its role and its schedule, for all shadow tests of a stack that are watched alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Node

from shadow_constructs.alarms.admitting import key_of
from shadow_constructs.guard.acting import TRUST
from shadow_constructs.guard.function import lambda_function, may_call
from shadow_constructs.guard.log import log_group
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.owned import own
from shadow_constructs.placing.said import say
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.checks import MOST_TAGS
from shadow_constructs.values.guard import Guard
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_constructs.values.watch import Watch
from shadow_constructs.watch.role import statements
from shadow_ops.contract.watched import Watched

CONSTRUCT_ID = "ShadowTestWatch"
"""Id of the first watch in its stack."""

HANDLER = "shadow_ops.watch.handler.handle"
# A look at a month of minutes takes seconds, and a stack holds a dozen endpoints.
_TIMEOUT_SECONDS = 900
# With the longest names, a topic for each and a VPC, a role's policy of 10,240 characters holds so many.
_MOST_TESTS = 6
# What is left of it for reading answers, and what that takes for each test, a folder and a key of usual names in it.
_LEFT, _READING = 10_240 - 1850, 525
_EACH = 1115
# What the key of a topic takes, known at deployment only and of another stack.
_KEY = 220


class StackWatch(Part):
    """Looks at the shadow tests of a stack at regular times. `watch` makes it.

    Args:
        scope: The stack.
        construct_id: Id in it.
        watch: How often it looks, and as whom.
        guard: In which network it runs, where it writes, and what bounds its role.
    """

    def __init__(self, scope: cdk.Stack, construct_id: str, *, watch: Watch, guard: Guard) -> None:
        super().__init__(scope, construct_id)
        own(self.node, "watch")
        self._in_vpc = guard.network is not None
        self._watched: list[Watched] = []
        self._captured: dict[str, CaptureDestination] = {}
        self._topic_keys: list[str] = []
        self._tags: dict[str, str] = {}
        self._log_group_arn = log_group(self, guard).attr_arn
        self._role: iam.CfnRole | None = None
        role_arn = watch.role_arn
        if role_arn is None:
            self._role = iam.CfnRole(
                self,
                "Role",
                assume_role_policy_document=TRUST,
                description="Watches shadow tests: looks, publishes and tells",
                permissions_boundary=guard.permissions_boundary,
            )
            role_arn = self._role.attr_arn
        self._function_arn = lambda_function(
            self,
            guard,
            description="Looks at shadow tests, and tells",
            handler=HANDLER,
            memory_mb=512,
            timeout_seconds=_TIMEOUT_SECONDS,
            role_arn=role_arn,
            log_group=log_group(self, guard).ref,
        ).attr_arn
        minutes = watch.every_minutes
        self._rule = events.CfnRule(
            self,
            "Schedule",
            description="Has shadow tests looked at",
            schedule_expression=f"rate({minutes} minutes)",
        )
        may_call(self, "ScheduleMayCall", self._rule, self._function_arn)

    def has_room(self, captured: CaptureDestination | None, topic_key: str | None, tags: Mapping[str, str]) -> bool:
        """Whether its role can hold a further test's rights, with those to read what it captures, and its tags."""
        together = {**self._tags, **tags}
        # IAM User Guide, id_tags: a role has at most 50, whose keys differ in more than their case.
        if len(together) > MOST_TAGS or len({key.lower() for key in together}) < len(together):
            return False
        read = [*self._captured.values(), *(() if captured is None else (captured,))]
        # A folder is named twice.
        reading = sum(_READING + 2 * len(one.prefix) for one in read)
        reading += _KEY * len({*self._topic_keys, *(() if topic_key is None else (topic_key,))})
        return len(self._watched) < _MOST_TESTS and reading + _EACH * (len(self._watched) + 1) <= _LEFT

    def add(
        self, watched: Watched, captured: CaptureDestination | None, topic_key: str | None, tags: Mapping[str, str]
    ) -> None:
        """Look at one more endpoint.

        Args:
            watched: The endpoint.
            captured: Where its captured data is that is read; None: nothing is.
            topic_key: What encrypts its topic; None: nothing, or nothing that is known.
            tags: Of its test; the watch of several tests has the tags of all of them.
        """
        self._watched.append(watched)
        if captured is not None:
            self._captured[watched.endpoint] = captured
        self._topic_keys += () if topic_key is None else (topic_key,)
        self._tags.update(tags)
        for key, value in tags.items():
            cdk.Tags.of(self).add(key, value)
        if self._role is not None:
            made = list(
                statements(
                    self._watched,
                    self._captured,
                    self._log_group_arn,
                    in_vpc=self._in_vpc,
                    topic_keys=self._topic_keys,
                )
            )
            document = {"Version": "2012-10-17", "Statement": made}
            self._role.policies = [iam.CfnRole.PolicyProperty(policy_name="Watch", policy_document=document)]
        said = {"endpoints": [one.to_json() for one in self._watched]}
        # Only a topic may be a token; without one, nothing has to be asked.
        tokens = any(is_token(one.topic_arn) for one in self._watched)
        asked = self.stack.to_json_string(said) if tokens else json.dumps(said, separators=(",", ":"))
        self._rule.add_property_override("Targets", [{"Arn": self._function_arn, "Id": "watch", "Input": asked}])


# A stack's watches, by how they look.
_KNOWN: WeakKeyDictionary[cdk.Stack, dict[tuple[object, ...], list[StackWatch]]] = WeakKeyDictionary()


def watch(
    stack: cdk.Stack,
    node: Node,
    test: ShadowTest,
    topic_arn: str | None,
    captured: CaptureDestination | None,
    *,
    managed: bool = False,
) -> None:
    """Have a shadow test watched, if there is one and its code doesn't say otherwise.

    Up to six tests of a stack that are watched alike share a function.

    Args:
        stack: The stack; tests that are watched alike share what it takes.
        node: Of the endpoint, which says it where nobody is told.
        test: What the endpoint serves.
        topic_arn: Whom to tell; None: nobody.
        captured: Where its captured data is, or None.
        managed: Whether SageMaker manages the test.
    """
    if not test.watched:
        return
    if topic_arn is None:
        say(
            node,
            "nobody-is-told",
            "verdicts, alarms and deployments are told to nobody: name people with Alerts(emails=[...]) or "
            "Alerts.to(topic); `shadow-test status`, metrics and events have them all the same",
        )
    how, guard = test.watch, test.guard
    network = guard.network
    key = (
        *(how.every_minutes, how.role_arn, guard.log_key_arn, guard.log_retention_days, guard.permissions_boundary),
        *(() if network is None else (*network.subnet_ids, *network.security_group_ids)),
    )
    known = _KNOWN.setdefault(stack, {})
    alike = known.setdefault(key, [])
    captured = captured if test.counts_answers else None
    topic_key = key_of(topic_arn)
    if not alike or not alike[-1].has_room(captured, topic_key, test.tags):
        count = sum(map(len, known.values()))
        alike.append(StackWatch(stack, f"{CONSTRUCT_ID}{count + 1 if count else ''}", watch=how, guard=guard))
    alike[-1].add(
        Watched(
            endpoint=test.endpoint_name,
            topic_arn=topic_arn,
            expires_after_days=how.expires_after_days,
            price_per_instance_hour=how.price_per_instance_hour,
            currency=how.currency,
            answers=test.counts_answers,
            managed=managed,
        ),
        captured,
        topic_key,
        test.tags,
    )
