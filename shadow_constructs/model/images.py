"""From a container value to the image address in a template, and to the repository that a role has to pull from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from shadow_constructs.placing.given import in_one_line
from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.values import aws_images, xgboost_images
from shadow_constructs.values.container import (
    Container,
    DeepLearningImage,
    EcrImage,
    ImageAddress,
    XGBoostImage,
)
from shadow_constructs.values.ecr_address import parse
from shadow_constructs.values.local_image import DockerfileImage
from shadow_constructs.values.tokens import is_token

# What stands for the account that owns AWS's images, by the mapping that a stack has for it.
_OWNERS: WeakKeyDictionary[cdk.Stack, dict[str, str]] = WeakKeyDictionary()


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
    """Find an image's address in the stack's region. That AWS offers it there, the table of fact pairs has checked.

    Args:
        scope: Where an asset is made, for an image built from a Dockerfile.
        stack: Whose account and region count.
        container: The image.
    """
    match container.image:
        case ImageAddress(uri, private_registry):
            return ResolvedImage(uri, None if private_registry else _repository_of(uri))
        case EcrImage(repository, tag_or_digest, account, region):
            place = place_of(stack)
            return _in_ecr(stack, account or place.account, region or place.region, repository, tag_or_digest)
        case XGBoostImage(version):
            return _of_aws(stack, xgboost_images.REPOSITORY, xgboost_images.TAGS[version])
        case DeepLearningImage(repository, tag):
            return _of_aws(stack, repository, tag)
        case DockerfileImage() as source:
            return _built(scope, source)


def _in_ecr(stack: cdk.Stack, account: str, region: str, repository: str, tag_or_digest: str) -> ResolvedImage:
    separator = "@" if tag_or_digest.startswith("sha256:") else ":"
    place = place_of(stack)
    return ResolvedImage(
        f"{account}.dkr.ecr.{region}.{place.url_suffix}/{repository}{separator}{tag_or_digest}",
        f"arn:{place.partition}:ecr:{region}:{account}:repository/{repository}",
    )


def _repository_of(uri: str) -> str | None:
    found = parse(uri)
    if found is None:
        return None
    return f"arn:{pseudo('PARTITION')}:ecr:{found.region}:{found.account}:repository/{found.repository}"


def _of_aws(stack: cdk.Stack, repository: str, tag: str) -> ResolvedImage:
    accounts = aws_images.accounts_of(repository)
    assert accounts is not None  # Container refuses a repository without an owner
    return _in_ecr(stack, _owner(stack, accounts), place_of(stack).region, repository, tag)


def _owner(stack: cdk.Stack, accounts: Mapping[str, str]) -> str:
    region = place_of(stack).region
    if not is_token(region):
        return accounts[region]
    # One mapping serves every endpoint of a stack; the region is known only when the stack is deployed.
    name = "XGBoostAccounts" if accounts is aws_images.BUILT_IN_ACCOUNTS else "DeepLearningAccounts"
    known = _OWNERS.setdefault(stack, {})
    if name not in known:
        table = {region: {"account": account} for region, account in accounts.items()}
        known[name] = cdk.CfnMapping(stack, name, mapping=table).find_in_map(pseudo("REGION"), "account")
    return known[name]


def _built(scope: Construct, source: DockerfileImage) -> ResolvedImage:
    platforms = {"linux/amd64": ecr_assets.Platform.LINUX_AMD64, "linux/arm64": ecr_assets.Platform.LINUX_ARM64}
    with in_one_line(scope, "container", source.directory):
        asset = ecr_assets.DockerImageAsset(
            scope,
            "Image",
            directory=str(Path(source.directory).resolve()),
            file=source.file,
            platform=platforms[source.platform],
            build_args=dict(source.build_args),
        )
    return ResolvedImage(asset.image_uri, asset.repository.repository_arn)
