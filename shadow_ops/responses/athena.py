"""Captured files read by Athena: for more than one machine should fetch. What is joined and compared stays the same.

Athena takes of each hour what a comparison needs, a hash instead of the request: about a tenth of the bytes. It is a
source like S3 itself, so cache, sample, engines and counts are those of any other.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shadow_ops.contract.problems import CannotTellError, refuse
from shadow_ops.responses.layout import Item
from shadow_ops.responses.source import S3Source, s3_source

# What DuckDB takes too; Athena gets it transpiled.
_TEXT = """
SELECT capturedata IS NULL AS malformed, eventmetadata.inferenceid AS inference_id, eventmetadata.eventid AS event_id,
  eventmetadata.inferencetime AS made, {request} AS request, capturedata.endpointinput.encoding AS request_encoding,
  capturedata.endpointoutput.data AS answer, capturedata.endpointoutput.encoding AS encoding,
  capturedata.endpointoutput.observedcontenttype AS content_type
FROM {table} WHERE endpoint = '{endpoint}' AND variant = '{variant}' AND day = '{day}' AND hour = {hour}"""
_TABLE = re.compile(r"[a-z0-9_]{1,255}\.[a-z0-9_]{1,255}")
_FOLDER = re.compile(r"([^/]+)/(\d{4}/\d{2}/\d{2})/(\d{2})/")
_FILE = "athena.jsonl"
_POLL_SECONDS = 0.5
# A request has at most 6 MB; base64 and escapes make more of it.
_LARGEST_FIELD = 1 << 27


def query(table: str, endpoint: str, variant: str, day: str, hour: int, *, requests: bool) -> str:
    """What is asked of a variant's hour, as DuckDB takes it.

    Args:
        table: Database and table.
        endpoint: The endpoint's name; SageMaker's names need no escaping.
        variant: The variant's name, likewise.
        day: Such as ``2026/11/24``.
        hour: 0 to 23.
        requests: Whether requests themselves are needed; else their hash is enough to hold two together.
    """
    asked = "capturedata.endpointinput.data"
    request = asked if requests else f"md5(encode({asked}))"
    named = {"table": table, "endpoint": endpoint, "variant": variant, "day": day, "hour": hour}
    return _TEXT.format(request=request, **named)


def transpiled(text: str) -> str:
    """The same for Athena.

    Raises:
        CannotTellError: If sqlglot isn't installed.
    """
    try:
        import sqlglot
    except ImportError:
        raise CannotTellError("sqlglot isn't installed: pip install sqlglot, or the extra [responses]") from None
    return sqlglot.transpile(text, read="duckdb", write="athena")[0]


@dataclass(frozen=True)
class AthenaSource:
    """An endpoint's captured data, as a table of Athena's has it.

    Attributes:
        athena: A boto3 client; safe to call from several threads.
        files_of: The same data in S3, which knows what hours there are.
        table: Database and table, such as ``shadow_tests.churn``.
        endpoint: The endpoint's name.
        workgroup: Of the queries; it must say where results go.
        requests: Whether requests themselves are needed.
    """

    athena: Any
    files_of: S3Source
    table: str
    endpoint: str
    workgroup: str = "primary"
    requests: bool = False

    def __post_init__(self) -> None:
        """Check the table's name.

        Raises:
            InvalidValueError: If it isn't one.
        """
        if not _TABLE.fullmatch(self.table):
            must = "be database.table, in small letters, digits and _"
            refuse("Athena", "table", must, self.table, "the construct CaptureTable names it in an output")

    @property
    def name(self) -> str:
        """For people, and for the cache: what was read with requests is other than without."""
        return f"athena://{self.table}/{self.endpoint}{'?requests' if self.requests else ''}"

    def files(self, folder: str) -> Iterator[Item]:
        """One file, of all that is in the folder, if anything is.

        Raises:
            ClientError: If listing is refused.
        """
        size = sum(item.size for item in self.files_of.files(folder))
        if size:
            yield Item(f"{folder}{_FILE}", size)

    def read(self, item: Item) -> bytes:
        """The records of an hour, each with what is needed of it.

        Raises:
            ClientError: If a call is refused.
            CannotTellError: If the query fails, in Athena's words.
        """
        found = _FOLDER.fullmatch(item.key.removesuffix(_FILE))
        assert found is not None  # as `files` names them
        variant, day, hour = found.groups()
        text = query(self.table, self.endpoint, variant, day, int(hour), requests=self.requests)
        place = self._run(transpiled(text))
        bucket, _, key = place.removeprefix("s3://").partition("/")
        content = self.files_of.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        csv.field_size_limit(_LARGEST_FIELD)
        return b"".join(map(_line, csv.DictReader(io.StringIO(content, newline=""))))

    def in_place(self, item: Item) -> Path | None:  # noqa: ARG002 - the protocol's signature
        """Nothing of it lies on this machine."""
        return None

    def _run(self, text: str) -> str:
        began = self.athena.start_query_execution(QueryString=text, WorkGroup=self.workgroup)
        while True:
            execution = self.athena.get_query_execution(QueryExecutionId=began["QueryExecutionId"])["QueryExecution"]
            state = execution["Status"]["State"]
            if state == "SUCCEEDED":
                place: str = execution["ResultConfiguration"]["OutputLocation"]
                return place
            if state in ("FAILED", "CANCELLED"):
                why = execution["Status"].get("StateChangeReason", state)
                raise CannotTellError(f"Athena: {why}; is {self.table} a table over the captured files?")
            time.sleep(_POLL_SECONDS)


def athena_source(clients: Any, uri: str, table: str, endpoint: str, **rest: Any) -> AthenaSource:  # noqa: ANN401 - clients
    """The source of a table over an ``s3://bucket/folder``."""
    return AthenaSource(clients.athena, s3_source(clients.s3, uri), table, endpoint, **rest)


def _line(row: Mapping[str, str]) -> bytes:
    """A row as the line of a captured file; what is empty was absent, in a CSV of Athena's both look alike."""
    if row["malformed"] == "true":
        return b"{}\n"
    asked = {"data": row["request"] or None, "encoding": row["request_encoding"]}
    answered = {"data": row["answer"], "encoding": row["encoding"], "observedContentType": row["content_type"]}
    event = {"inferenceId": row["inference_id"], "eventId": row["event_id"], "inferenceTime": row["made"]}
    capture = {"endpointInput": asked, "endpointOutput": answered}
    return json.dumps({"captureData": capture, "eventMetadata": event}).encode() + b"\n"
