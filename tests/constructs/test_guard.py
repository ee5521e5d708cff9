"""The guard in the template: around the endpoint, of little right, and the same bytes for the same code."""

from __future__ import annotations

import json
import zipfile

import pytest

from shadow_constructs import Guardrails, Intent, InvalidValueError, Rule, Scaling, ShadowEndpoint
from shadow_constructs.guard.package import package
from shadow_ops.guard.permissions import PERMISSIONS
from shadow_ops.policy import GatePolicy
from shadow_ops.settings import Settings
from tests.constructs.rendering import Json, flat, new_stack, rendered, resources, template_of, texts, the
from tests.values.samples import hardware, serving, shadow_test, variant

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
    assert after["DependsOn"] == [endpoint]


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
    assert {"OverrideGate", "RollbackReason"}.isdisjoint(told)


def test_the_first_step_waits_for_the_alarms_that_take_updates_back() -> None:
    """It names them, so it runs after they have been pointed at the new fleet."""
    template = rendered()
    alarms = [key for key in resources(template, "AWS::CloudWatch::Alarm") if key.startswith("ERollback")]

    assert sorted(json.loads(flat(the(template, BEFORE)["RollbackAlarms"]))) == sorted(f"<{key}>" for key in alarms)


@pytest.mark.parametrize("name", ["override_gate", "rollback_reason"])
def test_fails_with_an_empty_reason(name: str) -> None:
    """A reason that says nothing is none."""
    with pytest.raises(InvalidValueError, match=f"'{name}' must be a sentence that says why"):
        Intent(**{name: ""})  # type: ignore[arg-type] # one of two texts


def test_the_function_is_small_and_keeps_its_logs_for_a_while() -> None:
    """On Arm, with a log group of its own that expires."""
    template = rendered()
    function = the(template, "AWS::Lambda::Function")

    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "shadow_ops.guard.handler.handle"
    assert the(template, "AWS::Logs::LogGroup")["RetentionInDays"] == 90


def test_the_package_holds_what_runs_and_nothing_else() -> None:
    """Below 100 KB, without the command line, with the table of instances."""
    with zipfile.ZipFile(package()) as archive:
        names = set(archive.namelist())

    assert package().stat().st_size < 100_000
    assert {"shadow_ops/guard/handler.py", "shadow_ops/judge/decide.py", "shadow_ops/data/instances.json"} <= names
    assert not [name for name in names if "/cli/" in name or "__pycache__" in name or "__main__" in name]


def test_the_same_code_is_the_same_package() -> None:
    """Not a byte depends on time or place, so a template doesn't either."""
    first = package().read_bytes()
    package.cache_clear()
    assert package().read_bytes() == first


def test_the_guard_may_touch_this_endpoint_only() -> None:
    """A `*` stands where the need says why; everything else names the endpoint, its records or its stack."""
    template = rendered()
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if key.startswith("EGuard")]
    [document] = [one["PolicyDocument"] for one in role["Properties"]["Policies"]]
    anywhere = {action for need in PERMISSIONS if need.resource == "*" for action in need.actions}

    for statement in document["Statement"]:
        for resource in texts(statement["Resource"]):
            if resource == "*":
                assert set(statement["Action"]) <= anywhere
            else:
                assert any(
                    part in resource for part in ("churn", "endpoint-config/", "<EGuard", "StackName", "ServiceRole")
                )


def test_the_guard_hears_of_deployments_and_rollbacks() -> None:
    """Two rules reach its function, and each may call it."""
    template = rendered()
    rules = resources(template, "AWS::Events::Rule")
    patterns = [one["Properties"]["EventPattern"]["source"] for one in rules.values()]

    assert sorted(patterns) == [["aws.cloudformation"], ["aws.sagemaker"]]
    sources = [one["Properties"]["SourceArn"] for one in resources(template, "AWS::Lambda::Permission").values()]
    assert sorted(flat(one) for one in sources) == sorted(f"<{key}.Arn>" for key in rules)


def test_the_settings_say_what_the_code_says() -> None:
    """Versions, sampling and policy come back out of the parameter as they were."""
    policy = GatePolicy(rules=(Rule.latency(percentile=90),), min_requests=7)
    template = rendered(shadow_test(gate=policy, sampling_percent=20))
    text = flat(the(template, "AWS::SSM::Parameter")["Value"])
    found = Settings.from_text(text, "settings")

    assert (found.production_version, found.shadow_version, found.sampling_percent) == ("v1", "v2", 20)
    assert found.policy == policy
    assert (found.promoted_type, found.promoted_count) == ("ml.m5.xlarge", 1)
    assert len(found.alarms) == len(resources(template, "AWS::CloudWatch::Alarm")) - 2 + 1


def deployment(test_guardrails: Guardrails, **more: object) -> Json:
    """The DeploymentConfig of an endpoint without a shadow."""
    found: Json = the(rendered(serving(guardrails=test_guardrails, **more)), "AWS::SageMaker::Endpoint")
    return dict(found.get("DeploymentConfig", {}))


def test_all_at_once_with_a_bake_is_the_default() -> None:
    """The old fleet stays for ten minutes, and the alarms about the new one take the update back."""
    template = rendered()
    config = the(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    alarms = [key for key in resources(template, "AWS::CloudWatch::Alarm") if key.startswith("ERollback")]

    policy = config["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert policy["TerminationWaitInSeconds"] == 600
    assert [one["AlarmName"] for one in config["AutoRollbackConfiguration"]["Alarms"]] == [
        {"Ref": key} for key in alarms
    ]


def test_rollback_alarms_see_the_new_fleet_of_production_only() -> None:
    """By the config's name, never the shadow; a minute without data is no failure."""
    template = rendered()
    [config] = resources(template, "AWS::SageMaker::EndpointConfig")
    found = [one for key, one in resources(template, "AWS::CloudWatch::Alarm").items() if key.startswith("ERollback")]

    assert len(found) == 2
    for one in found:
        assert {item["Name"]: item["Value"] for item in one["Properties"]["Dimensions"]} == {
            "EndpointName": "churn",
            "VariantName": "production",
            "EndpointConfigName": {"Fn::GetAtt": [config, "EndpointConfigName"]},
        }
        assert one["Properties"]["TreatMissingData"] == "notBreaching"
        assert "Metrics" not in one["Properties"]


@pytest.mark.parametrize(
    ("guardrails", "policy", "size"),
    [
        (Guardrails.canary(size_percent=20), "BlueGreenUpdatePolicy", 20),
        (Guardrails.linear(step_percent=50), "BlueGreenUpdatePolicy", 50),
        (Guardrails.rolling(batch_percent=25), "RollingUpdatePolicy", 25),
    ],
    ids=["canary", "linear", "rolling"],
)
def test_each_shift_is_rendered_with_its_size(guardrails: Guardrails, policy: str, size: int) -> None:
    """Shares of the instances, and a timeout beyond all waits."""
    config = deployment(guardrails)[policy]

    assert f'"Value": {size}' in json.dumps(config)
    assert config["MaximumExecutionTimeoutInSeconds"] == guardrails.timeout_seconds


def test_guardrails_that_are_off_leave_nothing() -> None:
    """Neither a deployment config nor alarms that nobody listens to."""
    template = rendered(serving(guardrails=Guardrails.off("a prototype")))

    assert deployment(Guardrails.off("a prototype")) == {}
    assert not [key for key in resources(template, "AWS::CloudWatch::Alarm") if key.startswith("ERollback")]


def test_changed_guardrails_come_with_a_new_config() -> None:
    """SageMaker takes them with a new config only; the usual ones keep the usual id."""
    [usual] = resources(rendered(), "AWS::SageMaker::EndpointConfig")
    [same] = resources(rendered(shadow_test(guardrails=Guardrails(bake_minutes=10))), "AWS::SageMaker::EndpointConfig")
    [other] = resources(rendered(shadow_test(guardrails=Guardrails(bake_minutes=5))), "AWS::SageMaker::EndpointConfig")

    assert same == usual
    assert other != usual


def test_fails_with_more_than_ten_rollback_alarms_in_all() -> None:
    """Nine of the user's beside the two of the policy are one too many."""
    test = shadow_test(guardrails=Guardrails(alarm_names=[f"mine-{number}" for number in range(9)]))

    with pytest.raises(
        InvalidValueError, match="at most 10 alarms in all, got '2 from the policy and 9 in alarm_names'"
    ):
        ShadowEndpoint(new_stack(), "E", test=test)


def test_rollback_alarms_of_the_users_may_be_looked_at() -> None:
    """The execution role names them, beside the stack's own."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=serving(guardrails=Guardrails(alarm_names=["checkout-errors"])))

    assert "alarm:checkout-errors" in json.dumps(template_of(stack))
