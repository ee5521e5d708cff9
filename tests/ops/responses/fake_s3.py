"""S3 in memory, as far as captured files are read from it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

from tests.ops.parameter_store import aws_error


class FakeS3:
    """A bucket.

    Attributes:
        objects: What it holds, by key.
        reads: The keys that were read, in order.
        broken: Reads from here on fail; None for never.
    """

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.reads: list[str] = []
        self.broken: int | None = None
        self._lock = threading.Lock()

    def get_paginator(self, operation: str) -> FakeS3:
        """The one paginator there is."""
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's names
        """Pages of two keys each, in order; an empty listing has no Contents."""
        assert Bucket == "captures"
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        for first in range(0, max(1, len(keys)), 2):
            contents = [{"Key": key, "Size": len(self.objects[key])} for key in keys[first : first + 2]]
            yield {"Contents": contents} if contents else {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """An object, or S3's error."""
        assert Bucket == "captures"
        with self._lock:
            if self.broken is not None and len(self.reads) >= self.broken:
                raise aws_error("SlowDown", "slow", "GetObject")
            if Key not in self.objects:
                raise aws_error("NoSuchKey", "gone", "GetObject")
            self.reads.append(Key)
        return {"Body": io.BytesIO(self.objects[Key])}
