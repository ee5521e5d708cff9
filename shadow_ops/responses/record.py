"""One captured record, read tolerantly: what isn't known is ignored, what is missing is absent."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any, NamedTuple

from shadow_ops.responses.tolerant import Members, members


class Record(NamedTuple):
    """One request to a variant, and its answer.

    Attributes:
        inference_id: The caller's id of the request.
        event_id: SageMaker's id of the invocation.
        time: When it was answered, as SageMaker wrote it.
        request: What was asked, as it was written: CSV, JSON or base64.
        answer: What was answered, likewise.
        encoding: How the answer was written: ``CSV``, ``JSON`` or ``BASE64``.
        content_type: The answer's content type.
        request_encoding: How the request was written.
    """

    inference_id: str | None
    event_id: str | None
    time: str
    request: str | None
    answer: str | None
    encoding: str
    content_type: str
    request_encoding: str = ""


def parse(line: bytes | str) -> Record | None:
    """Read one line of a captured file (SageMaker Developer Guide, model-monitor-data-capture-endpoint).

    A record is a JSON object, in UTF-8, with an object ``captureData``; of a member that comes twice the last counts,
    and what `tolerant` forgives is forgiven.

    Returns:
        The record, or None if the line isn't one.
    """
    try:
        text = line.decode() if isinstance(line, bytes) else line
        return _read(text) or _record(members(text))
    except ValueError:
        return None


def time_in(record: Record) -> datetime.datetime | None:
    """When a record says that it was made; None if it doesn't."""
    try:
        time = datetime.datetime.fromisoformat(record.time)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def is_stream(content_type: str) -> bool:
    """Whether an answer was streamed: its parts are no answer that could be compared."""
    kind = content_type.lower()
    return "event-stream" in kind or "eventstream" in kind


def decoded(data: str, encoding: str) -> str | None:
    """The text of an answer; what is no text stays base64. None if it was meant to be base64 and isn't."""
    if encoding != "BASE64":
        return data
    if len(data) % 4 or data.endswith("==="):
        # Python takes what is padded too much, and nobody else does.
        return None
    try:
        return base64.b64decode(data, validate=True).decode()
    except UnicodeDecodeError:
        return data
    except ValueError:
        # Also what holds other characters than ASCII.
        return None


def _read(text: str) -> Record | None:
    """A record that Python reads by itself and whose members are texts, as SageMaker writes them."""
    try:
        found = _decode(text)
        record = _record(found)
        if "\\u" in text:
            # Half of a surrogate pair is no text, though JSON can write it.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return record


def _record(found: dict[str, Any]) -> Record | None:
    capture = found.get("captureData")
    if not isinstance(capture, dict):
        return None
    asked, answered = _object(capture, "endpointInput"), _object(capture, "endpointOutput")
    event = _object(found, "eventMetadata")
    return Record(
        inference_id=_text(event.get("inferenceId")) or None,
        event_id=_text(event.get("eventId")) or None,
        time=_text(event.get("inferenceTime")) or "",
        request=_text(asked.get("data")),
        answer=_text(answered.get("data")) or None,
        encoding=_text(answered.get("encoding")) or "",
        content_type=_text(answered.get("observedContentType")) or "",
        request_encoding=_text(asked.get("encoding")) or "",
    )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


# Made once: `json.loads` would make one for each line.
_decode = json.JSONDecoder(parse_constant=_refuse).decode


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Members):
        return value.text
    # How it is written, `members` knows.
    raise TypeError
