"""What people are told really arrives: alarms and deployments, by e-mail, under the policies of topics."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from rehearsal import environment, seen
from shadow_constructs import Alerts, ShadowTest, ShadowTestStack
from tests.deploy.submission import Submission
from tests.deploy.support import Case, CaseMaker

_PATIENCE_SECONDS = 60


def addresses(case: Case) -> str:
    """Where the people of a case get their mail."""
    return f"{case.name}@example.com"


def made_for_them(test: ShadowTest) -> ShadowTest:
    """A topic of the library's for an address."""
    return replace(test, alerts=Alerts(emails=[f"{test.endpoint_name}@example.com"]))


def told(case: Case) -> set[str]:
    """What the people have heard of: ``alarm``, and the states of deployments of their endpoint."""
    mails = case.local.mail(addresses(case))
    states = [re.search(r'"EndpointStatus": *"(\w+)"', one["message"]) for one in mails]
    return {found[1] for found in states if found} | {"alarm" for one in mails if one["subject"].startswith("ALARM")}


def ring(case: Case) -> None:
    """Have an alarm about production fire."""
    cloudwatch = case.local.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=case.name)["MetricAlarms"]
    [name, *_] = [one["AlarmName"] for one in alarms if one["AlarmActions"]]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a rehearsal")


def with_a_topic(case: Case, folder: Path, *, forbids: bool = False) -> Path:
    """The test, and a topic in a stack of its own that it tells."""
    app = cdk.App(outdir=str(folder))
    theirs = cdk.Stack(app, "theirs", stack_name=f"{case.name}-theirs")
    topic = sns.Topic(theirs, "OnDuty", topic_name=f"{case.name}-on-duty")
    topic.add_subscription(subscriptions.EmailSubscription(addresses(case)))
    arn = f"arn:aws:sns:{environment.REGION}:{environment.ACCOUNT_ID}:{case.name}-on-duty"
    alerts = Alerts(topic_arn=arn) if forbids else Alerts.to(topic)
    ShadowTestStack(app, "shadow", test=replace(case.stages.test, alerts=alerts))
    app.synth()
    return folder


def submit(case: Case, assembly: Path) -> None:
    """Deploy both."""
    for stack in ("theirs", "shadow"):
        Submission(case.local).deploy(assembly, stack).check()


@pytest.mark.parametrize("whose", ["the library's", "the user's"])
def test_alarms_and_deployments_arrive_by_mail(make_case: CaseMaker, tmp_path: Path, whose: str) -> None:
    """By the topic that is made for addresses, and by one of the app's, whose policy is given what it needs."""
    case = make_case(made_for_them)
    deploy: dict[str, Callable[[], object]] = {
        "the library's": lambda: case.deploy("shadow").check(),
        "the user's": lambda: submit(case, with_a_topic(case, tmp_path / "app")),
    }
    deploy[whose]()
    ring(case)

    seen.until("alarm and deployment are heard of", _PATIENCE_SECONDS, lambda: told(case) >= {"INSERVICE", "alarm"})


def test_a_topic_that_admits_no_rule_hears_alarms_alone(make_case: CaseMaker, tmp_path: Path) -> None:
    """As docs/alarms.md says of a topic whose policy is SNS's default, and nobody of the app can change it."""
    case = make_case(made_for_them)
    submit(case, with_a_topic(case, tmp_path / "app", forbids=True))
    ring(case)

    seen.until("the alarm is heard of", _PATIENCE_SECONDS, lambda: "alarm" in told(case))
    assert told(case) == {"alarm"}
