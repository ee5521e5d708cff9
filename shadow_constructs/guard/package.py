"""The guard's code as a Lambda package: `shadow_ops` without its command line."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import shadow_ops

HANDLER = "shadow_ops.guard.handler.handle"
_LEFT_OUT = {"cli", "report", "responses", "__pycache__"}
_KINDS = {".py", ".json"}
# Zip archives can't say an earlier time; the same for every file, so that the same code is the same package.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@cache
def package() -> Path:
    """The package as a zip file, made once per process: the same bytes for the same code, wherever and whenever."""
    root = Path(shadow_ops.__file__).parent
    folder = Path(tempfile.mkdtemp(prefix="shadow-guard-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "guard.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in files(root):
            entry = zipfile.ZipInfo((Path(root.name) / file.relative_to(root)).as_posix(), _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return made


def files(root: Path) -> list[Path]:
    """What the package holds, in a fixed order."""
    found = (file for file in root.rglob("*") if file.suffix in _KINDS and file.name != "__main__.py")
    return sorted(file for file in found if not _LEFT_OUT & set(file.relative_to(root).parts))
