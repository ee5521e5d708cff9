"""Captured data as SageMaker lays it out, made for a test."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.engines import Engine, Task
from shadow_ops.responses.fetch import Fetcher
from shadow_ops.responses.find import find
from shadow_ops.responses.layout import folder
from shadow_ops.responses.local import FolderSource
from shadow_ops.responses.run import choose
from shadow_ops.responses.tally import Tally

START = datetime.datetime(2026, 11, 24, 8, tzinfo=datetime.UTC)
END = START + datetime.timedelta(hours=24)


@dataclass(frozen=True)
class Said:
    """What one variant said to one request.

    Attributes:
        id: The InferenceId; None if the caller gave none.
        answer: The answer; None if there was none.
        request: The request; None if requests aren't captured.
        hour: How many hours after `START`.
        event: The eventId.
        encoding: How answer and request are written.
        content_type: The answer's.
        time: When it was answered.
    """

    id: str | None
    answer: Any
    request: str | None = "1,2,3"
    hour: int = 0
    event: str | None = None
    encoding: str = "CSV"
    content_type: str = "text/csv; charset=utf-8"
    time: str = "2026-11-24T08:00:00Z"

    def line(self) -> bytes:
        """The line of a captured file."""

        def part(data: Any, mode: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
            if self.encoding == "BASE64" and isinstance(data, str):
                data = base64.b64encode(data.encode()).decode()
            return {"observedContentType": self.content_type, "mode": mode, "data": data, "encoding": self.encoding}

        capture = {}
        if self.request is not None:
            capture["endpointInput"] = part(self.request, "INPUT")
        if self.answer is not None:
            capture["endpointOutput"] = part(self.answer, "OUTPUT")
        event = {"eventId": self.event, "inferenceId": self.id, "inferenceTime": self.time}
        given = {name: value for name, value in event.items() if value is not None}
        return json.dumps({"captureData": capture, "eventMetadata": given, "eventVersion": "0"}).encode()


def write(root: Path, side: str, said: Iterable[Said | bytes], *, name: str = "00-10-123-a.jsonl") -> None:
    """Write what a variant said, each to its hour; bytes go to the first hour as they are."""
    by_hour: dict[int, list[bytes]] = {}
    for one in said:
        hour, line = (0, one) if isinstance(one, bytes) else (one.hour, one.line())
        by_hour.setdefault(hour, []).append(line)
    for hour, lines in by_hour.items():
        file = root / folder(side, START + datetime.timedelta(hours=hour)) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(line + b"\n" for line in lines))


def tallied(
    root: Path,
    engine: Engine,
    how: Comparison | None = None,
    *,
    examples: int = 5,
    differing: Any = None,  # noqa: ANN401
) -> Tally:
    """Compare what lies in a folder."""
    source = FolderSource(root)
    hours = find(source, *SIDES, START, END)
    fetcher = Fetcher(source, root / "cache")
    tally = Tally(most_examples=examples)
    tally.key = key = choose(fetcher, hours)
    engine.run(fetcher.windows(hours), Task(key, how or Comparison(), tally, differing=differing))
    return tally


def compared(
    root: Path, engine: Engine, production: Sequence[Said | bytes], shadow: Sequence[Said | bytes], how: Comparison
) -> Tally:
    """Write and compare."""
    write(root, "production", production)
    write(root, "shadow", shadow)
    return tallied(root, engine, how)
