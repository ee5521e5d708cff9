"""Stacks that fail, are cancelled and go back: what CloudFormation does then, over HTTP."""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.loose import Json
from local_aws.tests.functions import Functions, custom
from local_aws.tests.process import Running, Stack, sagemaker_resources, until
from local_aws.tests.support import ROLE

_names = (f"thing-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def functions(local: Running) -> Functions:
    """Functions that note what they are asked."""
    return Functions(local)


@pytest.fixture
def thing(functions: Functions) -> Iterator[tuple[str, str]]:
    """Name and ARN of a function of one's own."""
    name = next(_names)
    yield name, functions.create(name)
    functions.lower("fail")
    functions.lower("raise")


@pytest.fixture
def stack(local: Running) -> Iterator[Stack]:
    """A stack of one's own."""
    stack = Stack(local, f"stack-{next(_names)}")
    yield stack
    stack.delete()


def guarded(model: str, function: str, value: str, **properties: Json) -> dict[str, Any]:
    """An endpoint that is updated after one custom resource and before another."""
    resources = sagemaker_resources(model)
    before = custom(function, f"before {value}", **properties)
    before["DependsOn"] = ["Config"]
    resources["Endpoint"]["DependsOn"] = ["Before"]
    after = custom(function, f"after {value}", **properties)
    after["DependsOn"] = ["Endpoint"]
    return {**resources, "Before": before, "After": after}


def test_a_cancelled_update_goes_back_at_once_while_sagemakers_goes_on(
    local: Running, functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """The endpoint isn't waited for: the first custom resource is asked to go back while the endpoint still changes."""
    name, function = thing
    sagemaker = local.client("sagemaker")
    assert stack.deploy(guarded("One", function, "1")) == "CREATE_COMPLETE"
    old = sagemaker.describe_endpoint(EndpointName="stacked")["EndpointConfigName"]
    local.control("POST", "faults", {"kind": "slow-update", "endpoint": "stacked", "seconds": 3})
    stack.begin(guarded("Two", function, "2"))
    local.wait_until("Updating", "stacked")
    stack.client.cancel_update_stack(StackName=stack.name)

    # Nobody waits for the endpoint here, and SageMaker takes no second update meanwhile.
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    assert "Resource update cancelled" in stack.failures()
    assert functions.asked(name)[-2:] == [("Update", "before 2"), ("Update", "before 1")]
    endpoint = sagemaker.describe_endpoint(EndpointName="stacked")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("Updating", old)
    while (endpoint := sagemaker.describe_endpoint(EndpointName="stacked"))["EndpointStatus"] != "InService":
        time.sleep(0.05)
    assert endpoint["EndpointConfigName"] != old

    # Now only the endpoint is taken back: what has gone back already isn't asked again.
    asked = functions.asked(name)
    assert stack.goes_on() == "UPDATE_ROLLBACK_COMPLETE"
    assert functions.asked(name) == asked
    assert sagemaker.describe_endpoint(EndpointName="stacked")["EndpointConfigName"] == old
    assert [one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [old]


def test_a_rollback_that_fails_stops_there_and_goes_on_from_there(
    local: Running, functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """What comes after the resource that can't go back isn't touched, and nothing new is deleted, until it can."""
    name, function = thing
    sagemaker = local.client("sagemaker")
    assert stack.deploy(guarded("One", function, "1")) == "CREATE_COMPLETE"
    old = sagemaker.describe_endpoint(EndpointName="stacked")["EndpointConfigName"]
    failing = guarded("Two", function, "2")
    failing["After"]["Properties"].update(Fails=["Update"], Sleep=1)
    stack.begin(failing)
    until(lambda: functions.asked(name)[-1] == ("Update", "after 2"))
    functions.flag("fail")
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    new = sagemaker.describe_endpoint(EndpointName="stacked")["EndpointConfigName"]
    assert new != old
    assert {one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]} == {old, new}
    assert stack.goes_on() == "UPDATE_ROLLBACK_FAILED"

    functions.lower("fail")
    assert stack.goes_on() == "UPDATE_ROLLBACK_COMPLETE"
    attempts = [asked for asked in functions.asked(name) if asked[0] == "Update"]
    first, *others = attempts[2:]
    assert [first] * 3 == [*others[:2], first]
    assert attempts[-1] == ("Update", "after 1")
    assert sagemaker.describe_endpoint(EndpointName="stacked")["EndpointConfigName"] == old


def test_fails_and_stays_as_it_is_without_rollback(functions: Functions, stack: Stack, thing: tuple[str, str]) -> None:
    """UPDATE_FAILED keeps what has been updated; rolling back later takes it back, deploying again goes on."""
    name, function = thing
    assert stack.deploy({"A": custom(function, "a1"), "B": custom(function, "b1")}) == "CREATE_COMPLETE"
    broken = {"A": custom(function, "a2"), "B": {**custom(function, "b2", Fails=["Update"]), "DependsOn": ["A"]}}
    assert stack.deploy(broken, DisableRollback=True) == "UPDATE_FAILED"
    assert functions.asked(name)[-2:] == [("Update", "a2"), ("Update", "b2")]
    stack.client.rollback_stack(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert set(functions.asked(name)[-2:]) == {("Update", "a1"), ("Update", "b1")}


def test_a_custom_resource_whose_creation_failed_is_deleted(
    functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """By the id that the failed answer named."""
    name, function = thing
    assert stack.deploy({"A": custom(function, "a1", Fails=["Create"])}) == "ROLLBACK_COMPLETE"
    assert functions.asked(name) == [("Create", "a1"), ("Delete", "a1")]
    assert functions.notes(name)[-1]["physical_id"] == "made"


def test_a_custom_resource_that_an_update_failed_to_create_is_deleted(
    functions: Functions, stack: Stack, thing: tuple[str, str]
) -> None:
    """After what had been updated went back."""
    name, function = thing
    assert stack.deploy({"A": custom(function, "a1")}) == "CREATE_COMPLETE"
    more = {"A": custom(function, "a2"), "B": {**custom(function, "b1", Fails=["Create"]), "DependsOn": ["A"]}}
    assert stack.deploy(more) == "UPDATE_ROLLBACK_COMPLETE"
    assert functions.asked(name)[1:] == [("Update", "a2"), ("Create", "b1"), ("Update", "a1"), ("Delete", "b1")]


def test_an_export_in_use_stays(local: Running, stack: Stack) -> None:
    """It can be neither removed nor changed while another stack imports it; afterwards it goes."""
    bucket = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}
    exporting = {"Value": "one", "Export": {"Name": "shared-text"}}
    importing = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "shared-text"}},
    }
    user = Stack(local, f"user-of-{stack.name}")
    assert stack.deploy({"P": bucket}, outputs={"Text": exporting}) == "CREATE_COMPLETE"
    assert user.deploy({"P": importing}) == "CREATE_COMPLETE"
    for outputs, done in (({}, "deleted"), ({"Text": {**exporting, "Value": "two"}}, "updated")):
        changed = {"P": {**bucket, "Properties": {"Type": "String", "Value": done}}}
        assert stack.deploy(changed, outputs=outputs) == "UPDATE_ROLLBACK_COMPLETE"
        assert f"Export shared-text cannot be {done} as it is in use by {user.name}" in stack.failures()
    user.delete()
    changed = {"P": {**bucket, "Properties": {"Type": "String", "Value": "w"}}}
    assert stack.deploy(changed, outputs={}) == "UPDATE_COMPLETE"
    assert stack.client.list_exports()["Exports"] == []


def test_express_mode_waits_for_custom_resources_only(local: Running, stack: Stack, thing: tuple[str, str]) -> None:
    """The endpoint counts as updated when the call is accepted, what depends on it is asked while it still changes."""
    _, function = thing
    sagemaker = local.client("sagemaker")
    assert stack.deploy(guarded("One", function, "1")) == "CREATE_COMPLETE"
    local.control("POST", "faults", {"kind": "slow-update", "endpoint": "stacked", "seconds": 2})
    stack.prepared = {"DeploymentConfig": {"Mode": "EXPRESS"}}
    assert stack.deploy(guarded("Two", function, "2")) == "UPDATE_COMPLETE"
    assert sagemaker.describe_endpoint(EndpointName="stacked")["EndpointStatus"] == "Updating"
    local.wait_until("InService", "stacked")

    # Rollback is off unless asked for.
    broken = guarded("One", function, "3")
    broken["After"]["Properties"]["Fails"] = ["Update"]
    assert stack.deploy(broken) == "UPDATE_FAILED"


def test_fails_to_cancel_what_is_not_under_way(stack: Stack, thing: tuple[str, str]) -> None:
    """As CloudFormation does."""
    _, function = thing
    assert stack.deploy({"A": custom(function, "a1")}) == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status"):
        stack.client.cancel_update_stack(StackName=stack.name)


def test_a_managed_test_is_a_resource_of_a_stack(local: Running, stack: Stack) -> None:
    """Created with its stack on the endpoint of that stack, found over HTTP, and gone with it."""
    resources = sagemaker_resources("One")
    del resources["Config"]["Properties"]["ShadowProductionVariants"]
    later = time.time() + 86400
    moments = {"StartTime": _iso(later), "EndTime": _iso(later + 7200)}
    hardware = {"InstanceType": "ml.m5.xlarge", "InstanceCount": "1"}
    resources["Test"] = {
        "Type": "AWS::SageMaker::InferenceExperiment",
        "DependsOn": ["Endpoint"],
        "Properties": {
            "Name": "stacked-test",
            "Type": "ShadowMode",
            "RoleArn": ROLE,
            "EndpointName": "stacked",
            "Schedule": moments,
            "ModelVariants": [
                {
                    "ModelName": {"Fn::GetAtt": [model, "ModelName"]},
                    "VariantName": variant,
                    "InfrastructureConfig": {
                        "InfrastructureType": "RealTimeInference",
                        "RealTimeInferenceConfig": hardware,
                    },
                }
                for model, variant in (("One", "production"), ("Two", "shadow"))
            ],
            "ShadowModeConfig": {
                "SourceModelVariantName": "production",
                "ShadowModelVariants": [{"ShadowModelVariantName": "shadow", "SamplingPercentage": "25"}],
            },
        },
    }
    sagemaker = local.client("sagemaker")
    assert stack.deploy(resources) == "CREATE_COMPLETE", stack.failures()
    found = sagemaker.describe_inference_experiment(Name="stacked-test")
    assert (found["Status"], found["EndpointMetadata"]["EndpointStatus"]) == ("Created", "InService")
    assert found["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] == 25
    stack.delete()
    assert sagemaker.list_inference_experiments()["InferenceExperiments"] == []


def _iso(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
