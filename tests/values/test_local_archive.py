"""A local archive is looked at before it is uploaded: SageMaker would refuse it after the instances are up."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shadow_constructs import InvalidValueError
from tests.values.samples import model, packed


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def _holding(*members: tarfile.TarInfo) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with tarfile.open(path, "w:gz") as archive:
            for member in members:
                archive.addfile(member, io.BytesIO(b""))

    return write


def _bare(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.addfile(_member("model"))


def _cut_off(path: Path) -> None:
    packed(path, bytes(range(256)) * 5000)
    path.write_bytes(path.read_bytes()[:200])


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("weights", encoding="utf-8"), "be compressed by gzip"),
    "nothing": (lambda path: path.write_bytes(b""), "be compressed by gzip"),
    "bare tar": (_bare, "be compressed by gzip"),
    "zip": (lambda path: path.write_bytes(b"PK\x03\x04"), "be compressed by gzip"),
    "cut off": (_cut_off, "be a whole archive"),
    "gzip of no tar": (lambda path: path.write_bytes(__import__("gzip").compress(b"x" * 2000)), "be a whole archive"),
    "symbolic link": (_holding(_member("code"), _member("model", tarfile.SYMTYPE, "/etc/passwd")), "hold no links"),
    "hard link": (_holding(_member("a"), _member("b", tarfile.LNKTYPE, "a")), "hold no links"),
    "device": (_holding(_member("null", tarfile.CHRTYPE)), "hold files and folders only"),
    "outside": (_holding(_member("../model")), "hold names inside the archive"),
    "absolute": (_holding(_member("/model")), "hold names inside the archive"),
    "folders only": (_holding(_member("code", tarfile.DIRTYPE)), "hold files"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fails_an_archive_that_sagemaker_would_not_unpack(fault: str, tmp_path: Path) -> None:
    """One printable line with the way to pack it."""
    write, must = FAULTS[fault]
    path = tmp_path / "model.tar.gz"
    write(path)

    with pytest.raises(InvalidValueError, match=f"'artifact' must {must}") as refused:
        model(artifact=path)
    [line] = refused.value.problems
    assert line.isprintable()
    assert "pack" in line


def test_an_archive_that_was_packed_again_is_looked_at_again(tmp_path: Path) -> None:
    """The answer is kept for the file as it was, not for its name."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"")
    with pytest.raises(InvalidValueError):
        model(artifact=path)

    assert model(artifact=packed(path)).parsed_artifact is not None
