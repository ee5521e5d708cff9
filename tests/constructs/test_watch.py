"""The watch as it is synthesized: one per stack, there while a shadow is, with a role that can only look and tell."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from shadow_constructs import (
    Alerts,
    Capture,
    Dashboard,
    Guard,
    InvalidValueError,
    Network,
    Promotion,
    ShadowEndpoint,
    ShadowTest,
    Watch,
)
from tests.constructs.rendering import IRELAND, Json, new_stack, resources, template_of
from tests.values.samples import shadow_test, variant

TOPIC = "arn:aws:sns:eu-west-1:111122223333:on-duty"
QUIET = Alerts(topic_arn=TOPIC)


def watched(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """A test with the usual watch."""
    return shadow_test(**{"watch": Watch(), **changes})


def stack_of(*tests: ShadowTest, promoted: bool = False) -> cdk.Stack:
    """One stack with an endpoint for each."""
    stack = new_stack()
    for number, one in enumerate(tests):
        ShadowEndpoint(stack, f"E{number}", test=one, intent=Promotion() if promoted else None)
    return stack


def watches(template: Json) -> dict[str, Json]:
    """The functions of watches."""
    found = resources(template, "AWS::Lambda::Function").items()
    return {
        key: one["Properties"] for key, one in found if one["Properties"]["Handler"].startswith("shadow_ops.watch.")
    }


def schedules(template: Json) -> list[Json]:
    """What is scheduled."""
    rules = [one["Properties"] for one in resources(template, "AWS::Events::Rule").values()]
    # The guard's has both.
    return [one for one in rules if "ScheduleExpression" in one and "EventPattern" not in one]


def watch_role(template: Json) -> str:
    """The statements of the watch's role, as text."""
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if key.startswith("ShadowTestWatch")]
    return json.dumps(role["Properties"]["Policies"])


@pytest.mark.parametrize(
    ("tests", "made", "prefix"),
    [(6, 1, None), (7, 2, None), (13, 3, None), (5, 1, "captured"), (6, 2, "captured"), (5, 2, "x" * 440)],
)
def test_no_role_of_a_watch_outgrows_what_iam_takes(tests: int, made: int, prefix: str | None) -> None:
    """With the longest names, a topic for each and a VPC: who is too much for one watch has the next."""
    network = Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"])
    quiet = {"guard": Guard(network=network), "dashboard": Dashboard.off()}
    key = f"arn:aws:kms:eu-west-1:111122223333:key/mrk-{'1' * 30}{{:02}}"
    longest = [
        watched(
            endpoint_name=f"Churn{n:02}".ljust(63, "X"),
            alerts=Alerts(topic_arn=f"arn:aws:sns:eu-west-1:111122223333:t{n:02}{'x' * 253}"),
            capture=Capture.off()
            if prefix is None
            else Capture(bucket=f"b{n:02}".ljust(63, "b"), prefix=prefix, key_arn=key.format(n)),
            **quiet,
        )
        for n in range(tests)
    ]
    template = template_of(stack_of(*longest))

    assert len(watches(template)) == made
    for key, role in resources(template, "AWS::IAM::Role").items():
        if key.startswith("ShadowTestWatch"):
            assert len(_policy(role)) <= 10_240
    assert all(len(one["Targets"][0]["Input"]) <= 8192 for one in schedules(template))
    asked = [json.loads(one["Targets"][0]["Input"])["endpoints"] for one in schedules(template)]
    assert sorted(one["endpoint"] for some in asked for one in some) == [one.endpoint_name for one in longest]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_watch_may_encrypt_what_it_tells(elsewhere: bool) -> None:
    """SNS takes from whoever publishes under the topic's own key what may use that key; nothing of the kind else."""
    app = cdk.App()
    home, stack = (cdk.Stack(app, name, env=IRELAND) for name in ("Home", "Stack"))
    place = home if elsewhere else stack
    for name, key in (("Plain", None), ("Encrypted", kms.Key(place, "Key"))):
        topic = sns.Topic(place, f"To{name}", master_key=key)
        test = watched(endpoint_name=name, alerts=Alerts.to(topic), watch=Watch(every_minutes=len(name)))
        ShadowEndpoint(stack, name, test=test)
    roles = resources(template_of(stack), "AWS::IAM::Role").items()
    policies = [json.dumps(one["Properties"]["Policies"]) for key, one in roles if key.startswith("ShadowTestWatch")]

    assert ['["kms:Decrypt", "kms:GenerateDataKey*"]' in one for one in policies] == [False, True]
    assert ("ImportValue" in policies[1]) is elsewhere


def test_a_stack_has_one_watch_for_its_tests() -> None:
    """Four resources for up to six endpoints; each endpoint is named in the schedule with whom it tells."""
    tests = [watched(endpoint_name=f"churn-{n}", alerts=QUIET) for n in range(3)]
    template = template_of(stack_of(*tests))
    [schedule] = schedules(template)
    [target] = schedule["Targets"]

    assert list(watches(template)) == [target["Arn"]["Fn::GetAtt"][0]]
    assert len([key for key in template["Resources"] if key.startswith("ShadowTestWatch")]) == 4
    assert schedule["ScheduleExpression"] == "rate(15 minutes)"
    assert json.loads(target["Input"])["endpoints"] == [
        {"endpoint": f"churn-{n}", "topic_arn": TOPIC, "expires_after_days": 14, "currency": "USD", "answers": True}
        for n in range(3)
    ]
    [permission] = [
        one["Properties"]
        for one in resources(template, "AWS::Lambda::Permission").values()
        if one["Properties"]["FunctionName"] == target["Arn"]
    ]
    assert permission["Principal"] == "events.amazonaws.com"
    assert len(resources(template, "AWS::Logs::LogGroup")) == 1


@pytest.mark.parametrize(
    ("test", "promoted"),
    [
        (watched(watch=Watch.off("a prototype")), False),
        (ShadowTest(endpoint_name="churn", production=variant()), False),
        (watched(), True),
    ],
)
def test_there_is_no_watch_without_a_shadow_or_where_it_is_off(test: ShadowTest, promoted: bool) -> None:
    """It goes with the promotion that ends the test."""
    template = template_of(stack_of(test, promoted=promoted))
    assert (watches(template), schedules(template)) == ({}, [])


def test_tests_that_are_watched_otherwise_have_a_watch_of_their_own() -> None:
    """Another pace, another network, another role."""
    network = Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
    role = "arn:aws:iam::111122223333:role/watch"
    template = template_of(
        stack_of(
            watched(endpoint_name="a"),
            watched(endpoint_name="b", watch=Watch(every_minutes=60, price_per_instance_hour=0.23)),
            watched(endpoint_name="c", guard=Guard(network=network)),
            watched(endpoint_name="d", watch=Watch(role_arn=role)),
        )
    )
    made = {key.removeprefix("ShadowTestWatch")[:1]: one for key, one in watches(template).items()}

    assert {one["ScheduleExpression"] for one in schedules(template)} == {"rate(15 minutes)", "rate(60 minutes)"}
    assert json.loads(schedules(template)[1]["Targets"][0]["Input"])["endpoints"][0]["price_per_instance_hour"] == 0.23
    assert made["3"]["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "SubnetIds": ["subnet-1", "subnet-2"]}
    assert made["4"]["Role"] == role


def test_the_role_can_change_no_endpoint() -> None:
    """It names its endpoints, its topic, its namespace and its source; what it writes is its own two records."""
    said = watch_role(template_of(stack_of(watched(alerts=QUIET))))

    for forbidden in ("sagemaker:Update", "sagemaker:Create", "sagemaker:Delete", "application-autoscaling", "iam:"):
        assert forbidden not in said
    for part in ("endpoint/churn", "/shadow-test/churn/verdict", "/shadow-test/churn/told*", TOPIC, "ShadowTests"):
        assert part in said
    assert "sns:Publish" not in watch_role(template_of(stack_of(watched(alerts=Alerts()))))


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({}, True),
        ({"watch": Watch(answers=False)}, False),
        ({"capture": Capture.off()}, False),
        ({"capture": Capture(responses=False)}, False),
    ],
)
def test_captured_answers_are_read_where_they_are_counted(changes: dict[str, Any], reads: bool) -> None:
    """In the endpoint's own folder; switched off, the role can't, and its schedule doesn't ask for it."""
    template = template_of(stack_of(watched(**changes)))
    role = watch_role(template)

    assert ("s3:GetObject" in role, "/captured/churn/*" in role, "s3:ListBucket" in role) == (reads,) * 3
    assert ("answers" in schedules(template)[0]["Targets"][0]["Input"]) is reads


def test_the_key_of_captured_answers_may_be_used() -> None:
    """The one that is given, of a bucket that is given; to decrypt alone."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    role = watch_role(template_of(stack_of(watched(capture=Capture(bucket="my-captures", key_arn=key)))))
    assert {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": [key]} in json.loads(role)[0]["PolicyDocument"][
        "Statement"
    ]
    assert '":s3:::", "my-captures", "/captured/churn/*"' in role


def test_what_bounds_the_guard_bounds_the_watch() -> None:
    """The boundary of every role, and the retention and key of the log."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    guard = Guard(permissions_boundary=boundary, log_retention_days=7)
    template = template_of(stack_of(watched(guard=guard, tags={"team": "churn"})))
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if key.startswith("ShadowTestWatch")]
    [log] = resources(template, "AWS::Logs::LogGroup").values()
    [watch] = watches(template).values()

    assert role["Properties"]["PermissionsBoundary"] == boundary
    assert log["Properties"]["RetentionInDays"] == 7
    assert watch["Tags"] == [{"Key": "team", "Value": "churn"}]


def _policy(role: Json) -> str:
    """A role's policy, in the partition with the longest names."""
    policy = json.dumps(_plain(role["Properties"]["Policies"][0]["PolicyDocument"]), separators=(",", ":"))
    place = {"${AWS::Partition}": "aws-us-gov", "${AWS::Region}": "us-gov-west-1", "${AWS::AccountId}": "1" * 12}
    for name, value in place.items():
        policy = policy.replace(name, value)
    return policy


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A policy with its substitutions as text."""
    if isinstance(value, dict):
        if "Fn::Join" in value:
            return "".join("aws-us-gov" if isinstance(one, dict) else one for one in value["Fn::Join"][1])
        return value["Fn::Sub"] if "Fn::Sub" in value else {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("alerts", [Alerts(), Alerts.off("a prototype")])
def test_that_nobody_is_told_is_said_at_synth(alerts: Alerts) -> None:
    """Until somebody is named."""
    said = assertions.Match.string_like_regexp(".*are told to nobody.*")
    assert len(assertions.Annotations.from_stack(stack_of(watched(alerts=alerts))).find_info("*", said)) == 1
    assert assertions.Annotations.from_stack(stack_of(watched(alerts=QUIET))).find_info("*", said) == []


@pytest.mark.parametrize(
    "given",
    [
        {"every_minutes": 4},
        {"every_minutes": 1441},
        {"every_minutes": True},
        {"expires_after_days": 0},
        {"expires_after_days": 366},
        {"price_per_instance_hour": 0},
        {"price_per_instance_hour": float("nan")},
        {"price_per_instance_hour": "0.2"},
        {"currency": "dollars"},
        {"role_arn": "watch"},
        {"enabled": False},
        {"off_because": " "},
    ],
)
def test_a_mistake_is_one_line(given: dict[str, Any]) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidValueError) as refused:
        Watch(**given)
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith("Watch: ")
