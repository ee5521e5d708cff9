"""Every fault planted in a good template is found, one at a time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.templates import problems_of

GOOD: dict[str, Any] = {
    "Mappings": {"Accounts": {"eu-west-1": {"account": "141502667606"}}},
    "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/v"}},
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role"},
        "Captured": {"Type": "AWS::S3::Bucket"},
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "PrimaryContainer": {
                    "Image": {
                        "Fn::Join": [
                            "",
                            [
                                {"Fn::FindInMap": ["Accounts", {"Ref": "AWS::Region"}, "account"]},
                                ".dkr.ecr.",
                                {"Ref": "AWS::Region"},
                                ".",
                                {"Ref": "AWS::URLSuffix"},
                                "/sagemaker-xgboost:3.0-5",
                            ],
                        ]
                    },
                    "ModelDataUrl": "s3://models/churn/v1/model.tar.gz",
                    "Environment": {"LOG_LEVEL": "20"},
                },
            },
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "VariantName": "production",
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "InstanceType": "ml.m5.xlarge",
                        "InitialInstanceCount": 2,
                        "InitialVariantWeight": 1,
                    }
                ],
                "ShadowProductionVariants": [
                    {
                        "VariantName": "shadow",
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "InstanceType": "ml.m5.xlarge",
                        "InitialInstanceCount": 1,
                        "InitialVariantWeight": 0.5,
                    }
                ],
                "DataCaptureConfig": {
                    "EnableCapture": True,
                    "InitialSamplingPercentage": 100,
                    "DestinationS3Uri": {"Fn::Join": ["", ["s3://", {"Ref": "Captured"}, "/captured"]]},
                    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                },
                "MetricsConfig": {"MetricPublishFrequencyInSeconds": 60},
            },
        },
        "Alarm": {"Type": "AWS::CloudWatch::Alarm"},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": "churn",
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
                "DeploymentConfig": {
                    "BlueGreenUpdatePolicy": {
                        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                        "TerminationWaitInSeconds": 300,
                        "MaximumExecutionTimeoutInSeconds": 3600,
                    },
                    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
                },
                "Tags": [{"Key": "team", "Value": "churn"}],
            },
        },
    },
}

GONE = object()


def planted(path: str, value: object) -> dict[str, Any]:
    """Return the good template with one member replaced, or removed with ``GONE``."""
    template = copy.deepcopy(GOOD)
    logical_id, *steps = path.split("/")
    part: Any = template["Resources"][logical_id]["Properties"]
    for step in steps[:-1]:
        part = part[int(step) if step.isdigit() else step]
    if value is GONE:
        del part[steps[-1]]
    else:
        part[steps[-1]] = value
    return template


def test_a_good_template_has_no_problems() -> None:
    """Everything a shadow test needs passes."""
    assert problems_of(GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("Model/ExecutionRoleArn", {"Ref": "Role"}, "CreateModel.ExecutionRoleArn: must match"),
        ("Model/PrimaryContainer/Image", "an image", "CreateModel.PrimaryContainer.Image: must match"),
        (
            "Model/PrimaryContainer/ModelDataUrl",
            "models/churn",
            "CreateModel.PrimaryContainer.ModelDataUrl: must match",
        ),
        ("Model/PrimaryContainer/Environment/2ND", "x", "Environment key '2ND': must match"),
        ("Model/PrimaryContainer/Environment/N", 2, "Environment['N']: must be a string, got 2"),
        ("Model/VpcConfig", {"SecurityGroupIds": ["sg-1"]}, "CreateModel.VpcConfig: Subnets is required"),
        ("Config/ProductionVariants/0/InstanceType", "ml.m5.huge", "InstanceType: must be one of the "),
        ("Config/ProductionVariants/0/InstanceType", "m5.xlarge", "InstanceType: must be one of the "),
        ("Config/ProductionVariants/0/VariantName", "-production", "ProductionVariants[0].VariantName: must match"),
        ("Config/ProductionVariants/0/VariantName", GONE, "ProductionVariants[0]: VariantName is required"),
        ("Config/ProductionVariants/0/ModelName", {"Ref": "Model"}, "ProductionVariants[0].ModelName: must"),
        ("Config/ProductionVariants/0/InitialInstanceCount", 0, "InitialInstanceCount: must be at least 1, got 0"),
        ("Config/ProductionVariants/0/VolumeSizeInGB", 513, "VolumeSizeInGB: must be at most 512, got 513"),
        (
            "Config/ShadowProductionVariants/0/ContainerStartupHealthCheckTimeoutInSeconds",
            7200,
            "ShadowProductionVariants[0].ContainerStartupHealthCheckTimeoutInSeconds: must be at most 3600, got 7200",
        ),
        ("Config/ShadowProductionVariants/0/InitialVariantWeight", -1, "InitialVariantWeight: must be at least 0"),
        ("Config/ShadowProductionVariants/0/Weight", 0.5, "ShadowProductionVariants[0]: unknown key 'Weight'"),
        ("Config/ProductionVariants", [], "ProductionVariants: must be at least 1 items, got 0"),
        (
            "Config/ProductionVariants",
            [{"VariantName": f"variant-{number}"} for number in range(11)],
            "ProductionVariants: must be at most 10 items, got 11",
        ),
        ("Config/ProductionVariants", GONE, "CreateEndpointConfig: ProductionVariants is required"),
        ("Config/DataCaptureConfig/InitialSamplingPercentage", 101, "must be at most 100, got 101"),
        ("Config/DataCaptureConfig/InitialSamplingPercentage", GONE, "InitialSamplingPercentage is required"),
        ("Config/DataCaptureConfig/DestinationS3Uri", {"Ref": "Captured"}, "DestinationS3Uri: must match"),
        ("Config/DataCaptureConfig/CaptureOptions", [{"CaptureMode": "Both"}], "CaptureMode: must be one of Input,"),
        ("Config/KmsKeyId", "a key", "CreateEndpointConfig.KmsKeyId: must match"),
        ("Config/Tags", [{"Key": "", "Value": "x"}], "Tags[0].Key: must be at least 1 characters, got 0"),
        ("Config/Tags", [{"Key": f"k{n}", "Value": ""} for n in range(51)], "Tags: must be at most 50 items, got 51"),
        ("Config/MetricsConfig/MetricPublishFrequencyInSeconds", 45, "CloudFormation does not know the value 45"),
        ("Config/CrossRegionTrafficConfig", {}, "CloudFormation does not know 'CrossRegionTrafficConfig'"),
        (
            "Config/ProductionVariants/0/RoutingConfig",
            {"RoutingStrategy": "KV_AWARE"},
            "RoutingStrategy: CloudFormation does not know the value 'KV_AWARE'",
        ),
        ("Endpoint/EndpointConfigName", {"Ref": "Config"}, "CreateEndpoint.EndpointConfigName: must"),
        ("Endpoint/EndpointConfigName", {"Ref": "Config"}, "UpdateEndpoint.EndpointConfigName: must"),
        ("Endpoint/EndpointConfigName", {"Ref": "Confg"}, "Ref of 'Confg', which the template does not have"),
        ("Endpoint/EndpointConfigName", {"Fn::GetAtt": ["Config", "Name"]}, "Fn::GetAtt of Config.Name: AWS::"),
        ("Endpoint/EndpointName", "churn.eu", "CreateEndpoint.EndpointName: must match"),
        (
            "Endpoint/RetainAllVariantProperties",
            "yes",
            "UpdateEndpoint.RetainAllVariantProperties: must be true or false",
        ),
        (
            "Endpoint/ExcludeRetainedVariantProperties",
            [{"VariantPropertyType": "Weight"}],
            "VariantPropertyType: must be one of DesiredInstanceCount, DesiredWeight, DataCaptureConfig, got 'Weight'",
        ),
        (
            "Endpoint/DeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration/WaitIntervalInSeconds",
            GONE,
            "TrafficRoutingConfiguration: WaitIntervalInSeconds is required, but missing",
        ),
        (
            "Endpoint/DeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration/Type",
            "AT_ONCE",
            "Type: must be one of ALL_AT_ONCE, CANARY, LINEAR, got 'AT_ONCE'",
        ),
        (
            "Endpoint/DeploymentConfig/BlueGreenUpdatePolicy/MaximumExecutionTimeoutInSeconds",
            599,
            "MaximumExecutionTimeoutInSeconds: must be at least 600, got 599",
        ),
        (
            "Endpoint/DeploymentConfig/AutoRollbackConfiguration/Alarms",
            [{"AlarmName": f"alarm-{number}"} for number in range(11)],
            "Alarms: must be at most 10 items, got 11",
        ),
    ],
)
def test_a_planted_fault_is_found(path: str, value: object, problem: str) -> None:
    """The line names the resource and the fault, and no other resource is blamed."""
    found = problems_of(planted(path, value))

    assert any(problem in line for line in found), found
    assert all(line.startswith(f"{path.split('/')[0]}: ") for line in found)


def test_a_bad_name_shows_where_it_is_given_and_wherever_it_is_used() -> None:
    """References carry the value along."""
    found = problems_of(planted("Model/ModelName", "churn_v1"))

    assert [line.split(": must")[0] for line in found] == [
        "Model: CreateModel.ModelName",
        "Config: CreateEndpointConfig.ProductionVariants[0].ModelName",
        "Config: CreateEndpointConfig.ShadowProductionVariants[0].ModelName",
    ]


def test_a_resource_of_another_type_is_not_passed_over_in_silence() -> None:
    """A new SageMaker resource has to be taught to the checker."""
    template = {"Resources": {"Test": {"Type": "AWS::SageMaker::Project"}}}

    (problem,) = problems_of(template)

    assert problem.startswith("Test: AWS::SageMaker::Project is not checked here")


def test_a_resource_with_a_condition_is_not_passed_over_in_silence() -> None:
    """Nothing of the library's has one."""
    template = copy.deepcopy(GOOD)
    template["Resources"]["Endpoint"]["Condition"] = "Never"

    assert problems_of(template) == ["Endpoint: the condition of Endpoint is not supported here"]


def test_a_parameter_fits_everywhere() -> None:
    """A user's parameter is no fault."""
    template = planted("Config/ProductionVariants/0/InstanceType", {"Ref": "InstanceType"})
    template["Parameters"]["InstanceType"] = {"Type": "String"}

    assert problems_of(template) == []
