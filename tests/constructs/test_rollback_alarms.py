"""The alarms that take an update back: about the new fleet, never about the shadow, and seen by those who must."""

from __future__ import annotations

import json

import pytest
from aws_cdk.assertions import Annotations, Match

from shadow_constructs import GatePolicy, Guardrails, InvalidValueError, Rollback, Rule, ShadowEndpoint, ShadowTest
from tests.constructs.rendering import Json, new_stack, rendered, resources, statements, template_of, texts, the
from tests.values.samples import serving, shadow_test, variant

ALARM = "AWS::CloudWatch::Alarm"


def rollback_alarms(template: Json) -> dict[str, Json]:
    """The properties of the alarms that an update listens to, by logical id."""
    return {key: one["Properties"] for key, one in resources(template, ALARM).items() if key.startswith("ERollback")}


def dimensions(alarm: Json) -> Json:
    """What an alarm looks at."""
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def test_they_see_the_new_fleet_of_production_only() -> None:
    """By the config's name; they name the endpoint by its text, or they and the endpoint would wait for each other."""
    template = rendered()
    [config] = resources(template, "AWS::SageMaker::EndpointConfig")
    found = rollback_alarms(template)

    assert len(found) == 2
    for one in found.values():
        assert dimensions(one) == {
            "EndpointName": "churn",
            "VariantName": "production",
            "EndpointConfigName": {"Fn::GetAtt": [config, "EndpointConfigName"]},
        }


def test_a_quiet_minute_takes_nothing_back() -> None:
    """The new fleet has no data before it takes traffic; and they are plain metric alarms without actions."""
    for one in rollback_alarms(rendered()).values():
        assert one["TreatMissingData"] == "notBreaching"
        assert {"Metrics", "AlarmActions", "AlarmName"}.isdisjoint(one)


@pytest.mark.parametrize("name", ["AllTraffic", None])
def test_a_shadow_can_never_take_an_update_back(name: str | None) -> None:
    """However strict the policy: a bad candidate must not undo a change of production."""
    policy = GatePolicy(
        rules=(
            Rule.latency(percentile=99, max_milliseconds=1),
            Rule.latency(percentile=50, max_increase_percent=0),
            Rule.error_rate(errors="4xx", max_percent=1),
            Rule.utilization(resource="cpu", max_percent=1),
        )
    )
    template = rendered(shadow_test(production=variant("v1", name), gate=policy))

    assert {dimensions(one)["VariantName"] for one in rollback_alarms(template).values()} == {name or "production"}


def test_bounds_of_the_policy_become_thresholds() -> None:
    """A share of the requests as Average, milliseconds as microseconds, each with the statistic of its rule."""
    policy = GatePolicy(
        rules=(
            Rule.latency(percentile=99.9, max_milliseconds=250.5),
            Rule.error_rate(errors="5xx", max_percent=0.5),
            Rule.error_rate(errors="model", max_percent=2),
        )
    )
    found = rollback_alarms(rendered(shadow_test(gate=policy)))

    assert {
        one["MetricName"]: (one.get("Statistic") or one.get("ExtendedStatistic"), one["Threshold"])
        for one in found.values()
    } == {
        "ModelLatency": ("p99.9", 250_500),
        "Invocation5XXErrors": ("Average", 0.005),
        "InvocationModelErrors": ("Average", 0.02),
    }


def test_an_endpoint_without_a_shadow_has_them_too() -> None:
    """Every update is protected, the first one of a test included."""
    assert len(rollback_alarms(rendered(serving()))) == 2


def test_a_policy_that_gates_nothing_still_protects_updates() -> None:
    """No gate is about promotions; an update that breaks production goes back all the same."""
    assert len(rollback_alarms(rendered(shadow_test(gate=GatePolicy.none(reason="a prototype"))))) == 2


def test_own_alarms_can_be_left_out() -> None:
    """Then only the user's count."""
    template = rendered(shadow_test(guardrails=Guardrails(own_alarms=False, alarm_names=["mine"])))

    assert rollback_alarms(template) == {}
    config = the(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert config["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": "mine"}]}


@pytest.mark.parametrize("own", [True, False])
def test_a_rollback_leaves_the_users_alarms_out_of_that_update_and_says_so(own: bool) -> None:
    """One that fires because of the promotion would take the way back back; those about the new fleet alone stay."""
    stack = new_stack()
    value = shadow_test(shadow=None, guardrails=Guardrails(own_alarms=own, alarm_names=["mine"]))
    ShadowEndpoint(stack, "E", test=value, intent=Rollback("it is slow"))
    template = template_of(stack)

    deployment = the(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    listed = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    assert [one["AlarmName"] for one in listed] == [{"Ref": name} for name in rollback_alarms(template)]
    assert len(listed) == (2 if own else 0)
    [before] = resources(template, "Custom::EndpointUpdateGuardBefore").values()
    assert "mine" not in json.dumps(before["Properties"].get("RollbackAlarms"))
    said = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert any("mine" in str(one.entry) and "rollback-without-your-alarms" in str(one.entry) for one in said)


def test_the_update_after_a_rollback_has_the_users_alarms_again() -> None:
    """SageMaker takes other guardrails only with a config that is new."""
    value = shadow_test(shadow=None, guardrails=Guardrails(alarm_names=["mine"]))
    stacks = new_stack(), new_stack()
    for stack, intent in zip(stacks, (Rollback("it is slow"), None), strict=True):
        ShadowEndpoint(stack, "E", test=value, intent=intent)
    [back], [later] = (resources(template_of(one), "AWS::SageMaker::EndpointConfig") for one in stacks)

    assert back != later


def test_a_rollback_without_alarms_of_the_users_changes_nothing_else() -> None:
    """Its config is that of the deployment after it, which leaves the endpoint untouched."""
    stacks = new_stack(), new_stack()
    for stack, intent in zip(stacks, (Rollback("it is slow"), None), strict=True):
        ShadowEndpoint(stack, "E", test=shadow_test(shadow=None), intent=intent)
    [back], [later] = (resources(template_of(one), "AWS::SageMaker::EndpointConfig") for one in stacks)

    assert back == later


def nine() -> Guardrails:
    """As many of the user's as make eleven beside the two of the policy."""
    return Guardrails(alarm_names=[f"mine-{number}" for number in range(9)])


def test_fails_with_more_than_ten_in_all() -> None:
    """In one line with both numbers and both ways out."""
    with pytest.raises(InvalidValueError) as caught:
        ShadowEndpoint(new_stack(), "E", test=shadow_test(guardrails=nine()))
    [line] = caught.value.problems
    assert "'alarm_names' must be at most 10 alarms in all, got '2 from the policy and 9 in alarm_names'" in line
    assert line.endswith("leave some of alarm_names out, or say own_alarms=False")


def test_ten_in_all_are_taken() -> None:
    """Two and eight reach the endpoint."""
    eight = Guardrails(alarm_names=nine().alarm_names[1:])
    config = the(rendered(shadow_test(guardrails=eight)), "AWS::SageMaker::Endpoint")["DeploymentConfig"]

    assert len(config["AutoRollbackConfiguration"]["Alarms"]) == 10


def seen(test: ShadowTest, version: str = "v1") -> list[str]:
    """Alarms that a version's role may describe."""
    found = statements(rendered(test), version).get("SeeRollbackAlarms")
    return [] if found is None else [one.split(":alarm:")[1] for one in texts(found["Resource"])]


@pytest.mark.parametrize(
    ("guardrails", "names"),
    [
        (Guardrails(), ["<AWS::StackName>-*"]),
        (Guardrails(alarm_names=["mine"]), ["<AWS::StackName>-*", "mine"]),
        (Guardrails(alarm_names=["mine"], own_alarms=False), ["mine"]),
        (Guardrails(own_alarms=False), []),
        (Guardrails.off("a prototype"), []),
    ],
    ids=["own", "own and the user's", "the user's", "none", "off"],
)
def test_the_models_roles_may_describe_them_and_no_other_alarm(guardrails: Guardrails, names: list[str]) -> None:
    """SageMaker looks with the role of a model that serves: each has the right, and only where there is something."""
    test = shadow_test(guardrails=guardrails)

    assert seen(test, "v1") == seen(test, "v2") == names
