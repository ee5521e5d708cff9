"""Requests from a file: one per line, of CSV or JSON lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from shadow_ops.cli.files import read_text
from shadow_ops.contract.problems import InvalidValueError

CSV, JSON = "text/csv", "application/json"
_BY_SUFFIX = {".csv": CSV, ".jsonl": JSON, ".ndjson": JSON, ".json": JSON}
# Largest body of a request, in bytes (SageMaker Developer Guide, real-time endpoints).
_LARGEST = 25 * 1024 * 1024
_PROBLEMS_SHOWN = 5


@dataclass(frozen=True)
class Payloads:
    """What is sent.

    Attributes:
        bodies: One request each.
        content_type: What they are.
    """

    bodies: tuple[bytes, ...]
    content_type: str


def read(path: Path, content_type: str | None) -> Payloads:
    """Read a file of requests.

    Args:
        path: A file with one request per line; empty lines are none.
        content_type: What the requests are. By default it follows the file's name: ``.csv`` is text/csv; ``.jsonl``,
            ``.ndjson`` and ``.json`` are application/json.

    Raises:
        InvalidValueError: If the file's name says nothing, it has no request, or a line of JSON isn't JSON.
    """
    kind = content_type or _BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(_BY_SUFFIX)
        raise InvalidValueError(
            (f"{path}: the name doesn't say what the lines are ({known} would); add --content-type text/csv",)
        )
    lines = [(number, line) for number, line in enumerate(read_text(path).splitlines(), 1) if line.strip()]
    if not lines:
        raise InvalidValueError((f"{path}: no request in it; write one per line",))
    problems = [(number, problem) for number, line in lines if (problem := _problem(line, kind)) is not None]
    if problems:
        raise InvalidValueError(tuple(f"{path}:{number}: {said}" for number, said in problems[:_PROBLEMS_SHOWN]))
    return Payloads(tuple(line.encode() for _, line in lines), kind)


def _problem(line: str, content_type: str) -> str | None:
    if len(line.encode()) > _LARGEST:
        return f"a request must be at most {_LARGEST:,} bytes, got {len(line.encode()):,}"
    if content_type == JSON:
        try:
            json.loads(line)
        except json.JSONDecodeError as error:
            return f"not JSON at column {error.colno}: {error.msg}; write one request per line"
    return None
