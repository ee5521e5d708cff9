"""Captured records: their form, their place and their delivery."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.loose import Json
from local_aws.serving.capture import CaptureBuffer, Exchange, encoding, object_key, record, wanted
from local_aws.tests.support import Objects

WHEN = datetime(2026, 11, 24, 9, 5, 7, 42_000, tzinfo=UTC)
EXCHANGE = Exchange(b"1,2", "text/csv", b"0.5", "text/csv; charset=utf-8", "event", "id-1", "trace=1", WHEN)
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def capture(*modes: str, percent: int = 100, **fields: Json) -> dict[str, Any]:
    """A DataCaptureConfig."""
    return {
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": "s3://bucket/prefix",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes or ("Input", "Output")],
        "CaptureContentTypeHeader": HEADERS,
        **fields,
    }


def test_a_record_has_the_form_of_the_service() -> None:
    """Input, output, ids and time, as the Developer Guide prints them."""
    assert record(capture(), EXCHANGE) == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "1,2",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "0.5",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {
            "eventId": "event",
            "customAttributes": ["trace=1"],
            "inferenceId": "id-1",
            "inferenceTime": "2026-11-24T09:05:07Z",
        },
        "eventVersion": "0",
    }


@pytest.mark.parametrize(
    ("modes", "sides"),
    [
        (("Input",), {"endpointInput"}),
        (("Output",), {"endpointOutput"}),
        (("InputAndOutput",), {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_the_wanted_sides_are_captured(modes: tuple[str, ...], sides: set[str]) -> None:
    """CaptureOptions decides."""
    assert sides == set(record(capture(*modes), EXCHANGE)["captureData"])


def test_ids_nobody_gave_are_absent() -> None:
    """Without an InferenceId and attributes, the record has the event's id and time only."""
    bare = EXCHANGE._replace(inference_id=None, custom_attributes=None)

    assert {"eventId", "inferenceTime"} == set(record(capture(), bare)["eventMetadata"])


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("text/csv", "CSV"), ("Text/CSV; header=no", "CSV"), ("application/json", "JSON"), ("image/png", "BASE64")],
)
def test_listed_content_types_stay_text(content_type: str, expected: str) -> None:
    """What CaptureContentTypeHeader does not list is base64."""
    assert expected == encoding(capture(), content_type)


def test_without_the_header_everything_is_base64() -> None:
    """Also CSV: this is the trap of a configuration without CaptureContentTypeHeader."""
    bare = capture()
    del bare["CaptureContentTypeHeader"]

    side = record(bare, EXCHANGE)["captureData"]["endpointInput"]

    assert (side["encoding"], base64.b64decode(side["data"])) == ("BASE64", b"1,2")


def test_text_that_is_none_is_base64() -> None:
    """Bytes that are not UTF-8 survive under a text content type."""
    side = record(capture(), EXCHANGE._replace(request=b"\xff"))["captureData"]["endpointInput"]

    assert (side["encoding"], base64.b64decode(side["data"])) == ("BASE64", b"\xff")


def test_sampling_takes_its_share() -> None:
    """All at 100, none at 0 or when off, about a third at 33."""
    draw = random.Random(1)

    assert all(wanted(capture(), draw) for _ in range(100))
    assert not any(wanted(capture(percent=0), draw) for _ in range(100))
    assert not wanted(capture(EnableCapture=False), draw)
    assert not wanted(None, draw)
    assert 250 < sum(wanted(capture(percent=33), draw) for _ in range(1000)) < 410


def test_files_lie_by_endpoint_variant_and_hour() -> None:
    """The layout of the Developer Guide, with and without a prefix."""
    tail = "churn/shadow/2026/11/24/09/05-07-042-u.jsonl"

    assert f"a/b/{tail}" == object_key("/a/b/", "churn", "shadow", WHEN, "u")
    assert tail == object_key("", "churn", "shadow", WHEN, "u")


def test_a_flush_writes_one_file_per_variant_and_hour() -> None:
    """Records are lines; the hour of a file is the hour of its requests."""
    objects = Objects()
    buffer = CaptureBuffer(objects)
    later = EXCHANGE._replace(when=WHEN.replace(hour=10))
    pairs = [("production", EXCHANGE), ("production", EXCHANGE), ("shadow", EXCHANGE), ("shadow", later)]
    for variant, exchange in pairs:
        buffer.add("eu-west-1", "churn", variant, capture(), exchange)
    assert buffer.pending_bytes("churn", "production") > 0

    assert buffer.flush() == 4
    assert buffer.flush() == 0
    folders = {name.rsplit("/", 1)[0]: body for name, body in objects.held.items()}
    root = "bucket/prefix/churn"
    assert {f"{root}/production/2026/11/24/09", f"{root}/shadow/2026/11/24/09", f"{root}/shadow/2026/11/24/10"} == set(
        folders
    )
    lines = folders["bucket/prefix/churn/production/2026/11/24/09"].decode().splitlines()
    assert [json.loads(line)["eventMetadata"]["inferenceId"] for line in lines] == ["id-1", "id-1"]


def test_a_bucket_that_is_gone_loses_records_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """Capture never fails anybody; the log says what was lost."""
    objects = Objects()
    objects.refuses = True
    buffer = CaptureBuffer(objects)
    buffer.add("eu-west-1", "churn", "production", capture(), EXCHANGE)

    assert buffer.flush() == 0
    assert "captured records of churn/production are lost" in caplog.text
