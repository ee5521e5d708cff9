"""Where captured files are read from: S3, or a folder with the same layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client
from shadow_ops.responses.layout import SUFFIXES, Item

_GONE = ("NoSuchKey", "404")


@dataclass(frozen=True)
class S3Source:
    """A folder in S3.

    Attributes:
        s3: A boto3 client; safe to call from several threads.
        bucket: The bucket.
        prefix: The endpoint's folder, without slashes at its ends.
    """

    s3: Client
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        """Such as ``s3://captures/captured/churn``."""
        return f"s3://{self.bucket}/{self.prefix}"

    def files(self, folder: str) -> Iterator[Item]:
        """The captured files in a folder, in order of their names.

        Raises:
            ClientError: If listing is refused.
        """
        start = f"{self.prefix}/" if self.prefix else ""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=start + folder):
            for entry in page.get("Contents", ()):
                if entry["Key"].endswith(SUFFIXES):
                    yield Item(entry["Key"][len(start) :], entry["Size"])

    def read(self, item: Item) -> bytes:
        """The bytes of an object.

        Raises:
            ClientError: If reading is refused.
            FileNotFoundError: If the object is gone.
        """
        key = f"{self.prefix}/{item.key}" if self.prefix else item.key
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _GONE:
                raise FileNotFoundError(key) from error
            raise
        return body

    def in_place(self, item: Item) -> Path | None:  # noqa: ARG002 - the protocol's signature
        """Nothing in S3 lies on this machine."""
        return None


def s3_source(s3: Client, uri: str) -> S3Source:
    """The source of an ``s3://bucket/folder``."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return S3Source(s3, bucket, prefix.strip("/"))
