"""Model artifacts: fetched from S3 and unpacked the way SageMaker fills ``/opt/ml/model``."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class ArtifactError(Exception):
    """An artifact that cannot be fetched or unpacked."""


class ObjectStore(Protocol):
    """Reads objects of the local S3."""

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return an object, or None if there is none."""

    def list(self, bucket: str, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix."""


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an ``s3://`` URI.

    Raises:
        ArtifactError: If it is no such URI.
    """
    if not uri.startswith("s3://"):
        raise ArtifactError(f"not an s3:// URI: {uri}")
    bucket, _, key = uri[len("s3://") :].partition("/")
    return bucket, key


def unpack(uri: str, store: ObjectStore, target: Path) -> int:
    """Put the artifact at ``uri`` into ``target`` and return its size on disk in bytes.

    Raises:
        ArtifactError: If it is missing, or is not a gzip-compressed tar archive.
    """
    target.mkdir(parents=True, exist_ok=True)
    if not uri:
        return 0
    bucket, key = split_uri(uri)
    if key.endswith("/"):
        _copy_prefix(bucket, key, store.list(bucket, key), lambda k: store.get(bucket, k), target)
    else:
        data = store.get(bucket, key)
        if data is None:
            raise ArtifactError(f"Could not find model data at {uri}.")
        _extract(uri, data, target)
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def _copy_prefix(bucket: str, prefix: str, keys: list[str], read: Callable[[str], bytes | None], target: Path) -> None:
    if not keys:
        raise ArtifactError(f"Could not find model data at s3://{bucket}/{prefix}.")
    root = target.resolve()
    for key in keys:
        path = (target / key[len(prefix) :]).resolve()
        data = read(key)
        if data is None or key.endswith("/"):
            continue
        if not path.is_relative_to(root):
            raise ArtifactError(f"Model data key {key} points outside of the model directory.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _extract(uri: str, data: bytes, target: Path) -> None:
    root = target.resolve()
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            # File by file: extractall refuses paths that lead outside only since Python 3.11.4.
            for member in archive:
                path = (target / member.name).resolve()
                if not path.is_relative_to(root):
                    raise tarfile.TarError(f"{member.name} points outside of the model directory")
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content.read())
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ArtifactError(f"Failed to extract model data archive {uri}: {error}") from error
