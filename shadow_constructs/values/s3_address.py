"""Addresses in S3: one reading of bucket and key, and what of them may stand in a permission."""

from __future__ import annotations

import re

from shadow_constructs.values.checks import check_text
from shadow_constructs.values.tokens import TOKEN
from shadow_ops.contract.problems import Problems

# S3 User Guide, bucketnamingrules: no two dots in a row, no IP address, and what S3 keeps to itself: aliases of access
# points and names of other kinds of buckets, whose ARNs are others.
_BUCKET = re.compile(
    r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
_A_BUCKET = "a bucket (general purpose, 3 to 63 small letters, digits, dots and hyphens)"
ADDRESS = re.compile(r"s3://(?P<bucket>[^/\s]+)(?:/(?P<key>\S*))?")
"""``s3://bucket``, with a key or without."""
# In a permission these stand for more than themselves (IAM User Guide, wildcards and policy variables).
_WIDER = re.compile(r"[*?]|\$\{")


def check_bucket(problems: Problems, what: str, name: object) -> None:
    """Check the name of a bucket; a CDK token may stand for it or for a part of it."""
    before = problems.count
    check_text(problems, what, name, pattern=_BUCKET, rule=f"be the name of {_A_BUCKET}", tokens=True)
    if problems.count == before and not _BUCKET.fullmatch(_filled(str(name))):
        problems.add(what, f"be the name of {_A_BUCKET}", name)


def check_key(problems: Problems, what: str, key: str) -> None:
    """Check that a key, or what keys begin with, means in a permission itself and nothing else."""
    if _WIDER.search(_filled(key)):
        fix = "a permission would be for other keys too; names of the CDK's are written f'{bucket.bucket_name}'"
        problems.add(what, "have no *, ? or ${ in its key", key, fix)


def check_address(problems: Problems, what: str, uri: str) -> None:
    """Check bucket and key of an address that is one by its form."""
    bucket, key = split_s3_uri(uri)
    if not _BUCKET.fullmatch(_filled(bucket)):
        problems.add(what, f"lie in {_A_BUCKET}", bucket)
    check_key(problems, what, key)


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an ``s3://bucket/key`` address; without a key it is empty.

    Raises:
        ValueError: If the text is no such address.
    """
    found = ADDRESS.fullmatch(uri)
    if found is None:
        raise ValueError(f"'uri' must be an S3 address like s3://bucket/key, got {uri!r}")
    return found["bucket"], found["key"] or ""


def _filled(text: str) -> str:
    """A text whose tokens are replaced by what any bucket's name and any key may hold."""
    return TOKEN.sub("token", text)
