"""Captured files on this machine: a folder of them, their lines and records; and what else they may come from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shadow_ops.responses.layout import SUFFIXES, Item
from shadow_ops.responses.reading import nonblank
from shadow_ops.responses.record import Record, parse


class Source(Protocol):
    """An endpoint's folder of captured files."""

    @property
    def name(self) -> str:
        """For people, and for the cache."""

    def files(self, folder: str) -> Iterator[Item]:
        """The captured files in a folder below the source, in order of their names."""

    def read(self, item: Item) -> bytes:
        """The bytes of a file."""

    def in_place(self, item: Item) -> Path | None:
        """Where a file lies on this machine, or None."""


@dataclass(frozen=True)
class FolderSource:
    """A folder on this machine.

    Attributes:
        root: The endpoint's folder, the one that holds the variants' folders.
    """

    root: Path

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.root.absolute())

    def files(self, folder: str) -> Iterator[Item]:
        """The captured files in a folder, in order of their names."""
        found = (path for path in (self.root / folder).rglob("*") if path.name.endswith(SUFFIXES) and path.is_file())
        for path in sorted(found):
            seen = path.stat()
            yield Item(path.relative_to(self.root).as_posix(), seen.st_size, f"-{seen.st_mtime_ns}")

    def read(self, item: Item) -> bytes:
        """The bytes of a file."""
        return (self.root / item.key).read_bytes()

    def in_place(self, item: Item) -> Path | None:
        """Where the file lies."""
        return self.root / item.key


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file; see `nonblank`."""
    with path.open("rb") as file:
        yield from nonblank(file)


def records(paths: Iterable[Path]) -> Iterator[Record | None]:
    """The records of files, in order; None for each line that isn't one."""
    for path in paths:
        yield from map(parse, lines(path))


def written(record: Record) -> bytes:
    """A record as the line of a captured file, with what is read of it."""
    capture = {
        "endpointInput": {"data": record.request, "encoding": record.request_encoding},
        "endpointOutput": {
            "data": record.answer,
            "encoding": record.encoding,
            "observedContentType": record.content_type,
        },
    }
    event = {"eventId": record.event_id, "inferenceId": record.inference_id, "inferenceTime": record.time}
    return json.dumps({"captureData": capture, "eventMetadata": event}).encode() + b"\n"
