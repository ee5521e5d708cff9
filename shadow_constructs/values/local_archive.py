"""Whether a local archive is what SageMaker unpacks: the file is at hand, so it is looked at before it is uploaded."""

from __future__ import annotations

import tarfile
import zlib
from functools import lru_cache
from typing import NamedTuple

from shadow_ops.contract.problems import shown

_PACK = "pack the folder's files with tar -czhf model.tar.gz -C folder ."


class Fault(NamedTuple):
    """What is wrong with an archive.

    Attributes:
        must: The rule, continuing "must".
        fix: What to do.
    """

    must: str
    fix: str


@lru_cache(maxsize=64)
def fault_of(path: str, _modified: int) -> Fault | None:
    """What is wrong with a local ``.tar.gz``, or None.

    All its headers are read, which takes as long as unpacking it once. The answer is kept as long as the file isn't
    written to: an app makes the same value several times.

    Args:
        path: The file.
        _modified: When it was written last, in nanoseconds: part of what the answer is kept by.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the magic number, before tarfile reads the rest
            magic = file.read(2)
        if magic != b"\x1f\x8b":
            return Fault("be compressed by gzip", f"it is a bare tar or something else: {_PACK}")
        with tarfile.open(path, "r:gz") as archive:
            return _fault_in(archive)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        return Fault("be a whole archive", f"reading it ends in {type(error).__name__}: pack or download it again")


def _fault_in(archive: tarfile.TarFile) -> Fault | None:
    files = 0
    for member in archive:
        if member.issym() or member.islnk():
            return Fault(f"hold no links, as {shown(member.name)} is", f"{_PACK} (h follows links)")
        if not (member.isfile() or member.isdir()):
            return Fault(f"hold files and folders only, unlike {shown(member.name)}", _PACK)
        if member.name.startswith("/") or ".." in member.name.split("/"):
            return Fault(f"hold names inside the archive, unlike {shown(member.name)}", _PACK)
        files += member.isfile()
    return None if files else Fault("hold files", _PACK)
