"""Model artifacts."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from local_aws.sagemaker.fleets import artifact_uri
from local_aws.serving.artifacts import ArtifactError, unpack
from local_aws.tests.support import Objects, archive


def test_an_archive_is_unpacked(tmp_path: Path) -> None:
    """Folders and all; the size on disk is returned."""
    objects = Objects({"b/m.tar.gz": archive(code__inference_py="x = 1", weights="12345")})

    assert unpack("s3://b/m.tar.gz", objects, tmp_path / "model") == 10
    assert (tmp_path / "model" / "code" / "inference.py").read_text() == "x = 1"


def test_a_prefix_is_copied(tmp_path: Path) -> None:
    """Uncompressed artifacts keep their layout."""
    objects = Objects({"b/m/code/inference.py": b"x", "b/m/weights": b"y", "b/other": b"z"})

    assert unpack("s3://b/m/", objects, tmp_path) == 2
    assert (tmp_path / "code" / "inference.py").read_bytes() == b"x"


def test_a_container_may_have_no_artifact(tmp_path: Path) -> None:
    """Its model is in the image then, and the directory is empty."""
    assert unpack("", Objects(), tmp_path) == 0


def escaping() -> bytes:
    """An archive with a member outside of the model directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../escaped"), io.BytesIO(b""))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("uri", "held", "said"),
    [
        ("s3://b/m.tar.gz", {}, "Could not find model data at s3://b/m.tar.gz"),
        ("s3://b/m/", {}, "Could not find model data at s3://b/m/"),
        ("https://b/m.tar.gz", {}, "not an s3:// URI"),
        ("s3://b/m.tar.gz", {"b/m.tar.gz": b"no archive"}, "Failed to extract"),
        ("s3://b/m.tar.gz", {"b/m.tar.gz": archive(a="b")[:20]}, "Failed to extract"),
        ("s3://b/m.tar.gz", {"b/m.tar.gz": escaping()}, "outside of the model directory"),
        ("s3://b/m/", {"b/m/../../escaped": b"x"}, "outside of the model directory"),
    ],
)
def test_fails_what_is_no_artifact(tmp_path: Path, uri: str, held: dict[str, bytes], said: str) -> None:
    """Missing, broken and escaping artifacts are refused."""
    with pytest.raises(ArtifactError, match=said):
        unpack(uri, Objects(held), tmp_path / "model")

    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"ModelDataUrl": "s3://b/m.tar.gz"}, "s3://b/m.tar.gz"),
        ({"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/m", "S3DataType": "S3Prefix"}}}, "s3://b/m/"),
        ({"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://b/m.gz", "S3DataType": "S3Object"}}}, "s3://b/m.gz"),
        ({}, ""),
    ],
)
def test_the_artifact_of_a_container(container: dict[str, object], expected: str) -> None:
    """ModelDataUrl, an object, a prefix, or nothing."""
    assert expected == artifact_uri(container)
