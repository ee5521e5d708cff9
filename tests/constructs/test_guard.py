"""The guard in the template: around the endpoint, told what it decides by, and the same bytes for the same code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shadow_constructs import (
    GatePolicy,
    InvalidValueError,
    Promotion,
    Rollback,
    Scaling,
    Schedule,
    ShadowEndpoint,
)
from shadow_constructs.values.intent import Intent
from tests.constructs.rendering import Json, flat, new_stack, rendered, resources, template_of, the
from tests.values.samples import STEP, hardware, model, serving, shadow_test, variant

BEFORE, AFTER = "Custom::EndpointUpdateGuardBefore", "Custom::EndpointUpdateGuardAfter"


def test_the_guard_stands_before_and_after_the_endpoint() -> None:
    """The first step needs the new config, the endpoint the first step's answer, the second step the endpoint."""
    template = rendered()
    [config] = resources(template, "AWS::SageMaker::EndpointConfig")
    [endpoint] = resources(template, "AWS::SageMaker::Endpoint")
    [before] = resources(template, BEFORE)
    name = {"Fn::GetAtt": [config, "EndpointConfigName"]}

    assert the(template, BEFORE)["EndpointConfigName"] == the(template, AFTER)["EndpointConfigName"] == name
    assert the(template, "AWS::SageMaker::Endpoint")["RetainAllVariantProperties"]["Fn::GetAtt"][0] == before
    [after] = resources(template, AFTER).values()
    assert endpoint in after["DependsOn"]


def test_the_guard_is_told_what_it_decides_by() -> None:
    """Versions, policy, hardware after a promotion, and scaling, as texts."""
    scaling = Scaling(max_count=4, invocations_per_instance=600)
    template = rendered(shadow_test(production=variant(hardware=hardware(count=2), scaling=scaling)))
    told = the(template, BEFORE)

    assert (told["ProductionVersion"], told["ShadowVersion"], told["Promotion"]) == ("v1", "v2", "false")
    assert GatePolicy.from_json(json.loads(told["Policy"])) == GatePolicy()
    assert json.loads(told["Promoted"]) == {"instance_type": "ml.m5.xlarge", "count": 2}
    variants = {one["variant"]: one for one in json.loads(told["Scaling"])}
    assert (variants["production"]["max"], variants["shadow"]["max"]) == (4, 4)
    [policy] = variants["production"]["policies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 600
    assert {"OverrideGate", "RollbackReason", "OtherVersions"}.isdisjoint(told)


def test_the_guard_is_told_what_further_variants_serve() -> None:
    """A candidate under the name of one of them is known by its label, too."""
    others = tuple(replace(variant(), name=name, model=model(version)) for name, version in (("a", "v0"), ("b", "v9")))
    told = the(rendered(serving(other_production=others)), BEFORE)

    assert json.loads(told["OtherVersions"]) == {"a": "v0", "b": "v9"}


def test_the_first_step_waits_for_the_alarms_that_take_updates_back() -> None:
    """It names them, so it runs after they have been pointed at the new fleet."""
    template = rendered()
    alarms = [key for key in resources(template, "AWS::CloudWatch::Alarm") if key.startswith("ERollback")]

    assert sorted(json.loads(flat(the(template, BEFORE)["RollbackAlarms"]))) == sorted(f"<{key}>" for key in alarms)


def asked(intent: Intent | None) -> Json:
    """What the first step is told of a deployment's intent."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=shadow_test(), intent=intent)
    names = ("Promotion", "OverrideGate", "RollbackReason")
    return {name: value for name, value in the(template_of(stack), BEFORE).items() if name in names}


@pytest.mark.parametrize(
    ("intent", "told"),
    [
        (None, {"Promotion": "false"}),
        (Promotion(), {"Promotion": "true"}),
        (Promotion(override_gate="the demo"), {"Promotion": "true", "OverrideGate": "the demo"}),
        (Rollback("p99"), {"Promotion": "false", "RollbackReason": "p99"}),
    ],
    ids=["a deployment", "a promotion", "an overridden gate", "a rollback"],
)
def test_the_guard_is_told_what_a_deployment_is_meant_to_be(intent: Intent | None, told: Json) -> None:
    """As texts, because CloudFormation makes texts of all properties of a custom resource; no reason, no property."""
    assert asked(intent) == told


@pytest.mark.parametrize("reason", ["", " \n", 7, "x" * 501])
def test_fails_with_a_reason_that_says_nothing_or_is_a_story(reason: Any) -> None:  # noqa: ANN401 - texts and others
    """It is refused at synth; without one the guard would refuse the deployment, minutes later."""
    with pytest.raises(InvalidValueError, match="'override_gate' must be a sentence that says why"):
        Promotion(override_gate=reason)
    with pytest.raises(InvalidValueError, match="'reason' must be a sentence that says why"):
        Rollback(reason)


def test_fails_with_a_reason_that_would_be_resolved() -> None:
    """CloudFormation takes double braces for a reference, also in a text of ours."""
    with pytest.raises(InvalidValueError, match=r"'reason' must be a sentence without \{\{"):
        Rollback("see {{resolve:ssm:/ticket}}")


def test_both_steps_are_told_alike_what_must_serve() -> None:
    """Whatever changes the config runs both; what only the first decides by doesn't run the second."""
    template = rendered()
    before, after = the(template, BEFORE), the(template, AFTER)
    shared = {name for name, value in before.items() if after.get(name) == value}

    assert shared == {
        *("ServiceToken", "ServiceTimeout", "Version", "EndpointName", "EndpointConfigName"),
        *("ProductionVariant", "ProductionVersion", "Scaling"),
    }
    assert (before["Step"], after["Step"]) == ("before", "after")
    assert set(after) == {*shared, "Step"}


def test_without_a_shadow_the_guard_is_told_of_production_alone() -> None:
    """No shadow version; what a promotion would serve on is what serves."""
    told = the(rendered(serving()), BEFORE)

    assert "ShadowVersion" not in told
    assert json.loads(told["Promoted"]) == {"instance_type": "ml.m5.xlarge", "count": 1}
    assert json.loads(told["Scaling"]) == []


def test_scaling_is_told_in_the_words_of_its_api() -> None:
    """Both targets, own policies and schedules, each as the request that the guard will make."""
    scaling = Scaling(
        max_count=4,
        concurrent_requests=3,
        cooldown_seconds=0,
        policies=[STEP],
        schedules=[Schedule(name="day", when="cron(0 7 ? * MON-FRI *)", min_count=2, timezone="Europe/Berlin")],
    )
    [told] = json.loads(the(rendered(serving(production=variant(scaling=scaling))), BEFORE)["Scaling"])

    assert (told["variant"], told["min"], told["max"]) == ("production", 1, 4)
    tracking, mine = told["policies"]
    assert tracking == {
        "PolicyName": "production-concurrent-requests",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 3,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
            },
            "ScaleInCooldown": 0,
            "ScaleOutCooldown": 0,
        },
    }
    assert mine == STEP
    assert told["schedules"] == [
        {
            "ScheduledActionName": "day",
            "Schedule": "cron(0 7 ? * MON-FRI *)",
            "ScalableTargetAction": {"MinCapacity": 2},
            "Timezone": "Europe/Berlin",
        }
    ]


def test_the_function_is_small_and_keeps_its_logs_for_a_while() -> None:
    """On Arm, with a log group of its own that expires."""
    template = rendered()
    function = the(template, "AWS::Lambda::Function")

    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "shadow_ops.guard.handler.handle"
    assert the(template, "AWS::Logs::LogGroup")["RetentionInDays"] == 90


def test_the_guard_hears_of_deployments_and_rollbacks() -> None:
    """One rule reaches its function for both, and may call it; whatever has happened, it is told its endpoint."""
    template = rendered()
    rule = the(template, "AWS::Events::Rule")
    [key] = resources(template, "AWS::Events::Rule")

    assert [one["source"] for one in rule["EventPattern"]["$or"]] == [["aws.sagemaker"], ["aws.cloudformation"]]
    assert flat(the(template, "AWS::Lambda::Permission")["SourceArn"]) == f"<{key}.Arn>"
    [target] = rule["Targets"]
    assert json.loads(target["Input"]) == {"source": "aws.sagemaker", "detail": {"EndpointName": "churn"}}
    # What Lambda's two retries could not do is tried again without waiting for luck.
    assert rule["ScheduleExpression"] == "rate(1 hour)"


def test_the_guard_hears_until_the_endpoint_is_gone() -> None:
    """What is made before it is deleted after it: rule and permission; a deletion that fails is one of its events."""
    template = rendered()
    before = next(one for one in template["Resources"].values() if one["Type"].endswith("GuardBefore"))
    heard = {*resources(template, "AWS::Events::Rule"), *resources(template, "AWS::Lambda::Permission")}

    assert heard <= {*before["DependsOn"]}
    over = the(template, "AWS::Events::Rule")["EventPattern"]["$or"][1]["detail"]["status-details"]["status"]
    assert over == ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "DELETE_FAILED", "ROLLBACK_FAILED"]


def test_the_guard_hears_of_its_own_endpoint_and_stack_only() -> None:
    """Another endpoint's update, and another stack's rollback, don't wake it."""
    sagemaker, cloudformation = the(rendered(), "AWS::Events::Rule")["EventPattern"]["$or"]

    assert sagemaker["detail"] == {"EndpointName": ["churn"]}
    assert cloudformation["detail"]["stack-id"] == [{"Ref": "AWS::StackId"}]
