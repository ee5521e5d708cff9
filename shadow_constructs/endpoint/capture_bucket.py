"""The bucket that captured requests and responses are kept in."""

from __future__ import annotations

from functools import cache

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from shadow_constructs.placing.given import Part, check_given
from shadow_constructs.values.capture import Capture
from shadow_ops.contract.problems import refuse


class CaptureBucket(Part):
    """A bucket for captured data: encrypted, TLS only, no public access, expiring, kept when the stack goes.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        capture: What the bucket is for; its key, expiry and removal are taken from it.

    Attributes:
        bucket: The bucket.
        key_arn: KMS key that encrypts it, or None where S3's own encryption does.
    """

    def __init__(self, scope: Construct, construct_id: str, *, capture: Capture) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "capture", capture, Capture, "be a Capture(...)")
        if not capture.enabled or capture.bucket is not None:
            refuse("CaptureBucket", "capture", "be one that keeps data in a bucket of the library's", capture)
        key: kms.IKey | None = None
        if capture.customer_managed_key:
            removal = cdk.RemovalPolicy.DESTROY if capture.delete_with_stack else cdk.RemovalPolicy.RETAIN
            key = kms.Key(self, "Key", enable_key_rotation=True, removal_policy=removal)
        elif capture.key_arn is not None:
            key = kms.Key.from_key_arn(self, "Key", capture.key_arn)
        expiry = capture.expire_after_days
        self.bucket: s3.IBucket = s3.Bucket(
            self,
            "Resource",
            encryption=s3.BucketEncryption.S3_MANAGED if key is None else s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=None if key is None else True,
            block_public_access=_blocked(),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=_days(1),
                    expiration=None if expiry is None else _days(expiry),
                )
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY if capture.delete_with_stack else cdk.RemovalPolicy.RETAIN,
            auto_delete_objects=True if capture.delete_with_stack else None,
        )
        self.key_arn = None if key is None else key.key_arn

    def bound_emptying(self, permissions_boundary: str | None) -> None:
        """Bound the role of the CDK's function that empties the bucket, if there is one.

        Args:
            permissions_boundary: ARN of a policy. None leaves the role as the CDK makes it.
        """
        if permissions_boundary is None:
            return
        emptying = self.stack.node.try_find_child("Custom::S3AutoDeleteObjectsCustomResourceProvider")
        if emptying is not None:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", permissions_boundary)
            iam.PermissionsBoundary.of(emptying).apply(boundary)


@cache
def _days(number: int) -> cdk.Duration:
    return cdk.Duration.days(number)


@cache
def _blocked() -> s3.BlockPublicAccess:
    return s3.BlockPublicAccess.BLOCK_ALL
