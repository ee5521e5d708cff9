"""Alarms in the template."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match

from shadow_constructs import EndpointAlarms, ShadowEndpoint, ShadowTest
from shadow_constructs.values.alerts import Alerts
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import Rule
from tests.constructs.rendering import Json, flat, new_stack, resources, template_of, the
from tests.values.samples import hardware, serving, shadow_test, variant

TOPIC = "arn:aws:sns:eu-west-1:111122223333:oncall"
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"


def rendered(test: ShadowTest | None = None, env: cdk.Environment | None = None) -> tuple[Json, EndpointAlarms]:
    """The template of an endpoint's alarms alone, and the construct."""
    stack = new_stack(env)
    made = EndpointAlarms(stack, "Alarms", test=shadow_test() if test is None else test)
    return template_of(stack), made


def of(template: Json, beginning: str) -> Json:
    """The properties of the only alarm whose logical id begins so."""
    [found] = [
        one["Properties"] for key, one in resources(template, ALARM).items() if key.startswith(f"Alarms{beginning}")
    ]
    return dict(found)


def test_each_specification_is_one_alarm() -> None:
    """The template holds the plain data, as CloudFormation spells it."""
    template, made = rendered()

    assert len(resources(template, ALARM)) == len(made.specs)
    assert of(template, "ShadowCpu") == json.loads(
        json.dumps(made.specs[[s.id for s in made.specs].index("shadow-cpu")].properties())
    )


def test_nothing_but_the_endpoint_has_a_name() -> None:
    """CloudFormation names alarms and the topic, so that they can be replaced."""
    template, _ = rendered(shadow_test(alerts=Alerts(emails=["team@example.com"])))

    assert all(not {"AlarmName", "TopicName"} & set(one["Properties"]) for one in template["Resources"].values())


def test_alarms_name_the_endpoint_by_its_text() -> None:
    """A reference would make a cycle with the alarms that the endpoint refers to."""
    template, _ = rendered()

    for one in resources(template, ALARM).values():
        assert '"Fn::GetAtt"' not in json.dumps(one)
        assert '{"Name": "EndpointName", "Value": "churn"}' in json.dumps(one)


def test_not_fit_to_promote_listens_to_the_shadow_and_the_comparison() -> None:
    """And to nothing of production's: a production in trouble is no fault of the candidate."""
    template, made = rendered()
    rule = flat(the(template, COMPOSITE)["AlarmRule"])

    expected = [spec for spec in made.specs if spec.about != "production"]
    assert rule.count('ALARM("<Alarms') == len(expected)
    assert rule.count(" OR ") == len(expected) - 1
    assert "<AlarmsProduction" not in rule


def test_without_a_shadow_nothing_is_unfit() -> None:
    """A promoted endpoint has no composite alarm."""
    template, made = rendered(serving())

    assert resources(template, COMPOSITE) == {}
    assert made.composite is None


def test_people_are_told_once() -> None:
    """By alarms about production and by the composite alarm, at the beginning and at the end; by its children never."""
    template, made = rendered(shadow_test(alerts=Alerts(topic_arn=TOPIC)))

    loud = {key for key, one in template["Resources"].items() if one["Properties"].get("AlarmActions") == [TOPIC]}
    told = [key for key in template["Resources"] if key.startswith(("AlarmsProduction", "AlarmsNotFit"))]
    assert loud == set(told)
    assert the(template, COMPOSITE)["OKActions"] == [TOPIC]
    assert made.topic_arn == TOPIC


def test_nobody_is_told_by_default() -> None:
    """Alarms without actions, and no topic that nobody listens to."""
    template, made = rendered()

    assert not any("AlarmActions" in one["Properties"] for one in template["Resources"].values())
    assert resources(template, "AWS::SNS::Topic") == {}
    assert made.topic_arn is None


def test_e_mail_addresses_get_a_topic_that_alarms_may_use() -> None:
    """Each is subscribed; CloudWatch of this account and EventBridge may publish, over TLS only.

    EventBridge publishes to no topic whose policy puts it under a condition.
    """
    template, _ = rendered(shadow_test(alerts=Alerts(emails=["a@example.com", "b@example.com"])))

    topic = the(template, "AWS::SNS::Topic")
    assert [one["Endpoint"] for one in topic["Subscription"]] == ["a@example.com", "b@example.com"]
    alarms, deployments, refused = the(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert deployments["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in deployments
    assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_off_renders_nothing() -> None:
    """Not even a topic, whoever was to be told."""
    template, made = rendered(shadow_test(alerts=Alerts.off("watched elsewhere")))

    assert template.get("Resources", {}) == {}
    assert (made.names, made.arns) == ([], [])


def test_names_and_arns_are_those_of_all_alarms() -> None:
    """The composite alarm's last, for the settings and the dashboard."""
    stack = new_stack()
    made = EndpointAlarms(stack, "Alarms", test=shadow_test())

    names, arns = stack.resolve(made.names), stack.resolve(made.arns)
    assert len(names) == len(arns) == len(made.specs) + 1
    assert [flat(arn).rpartition(":alarm:")[2] for arn in arns] == [flat(name) for name in names]
    assert all(flat(arn).startswith("arn:<AWS::Partition>:cloudwatch:<AWS::Region>:") for arn in arns)
    assert names[-1]["Ref"].startswith("AlarmsNotFit")


def test_an_alarm_can_be_had_for_the_rest_of_the_cdk() -> None:
    """Twice the same object, by its id."""
    stack = new_stack()
    made = EndpointAlarms(stack, "Alarms", test=shadow_test())

    assert made.alarm("shadow-cpu") is made.alarm("shadow-cpu")
    arn = stack.resolve(made.alarm("not-fit-to-promote").alarm_arn)
    assert arn["Fn::GetAtt"][0].startswith("AlarmsNotFit")


def test_fails_to_get_an_alarm_that_is_not_there() -> None:
    """The message lists those that are."""
    with pytest.raises(
        InvalidValueError, match=r"'alarm_id' must be one of production-error-rate-5xx, .*not-fit-to-promote, got 'cpu'"
    ):
        rendered()[1].alarm("cpu")


def test_any_action_of_the_cdk_can_be_added() -> None:
    """A topic made in the same stack is told where the others are."""
    stack = new_stack()
    made = EndpointAlarms(stack, "Alarms", test=shadow_test(alerts=Alerts(topic_arn=TOPIC)))
    made.add_action(actions.SnsAction(sns.Topic(stack, "Mine")))
    template = template_of(stack)

    [mine] = resources(template, "AWS::SNS::Topic")
    assert the(template, COMPOSITE)["AlarmActions"] == [TOPIC, {"Ref": mine}]
    assert of(template, "ProductionCpu")["OKActions"] == [TOPIC, {"Ref": mine}]
    assert "AlarmActions" not in of(template, "ShadowCpu")


@jsii.implements(cloudwatch.IAlarmAction)
class Plain:
    """An action that is only an ARN."""

    def bind(self, scope: Any, alarm: Any) -> cloudwatch.AlarmActionConfig:  # noqa: ANN401, ARG002 - the CDK's types
        """The action's ARN."""
        return cloudwatch.AlarmActionConfig(alarm_action_arn=TOPIC)


def test_fails_to_add_a_sixth_action() -> None:
    """CloudWatch takes five per state."""
    _, made = rendered(shadow_test(alerts=Alerts(action_arns=[f"{TOPIC}{number}" for number in range(4)])))
    made.add_action(Plain())

    with pytest.raises(InvalidValueError, match="'action' must be one of at most 5, got 6"):
        made.add_action(Plain())


def test_an_unknown_instance_type_is_reported() -> None:
    """A warning at synth names it, because nothing watches its CPU."""
    stack = new_stack()
    EndpointAlarms(stack, "Alarms", test=shadow_test(shadow=variant("v2", hardware=hardware("ml.p3.2xlarge"))))

    Annotations.from_stack(stack).has_warning(
        "*", Match.string_like_regexp("number of cores of ml.p3.2xlarge isn't known")
    )


def test_known_types_are_not_reported() -> None:
    """No warning where there is nothing to say."""
    stack = new_stack()
    EndpointAlarms(stack, "Alarms", test=shadow_test())

    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_fails_more_children_than_a_composite_alarm_takes() -> None:
    """One line with the number and what to do."""
    rules = tuple(Rule.latency(percentile=number, max_milliseconds=500) for number in range(1, 22))

    with pytest.raises(
        InvalidValueError, match=r"at most 38 alarms about the shadow, got .*; make some rules report_only"
    ):
        rendered(shadow_test(gate=GatePolicy(rules=rules)))


def test_rollback_alarms_make_no_cycle_with_the_endpoint() -> None:
    """The endpoint refers to them, they refer to its config and not to it, and the config to neither."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=shadow_test())
    template = template_of(stack)
    config = json.dumps(next(iter(resources(template, "AWS::SageMaker::EndpointConfig").values())))

    used = the(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    for name in (one["AlarmName"]["Ref"] for one in used):
        text = json.dumps(template["Resources"][name])
        assert "EndpointConfigName" in text
        assert '"Ref": "EEndpoint' not in text
        assert '"EEndpoint' not in text
        assert name not in config


def test_the_same_test_gives_the_same_template() -> None:
    """Byte for byte."""
    assert json.dumps(rendered()[0]) == json.dumps(rendered()[0])
