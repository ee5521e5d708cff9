"""The parts of the glue that need no ministack."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local_aws.api_model import operation as operation_model
from local_aws.errors import ServiceError
from local_aws.front import signer
from local_aws.glue import access, private, types
from local_aws.glue.cloudwatch import to_xml, unflatten
from local_aws.glue.patches import mark_attributes
from local_aws.tests.support import config


@pytest.mark.parametrize(
    ("action", "body", "keys"),
    [
        ("events:PutEvents", b'{"Entries": [{"Source": "mine"}]}', {"events:source": "mine"}),
        ("events:PutEvents", b"{}", {"events:source": ""}),
        ("cloudwatch:PutMetricData", b"\xa2iNamespacefMy/Appx", {"cloudwatch:namespace": "My/App"}),
        ("cloudwatch:PutMetricData", b'{"Namespace": "My/App", "MetricData": []}', {"cloudwatch:namespace": "My/App"}),
        (
            "cloudwatch:PutMetricData",
            b"Action=PutMetricData&Namespace=My%2FApp&a=b",
            {"cloudwatch:namespace": "My/App"},
        ),
        ("cloudwatch:GetMetricData", b'{"Namespace": "My/App"}', {}),
        ("ssm:PutParameter", b'{"Name": "/a", "Overwrite": true}', {"ssm:Overwrite": "true"}),
        ("ssm:PutParameter", b'{"Name": "/a"}', {"ssm:Overwrite": "false"}),
    ],
)
def test_calls_without_a_resource_have_their_keys(action: str, body: bytes, keys: dict[str, str]) -> None:
    """So that a role which names a source or a namespace is held to it, in each protocol."""
    assert access.request_keys(action, body) == keys


def template(attribute: str) -> dict[str, Any]:
    """A template with one resource that reads an attribute."""
    properties = {"Variants": [{"ModelName": {"Fn::GetAtt": [attribute, "ModelName"]}, "Weight": 1}]}
    return {"Resources": {"Config": {"Type": "T", "Properties": properties}, "Wait": {"Type": "W"}}}


def test_change_sets_tell_attributes_apart() -> None:
    """Two attributes differ, the same one does not, and the template itself stays as it is."""
    given = template("ModelA")

    assert mark_attributes(given) == mark_attributes(template("ModelA"))
    assert mark_attributes(given) != mark_attributes(template("ModelB"))
    assert given == template("ModelA")
    assert mark_attributes({}) == {}


def test_generated_names_are_short_unique_and_allowed() -> None:
    """CloudFormation's style, within SageMaker's 63 characters, another at every replacement."""
    first, second = types.generated_name("Config" * 20), types.generated_name("Config" * 20)

    assert first != second
    assert len(first) == 63
    assert re.fullmatch(r"Config-[a-zA-Z0-9]{12}", types.generated_name("Config"))


def test_every_property_but_tags_replaces_a_configuration() -> None:
    """What can be asked of CreateEndpointConfig in a template is create-only."""
    shape = operation_model("sagemaker", "CreateEndpointConfig").input_shape
    assert shape is not None

    assert set(shape.members) - {"Tags", "CrossRegionTrafficConfig"} == set(types.REPLACING[types.CONFIG])


def test_properties_become_a_request() -> None:
    """Scalars are converted and properties of another call left out."""
    given = {**config(), "EnableNetworkIsolation": "false", "Extra": 1}

    found = types.api_request("sagemaker", "CreateEndpointConfig", given, types.CONFIG, skip=("Extra",))

    assert found["EnableNetworkIsolation"] is False
    assert "Extra" not in found


def test_fails_a_property_the_type_does_not_have() -> None:
    """As CloudFormation says it."""
    with pytest.raises(ServiceError, match="Encountered unsupported property Shadow of AWS::SageMaker::EndpointConfig"):
        types.api_request("sagemaker", "CreateEndpointConfig", {"Shadow": 1}, types.CONFIG)


def test_the_query_protocol_is_nested() -> None:
    """Members become lists, in order, also beyond nine."""
    flat = {f"Names.member.{i}.Value": [str(i)] for i in range(1, 12)}

    found = unflatten({**flat, "Period": ["60"], "Metric.Name": ["m"]})

    assert [str(i) for i in range(1, 12)] == [row["Value"] for row in found["Names"]]
    assert (found["Period"], found["Metric"]) == ("60", {"Name": "m"})


def test_responses_can_be_xml() -> None:
    """Lists have members and text is escaped."""
    given = {"A": [1, True, "<"], "B": None}

    assert to_xml(given) == "<A><member>1</member><member>true</member><member>&lt;</member></A>"


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("DescribeEndpoint", {"EndpointName": "Churn"}, "endpoint/churn"),
        ("UpdateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "c"}, "endpoint/churn"),
        ("DeleteModel", {"ModelName": "v1"}, "model/v1"),
        ("DescribeEndpointConfig", {"EndpointConfigName": "c"}, "endpoint-config/c"),
    ],
)
def test_calls_are_authorized_on_their_resource(operation: str, request_: dict[str, str], resource: str) -> None:
    """The ARN that a policy must name; SageMaker writes it in lower case."""
    expected = f"arn:aws:sagemaker:eu-west-1:000000000000:{resource}"

    assert expected == access.sagemaker_resource("eu-west-1", operation, request_)


@pytest.mark.parametrize("operation", ["CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint"])
def test_an_endpoint_s_config_is_authorized_as_well(operation: str) -> None:
    """Where the call gives it one: the right on the endpoint alone isn't enough."""
    request = {"EndpointName": "churn", "EndpointConfigName": "C1"}
    found = access.also_authorized("eu-west-1", f"sagemaker:{operation}", request)

    config = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint-config/c1"
    assert found == ([] if operation == "DeleteEndpoint" else [config])


def test_calls_without_a_resource_are_authorized_on_all() -> None:
    """List and Describe calls of the services that have no resource level."""
    assert access.sagemaker_resource("eu-west-1", "ListEndpoints", {"NameContains": "c"}) == "*"
    assert access.sagemaker_resource("eu-west-1", "ListTags", {"ResourceArn": "arn"}) == "arn"
    assert access.autoscaling_resource("eu-west-1", "DescribeScalableTargets") == "*"
    assert "scalable-target/" in access.autoscaling_resource("eu-west-1", "DeregisterScalableTarget")


def test_the_signer_of_a_request_is_read_from_its_scope() -> None:
    """Key and region, or the defaults of an unsigned request."""
    scope = "AWS4-HMAC-SHA256 Credential=AKIA/20261124/eu-west-1/sagemaker/aws4_request, SignedHeaders=host"

    assert signer(scope) == ("AKIA", "eu-west-1")
    assert signer("") == ("", "us-east-1")


def test_fails_on_a_ministack_that_lacks_names() -> None:
    """One line names what has moved."""
    with pytest.raises(private.MovedError, match=r"^ministack .* lacks: services\.none\.a, services\.none\.b$"):
        private.check({"services.none": ("a", "b")})
