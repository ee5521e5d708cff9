"""Which image serves a model: by address, ECR repository, local Dockerfile, or one that AWS provides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, get_args

from shadow_constructs.values import aws_images, xgboost_images
from shadow_constructs.values.checks import check_arn, check_text, check_type, checked_mapping
from shadow_constructs.values.ecr_address import IMAGE, check_image, check_length, is_host, parse
from shadow_constructs.values.frozen import frozen_mapping
from shadow_constructs.values.local_image import DockerfileImage, called, check_dockerfile
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.checks import check_one_of, checking
from shadow_ops.contract.ecr import DIGEST, REPOSITORY, REPOSITORY_RULE, TAG
from shadow_ops.contract.names import FUNCTION, REGION
from shadow_ops.contract.problems import Problems, readable

_TEXT = re.compile(r".*", re.DOTALL)
_TAG_OR_DIGEST = re.compile(f"{TAG.pattern}|{DIGEST.pattern}")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class ImageAddress:
    """An image by its full address; see `Container.uri`."""

    uri: str
    private_registry: bool = False
    credentials_provider_arn: str | None = None


@dataclass(frozen=True)
class EcrImage:
    """An image in an ECR repository; see `Container.ecr`."""

    repository: str
    tag_or_digest: str
    account: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class XGBoostImage:
    """SageMaker's built-in XGBoost; see `Container.xgboost`."""

    version: str


@dataclass(frozen=True)
class DeepLearningImage:
    """An AWS deep-learning container; see `Container.deep_learning`."""

    repository: str
    tag: str


Image: TypeAlias = ImageAddress | EcrImage | DockerfileImage | XGBoostImage | DeepLearningImage


@dataclass(frozen=True)
class Container:
    """The image that serves a model. Made by one of the factories below.

    Attributes:
        image: Where the image comes from.
    """

    image: Image

    def __post_init__(self) -> None:
        """Check that the image was made by a factory.

        Raises:
            InvalidValueError: If it wasn't.
        """
        problems = checking(self)
        if check_type(problems, "image", self.image, get_args(Image), "be made by Container.uri(...) or alike"):
            checking(self.image)
        problems.raise_if_any()

    @staticmethod
    def uri(uri: str) -> Container:
        """An image by its full address, such as ``111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7``.

        The execution role may pull it from its repository. A CDK token is accepted; where the whole address is one,
        the role is granted nothing, because the repository isn't known at synth.

        Args:
            uri: Address in a private ECR repository, FIPS and dual-stack ones included, of at most 255 characters
                (API member ContainerDefinition.Image).

        Raises:
            InvalidValueError: If the address is of another registry, has a scheme or spaces, or is too long.
        """
        problems = Problems("Container.uri")
        check_image(problems, "uri", uri)
        problems.raise_if_any()
        return Container(ImageAddress(uri))

    @staticmethod
    def private_registry(uri: str, *, credentials_provider_arn: str | None = None) -> Container:
        """An image in a private Docker registry that the model's VPC reaches (API member ImageConfig).

        Args:
            uri: Address of the image.
            credentials_provider_arn: Lambda function that gives the registry's credentials. By default the
                registry is asked without credentials.

        Raises:
            InvalidValueError: If the address or the ARN is malformed.
        """
        problems = Problems("Container.private_registry")
        check_text(problems, "uri", uri, pattern=IMAGE, rule="be an image address", longest=255, tokens=True)
        if isinstance(uri, str) and "://" in uri:
            problems.add("uri", "be an image address", uri, "leave the scheme out")
        elif isinstance(uri, str) and is_host(uri):
            # API member ImageConfig.RepositoryAccessMode: Platform for Amazon ECR.
            problems.add("uri", "be of a private registry, and not in ECR", uri, "write Container.uri(...)")
        if credentials_provider_arn is not None:
            check_arn(
                problems,
                "credentials_provider_arn",
                credentials_provider_arn,
                service="lambda",
                resource="function:",
                ending=FUNCTION.removeprefix("function:"),
            )
        problems.raise_if_any()
        return Container(ImageAddress(uri, True, credentials_provider_arn))

    @staticmethod
    def ecr(repository: str, tag_or_digest: str, *, account: str | None = None, region: str | None = None) -> Container:
        """An image in an ECR repository, which the execution role may then pull.

        Args:
            repository: Name of the repository, without account and region. A CDK token is accepted.
            tag_or_digest: A tag, or ``sha256:`` and 64 hexadecimal digits. A tag that can move, such as
                ``latest``, is warned about: what was tested might then not be what is promoted.
            account: Account that owns the repository. By default the stack's.
            region: Region of the repository. By default the stack's; SageMaker wants the endpoint's region.

        Raises:
            InvalidValueError: If a part is malformed.
        """
        problems = Problems("Container.ecr")
        check_text(
            problems,
            "repository",
            repository,
            pattern=REPOSITORY,
            rule=f"be the name of an ECR repository without its host, {REPOSITORY_RULE}",
            tokens=True,
        )
        check_text(
            problems,
            "tag_or_digest",
            tag_or_digest,
            pattern=_TAG_OR_DIGEST,
            rule="be an image tag, or sha256: and 64 hexadecimal digits",
            tokens=True,
        )
        if account is not None:
            check_text(problems, "account", account, pattern=_ACCOUNT, rule="be 12 digits in quotes", tokens=True)
        if region is not None:
            check_text(problems, "region", region, pattern=REGION, rule="be a region such as eu-west-1", tokens=True)
        if isinstance(repository, str) and is_host(repository):
            fix = "write repository.repository_name, or give the whole address to Container.uri(...)"
            problems.add("repository", "be the name of an ECR repository without its host", repository, fix)
        check_length(problems, repository, tag_or_digest, region)
        problems.raise_if_any()
        return Container(EcrImage(repository, tag_or_digest, account, region))

    @staticmethod
    def dockerfile(
        directory: str | Path,
        *,
        file: str = "Dockerfile",
        platform: str = "linux/amd64",
        build_args: Mapping[str, str] | None = None,
    ) -> Container:
        """An image that ``cdk deploy`` builds with Docker and pushes to the bootstrap repository.

        Args:
            directory: Folder with the Dockerfile and what it copies. Only of a relative one the template says where it
                is: the same code is the same template on every machine.
            file: Name of the Dockerfile in that folder.
            platform: ``linux/amd64``, or ``linux/arm64`` for Graviton instance types.
            build_args: Build arguments. None by default.

        Raises:
            InvalidValueError: If the folder or the Dockerfile isn't there.
        """
        problems = Problems("Container.dockerfile")
        check_dockerfile(problems, directory, file)
        given = frozen_mapping({}) if build_args is None else checked_mapping(problems, "build_args", build_args)
        for name, value in given.items():
            for part in (name, value):
                check_text(problems, "build_args", part, pattern=_TEXT, rule="be text", rendered=False)
            if name == "":
                problems.add("build_args", "have names", name)
        check_one_of(problems, "platform", platform, ("linux/amd64", "linux/arm64"))
        problems.raise_if_any()
        whole = str(Path(directory).absolute())
        return Container(DockerfileImage(whole, file, platform, given, called(directory, file)))

    @staticmethod
    def xgboost(version: str) -> Container:
        """SageMaker's built-in XGBoost image; its owner's account is looked up per region.

        Args:
            version: The image's version, such as ``1.7-1`` or ``3.0-5``.

        Raises:
            InvalidValueError: If the version isn't known to this release of the library.
        """
        problems = Problems("Container.xgboost")
        check_one_of(problems, "version", version, tuple(xgboost_images.TAGS))
        problems.raise_if_any()
        return Container(XGBoostImage(version))

    @staticmethod
    def deep_learning(repository: str, tag: str) -> Container:
        """A container that AWS provides for serving; its owner's account is known per repository and region.

        Args:
            repository: Repository such as ``huggingface-pytorch-inference``, ``djl-inference``,
                ``sagemaker-tritonserver`` or ``sagemaker-scikit-learn``.
            tag: Full tag, such as ``2.6.0-transformers4.49.0-gpu-py312-cu124-ubuntu22.04``.

        Raises:
            InvalidValueError: If a part is malformed, or the repository's owner isn't known to this release.
        """
        problems = Problems("Container.deep_learning")
        check_text(problems, "repository", repository, pattern=REPOSITORY, rule="be a repository name")
        check_text(problems, "tag", tag, pattern=_TAG_OR_DIGEST, rule="be an image tag")
        if problems.count == 0 and aws_images.accounts_of(repository) is None:
            must = "be a repository for serving whose owner is known, such as pytorch-inference or djl-inference"
            problems.add("repository", must, repository, "or use Container.ecr(..., account=...)")
        problems.raise_if_any()
        return Container(DeepLearningImage(repository, tag))

    @property
    def label(self) -> str:
        """The image in a few words, for outputs and warnings: ``xgboost 3.0-5`` or the address, without a token."""
        return readable(self.named)

    @property
    def named(self) -> str:
        """The same with the CDK tokens that are in it, for where CloudFormation puts what they stand for."""
        match self.image:
            case XGBoostImage(version):
                return f"xgboost {version}"
            case DeepLearningImage(repository, tag) | EcrImage(repository, tag):
                return f"{repository}:{tag}"
            case DockerfileImage(called=name):
                return name
            case ImageAddress(uri):
                return uri

    @property
    def moving_tag(self) -> str | None:
        """The tag if it is one that usually moves (``latest`` or none at all), else None."""
        match self.image:
            case EcrImage(tag_or_digest="latest") | DeepLearningImage(tag="latest"):
                return "latest"
            case ImageAddress(uri):
                found = parse(uri)
                if found is not None:
                    return "latest" if found.version in (None, "latest") else None
                name = uri.rsplit("/", 1)[-1]
                moves = not is_token(uri) and (name.endswith(":latest") or ":" not in name)
                return "latest" if moves else None
            case _:
                return None
