"""Where a model's files lie: one archive in S3, an uncompressed S3 folder, or a local archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shadow_constructs.values.checks import check_ascii
from shadow_constructs.values.local_archive import fault_of
from shadow_constructs.values.s3_address import ADDRESS, check_address
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import Problems

# API members Url and S3ModelUri.
_LONGEST = 1024


@dataclass(frozen=True)
class S3Archive:
    """One ``.tar.gz`` in S3.

    Attributes:
        uri: Its address. Overwriting the object under the same address doesn't change the endpoint: put a
            version or a hash into the key.
    """

    uri: str


@dataclass(frozen=True)
class S3Folder:
    """Uncompressed files under an S3 prefix.

    Attributes:
        uri: The prefix's address, ending in a slash.
    """

    uri: str


@dataclass(frozen=True)
class LocalArchive:
    """A local ``.tar.gz``, uploaded by ``cdk deploy`` under a key that is its content's hash.

    Attributes:
        path: The file, from the root of this machine.
    """

    path: str


@dataclass(frozen=True)
class S3Unknown:
    """Files in S3 whose address only CloudFormation knows.

    Attributes:
        uri: A CDK token.
    """

    uri: str


Artifact = S3Archive | S3Folder | S3Unknown | LocalArchive


def check_artifact(problems: Problems, what: str, value: object, *, tokens: bool = False) -> Artifact | None:
    """Tell which kind of artifact a user's text or path means; records a problem and returns None if none.

    An S3 address may contain CDK tokens (a bucket of the same app, for instance); its ``s3://`` and its ending
    are checked all the same, so they have to be literal; where tokens are taken, the whole address may be one.
    """
    if isinstance(value, Path):
        return _local(problems, what, str(value))
    if not isinstance(value, str):
        problems.add(what, "be an S3 address or the path of a local .tar.gz", value)
        return None
    if value.startswith("s3://"):
        check_ascii(problems, what, value)
        return _in_s3(problems, what, value)
    if is_token(value):
        if tokens:
            check_ascii(problems, what, value)
            return S3Unknown(value)
        problems.add(what, "start with a literal s3://", value, "write f's3://{bucket.bucket_name}/<key>.tar.gz'")
        return None
    return _local(problems, what, value)


def _in_s3(problems: Problems, what: str, uri: str) -> Artifact | None:
    must = "be a single .tar.gz, or a folder of uncompressed files whose address ends in '/'"
    if not ADDRESS.fullmatch(uri) or "/" not in uri.removeprefix("s3://") or len(uri) > _LONGEST:
        problems.add(what, must, uri, f"give s3://bucket/key with at most {_LONGEST} characters")
        return None
    check_address(problems, what, uri)
    if uri.endswith(".tar.gz"):
        return S3Archive(uri)
    if uri.endswith("/"):
        return S3Folder(uri)
    problems.add(what, must, uri, "pack the model with tar -czf model.tar.gz, or end the address in '/'")
    return None


def _local(problems: Problems, what: str, path: str) -> Artifact | None:
    if not path.endswith(".tar.gz"):
        problems.add(what, "be a .tar.gz", path, "pack the model with tar -czf model.tar.gz")
        return None
    try:
        written = Path(path).stat().st_mtime_ns if Path(path).is_file() else None
    except OSError as error:
        # A name that is too long, a folder that may not be looked into.
        problems.add(what, "be a local file that can be read", path, error.strerror)
        return None
    if written is None:
        problems.add(what, "be an existing local file, or start with s3://", path)
        return None
    found = fault_of(path, written)
    if found is None:
        # From the root: the working directory may be another one at synth.
        return LocalArchive(str(Path(path).absolute()))
    problems.add(what, found.must, path, found.fix)
    return None
