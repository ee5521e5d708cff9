"""People are told of alarms and deployments, once per stack and not once per endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from shadow_constructs import Alerts, ShadowEndpoint
from tests.constructs.rendering import Json, new_stack, resources, template_of
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
