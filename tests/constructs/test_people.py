"""People are told of alarms and deployments, once per stack and not once per endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from shadow_constructs import Alerts, InvalidValueError, ShadowEndpoint
from tests.constructs.rendering import IRELAND, Json, new_stack, resources, template_of
from tests.values.samples import shadow_test

TEAM, OTHERS = ("team@example.com",), ("others@example.com",)
TOPIC = "arn:aws:sns:eu-west-1:111122223333:on-duty"


def of_endpoints(*alerts: Alerts) -> Json:
    """One stack with an endpoint for each."""
    stack = new_stack()
    for number, one in enumerate(alerts):
        ShadowEndpoint(stack, f"E{number}", test=shadow_test(endpoint_name=f"churn-{number}", alerts=one))
    return template_of(stack)


def told(template: Json) -> list[tuple[Sequence[str], object]]:
    """Which endpoints each rule for people is about, and where it sends."""
    rules = [one["Properties"] for one in resources(template, "AWS::Events::Rule").values()]
    return [
        (one["EventPattern"]["detail"]["EndpointName"], one["Targets"][0]["Arn"])
        for one in rules
        if one["Targets"][0]["Id"] == "people"
    ]


def test_people_are_told_of_deployments() -> None:
    """By the topic of the alarms, which they confirm once."""
    template = of_endpoints(Alerts(emails=TEAM))
    [(key, topic)] = resources(template, "AWS::SNS::Topic").items()

    assert told(template) == [(["churn-0"], {"Ref": key})]
    assert topic["Properties"]["DisplayName"] == "Shadow test churn-0"
    assert told(of_endpoints(Alerts(topic_arn=TOPIC))) == [(["churn-0"], TOPIC)]


def test_the_same_people_have_one_topic_for_all_endpoints_of_a_stack() -> None:
    """And one rule; every endpoint's alarms go there. Others have their own."""
    template = of_endpoints(Alerts(emails=TEAM), Alerts(emails=OTHERS), Alerts(emails=TEAM), Alerts(topic_arn=TOPIC))
    topics = list(resources(template, "AWS::SNS::Topic"))

    assert told(template) == [
        (["churn-0", "churn-2"], {"Ref": topics[0]}),
        (["churn-1"], {"Ref": topics[1]}),
        (["churn-3"], TOPIC),
    ]
    names = [one["Properties"]["DisplayName"] for one in resources(template, "AWS::SNS::Topic").values()]
    assert names == ["Shadow tests", "Shadow test churn-1"]
    composites = resources(template, "AWS::CloudWatch::CompositeAlarm").values()
    assert [one["Properties"]["AlarmActions"] for one in composites] == [
        [{"Ref": topics[0]}],
        [{"Ref": topics[1]}],
        [{"Ref": topics[0]}],
        [TOPIC],
    ]


def test_two_stacks_share_nobody() -> None:
    """A test and its promotion are one stack in CloudFormation: what one has, the other has by itself."""
    first, second = (of_endpoints(Alerts(emails=TEAM)) for _ in range(2))

    assert first == second


def test_nobody_is_told_where_nobody_is_named() -> None:
    """Neither topic nor rule, with alarms off too."""
    for alerts in (Alerts(), Alerts.off("a prototype")):
        template = of_endpoints(alerts)

        assert (told(template), resources(template, "AWS::SNS::Topic")) == ([], {})


def published(stack: cdk.Stack) -> list[Json]:
    """What the policies of a stack's topics admit."""
    policies = resources(template_of(stack), "AWS::SNS::TopicPolicy").values()
    return [one for policy in policies for one in policy["Properties"]["PolicyDocument"]["Statement"]]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_topic_of_the_app_is_told_by_its_own_policy(elsewhere: bool) -> None:
    """Its default policy would admit alarms, and EventBridge never; the topic's stack has the statements, once."""
    stack = new_stack()
    app = stack.node.root
    assert isinstance(app, cdk.App)
    home = cdk.Stack(app, "Shared", env=cdk.Environment(account=stack.account, region=stack.region))
    topic = sns.Topic(home if elsewhere else stack, "OnDuty")
    for number in range(2):
        test = shadow_test(endpoint_name=f"churn-{number}", alerts=Alerts.to(topic))
        ShadowEndpoint(stack, f"E{number}", test=test)
    found = {one["Sid"]: one for one in published(home if elsewhere else stack)}

    assert len(found) == len(published(home if elsewhere else stack))
    assert found["ShadowTestAlarms"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert found["ShadowTestAlarms"]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert found["ShadowTestEvents"]["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in found["ShadowTestEvents"]
    assert assertions.Annotations.from_stack(stack).find_info("*", POLICY_UNKNOWN) == []


POLICY_UNKNOWN = assertions.Match.string_like_regexp(".*policy of the topic admits.*")


@pytest.mark.parametrize("given", ["literal", "parameter", "resource"])
def test_that_a_topics_policy_is_unknown_is_said(given: str) -> None:
    """Of a topic that the app only refers to, nobody can see at synth whether it admits what has to be told."""
    stack = new_stack()
    arn = {
        "literal": lambda: TOPIC,
        "parameter": lambda: cdk.CfnParameter(stack, "Topic").value_as_string,
        "resource": lambda: sns.CfnTopic(stack, "Topic").ref,
    }[given]()
    ShadowEndpoint(stack, "E", test=shadow_test(alerts=Alerts(topic_arn=arn)))

    assert published(stack) == []
    assert len(assertions.Annotations.from_stack(stack).find_info("*", POLICY_UNKNOWN)) == 1


def test_a_topic_of_another_account_is_told_by_the_account_of_the_alarms() -> None:
    """In the topic's own template `AWS::AccountId` is the topic's; each account that tells it has a statement."""
    app = cdk.App()
    accounts = ("111122223333", "444455556666", "777788889999")
    home, *stacks = (
        cdk.Stack(app, f"S{one}", env=cdk.Environment(account=one, region="eu-west-1")) for one in accounts
    )
    topic = sns.Topic(home, "OnDuty", topic_name="on-duty")
    for stack in (home, *stacks):
        ShadowEndpoint(stack, "E", test=shadow_test(alerts=Alerts.to(topic)))
    found = {one["Sid"]: one for one in published(home)}

    assert len(found) == len(published(home))
    admitted = [one["Condition"]["StringEquals"]["aws:SourceAccount"] for one in found.values() if "Condition" in one]
    assert admitted == [{"Ref": "AWS::AccountId"}, *accounts[1:]]


def _endpoint(stack: cdk.Stack, topic: sns.ITopic, way: str) -> None:
    """An endpoint whose alarms tell a topic, in one of the ways that there are."""
    alerts = Alerts.to(topic) if way == "Alerts" else Alerts()
    if way == "action_arns":
        alerts = Alerts(action_arns=[topic.topic_arn])
    endpoint = ShadowEndpoint(stack, "Churn", test=shadow_test(alerts=alerts))
    if way == "add_action":
        endpoint.alarms.add_action(cloudwatch_actions.SnsAction(topic))


WAYS = ("Alerts", "action_arns", "add_action")
ENCRYPTING = {"kms:Decrypt", "kms:GenerateDataKey*"}


def _services(one: Json) -> list[str]:
    named = one["Principal"].get("Service", []) if isinstance(one["Principal"], dict) else []
    return [named] if isinstance(named, str) else named


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_topic_of_the_app_hears_alarms_in_whichever_way_it_is_named(way: str, elsewhere: bool) -> None:
    """A statement of its own (TLS only) takes SNS's default policy away; its key is of no use to services by itself."""
    app = cdk.App()
    home, stack = (cdk.Stack(app, name, env=IRELAND) for name in ("Home", "Stack"))
    place = home if elsewhere else stack
    topic = sns.Topic(place, "OnDuty", enforce_ssl=True, master_key=kms.Key(place, "Key"))
    _endpoint(stack, topic, way)
    publish = {service for one in published(place) if one["Effect"] == "Allow" for service in _services(one)}
    [key] = resources(template_of(place), "AWS::KMS::Key").values()
    encrypt = {
        service
        for one in key["Properties"]["KeyPolicy"]["Statement"]
        if set(one["Action"]) == ENCRYPTING and "Condition" not in one
        for service in _services(one)
    }

    assert publish == {"cloudwatch.amazonaws.com", *(["events.amazonaws.com"] if way == "Alerts" else [])}
    assert encrypt == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    for text in (POLICY_UNKNOWN, KEY_UNKNOWN):
        assert assertions.Annotations.from_stack(stack).find_info("*", text) == []


KEY_UNKNOWN = assertions.Match.string_like_regexp(".*the policy of the key of the topic Stack/OnDuty admits.*")


@pytest.mark.parametrize("way", WAYS)
def test_that_the_policy_of_a_topics_key_is_unknown_is_said(way: str) -> None:
    """Of a key that the app only refers to, as of a topic of another app."""
    stack = new_stack(IRELAND)
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/mrk-1")
    _endpoint(stack, sns.Topic(stack, "OnDuty", master_key=key), way)

    assert len(assertions.Annotations.from_stack(stack).find_info("*", KEY_UNKNOWN)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_that_the_policy_of_another_apps_topic_is_unknown_is_said(way: str) -> None:
    """In whichever way it is named; deployments are told by what `Alerts` names as its topic only."""
    stack = new_stack(IRELAND)
    _endpoint(stack, sns.Topic.from_topic_arn(stack, "OnDuty", TOPIC), way)
    [said] = assertions.Annotations.from_stack(stack).find_info("*", POLICY_UNKNOWN)

    assert ("events.amazonaws.com without a condition" in str(said.entry.data)) is (way == "Alerts")


def test_fails_for_a_fifo_topic_of_an_action_of_the_cdk() -> None:
    """As for one that `Alerts` names."""
    stack = new_stack(IRELAND)
    with pytest.raises(InvalidValueError, match="EndpointAlarms: 'action' must not be a FIFO topic"):
        _endpoint(stack, sns.Topic(stack, "OnDuty", fifo=True), "add_action")


def permissions(stack: cdk.Stack) -> list[Json]:
    """Who may call a stack's functions."""
    return [one["Properties"] for one in resources(template_of(stack), "AWS::Lambda::Permission").values()]


FUNCTIONS = "lambda.alarms.cloudwatch.amazonaws.com"
FUNCTION_UNKNOWN = assertions.Match.string_like_regexp(f".*admits {FUNCTIONS}.*aws lambda add-permission.*")


def function_in(stack: cdk.Stack, name: str = "Page") -> lambda_.Function:
    """A function that pages."""
    code = lambda_.Code.from_inline("def handle(event, _): ...")
    return lambda_.Function(stack, name, runtime=lambda_.Runtime.PYTHON_3_12, handler="index.handle", code=code)


@pytest.mark.parametrize("kind", ["function", "version", "alias"])
def test_a_function_of_the_app_may_be_called_by_the_alarms(kind: str) -> None:
    """Once, however many endpoints name it: without it CloudWatch's call is refused, and nobody hears of that."""
    app = cdk.App()
    home, stack = (cdk.Stack(app, name, env=IRELAND) for name in ("Home", "Stack"))
    function = function_in(home)
    named = {
        "function": lambda: function.function_arn,
        "version": lambda: function.current_version.function_arn,
        "alias": lambda: function.add_alias("live").function_arn,
    }[kind]()
    for number in range(2):
        test = shadow_test(endpoint_name=f"churn-{number}", alerts=Alerts(action_arns=[named]))
        ShadowEndpoint(stack, f"E{number}", test=test)
    [found] = [one for one in permissions(home) if one["Principal"] == FUNCTIONS]

    assert found["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert found["Action"] == "lambda:InvokeFunction"
    assert assertions.Annotations.from_stack(stack).find_info("*", FUNCTION_UNKNOWN) == []


def test_that_a_functions_policy_is_unknown_is_said() -> None:
    """With the command that lets the alarms call it."""
    stack = new_stack()
    test = shadow_test(alerts=Alerts(action_arns=["arn:aws:lambda:eu-west-1:111122223333:function:page"]))
    ShadowEndpoint(stack, "E", test=test)

    assert [one for one in permissions(stack) if one["Principal"] == FUNCTIONS] == []
    assert len(assertions.Annotations.from_stack(stack).find_info("*", FUNCTION_UNKNOWN)) == 1


def test_a_function_that_is_added_later_may_be_called_by_every_alarm() -> None:
    """The CDK's own permission is for the one alarm that was bound."""
    stack = new_stack()
    endpoint = ShadowEndpoint(stack, "E", test=shadow_test())
    endpoint.alarms.add_action(cloudwatch_actions.LambdaAction(function_in(stack)))
    found = [one for one in permissions(stack) if one["Principal"] == FUNCTIONS]

    assert [one["SourceAccount"] for one in found if "SourceArn" not in one] == [{"Ref": "AWS::AccountId"}]


def test_functions_are_not_let_in_where_there_are_no_alarms() -> None:
    """Nobody would call them."""
    stack = new_stack()
    alerts = replace(Alerts.off("a prototype"), action_arns=[function_in(stack).function_arn])
    ShadowEndpoint(stack, "E", test=shadow_test(alerts=alerts))

    assert [one for one in permissions(stack) if one["Principal"] == FUNCTIONS] == []


@pytest.mark.parametrize("name", ["topic_arn", "action_arns"])
@pytest.mark.parametrize("made", ["topic", "resource", "imported"])
def test_fails_for_a_fifo_topic_however_it_is_given(made: str, name: str) -> None:
    """A topic of the app says so itself, as its ARN is known at deployment only."""
    stack = new_stack()
    arn = {
        "topic": lambda: sns.Topic(stack, "Topic", fifo=True).topic_arn,
        "resource": lambda: sns.CfnTopic(stack, "Topic", fifo_topic=True).attr_topic_arn,
        "imported": lambda: sns.Topic.from_topic_arn(stack, "Topic", f"{TOPIC}.fifo").topic_arn,
    }[made]()
    alerts: dict[str, Callable[[], Alerts]] = {
        "topic_arn": lambda: Alerts(topic_arn=arn),
        "action_arns": lambda: Alerts(action_arns=[arn]),
    }
    with pytest.raises(InvalidValueError, match=f"'{name}' must not be a FIFO topic"):
        ShadowEndpoint(stack, "E", test=shadow_test(alerts=alerts[name]()))


def test_fails_for_a_fifo_topic_of_the_cdk_before_a_stack_is_made() -> None:
    """A topic is asked, as nobody can read it off a token."""
    with pytest.raises(InvalidValueError, match=r"Alerts.to: 'topic' must not be a FIFO topic"):
        Alerts.to(sns.Topic(new_stack(), "Topic", fifo=True))


def _keyed(stack: cdk.Stack, made: str) -> str:
    """The ARN of a topic that is encrypted in some way."""
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/aws/sns")
    topics: dict[str, Callable[[], str]] = {
        "under SNS's key": lambda: sns.Topic(stack, "Topic", master_key=alias).topic_arn,
        "under it by its alias": lambda: sns.CfnTopic(stack, "Topic", kms_master_key_id="alias/aws/sns").ref,
        "under it by its ARN": lambda: (
            sns.CfnTopic(
                stack,
                "Topic",
                kms_master_key_id=stack.format_arn(service="kms", resource="alias", resource_name="aws/sns"),
            ).ref
        ),
        "under a key": lambda: sns.Topic(stack, "Topic", master_key=kms.Key(stack, "Key")).topic_arn,
        "under none": lambda: sns.Topic(stack, "Topic").topic_arn,
        "of another app": lambda: TOPIC,
    }
    return topics[made]()


@pytest.mark.parametrize("name", ["topic_arn", "action_arns"])
@pytest.mark.parametrize(
    ("made", "warned"),
    [
        ("under SNS's key", True),
        ("under it by its alias", True),
        ("under it by its ARN", True),
        ("under a key", False),
        ("under none", False),
        ("of another app", False),
    ],
)
def test_warns_of_a_topic_that_neither_alarms_nor_eventbridge_reach(made: str, name: str, warned: bool) -> None:
    """SNS's own key admits no service, and its policy can't be changed; of an ARN it can't be known."""
    stack = new_stack()
    arn = _keyed(stack, made)
    alerts = Alerts(topic_arn=arn) if name == "topic_arn" else Alerts(action_arns=[arn])
    ShadowEndpoint(stack, "Churn", test=shadow_test(alerts=alerts))
    said = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.string_like_regexp("aws/sns"))
    assert bool(said) is warned
