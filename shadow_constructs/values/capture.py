"""Data capture: keeping the requests and responses of all variants in S3."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from shadow_constructs.values.checks import check_key_arn, check_settings, check_text, check_whole_number, checked_tuple
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.s3_address import check_bucket, check_key
from shadow_ops.contract.checks import check_flag, checking
from shadow_ops.contract.held import asked
from shadow_ops.contract.problems import Problems, refuse

_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]*")
# API members CsvContentType and JsonContentType: no '+', so application/vnd.x+json can't be expressed.
_CONTENT_TYPE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*/[a-zA-Z0-9](-*[a-zA-Z0-9.])*")


@dataclass(frozen=True, kw_only=True)
class Capture:
    """What of the traffic is kept, and where (API member DataCaptureConfig). One setting for all variants.

    SageMaker writes ``<bucket>/<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/*.jsonl``. Production and shadow records
    can be joined only by the InferenceId that the caller sends with each request.

    Attributes:
        percent: Share of the requests that is kept, 0 to 100. Below 100 fewer pairs can be compared, because
            nobody promises that the same requests are kept of both variants.
        requests: Whether requests are kept.
        responses: Whether responses are kept.
        csv_content_types: Content types stored as CSV text. SageMaker stores what isn't listed as base64.
        json_content_types: Content types stored as JSON text.
        bucket: Name of your own bucket; `into` takes the CDK's. By default the library makes one: encrypted, TLS only,
            no public access. A CDK token is accepted.
        prefix: Folder in the bucket.
        key_arn: KMS key that encrypts the captured files; its key policy must admit the execution role. By default
            S3's own encryption. A CDK token is accepted.
        customer_managed_key: Whether the library makes a KMS key, rotated yearly, for its bucket.
        expire_after_days: When captured files are deleted from the library's bucket; None keeps them for good.
        delete_with_stack: Whether the library's bucket, with all captured files, goes when the stack is destroyed.
        enabled: Whether anything is captured; `Capture.off` turns it off.
    """

    percent: int = 100
    requests: bool = True
    responses: bool = True
    csv_content_types: Sequence[str] = ("text/csv",)
    json_content_types: Sequence[str] = ("application/json",)
    bucket: str | None = None
    prefix: str = "captured"
    key_arn: str | None = None
    customer_managed_key: bool = False
    expire_after_days: int | None = 90
    delete_with_stack: bool = False
    enabled: bool = True

    @classmethod
    def into(cls, bucket: Any, **settings: Any) -> Self:  # noqa: ANN401 - an s3.IBucket, which values don't know
        """Capture into a bucket of the CDK's, encrypted with its key if it has one.

        Args:
            bucket: An ``s3.IBucket``. In a stack of its own it may be used by any other.
            **settings: As for `Capture`.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        name, key = asked(bucket, "bucket_name"), asked(bucket, "encryption_key")
        if not isinstance(name, str):
            fix = "of a name write Capture(bucket='name')"
            refuse("Capture.into", "bucket", "be a bucket of the CDK", bucket, fix, text=False)
        check_settings(cls, "into", settings, "bucket")
        encrypted = {} if key is None else {"key_arn": asked(key, "key_arn")}
        return cls(**{"bucket": name, **encrypted, **settings})

    @staticmethod
    def off() -> Capture:
        """Capture nothing: responses of the shadow are then lost, only metrics remain."""
        return Capture(enabled=False)

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_whole_number(problems, "percent", self.percent, lowest=0, highest=100)
        for flag in ("requests", "responses", "customer_managed_key", "delete_with_stack", "enabled"):
            check_flag(problems, flag, getattr(self, flag))
        if self.requests is False and self.responses is False:
            problems.add("requests", "be kept if responses aren't", False, "to capture nothing, write Capture.off()")
        for name in ("csv_content_types", "json_content_types"):
            self._check_content_types(problems, name)
        if self.bucket is not None:
            check_bucket(problems, "bucket", self.bucket)
        rule = "be a folder of letters, digits or !_.'()/- without slashes at its ends"
        # 512 characters hold the whole destination (API member DestinationS3Uri), s3:// and the bucket's 63 included.
        check_text(problems, "prefix", self.prefix, pattern=_PREFIX, rule=rule, longest=440)
        if isinstance(self.prefix, str) and self.prefix != self.prefix.strip("/"):
            problems.add("prefix", rule, self.prefix)
        if isinstance(self.prefix, str):
            check_key(problems, "prefix", self.prefix)
        if self.key_arn is not None:
            check_key_arn(problems, "key_arn", self.key_arn)
        if self.expire_after_days is not None:
            check_whole_number(problems, "expire_after_days", self.expire_after_days, lowest=1)
        self._check_combinations(problems)
        problems.raise_if_any()

    def _check_content_types(self, problems: Problems, name: str) -> None:
        types = checked_tuple(problems, name, getattr(self, name))
        freeze(self, **{name: types})
        if len(types) > 10:
            problems.add(name, "have at most 10 entries", len(types))
        for one in types:
            rule = "hold content types like text/csv (SageMaker takes no '+')"
            check_text(problems, name, one, pattern=_CONTENT_TYPE, rule=rule, longest=256)

    def _check_combinations(self, problems: Problems) -> None:
        if self.customer_managed_key is True and self.key_arn is not None:
            problems.add("customer_managed_key", "be left out with key_arn", True)
        if self.bucket is not None:
            for name in ("customer_managed_key", "delete_with_stack"):
                if getattr(self, name) is True:
                    problems.add(name, "be left out with a bucket of your own", True)


@dataclass(frozen=True)
class CaptureDestination:
    """Where captured data goes.

    Attributes:
        bucket: Name of the bucket; may be a CDK token.
        prefix: Folder in it.
        key_arn: KMS key that encrypts the files, or None.
    """

    bucket: str
    prefix: str
    key_arn: str | None

    @property
    def uri(self) -> str:
        """The S3 address that SageMaker is given."""
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"
