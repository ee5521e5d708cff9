"""A resource of a template becomes the call that CloudFormation makes of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape

from tests.support.api_model import Unknown, service_model
from tests.support.cfn_to_api import CALLS, NOT_SENT, Call, Resolver, UnresolvableError, calls, resource_schema

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Given": {"Type": "String", "Default": "a"},
    },
    "Mappings": {"Accounts": {"eu-west-1": {"account": "141502667606", "share": 0.5, "retain": "true"}}},
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": {"Type": "AWS::IAM::Role"},
        "Key": {"Type": "AWS::KMS::Key"},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "churn-5xx"}},
        "Group": {"Type": "AWS::EC2::SecurityGroup"},
        "Repository": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "churn"}},
        "Guard": {"Type": "Custom::Guard"},
        "Before": {"Type": "Custom::EndpointUpdateGuardBefore"},
        "LeftOut": {"Type": "AWS::S3::Bucket", "Condition": "No"},
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": {"Tags": []}},
        "Config": {"Type": "AWS::SageMaker::EndpointConfig"},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                "EndpointName": "churn",
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "RetainAllVariantProperties": {"Fn::FindInMap": ["Accounts", "eu-west-1", "retain"]},
                "Tags": [{"Key": "team", "Value": "churn"}],
            },
        },
    },
}

MADE_UP = "1a2b3c4d5e6f"


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "Bucket"}, f"stack-bucket-{MADE_UP}"),
        ({"Ref": "Alarm"}, "churn-5xx"),
        ({"Ref": "Group"}, "sg-0123456789abcdef0"),
        ({"Ref": "Role"}, f"stack-Role-{MADE_UP}"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, f"arn:aws:iam::123456789012:role/stack-Role-{MADE_UP}"),
        ({"Fn::GetAtt": ["Key", "Arn"]}, "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"),
        ({"Fn::GetAtt": "Bucket.Arn"}, f"arn:aws:s3:::stack-bucket-{MADE_UP}"),
        ({"Fn::GetAtt": ["Repository", "RepositoryUri"]}, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn"),
        ({"Fn::GetAtt": ["Group", "GroupId"]}, "sg-0123456789abcdef0"),
        ({"Ref": "Model"}, f"arn:aws:sagemaker:eu-west-1:123456789012:model/stack-Model-{MADE_UP}"),
        ({"Fn::GetAtt": ["Model", "ModelName"]}, f"stack-Model-{MADE_UP}"),
        ({"Fn::GetAtt": ["Endpoint", "EndpointName"]}, "churn"),
        ({"Ref": "Endpoint"}, "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Partition"}, {"Ref": "AWS::NoValue"}]]}, "a-aws"),
        ({"Fn::Join": ["|", {"Fn::Split": [",", "a,b"]}]}, "a|b"),
        ({"Fn::FindInMap": ["Accounts", {"Ref": "AWS::Region"}, "account"]}, "141502667606"),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::GetAtt": ["Before", "KeepLiveCounts"]}, "true"),
        ({"Kept": 1, "Gone": {"Ref": "AWS::NoValue"}}, {"Kept": 1}),
        ([1, {"Ref": "AWS::NoValue"}, 2], [1, 2]),
        ("${not} a function", "${not} a function"),
    ],
)
def test_intrinsic_functions_are_resolved(value: object, resolved: object) -> None:
    """References become values in the form that AWS gives them: a name, an id or an ARN, depending on the type."""
    assert Resolver(TEMPLATE).resolve(value) == resolved


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Given"},
        {"Ref": "Guard"},
        {"Fn::GetAtt": ["Guard", "Verdict"]},
        {"Fn::ImportValue": "network:subnets"},
        {"Fn::Join": ["/", ["s3:/", {"Ref": "Given"}]]},
        {"Fn::Select": [0, {"Fn::Split": [",", {"Fn::ImportValue": "subnets"}]}]},
        {"Fn::FindInMap": ["Accounts", {"Ref": "Given"}, "account"]},
    ],
)
def test_what_only_a_deployment_can_tell_stays_unknown(value: object) -> None:
    """No value is made up where even its form is not known."""
    assert isinstance(Resolver(TEMPLATE).resolve(value), Unknown)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"Ref": "Nobody"}, "Ref of 'Nobody', which the template does not have"),
        ({"Ref": "LeftOut"}, "the condition of LeftOut is not supported here"),
        ({"Fn::GetAtt": ["Nobody", "Arn"]}, "Fn::GetAtt of 'Nobody', which the template does not have"),
        ({"Fn::GetAtt": ["Model", "Name"]}, "Fn::GetAtt of Model.Name: AWS::SageMaker::Model has ModelArn, ModelName"),
        ({"Fn::GetAtt": ["Before", "KeepCounts"]}, "EndpointUpdateGuardBefore has KeepLiveCounts"),
        ({"Fn::FindInMap": ["Accounts", "xx", "account"]}, "Fn::FindInMap of Accounts.xx.account"),
        ({"Fn::Select": [2, ["a", "b"]]}, "Fn::Select of item 2, of 2 items"),
        ({"Fn::Cidr": ["10.0.0.0/16", 1, 8]}, "Fn::Cidr is not supported here"),
    ],
)
def test_what_no_deployment_could_resolve_is_refused(value: object, reason: str) -> None:
    """A reference into the void is a fault of the template."""
    with pytest.raises(UnresolvableError, match=reason.replace("(", r"\(")):
        Resolver(TEMPLATE).resolve(value)


def test_an_endpoint_becomes_a_creation_and_an_update() -> None:
    """What concerns one of the two calls only is not sent with the other, and text becomes a boolean."""
    both = {"EndpointName": "churn", "EndpointConfigName": f"stack-Config-{MADE_UP}"}

    assert calls(TEMPLATE, "Endpoint") == [
        Call("CreateEndpoint", {**both, "Tags": [{"Key": "team", "Value": "churn"}]}),
        Call("UpdateEndpoint", {**both, "RetainAllVariantProperties": True}),
    ]


def test_the_guards_answer_becomes_a_boolean() -> None:
    """A custom resource answers texts, and CloudFormation hands the API what it expects."""
    template = copy.deepcopy(TEMPLATE)
    answer = {"Fn::GetAtt": ["Before", "KeepLiveCounts"]}
    template["Resources"]["Endpoint"]["Properties"]["RetainAllVariantProperties"] = answer

    [update] = [one for one in calls(template, "Endpoint") if one.operation == "UpdateEndpoint"]
    assert update.arguments["RetainAllVariantProperties"] is True


def test_a_name_that_the_template_leaves_open_is_added() -> None:
    """CloudFormation names configs and models; the call needs the name."""
    (config,) = calls(TEMPLATE, "Config")
    (model,) = calls(TEMPLATE, "Model")

    assert config == Call("CreateEndpointConfig", {"EndpointConfigName": f"stack-Config-{MADE_UP}"})
    assert model == Call("CreateModel", {"ModelName": f"stack-Model-{MADE_UP}", "Tags": []})


def _with(properties: dict[str, object], kind: str = "AWS::SageMaker::EndpointConfig") -> dict[str, Any]:
    resources = {**TEMPLATE["Resources"], "Planted": {"Type": kind, "Properties": properties}}
    return {**TEMPLATE, "Resources": resources}


def test_text_of_an_intrinsic_becomes_a_number_where_one_is_expected_but_a_literal_does_not() -> None:
    """CloudFormation converts what a list or a mapping gives; text written where a number belongs is a mistake."""
    variant = {
        "InitialInstanceCount": {"Fn::Select": [1, {"Fn::Split": [",", "2,3"]}]},
        "InitialVariantWeight": {"Fn::FindInMap": ["Accounts", "eu-west-1", "share"]},
        "VolumeSizeInGB": "9",
    }
    (call,) = calls(_with({"ProductionVariants": [variant]}), "Planted")

    assert call.arguments["ProductionVariants"] == [
        {"InitialInstanceCount": 3, "InitialVariantWeight": 0.5, "VolumeSizeInGB": "9"}
    ]


def _differences(part: Mapping[str, Any], root: Mapping[str, Any], shape: Shape, path: str) -> Iterator[str]:
    """Yield the members that CloudFormation's schema has and the API's shape has not."""
    while "$ref" in part:
        part = root["definitions"][part["$ref"].split("/")[-1]]
    if isinstance(shape, StructureShape):
        for name, member in part["properties"].items():
            if name in shape.members:
                yield from _differences(member, root, shape.members[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(shape, ListShape):
        yield from _differences(part["items"], root, shape.member, f"{path}[]")


def test_members_are_named_alike_in_cloudformation_and_in_the_api() -> None:
    """The translation has no table of names because none is needed: this fails as soon as one is."""
    for kind, operations in CALLS.items():
        schema = resource_schema(kind)
        assert schema is not None
        read_only = {pointer.removeprefix("/properties/") for pointer in schema.schema["readOnlyProperties"]}
        for operation in operations:
            shape = service_model().operation_model(operation).input_shape
            assert shape is not None
            expected = {f"{operation}.{name}" for name in read_only | NOT_SENT.get(operation, frozenset())}
            assert set(_differences(schema.schema, schema.schema, shape, operation)) == expected
