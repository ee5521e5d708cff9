"""The walker over the API model finds each kind of fault, and finds nothing in a good call."""

from __future__ import annotations

import copy
import datetime as dt
import warnings
from typing import Any

import pytest

from tests.support.api_model import Unknown, compiled, problems_of_call, service_model

GOOD: dict[str, Any] = {
    "EndpointConfigName": "churn-1",
    "ProductionVariants": [
        {
            "VariantName": "production",
            "ModelName": "churn-v1",
            "InitialInstanceCount": 2,
            "InstanceType": "ml.m5.xlarge",
            "InitialVariantWeight": 1,
            "ContainerStartupHealthCheckTimeoutInSeconds": 600,
            "EnableSSMAccess": False,
        }
    ],
    "DataCaptureConfig": {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://captured/churn",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    },
    "Tags": [{"Key": "Équipe", "Value": "données : 1/2 @home"}],
}

VARIANT = ("ProductionVariants", 0)
CAPTURE = ("DataCaptureConfig",)
INSTANCE_TYPES = len(service_model().shape_for("ProductionVariantInstanceType").metadata["enum"])
LIKE_IT = "CreateEndpointConfig.ProductionVariants[0]"


def planted(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """Return the good call with one member set to another value."""
    call = copy.deepcopy(GOOD)
    part: Any = call
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return call


def test_a_good_call_has_no_problems() -> None:
    """What the API takes, the walker takes."""
    assert problems_of_call("CreateEndpointConfig", GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (
            (*VARIANT, "ContainerStartupHealthCheckTimeoutInSeconds"),
            7200,
            f"{LIKE_IT}.ContainerStartupHealthCheckTimeoutInSeconds: must be at most 3600, got 7200",
        ),
        (
            (*VARIANT, "ModelDataDownloadTimeoutInSeconds"),
            59,
            f"{LIKE_IT}.ModelDataDownloadTimeoutInSeconds: must be at least 60, got 59",
        ),
        (
            (*VARIANT, "InstanceType"),
            "ml.m5.xlrge",
            f"{LIKE_IT}.InstanceType: must be one of the {INSTANCE_TYPES} ProductionVariantInstanceTypes, "
            "got 'ml.m5.xlrge' (did you mean ml.m5.xlarge?)",
        ),
        (
            (*VARIANT, "VariantName"),
            "shadow_1",
            f"{LIKE_IT}.VariantName: must match [a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}, got 'shadow_1'",
        ),
        (
            (*VARIANT, "VariantName"),
            "trailing-",
            f"{LIKE_IT}.VariantName: must match [a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}, got 'trailing-'",
        ),
        (
            (*VARIANT, "VariantName"),
            "newline\n",
            f"{LIKE_IT}.VariantName: must match [a-zA-Z0-9](-*[a-zA-Z0-9]){{0,62}}, got 'newline\\n'",
        ),
        (
            (*VARIANT, "ModelName"),
            "x" * 64,
            f"{LIKE_IT}.ModelName: must be at most 63 characters, got 64",
        ),
        (
            (*VARIANT, "InstanceTyp"),
            "ml.m5.xlarge",
            f"{LIKE_IT}: unknown key 'InstanceTyp' (did you mean InstanceType?)",
        ),
        (
            (*VARIANT, "InitialInstanceCount"),
            "2",
            f"{LIKE_IT}.InitialInstanceCount: must be a whole number, got '2' (str)",
        ),
        (
            (*VARIANT, "InitialInstanceCount"),
            2.0,
            f"{LIKE_IT}.InitialInstanceCount: must be a whole number, got 2.0 (float)",
        ),
        (
            (*VARIANT, "InitialInstanceCount"),
            True,
            f"{LIKE_IT}.InitialInstanceCount: must be a whole number, got True (bool)",
        ),
        (
            (*VARIANT, "InitialInstanceCount"),
            0,
            f"{LIKE_IT}.InitialInstanceCount: must be at least 1, got 0",
        ),
        (
            (*VARIANT, "InitialVariantWeight"),
            -0.5,
            f"{LIKE_IT}.InitialVariantWeight: must be at least 0, got -0.5",
        ),
        (
            (*VARIANT, "InitialVariantWeight"),
            float("nan"),
            f"{LIKE_IT}.InitialVariantWeight: must be a number, got nan (float)",
        ),
        (
            (*VARIANT, "EnableSSMAccess"),
            "false",
            f"{LIKE_IT}.EnableSSMAccess: must be true or false, got 'false' (str)",
        ),
        (
            (*VARIANT, "ModelName"),
            None,
            f"{LIKE_IT}.ModelName: must be a string, got None (NoneType)",
        ),
        (
            (*CAPTURE, "InitialSamplingPercentage"),
            101,
            "CreateEndpointConfig.DataCaptureConfig.InitialSamplingPercentage: must be at most 100, got 101",
        ),
        (
            (*CAPTURE, "CaptureOptions"),
            [{"CaptureMode": "Outputs"}],
            "CreateEndpointConfig.DataCaptureConfig.CaptureOptions[0].CaptureMode: must be one of Input, Output, "
            "InputAndOutput, got 'Outputs' (did you mean Output?)",
        ),
        (
            (*CAPTURE, "CaptureOptions"),
            [],
            "CreateEndpointConfig.DataCaptureConfig.CaptureOptions: must be at least 1 items, got 0",
        ),
        (
            (*CAPTURE, "CaptureOptions"),
            {},
            "CreateEndpointConfig.DataCaptureConfig.CaptureOptions: must be a list, got {} (dict)",
        ),
        (
            (*CAPTURE, "DestinationS3Uri"),
            "gs://captured/churn",
            "CreateEndpointConfig.DataCaptureConfig.DestinationS3Uri: must match (https|s3)://([^/])/?(.*), "
            "got 'gs://captured/churn'",
        ),
        (
            (*CAPTURE, "CaptureContentTypeHeader", "JsonContentTypes"),
            ["application/vnd.x+json"],
            "CreateEndpointConfig.DataCaptureConfig.CaptureContentTypeHeader.JsonContentTypes[0]: must match "
            r"[a-zA-Z0-9](-*[a-zA-Z0-9])*\/[a-zA-Z0-9](-*[a-zA-Z0-9.])*, got 'application/vnd.x+json'",
        ),
        (
            ("DataCaptureConfig",),
            "on",
            "CreateEndpointConfig.DataCaptureConfig: must be a structure, got 'on' (str)",
        ),
        (
            ("Tags",),
            [{"Key": "team", "Value": "a\u200bb"}],
            r"CreateEndpointConfig.Tags[0].Value: must match ([\p{L}\p{Z}\p{N}_.:/=+\-@]*), got 'a\u200bb'",
        ),
        (
            ("EndpointConfigName",),
            "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/churn-1",
            "CreateEndpointConfig.EndpointConfigName: must be at most 63 characters, got 64",
        ),
    ],
)
def test_a_fault_is_found_and_nothing_else(path: tuple[str | int, ...], value: object, problem: str) -> None:
    """Each fault is planted alone, and its line says where, what and what was given."""
    found = problems_of_call("CreateEndpointConfig", planted(path, value))

    assert problem in found
    assert {line.split(":")[0] for line in found} == {problem.split(":")[0]}


def test_eleven_variants_are_one_too_many() -> None:
    """Lists have a largest number of items."""
    call = planted(("ProductionVariants",), GOOD["ProductionVariants"] * 11)

    assert problems_of_call("CreateEndpointConfig", call) == [
        "CreateEndpointConfig.ProductionVariants: must be at most 10 items, got 11"
    ]


def test_a_missing_member_is_found() -> None:
    """Required means required, on every level."""
    call = planted(VARIANT, {"ModelName": "churn-v1"})
    del call["EndpointConfigName"]

    assert problems_of_call("CreateEndpointConfig", call) == [
        "CreateEndpointConfig: EndpointConfigName is required, but missing",
        "CreateEndpointConfig.ProductionVariants[0]: VariantName is required, but missing",
    ]


def test_a_map_is_checked_in_number_keys_and_values() -> None:
    """A container takes a hundred environment variables, with names like identifiers and text as values."""
    container: dict[str, Any] = {"Image": "image", "Environment": {"LOG-LEVEL": "20", "WORKERS": 2}}
    found = problems_of_call("CreateModel", {"ModelName": "churn", "PrimaryContainer": container})
    container["Environment"] = {f"NAME_{number}": "" for number in range(101)}
    crowded = problems_of_call("CreateModel", {"ModelName": "churn", "PrimaryContainer": container})

    where = "CreateModel.PrimaryContainer.Environment"
    assert found == [
        f"{where} key 'LOG-LEVEL': must match [a-zA-Z_][a-zA-Z0-9_]*, got 'LOG-LEVEL'",
        f"{where}['WORKERS']: must be a string, got 2 (int)",
    ]
    assert crowded == [f"{where}: must be at most 100 entries, got 101"]


def test_a_union_takes_exactly_one_member() -> None:
    """Some structures are a choice."""
    both = {"DatasetSource": {"S3Uri": "s3://bucket/k"}, "Other": 1}

    (problem, *_) = problems_of_call("CreateAIWorkloadConfig", {"AIWorkloadConfigName": "w", "DatasetConfig": both})

    assert problem.startswith("CreateAIWorkloadConfig.DatasetConfig: must have exactly one of ")


@pytest.mark.parametrize("moment", ["2026-11-24T00:00:00Z", 1764000000, dt.datetime(2026, 11, 24, tzinfo=dt.UTC)])
def test_a_time_may_be_text_a_number_or_a_datetime(moment: object) -> None:
    """The forms in which templates and boto3 write times."""
    assert problems_of_call("ListEndpoints", {"CreationTimeAfter": moment}) == []


def test_a_time_is_not_a_boolean() -> None:
    """A boolean would count as a number otherwise."""
    assert problems_of_call("ListEndpoints", {"CreationTimeAfter": True}) == [
        "ListEndpoints.CreationTimeAfter: must be a time, got True (bool)"
    ]


def test_an_unknown_value_fits_wherever_one_is_expected_but_not_under_an_unknown_key() -> None:
    """What only the deployment can tell is not a problem, a misspelt member still is."""
    call = planted((*VARIANT, "InstanceType"), Unknown("parameter Type")) | {"Tag": Unknown("parameter Tags")}

    assert problems_of_call("CreateEndpointConfig", call) == [
        "CreateEndpointConfig: unknown key 'Tag' (did you mean Tags?)"
    ]


def test_an_operation_that_does_not_exist_is_refused() -> None:
    """A misspelt operation is a mistake in the test, not a call without problems."""
    with pytest.raises(ValueError, match="no operation 'CreateEndpoints' of a service 'sagemaker'"):
        problems_of_call("CreateEndpoints", {})
    with pytest.raises(ValueError, match="of a service 'sagemakers'"):
        problems_of_call("CreateEndpoint", {}, service="sagemakers")


def test_other_services_can_be_checked_too() -> None:
    """Alarms and scaling have an API model as well."""
    alarm = {"AlarmName": "a", "ComparisonOperator": "GreaterThan", "EvaluationPeriods": 0}

    assert [line.split(":")[0] for line in problems_of_call("PutMetricAlarm", alarm, service="cloudwatch")] == [
        "PutMetricAlarm.ComparisonOperator",
        "PutMetricAlarm.EvaluationPeriods",
    ]


def test_every_pattern_of_the_model_can_be_compiled() -> None:
    """No check is skipped because Java writes its patterns differently."""
    model = service_model()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        patterns = [model.shape_for(name).metadata.get("pattern") for name in model.shape_names]
        compiled_ones = [compiled(pattern) for pattern in patterns if pattern]

    assert len(compiled_ones) > 200


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"[\p{L}]+", "données", True),
        (r"\d{2}", "١٢", False),
        (r"\w+", "é", False),
        ("[a-z]+|x", "abc!", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "ab 😀", True),
    ],
)
def test_patterns_mean_what_they_mean_in_java_and_the_whole_value(pattern: str, text: str, matches: bool) -> None:
    """Unicode classes are known, digits are ASCII, and an unanchored pattern does not match a part."""
    assert (compiled(pattern).fullmatch(text) is not None) is matches
