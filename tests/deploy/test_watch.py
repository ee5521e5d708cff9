"""The watch runs for real: its function, its role, its mail and its events, invoked as its schedule invokes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from rehearsal import seen
from rehearsal.example import SHORT_POLICY
from rehearsal.schedule import EVERY, Schedule
from rehearsal.stage import RATE
from rehearsal.sure import send_until
from shadow_constructs import Alerts, ShadowTest
from shadow_ops.aws.looks import Look, latest, told_path
from shadow_ops.contract.catalogue import OWN_NAMESPACE
from shadow_ops.contract.rules import Rule
from shadow_ops.contract.watched import SOURCE
from shadow_ops.judge.verdict import Outcome
from tests.deploy.support import Case, CaseMaker, gated

_PATIENCE_SECONDS = 90


def told_to_people(test: ShadowTest) -> ShadowTest:
    """A test that a quick gate judges, and of which somebody hears."""
    alerts = Alerts(emails=[f"{test.endpoint_name}@example.com"])
    return replace(gated(test), alerts=alerts)


@pytest.fixture
def case(make_case: CaseMaker) -> Case:
    """Such a test, deployed."""
    case = make_case(told_to_people)
    case.deploy("shadow").check()
    return case


def mail(case: Case) -> list[str]:
    """Subjects of what people were told of the test, apart from deployments."""
    found = case.local.mail(f"{case.name}@example.com")
    return [one["subject"] for one in found if one["subject"].startswith(f"{case.name}: ")]


def look(case: Case) -> Look | None:
    """What was seen last."""
    return latest(case.local.client("ssm"), case.name)


def look_again(case: Case, schedule: Schedule, so: Callable[[Look], bool]) -> Look:
    """Have the watch look once more, and wait for what it saw."""
    before = look(case)
    schedule.comes()

    def newer() -> bool:
        now = look(case)
        return now is not None and (before is None or now.at > before.at)

    seen.until("the watch has looked", _PATIENCE_SECONDS, newer)
    found = look(case)
    assert found is not None
    assert so(found), found
    return found


def listen(case: Case) -> None:
    """Have the watch's events sent to the address too."""
    sns, events = case.local.client("sns"), case.local.client("events")
    arn = sns.create_topic(Name=f"{case.name}-events")["TopicArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": arn}]}
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=f"{case.name}-events@example.com")
    events.put_rule(Name=f"{case.name}-events", EventPattern=json.dumps({"source": [SOURCE]}))
    events.put_targets(Rule=f"{case.name}-events", Targets=[{"Id": "1", "Arn": arn}])


def test_a_verdict_that_turns_is_told_once_though_the_function_is_killed(case: Case) -> None:
    """Looked at before there is anything to see, then failing; killed after it kept what it saw, and repeated."""
    listen(case)
    schedule = Schedule(case.local, case.name)
    look_again(case, schedule, lambda one: (one.verdict, one.turn) == ("INCONCLUSIVE", 0))
    assert mail(case) == []

    case.local.fault("fail", endpoint=case.name, variant="shadow", share=0.33, status=500)
    send_until(case.local, case.traffic(rate=RATE), case.name, SHORT_POLICY, Outcome.FAIL)
    # Right after it has kept what it saw, and before anybody was told.
    case.local.fault("kill-functions", operation="GetParametersByPath")
    found = look_again(case, schedule, lambda one: (one.verdict, one.turn) == ("FAIL", 1))
    assert found.requests > 0
    assert found.instance_hours > 0
    seen.until("people are told", _PATIENCE_SECONDS, lambda: bool(mail(case)))
    look_again(case, schedule, lambda one: one.turn == 1)

    [told] = case.local.client("ssm").get_parameters_by_path(Path=told_path(case.name))["Parameters"]
    assert told["Name"].endswith(".1.verdict.1")
    assert mail(case) == [f"{case.name}: v2 failed: FAIL"]
    details = [json.loads(one["message"])["detail"] for one in case.local.mail(f"{case.name}-events@example.com")]
    mine = [one for one in details if one["endpoint"] == case.name]
    assert {(one["verdict"], one["turn"]) for one in mine} == {("INCONCLUSIVE", 0), ("FAIL", 1)}


def test_an_old_test_is_told_and_metrics_are_there(case: Case) -> None:
    """With an age of nothing, a test is too old at once; whoever is asked, the figures are CloudWatch's."""
    schedule = Schedule(case.local, case.name)
    [endpoint] = schedule.asked["endpoints"]
    schedule.comes({"endpoints": [endpoint | {"expires_after_days": 0}]})

    seen.until("people are told", _PATIENCE_SECONDS, lambda: bool(mail(case)))
    assert mail(case) == [f"{case.name}: the test of v2 is 0 days old"]
    metrics = case.local.client("cloudwatch").list_metrics(Namespace=OWN_NAMESPACE)["Metrics"]
    names = {one["MetricName"] for one in metrics if one["Dimensions"][0]["Value"] == case.name}
    assert {"Verdict", "VerdictAge", "Requests", "InstanceHours"} <= names


def test_a_shadow_that_answers_otherwise_is_refused(make_case: CaseMaker) -> None:
    """The watch counts what both models answered, the gate reads its counts, and the promotion is refused with them."""
    rule = Rule.agreement(min_percent=99, tolerance=0.0001)
    policy = replace(SHORT_POLICY, rules=(*SHORT_POLICY.rules, rule))
    case = make_case(lambda test: replace(told_to_people(test), gate=policy))
    case.deploy("shadow").check()
    schedule = Schedule(case.local, case.name)

    def fails() -> bool:
        look_again(case, schedule, lambda _one: True)
        found = look(case)
        return found is not None and found.verdict == "FAIL"

    with case.traffic(rate=RATE):
        seen.until("answers are judged", 2 * _PATIENCE_SECONDS, fails)
    run = case.deploy("promotion")

    assert run.exit_code != 0
    said = " ".join(run.output.split())
    assert "the gate says FAIL: Answers: " in said
    assert " pairs agree (95 % sure: " in said
    assert "required 99 %" in said
    assert case.history() == ()


def test_the_watch_goes_with_the_shadow(make_case: CaseMaker) -> None:
    """A promotion takes it away; what it saw stays with the config that it saw."""
    case = make_case(lambda test: replace(test, alerts=Alerts()))
    case.deploy("shadow").check()
    assert Schedule(case.local, case.name).asked["endpoints"][0]["endpoint"] == case.name
    case.deploy("promotion").check()
    rules = case.local.client("events").list_rules(NamePrefix=case.name)["Rules"]
    assert [one for one in rules if one.get("ScheduleExpression") == EVERY] == []
