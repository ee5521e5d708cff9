"""Guardrails as an endpoint's DeploymentConfig, held against the API that gets it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from shadow_constructs import Guardrails, ShadowTest
from shadow_constructs.endpoint.deployment import deployment_config
from tests.constructs.rendering import Json, rendered, resources, the
from tests.support.api_model import problems_of_call
from tests.support.templates import problems_of
from tests.values.samples import serving, shadow_test
from tests.values.strategies import GUARDRAILS


def deployment(test: ShadowTest) -> Json:
    """The DeploymentConfig of an endpoint; empty without one."""
    return dict(the(rendered(test), "AWS::SageMaker::Endpoint").get("DeploymentConfig", {}))


def percent(value: int) -> Json:
    """A share of the instances."""
    return {"Type": "CAPACITY_PERCENT", "Value": value}


SHIFTS: dict[str, tuple[Guardrails, Json]] = {
    "all at once": (
        Guardrails(bake_minutes=5),
        {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                "TerminationWaitInSeconds": 300,
                "MaximumExecutionTimeoutInSeconds": 2100,
            }
        },
    ),
    "canary": (
        Guardrails.canary(size_percent=20, wait_minutes=2, bake_minutes=0),
        {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "CANARY",
                    "WaitIntervalInSeconds": 120,
                    "CanarySize": percent(20),
                },
                "TerminationWaitInSeconds": 0,
                "MaximumExecutionTimeoutInSeconds": 1920,
            }
        },
    ),
    "linear": (
        Guardrails.linear(step_percent=50, wait_minutes=1.5, bake_minutes=1),
        {
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "LINEAR",
                    "WaitIntervalInSeconds": 90,
                    "LinearStepSize": percent(50),
                },
                "TerminationWaitInSeconds": 60,
                "MaximumExecutionTimeoutInSeconds": 2040,
            }
        },
    ),
    "rolling": (
        Guardrails.rolling(batch_percent=25, wait_minutes=1),
        {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": percent(25),
                "WaitIntervalInSeconds": 60,
                "MaximumExecutionTimeoutInSeconds": 2040,
            }
        },
    ),
}


@pytest.mark.parametrize("case", SHIFTS)
def test_each_shift_is_rendered_in_full(case: str) -> None:
    """Type, size, waits in seconds and the timeout, zeros included; and SageMaker would take the call."""
    guardrails, expected = SHIFTS[case]
    test = serving(guardrails=guardrails)
    found = deployment(test)

    alarms = found.pop("AutoRollbackConfiguration")["Alarms"]
    assert found == expected
    assert len(alarms) == 2
    assert problems_of(rendered(test)) == []


@settings(max_examples=200)
@given(GUARDRAILS)
def test_the_service_would_take_any_guardrails_that_the_values_let_through(guardrails: Guardrails) -> None:
    """Nothing but the service's own types and limits, whatever the sizes and waits."""
    config = deployment_config(guardrails, guardrails.alarm_names)
    arguments: dict[str, Any] = {"EndpointName": "churn", "EndpointConfigName": "config"}
    if config is not None:
        arguments["DeploymentConfig"] = config

    assert problems_of_call("UpdateEndpoint", arguments) == []


def test_a_wrong_deployment_config_would_be_noticed() -> None:
    """The check above can fail: a wait beyond an hour is found in the template as in a call."""
    template = rendered(serving())
    [endpoint] = resources(template, "AWS::SageMaker::Endpoint").values()
    policy = endpoint["Properties"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    policy["TerminationWaitInSeconds"] = 3601

    assert [line for line in problems_of(template) if "TerminationWaitInSeconds" in line]


def test_alarms_are_left_out_where_there_are_none() -> None:
    """An empty list of alarms is refused by CloudFormation; a deployment without them has no such part."""
    found = deployment(serving(guardrails=Guardrails(own_alarms=False)))

    assert "AutoRollbackConfiguration" not in found
    assert "BlueGreenUpdatePolicy" in found


def test_the_users_alarms_come_after_the_librarys() -> None:
    """By the names they were given with."""
    found = deployment(shadow_test(guardrails=Guardrails(alarm_names=["mine", "theirs"])))
    names = [one["AlarmName"] for one in found["AutoRollbackConfiguration"]["Alarms"]]

    assert [list(one) for one in names[:-2]] == [["Ref"], ["Ref"]]
    assert names[-2:] == ["mine", "theirs"]


def test_guardrails_that_are_off_leave_nothing() -> None:
    """Neither a deployment config nor alarms that nobody listens to."""
    template = rendered(serving(guardrails=Guardrails.off("a prototype")))

    assert "DeploymentConfig" not in the(template, "AWS::SageMaker::Endpoint")
    assert not [key for key in resources(template, "AWS::CloudWatch::Alarm") if key.startswith("ERollback")]


@pytest.mark.parametrize(
    "other",
    [
        Guardrails(bake_minutes=5),
        Guardrails(timeout_minutes=60),
        Guardrails(alarm_names=["mine"]),
        Guardrails(own_alarms=False),
        Guardrails.canary(reason="tried by hand"),
        Guardrails.off("a prototype"),
    ],
    ids=["bake", "timeout", "another alarm", "no alarms", "canary", "off"],
)
def test_changed_guardrails_come_with_a_new_config(other: Guardrails) -> None:
    """SageMaker takes them with a new config only; the usual ones keep the usual id."""

    def config_id(guardrails: Guardrails) -> list[str]:
        return list(resources(rendered(shadow_test(guardrails=guardrails)), "AWS::SageMaker::EndpointConfig"))

    assert config_id(Guardrails(bake_minutes=10)) == config_id(Guardrails())
    assert config_id(other) != config_id(Guardrails())
