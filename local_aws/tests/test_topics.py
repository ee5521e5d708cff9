"""Whether a service may tell a topic is the topic's own word, and what its subscribers get can be looked at."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws import ACCOUNT_ID
from local_aws.tests.process import REGION, Running, close, start

_numbers = itertools.count()
SECONDS = 20
TLS = {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local AWS that asks policies."""
    running = start(tmp_path_factory.mktemp("topics"), "--until-stdin-closes", "--enforce-iam")
    yield running
    close(running)


def allowed(service: str, **condition: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A statement that lets a service publish."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}
    return statement | ({"Condition": condition} if condition else {})


class Subscribed:
    """A topic with an address, a rule and an alarm."""

    def __init__(self, local: Running, statements: list[dict[str, Any]] | None) -> None:
        self.local, self.name = local, f"topic-{next(_numbers)}"
        sns, self.events, self.alarms = local.client("sns"), local.client("events"), local.client("cloudwatch")
        self.arn = sns.create_topic(Name=self.name)["TopicArn"]
        sns.subscribe(TopicArn=self.arn, Protocol="email", Endpoint=f"{self.name}@example.com")
        if statements is not None:
            whole = [{"Action": "sns:Publish", "Resource": self.arn} | one for one in statements]
            policy = json.dumps({"Version": "2012-10-17", "Statement": whole})
            sns.set_topic_attributes(TopicArn=self.arn, AttributeName="Policy", AttributeValue=policy)
        self.events.put_rule(Name=self.name, EventPattern=json.dumps({"source": [self.name]}))
        self.events.put_targets(Rule=self.name, Targets=[{"Id": "people", "Arn": self.arn}])
        self.alarms.put_metric_alarm(
            AlarmName=self.name,
            AlarmActions=[self.arn],
            Namespace="N",
            MetricName="M",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )

    def told(self) -> set[str]:
        """Who of the two told the address; the owner's own word, which comes last, shows that all have been heard."""
        self.events.put_events(Entries=[{"Source": self.name, "DetailType": "d", "Detail": "{}"}])
        self.alarms.set_alarm_state(AlarmName=self.name, StateValue="ALARM", StateReason="a test")
        self.local.client("sns").publish(TopicArn=self.arn, Message="own", Subject="own")
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            subjects = [one["subject"] for one in self.local.control("GET", "mail")["mail"] if one["topic"] == self.arn]
            if "own" in subjects:
                return {"alarms" if "ALARM" in one else "events" for one in subjects if one != "own"}
            time.sleep(0.05)
        raise AssertionError("not even the owner was heard")


ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:topic-*"
OWN, OTHER = {"aws:SourceAccount": ACCOUNT_ID}, {"aws:SourceAccount": "999999999999"}


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        pytest.param(None, {"alarms"}, id="the default policy, which has a condition"),
        ([allowed("events")], {"events"}),
        ([allowed("cloudwatch")], {"alarms"}),
        ([allowed("cloudwatch"), allowed("events"), TLS], {"alarms", "events"}),
        ([allowed(one, StringEquals=OWN) for one in ("cloudwatch", "events")], {"alarms"}),
        ([allowed(one, StringEquals=OTHER) for one in ("cloudwatch", "events")], set()),
        ([allowed(one, ArnLike={"aws:SourceArn": ALARM}) for one in ("cloudwatch", "events")], {"alarms"}),
        ([allowed("cloudwatch", ArnLike={"aws:SourceArn": f"{ALARM}x"})], set()),
        (
            [{"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT_ID}}}],
            {"alarms"},
        ),
        ([{"Effect": "Allow", "Principal": "*"}], {"alarms", "events"}),
        ([{"Effect": "Allow", "Principal": "*"}, allowed("events") | {"Effect": "Deny"}], {"alarms"}),
    ],
)
def test_a_topic_hears_whom_its_policy_admits(
    enforcing: Running, statements: list[dict[str, Any]] | None, told: set[str]
) -> None:
    """Alarms by account or ARN too; rules by no statement with a condition."""
    assert Subscribed(enforcing, statements).told() == told


def test_nothing_is_asked_where_policies_are_not_enforced(tmp_path: Path) -> None:
    """As everywhere in this AWS."""
    local = start(tmp_path, "--until-stdin-closes")
    try:
        assert Subscribed(local, []).told() == {"alarms", "events"}
    finally:
        close(local)
