"""A local archive is looked at before it is uploaded: SageMaker would refuse it after the instances are up."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadow_constructs import InvalidValueError
from shadow_constructs.values.local_archive import fault_of
from tests.fuzz.odd import CASES, FEW
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


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """A whole archive whose packed bytes are then changed."""

    def write(path: Path) -> None:
        packed(path, random.Random(1).randbytes(300_000))
        path.write_bytes(change(path.read_bytes()))

    return write


def _unpacked(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """The same, changed before it is packed, so that gzip finds it whole."""

    def write(path: Path) -> None:
        packed(path)
        path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))

    return write


def _header(kind: bytes, size: bytes, said: bytes = b"") -> Callable[[Path], object]:
    """An archive that begins with a header whose length is as given, sound but for that."""
    return _unpacked(lambda whole: _sealed(_MODEL.tobuf()[:512], kind, size) + _filled(said) + whole)


def _sealed(header: bytes, kind: bytes, size: bytes) -> bytes:
    changed = bytearray(header)
    changed[124:136], changed[156:157], changed[148:156] = size, kind, b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed)
    return bytes(changed)


def _filled(said: bytes) -> bytes:
    return said + b"\0" * (-len(said) % 512)


def _pax(said: bytes) -> Callable[[Path], object]:
    return _header(b"x", b"%011o\0" % len(said), said)


_MODEL = tarfile.TarInfo("model")
_SIZES = {
    "2**62": b"\x80" + (2**62).to_bytes(11, "big"),
    "2**80": b"\x80" + (2**80).to_bytes(11, "big"),
    "negative": b"\xff" * 12,
    "far below zero": b"\xff" + (2**88 - 5000).to_bytes(11, "big"),
    "no number": b"0000000000x\0",
}
_RECORDS = {
    "negative size": b"12 size=-99\n",
    "size of letters": b"13 size=abcd\n",
    "size of many digits": b"5100 size=" + b"9" * 5089 + b"\n",
    "length beyond": b"99999999999999999999 path=a\n",
    "length of none": b"0 path=a\n",
    "no length": b"path=a\n",
}
# What a member's header says of lengths is told apart for each kind of header and member.
DAMAGED: dict[str, Callable[[Path], object]] = {
    "cut off in gzip's end": _changed(lambda whole: whole[:-9]),
    "cut off by a byte": _changed(lambda whole: whole[:-1]),
    "another checksum": _changed(lambda whole: whole[:-8] + b"\0" * 4 + whole[-4:]),
    "another length": _changed(lambda whole: whole[:-4] + b"\0" * 4),
    "a byte flipped": _changed(lambda whole: whole[:100_000] + bytes([whole[100_000] ^ 255]) + whole[100_001:]),
    "garbage behind": _changed(lambda whole: whole + b"garbage" * 100),
    "another archive behind": _changed(lambda whole: whole * 2),
    "something behind its end": _unpacked(lambda whole: whole + b"model"),
    "a header that is damaged": _unpacked(lambda whole: whole[:1024] + b"x" * 512 + whole[1024:]),
    "cut off in a file": _unpacked(lambda whole: whole[:520]),
    "cut off in a header": _unpacked(lambda whole: whole[:1024] + whole[:300]),
    **{
        f"{kind!r} of {size}": _header(kind, _SIZES[size])
        for kind in (b"0", b"x", b"g", b"L", b"K", b"S")
        for size in _SIZES
    },
    **{name: _pax(said) for name, said in _RECORDS.items()},
}
FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("weights", encoding="utf-8"), "be compressed by gzip"),
    "nothing": (lambda path: path.write_bytes(b""), "be compressed by gzip"),
    "bare tar": (_bare, "be compressed by gzip"),
    "zip": (lambda path: path.write_bytes(b"PK\x03\x04"), "be compressed by gzip"),
    "cut off": (_cut_off, "be a whole archive"),
    "gzip of no tar": (lambda path: path.write_bytes(gzip.compress(b"x" * 2000)), "be a whole archive"),
    "symbolic link": (_holding(_member("code"), _member("model", tarfile.SYMTYPE, "/etc/passwd")), "hold no links"),
    "hard link": (_holding(_member("a"), _member("b", tarfile.LNKTYPE, "a")), "hold no links"),
    "device": (_holding(_member("null", tarfile.CHRTYPE)), "hold files and folders only"),
    "outside": (_holding(_member("../model")), "hold names inside the archive"),
    "absolute": (_holding(_member("/model")), "hold names inside the archive"),
    **{what: (write, "be a whole archive") for what, write in DAMAGED.items()},
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


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["model", "code/" * 15 + "model", "a" * 90 + "/model", "mod\u00e8le"])
def test_a_whole_archive_is_taken_in_each_form(form: int, name: str, tmp_path: Path) -> None:
    """Long names and others than ASCII are written in ways of their own, and folders come along."""
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz", format=form) as archive:
        archive.addfile(_member("code", tarfile.DIRTYPE))
        for number in range(3):
            member = _member(f"{name}{number}")
            member.size = 700 * number
            archive.addfile(member, io.BytesIO(b"x" * member.size))

    assert model(artifact=path).parsed_artifact is not None


def test_an_archive_is_taken_whatever_wrote_it(tmp_path: Path) -> None:
    """Without the blocks at its end, with more of them, or in several parts of gzip: tar unpacks them all."""
    path = tmp_path / "model.tar.gz"
    whole = gzip.decompress(packed(path).read_bytes())
    for content in (
        gzip.compress(whole[:1024]),
        gzip.compress(whole + b"\0" * 20_480),
        gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + b"\0" * 10,
    ):
        path.write_bytes(content)
        assert fault_of(str(path), hash(content)) is None


@settings(max_examples=CASES * 5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW)
@given(st.lists(st.tuples(st.integers(0, 4095), st.sampled_from([0, 255, 0x80, 48, 49, 55, 61, 32, 10])), max_size=8))
def test_of_a_damaged_header_nothing_but_a_fault_comes(changes: list[tuple[int, int]]) -> None:
    """Whatever stands in any header, with its checksum right: it ends, in a fault or in none, and in no exception."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tar.gz"
        content = bytearray(_LONG_NAMES)
        for place, value in changes:
            content[place] = value
        for start in range(0, len(content), 512):
            if content[start + 257 : start + 262] == b"ustar":
                header = bytes(content[start : start + 512])
                content[start : start + 512] = _sealed(header, header[156:157], header[124:136])
        path.write_bytes(gzip.compress(bytes(content), 1))

        found = fault_of(str(path), 0)
        assert found is None or found.must


def _long_names() -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a/" * 80 + "b", "\u00e9" * 60):
            archive.addfile(_member(name))
    return whole.getvalue()


_LONG_NAMES = _long_names()


@pytest.mark.parametrize("name", ["a" * 300 + ".tar.gz", "no/such/folder/" + "b" * 5000 + ".tar.gz", "a\0b.tar.gz"])
def test_fails_a_name_that_no_file_can_have(name: str) -> None:
    """What the system says of it is part of the line."""
    with pytest.raises(InvalidValueError, match="'artifact' must be a") as refused:
        model(artifact=name)
    assert len(refused.value.problems) == 1


def test_an_archive_that_was_packed_again_is_looked_at_again(tmp_path: Path) -> None:
    """The answer is kept for the file as it was, not for its name."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"")
    with pytest.raises(InvalidValueError):
        model(artifact=path)

    assert model(artifact=packed(path)).parsed_artifact is not None
