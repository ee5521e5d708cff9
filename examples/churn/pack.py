"""Packs a model the way SageMaker unpacks it, with the same bytes for the same model."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def pack(files: Mapping[str, bytes], archive: Path) -> None:
    """Write ``model.tar.gz``.

    Whatever varies between two runs or two machines (time, owner, order of the files, permissions) is fixed. A CDK
    asset is named by the hash of its bytes: an archive that differs without a reason would be a new model to
    CloudFormation, and a new model rolls the endpoint. The bytes still depend on the zlib that compresses them.

    Args:
        files: Content by name. The names are relative to the directory in which the container finds the model.
        archive: Where to write; a file already there is replaced. Its folder must exist.

    Raises:
        ValueError: If there is no file to pack.
        OSError: If ``archive`` cannot be written.
    """
    if not files:
        raise ValueError("an archive needs at least one file, got none")
    inner = io.BytesIO()
    # USTAR has no extended headers, which is where the other formats put times with fractions of seconds.
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)  # a fresh TarInfo has no owner and the time 0
            entry.size = len(files[name])
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    archive.write_bytes(gzip.compress(inner.getvalue(), compresslevel=9, mtime=0))
