"""The local S3, in process: artifacts are read from it and captured records are written to it."""

from __future__ import annotations

from local_aws import ACCOUNT_ID
from local_aws.glue import private
from local_aws.loose import Foreign


class LocalS3:
    """Reads and writes objects of ministack's S3, whatever the caller's thread."""

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return an object, or None if there is none."""
        with self._scope("us-east-1"):
            found: bytes | None = private.module("services.s3")._get_object_data(bucket, key)
            return found

    def list(self, bucket: str, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix."""
        with self._scope("us-east-1"):
            held = private.module("services.s3")._buckets.get(bucket)
            return sorted(key for key in held["objects"] if key.startswith(prefix)) if held else []

    def put(self, region: str, bucket: str, key: str, body: bytes) -> None:
        """Store an object.

        Raises:
            OSError: If the bucket refuses it, for example because it does not exist.
        """
        with self._scope(region):
            answer = private.module("services.s3")._put_object(bucket, key, body, {"content-type": "application/json"})
        if answer[0] >= 300:
            raise OSError(f"s3://{bucket}/{key}: status {answer[0]}")

    @staticmethod
    def _scope(region: str) -> Foreign:
        return private.module("core.responses").request_scope(ACCOUNT_ID, region)
