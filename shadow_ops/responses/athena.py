"""Captured files read by Athena: for more than one machine should fetch. What is joined and compared stays the same.

Athena gives the lines of each hour, those that are written as SageMaker writes them with a hash instead of the
request: about a tenth of the bytes. Every other line comes as it is, so what a record is, `record.parse` alone decides.
It is a source like S3 itself, so cache, sample, engines and counts are those of any other.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shadow_ops.aws.boto import Client
from shadow_ops.contract.problems import CannotTellError, refuse
from shadow_ops.responses.layout import Item
from shadow_ops.responses.local import written
from shadow_ops.responses.record import parse
from shadow_ops.responses.source import S3Source

# A text whose characters can be written in this way only, between its quotes; and objects of such texts.
_PLAIN = r'[^"\\\x00-\x1f]*(?:\\["\\bfnrt][^"\\\x00-\x1f]*)*'
_STRING = f'"{_PLAIN}"'
_PART = f'"observedContentType": ?{_STRING}, ?"mode": ?{_STRING}, ?"data": ?"'
_UNREAD = rf'(?:, ?"(?:customAttributes|invocationSource)": ?(?:{_STRING}|\[{_STRING}(?:, ?{_STRING})*\]))*'
_EVENT = f'"eventId": ?{_STRING}{_UNREAD}(?:, ?"inferenceId": ?{_STRING})?{_UNREAD}, ?"inferenceTime": ?{_STRING}'
_USUAL = (
    rf'\A(\{{"captureData": ?\{{"endpointInput": ?\{{{_PART})({_PLAIN})(", ?"encoding": ?{_STRING}\}}'
    rf'(?:, ?"endpointOutput": ?\{{{_PART}{_PLAIN}", ?"encoding": ?{_STRING}\}})?\}}'
    rf', ?"eventMetadata": ?\{{{_EVENT}\}}(?:, ?"eventVersion": ?{_STRING})?\}})\z'
)
_IS_USUAL = f"regexp_matches(line, '{_USUAL}')"
_PARTS = [f"regexp_extract(line, '{_USUAL}', {number})" for number in (1, 2, 3)]
# What DuckDB takes too; Athena gets it transpiled.
_HASHED = f"""{_IS_USUAL} AS hashed,
  CASE WHEN {_IS_USUAL} THEN {_PARTS[0]} || md5(encode({_PARTS[1]})) || {_PARTS[2]} ELSE line END AS line"""
_TEXT = """
SELECT {line}
FROM {table} WHERE endpoint = '{endpoint}' AND variant = '{variant}' AND day = '{day}' AND hour = {hour}"""
_TABLE = re.compile(r"[a-z0-9_]{1,255}\.[a-z0-9_]{1,255}")
# API member WorkGroup.
_WORKGROUP = re.compile(r"[a-zA-Z0-9._-]{1,128}")
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
    line = "line" if requests else _HASHED
    named = {"table": table, "endpoint": endpoint, "variant": variant, "day": day, "hour": hour}
    return _TEXT.format(line=line, **named)


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

    athena: Client
    files_of: S3Source
    table: str
    endpoint: str
    workgroup: str = "primary"
    requests: bool = False

    def __post_init__(self) -> None:
        """Check both names.

        Raises:
            InvalidValueError: If one isn't such a name.
        """
        if not _TABLE.fullmatch(self.table):
            must = "be database.table, in small letters, digits and _"
            refuse("Athena", "table", must, self.table, "the construct CaptureTable names it in an output")
        if not _WORKGROUP.fullmatch(self.workgroup):
            refuse("Athena", "workgroup", "be a workgroup's name: letters, digits, . _ and -", self.workgroup)

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
        rows = csv.DictReader(io.StringIO(content, newline=""))
        return b"".join(_line(row["line"], row.get("hashed") == "false") for row in rows)

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
            if state not in ("QUEUED", "RUNNING"):
                why = execution["Status"].get("StateChangeReason", state)
                raise CannotTellError(f"Athena: {why}; is {self.table} a table over the captured files?")
            time.sleep(_POLL_SECONDS)


def _line(line: str, is_whole: bool) -> bytes:
    """A line without its request, if that isn't hashed yet and need not be whole."""
    text = line.encode().strip()
    record = parse(text) if is_whole else None
    if record is None or record.request is None:
        return text + b"\n"
    # As Athena has it before it hashes it.
    asked = json.dumps(record.request, ensure_ascii=False)[1:-1]
    hashed = hashlib.md5(asked.encode(), usedforsecurity=False).hexdigest()
    return written(record._replace(request=hashed))
