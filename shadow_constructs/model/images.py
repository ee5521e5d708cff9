"""From a container value to the image address in a template, and to the repository that a role has to pull from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import region_info
from constructs import Construct

from shadow_constructs.values import xgboost_images
from shadow_constructs.values.container import (
    Container,
    DeepLearningImage,
    DockerfileImage,
    EcrImage,
    ImageAddress,
    XGBoostImage,
)
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse

_ECR_ADDRESS = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z0-9.]+/(?P<repository>[^:@\s]+)([:@]\S+)?"
)


@dataclass(frozen=True)
class ResolvedImage:
    """An image as it stands in a template.

    Attributes:
        uri: The image's address; may contain CDK tokens.
        repository_arn: The ECR repository to pull from, or None for images elsewhere.
    """

    uri: str
    repository_arn: str | None


def resolve_image(scope: Construct, stack: cdk.Stack, container: Container) -> ResolvedImage:
    """Find an image's address in the stack's region.

    Args:
        scope: Where an asset is made, for an image built from a Dockerfile.
        stack: Whose account and region count.
        container: The image.

    Raises:
        InvalidValueError: If AWS offers the image in no account of the stack's region.
    """
    match container.image:
        case ImageAddress(uri, private_registry):
            return ResolvedImage(uri, None if private_registry else _repository_of(uri))
        case EcrImage(repository, tag_or_digest, account, region):
            return _in_ecr(stack, account or stack.account, region or stack.region, repository, tag_or_digest)
        case XGBoostImage(version):
            account = _xgboost_account(stack)
            tag = xgboost_images.TAGS[version]
            return _in_ecr(stack, account, stack.region, xgboost_images.REPOSITORY, tag)
        case DeepLearningImage(repository, tag):
            account = stack.regional_fact(region_info.FactName.DLC_REPOSITORY_ACCOUNT)
            return _in_ecr(stack, account, stack.region, repository, tag)
        case DockerfileImage() as source:
            return _built(scope, source)


def _in_ecr(stack: cdk.Stack, account: str, region: str, repository: str, tag_or_digest: str) -> ResolvedImage:
    separator = "@" if tag_or_digest.startswith("sha256:") else ":"
    return ResolvedImage(
        f"{account}.dkr.ecr.{region}.{stack.url_suffix}/{repository}{separator}{tag_or_digest}",
        f"arn:{stack.partition}:ecr:{region}:{account}:repository/{repository}",
    )


def _repository_of(uri: str) -> str | None:
    found = None if is_token(uri) else _ECR_ADDRESS.fullmatch(uri)
    if found is None:
        return None
    region, account, repository = found["region"], found["account"], found["repository"]
    return f"arn:{cdk.Aws.PARTITION}:ecr:{region}:{account}:repository/{repository}"


def _xgboost_account(stack: cdk.Stack) -> str:
    if not is_token(stack.region):
        account = xgboost_images.ACCOUNTS.get(stack.region)
        if account is None:
            known = ", ".join(xgboost_images.ACCOUNTS)
            refuse("Container.xgboost", "region", f"be one of {known}", stack.region, "or use Container.uri(...)")
        return account
    # One mapping serves every endpoint of a stack; the region is known only when the stack is deployed.
    existing = stack.node.try_find_child("XGBoostAccounts")
    if existing is None:
        table = {region: {"account": account} for region, account in xgboost_images.ACCOUNTS.items()}
        existing = cdk.CfnMapping(stack, "XGBoostAccounts", mapping=table)
    assert isinstance(existing, cdk.CfnMapping)
    return existing.find_in_map(cdk.Aws.REGION, "account")


def _built(scope: Construct, source: DockerfileImage) -> ResolvedImage:
    platforms = {"linux/amd64": ecr_assets.Platform.LINUX_AMD64, "linux/arm64": ecr_assets.Platform.LINUX_ARM64}
    asset = ecr_assets.DockerImageAsset(
        scope,
        "Image",
        directory=str(Path(source.directory).resolve()),
        file=source.file,
        platform=platforms[source.platform],
        build_args=dict(source.build_args),
    )
    return ResolvedImage(asset.image_uri, asset.repository.repository_arn)
