"""What is captured, and the bucket it is kept in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aws_cdk import aws_s3 as s3

from shadow_constructs import Capture, CaptureBucket, CaptureTable, InvalidValueError, ShadowEndpoint
from tests.constructs.rendering import (
    Json,
    config_of,
    flat,
    new_stack,
    rendered,
    resources,
    statements,
    template_of,
    texts,
    the,
)
from tests.values.samples import KEY_ARN, shadow_test


def captured(**changes: Any) -> Json:  # noqa: ANN401 - whatever Capture takes
    """The template of an endpoint that captures so."""
    return rendered(shadow_test(capture=Capture(**changes)))


def test_all_requests_and_responses_are_captured_by_default() -> None:
    """Both directions, all of them, CSV and JSON as text, in the library's own bucket."""
    template = rendered()
    [bucket] = resources(template, "AWS::S3::Bucket")
    capture = config_of(template)["DataCaptureConfig"]

    assert flat(capture.pop("DestinationS3Uri")) == f"s3://<{bucket}>/captured"
    assert capture == {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def test_one_direction_and_part_of_the_requests() -> None:
    """A percentage of 0 is a percentage."""
    capture = config_of(captured(requests=False, percent=0))["DataCaptureConfig"]

    assert capture["CaptureOptions"] == [{"CaptureMode": "Output"}]
    assert capture["InitialSamplingPercentage"] == 0


def test_content_types_are_the_users() -> None:
    """What isn't listed isn't in the template; none listed is no header at all."""
    jsonl = config_of(captured(csv_content_types=(), json_content_types=["application/jsonl"]))
    nothing = config_of(captured(csv_content_types=(), json_content_types=()))

    assert jsonl["DataCaptureConfig"]["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/jsonl"]}
    assert "CaptureContentTypeHeader" not in nothing["DataCaptureConfig"]


def test_off_is_no_capture_and_no_bucket() -> None:
    """Nothing is left over."""
    template = rendered(shadow_test(capture=Capture.off()))

    assert "DataCaptureConfig" not in config_of(template)
    assert not resources(template, "AWS::S3::Bucket")


def test_the_bucket_is_closed() -> None:
    """Encrypted, no public access, no access lists."""
    bucket = the(rendered(), "AWS::S3::Bucket")

    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_takes_tls_only() -> None:
    """Everything else is denied to everybody."""
    [denial] = the(rendered(), "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    assert (denial["Effect"], denial["Action"], denial["Principal"]) == ("Deny", "s3:*", {"AWS": "*"})
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(texts(denial["Resource"])) == 2


@pytest.mark.parametrize("days", [1, 90, 3650])
def test_captures_expire(days: int) -> None:
    """Traffic isn't kept for longer than was said."""
    [rule] = the(captured(expire_after_days=days), "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]

    assert rule == {
        "ExpirationInDays": days,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "Status": "Enabled",
    }


def test_captures_can_be_kept_for_good() -> None:
    """Left-overs of broken uploads go all the same."""
    [rule] = the(captured(expire_after_days=None), "AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]

    assert "ExpirationInDays" not in rule
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_the_bucket_stays_when_the_stack_goes() -> None:
    """Nobody loses data by destroying an endpoint, or by changing the bucket."""
    [bucket] = resources(rendered(), "AWS::S3::Bucket").values()

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_bucket_goes_with_the_stack_if_asked() -> None:
    """It is emptied after the endpoint and its config are gone, when nothing writes to it any more."""
    template = captured(delete_with_stack=True)
    [bucket] = resources(template, "AWS::S3::Bucket").values()
    [emptying] = resources(template, "Custom::S3AutoDeleteObjects")
    [config] = resources(template, "AWS::SageMaker::EndpointConfig").values()

    assert bucket["DeletionPolicy"] == "Delete"
    assert emptying in config["DependsOn"]


def test_a_key_of_the_librarys_own() -> None:
    """Rotated yearly, used for bucket and capture, and usable by the roles; it stays as its bucket does."""
    template = captured(customer_managed_key=True)
    [(key, resource)] = resources(template, "AWS::KMS::Key").items()

    assert resource["Properties"]["EnableKeyRotation"] is True
    assert resource["DeletionPolicy"] == "Retain"
    [encryption] = the(template, "AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert encryption["BucketKeyEnabled"] is True
    assert flat(config_of(template)["DataCaptureConfig"]["KmsKeyId"]) == f"<{key}.Arn>"
    for version in ("v1", "v2"):
        assert flat(statements(template, version)["EncryptCaptured"]["Resource"]) == f"<{key}.Arn>"


def test_a_key_of_the_librarys_own_goes_with_the_bucket() -> None:
    """A key for nothing would only cost."""
    [key] = resources(captured(customer_managed_key=True, delete_with_stack=True), "AWS::KMS::Key").values()

    assert key["DeletionPolicy"] == "Delete"


def test_a_key_of_the_users() -> None:
    """The library's bucket and the capture use it; no other key is made."""
    template = captured(key_arn=KEY_ARN)

    assert not resources(template, "AWS::KMS::Key")
    assert KEY_ARN in str(the(template, "AWS::S3::Bucket")["BucketEncryption"])
    assert config_of(template)["DataCaptureConfig"]["KmsKeyId"] == KEY_ARN


def test_a_bucket_of_the_users() -> None:
    """Nothing is made; captures go under the prefix, and only there may the roles write."""
    template = captured(bucket="our-captures", prefix="ml/churn", key_arn=KEY_ARN)

    assert not resources(template, "AWS::S3::Bucket")
    capture = config_of(template)["DataCaptureConfig"]
    assert (capture["DestinationS3Uri"], capture["KmsKeyId"]) == ("s3://our-captures/ml/churn", KEY_ARN)
    assert texts(statements(template)["WriteCaptured"]["Resource"]) == [
        "arn:<AWS::Partition>:s3:::our-captures/ml/churn/*"
    ]


def test_a_bucket_of_the_same_app() -> None:
    """Its name is passed on as a token."""
    stack = new_stack()
    bucket = s3.Bucket(stack, "Ours")
    ShadowEndpoint(stack, "E", test=shadow_test(capture=Capture(bucket=bucket.bucket_name, prefix="")))
    template = template_of(stack)
    [name] = resources(template, "AWS::S3::Bucket")

    assert flat(config_of(template)["DataCaptureConfig"]["DestinationS3Uri"]) == f"s3://<{name}>"
    assert flat(statements(template)["WriteCaptured"]["Resource"]) == f"arn:<AWS::Partition>:s3:::<{name}>/*"


def test_the_bucket_is_at_hand() -> None:
    """To grant reading it, for instance; a bucket of the user's is with the user."""
    endpoint = ShadowEndpoint(new_stack(), "E", test=shadow_test())
    theirs = ShadowEndpoint(new_stack(), "E", test=shadow_test(capture=Capture(bucket="our-captures")))

    assert endpoint.capture_bucket is not None
    assert theirs.capture_bucket is None


def test_the_bucket_can_be_used_alone() -> None:
    """For captures of an endpoint that is described elsewhere."""
    stack = new_stack()
    CaptureBucket(stack, "Captured", capture=Capture())

    assert len(resources(template_of(stack), "AWS::S3::Bucket")) == 1


def test_a_table_finds_captured_hours_by_itself() -> None:
    """Its folders are where SageMaker writes: endpoint and variant as a query names them, days and hours projected."""
    stack = new_stack()
    endpoint = ShadowEndpoint(stack, "E", test=shadow_test())
    made = CaptureTable(stack, "T", endpoint=endpoint)
    template = template_of(stack)
    [bucket] = resources(template, "AWS::S3::Bucket")
    table = the(template, "AWS::Glue::Table")
    [database] = resources(template, "AWS::Glue::Database").values()
    described = table["TableInput"]

    assert made.table == "shadow_test_churn.captured"
    assert database["Properties"]["DatabaseInput"]["Name"] == table["DatabaseName"] == "shadow_test_churn"
    assert flat(described["StorageDescriptor"]["Location"]) == f"s3://<{bucket}>/captured/"
    assert flat(described["Parameters"]["storage.location.template"]) == (
        f"s3://<{bucket}>/captured/${{endpoint}}/${{variant}}/${{day}}/${{hour}}/"
    )
    assert [one["Name"] for one in described["PartitionKeys"]] == ["endpoint", "variant", "day", "hour"]
    assert described["Parameters"]["projection.hour.digits"] == "2"
    # Whatever a line holds is a row: one that is no JSON must not fail the query.
    assert [one["Name"] for one in described["StorageDescriptor"]["Columns"]] == ["line"]
    whole = re.compile(described["StorageDescriptor"]["SerdeInfo"]["Parameters"]["input.regex"])
    for line in ('{"a"', "", "\r\u2028x"):
        assert whole.fullmatch(line).groups() == (line,)  # type: ignore[union-attr] # None would fail as well


@pytest.mark.parametrize(
    ("capture", "database", "words"), [(Capture.off(), None, "capture something"), (Capture(), "Mine", "small letters")]
)
def test_fails_where_there_is_nothing_to_be_a_table_of(capture: Capture, database: str | None, words: str) -> None:
    """In one line that says what to write."""
    stack = new_stack()
    endpoint = ShadowEndpoint(stack, "E", test=shadow_test(capture=capture))
    with pytest.raises(InvalidValueError, match=words):
        CaptureTable(stack, "T", endpoint=endpoint, database=database)
