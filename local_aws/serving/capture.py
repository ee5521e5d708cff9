"""Data capture: records in SageMaker's format, delivered to S3 in SageMaker's layout."""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from local_aws.serving.artifacts import split_uri

logger = logging.getLogger(__name__)


class Exchange(NamedTuple):
    """One request to a variant and its answer."""

    request: bytes
    request_type: str
    answer: bytes
    answer_type: str
    event_id: str
    inference_id: str | None
    custom_attributes: str | None
    when: datetime


class ObjectWriter(Protocol):
    """Writes objects to the local S3."""

    def put(self, region: str, bucket: str, key: str, body: bytes) -> None:
        """Store an object.

        Raises:
            OSError: If the store refuses it.
        """


def wanted(capture: dict[str, Any] | None, draw: random.Random) -> bool:
    """Return whether a request is to be captured, by InitialSamplingPercentage."""
    if capture is None or not capture.get("EnableCapture", True):
        return False
    return draw.random() * 100 < float(capture["InitialSamplingPercentage"])


def record(capture: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """Return the captured record of an exchange, with the modes that CaptureOptions name."""
    modes = {option["CaptureMode"] for option in capture["CaptureOptions"]}
    data: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _side(capture, exchange.request, exchange.request_type, "INPUT")
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _side(capture, exchange.answer, exchange.answer_type, "OUTPUT")
    metadata: dict[str, Any] = {"eventId": exchange.event_id}
    if exchange.custom_attributes:
        metadata["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id is not None:
        metadata["inferenceId"] = exchange.inference_id
    metadata["inferenceTime"] = exchange.when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def encoding(capture: dict[str, Any], content_type: str) -> str:
    """Return how a payload is written: what CaptureContentTypeHeader does not name is base64."""
    headers = capture.get("CaptureContentTypeHeader", {})
    plain = content_type.split(";", 1)[0].strip().lower()
    for name, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if plain in {header.lower() for header in headers.get(member, [])}:
            return name
    return "BASE64"


def _side(capture: dict[str, Any], payload: bytes, content_type: str, mode: str) -> dict[str, str]:
    chosen = encoding(capture, content_type)
    try:
        text = base64.b64encode(payload).decode() if chosen == "BASE64" else payload.decode()
    except UnicodeDecodeError:
        chosen, text = "BASE64", base64.b64encode(payload).decode()
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": chosen}


def object_key(prefix: str, endpoint: str, variant: str, when: datetime, unique: str) -> str:
    """Return the key of a captured file: ``<endpoint>/<variant>/yyyy/mm/dd/hh/mm-ss-mmm-<uuid>.jsonl``."""
    name = f"{when:%M-%S}-{when.microsecond // 1000:03d}-{unique}.jsonl"
    parts = (prefix.strip("/"), endpoint, variant, f"{when:%Y/%m/%d/%H}", name)
    return "/".join(part for part in parts if part)


class CaptureBuffer:
    """Collects records per variant and writes them out now and then, as SageMaker delivers once a minute.

    Args:
        writer: The local S3.
    """

    def __init__(self, writer: ObjectWriter) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)

    def add(self, region: str, endpoint: str, variant: str, capture: dict[str, Any], exchange: Exchange) -> None:
        """Keep one exchange for the next delivery."""
        hour = f"{exchange.when:%Y%m%d%H}"
        line = json.dumps(record(capture, exchange), separators=(",", ":"))
        with self._lock:
            self._pending[region, endpoint, variant, capture["DestinationS3Uri"], hour].append(line)

    def flush(self) -> int:
        """Write what is pending and return how many records were written."""
        with self._lock:
            pending, self._pending = self._pending, defaultdict(list)
        written = 0
        for (region, endpoint, variant, uri, hour), lines in pending.items():
            bucket, prefix = split_uri(uri)
            now = datetime.now(UTC)
            # A record belongs to the hour of its request, also when it is delivered in the next one.
            when = datetime.strptime(hour, "%Y%m%d%H").replace(
                minute=now.minute, second=now.second, microsecond=now.microsecond
            )
            key = object_key(prefix, endpoint, variant, when, str(uuid.uuid4()))
            try:
                self._writer.put(region, bucket, key, ("\n".join(lines) + "\n").encode())
            except OSError as error:
                logger.warning("captured records of %s/%s are lost: %s", endpoint, variant, error)
            else:
                written += len(lines)
        return written

    def pending_bytes(self, endpoint: str, variant: str) -> int:
        """Return how much of a variant's capture is still on its disk."""
        with self._lock:
            return sum(sum(map(len, lines)) for key, lines in self._pending.items() if key[1:3] == (endpoint, variant))

    def clear(self) -> None:
        """Drop what is pending."""
        with self._lock:
            self._pending.clear()
