"""A version of a model: what serves, from which files, with which settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shadow_constructs.values.artifact import Artifact, LocalArchive, S3Folder, check_artifact
from shadow_constructs.values.checks import (
    check_arn,
    check_ascii,
    check_key_arn,
    check_role_arn,
    check_service_name,
    check_text,
    check_type,
    checked_mapping,
)
from shadow_constructs.values.container import Container, ImageAddress
from shadow_constructs.values.ecr_address import check_image
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.network import Network
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.checks import check_flag, checking
from shadow_ops.contract.names import SERVICE_NAME, SERVICE_NAME_RULE
from shadow_ops.contract.problems import Problems, readable, shown
from shadow_ops.contract.text import is_writable

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,62}")
_ENVIRONMENT_KEY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class ModelPackage:
    """A version in the SageMaker model registry (API member ContainerDefinition.ModelPackageName).

    Attributes:
        arn: The package version's ARN. A CDK token is accepted.
        artifact: Where the package's files lie in S3, which its ARN doesn't say; the execution role may read it. A CDK
            token is accepted; then what begins with the address may be read, and its bucket listed.
        image: The package's image address; the execution role may pull it where it is in ECR.
        inference_specification: Which of the package's additional inference specifications to serve. By default
            its main one.
    """

    arn: str
    artifact: str = field(kw_only=True)
    image: str = field(kw_only=True)
    inference_specification: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        # API member VersionedArnOrName: name and, for a version of a group, its number.
        ending = r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(/[0-9]{1,9})?"
        check_arn(problems, "arn", self.arn, service="sagemaker", resource="model-package/", ending=ending, longest=176)
        if isinstance(check_artifact(problems, "artifact", self.artifact, tokens=True), LocalArchive):
            problems.add("artifact", "be the S3 address that the package names", self.artifact)
        check_image(problems, "image", self.image)
        if self.inference_specification is not None:
            check_service_name(problems, "inference_specification", self.inference_specification)
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class Model:
    """One version of a model. What was tested under a version is what is promoted under it.

    Exactly one of `container`, `package` and `model_name` says what serves.

    Attributes:
        version: Your name for this version, such as ``v2`` or ``2026-11-24``. The SageMaker model's place in the
            template is keyed by it, so that promoting a version never creates it anew.
        container: The image that serves.
        artifact: ``s3://bucket/key/model.tar.gz``, ``s3://bucket/folder/`` of uncompressed files, or the path of a
            local ``.tar.gz``, which ``cdk deploy`` uploads. By default the image holds the model itself. CDK tokens
            are accepted inside an S3 address.
        package: A version in the model registry.
        model_name: A SageMaker model that exists already. The library creates neither model nor role for it; name
            its role in `role_arn` and what the endpoint needs is granted there. A CDK token is accepted.
        environment: Environment variables of the container, at most 100, in ASCII; values may be CDK tokens.
        network: VPC and isolation. By default neither.
        role_arn: Your own execution role. By default each version gets a role of its own that may do what this
            version needs and nothing else. A CDK token is accepted.
        grant_role: Whether a policy with what the endpoint needs is attached to `role_arn`. Off means that you
            granted it yourself.
        artifact_key_arn: KMS key that encrypts the artifact, if it isn't the S3 default key.
        accept_eula: Whether you accept the licence of a model that asks for it (API member ModelAccessConfig).
        multi_model: Whether the container serves every archive of an S3 folder. Not possible in a shadow test.
    """

    version: str
    container: Container | None = None
    artifact: str | Path | None = None
    package: ModelPackage | None = None
    model_name: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    network: Network = field(default_factory=Network)
    role_arn: str | None = None
    grant_role: bool = True
    artifact_key_arn: str | None = None
    accept_eula: bool = False
    multi_model: bool = False
    _artifact: Artifact | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_text(
            problems,
            "version",
            self.version,
            pattern=_VERSION,
            rule="be 1 to 63 letters, digits or . _ + -, starting with a letter or digit",
        )
        self._check_source(problems)
        if self.artifact is not None:
            freeze(self, _artifact=check_artifact(problems, "artifact", self.artifact))
        self._check_environment(problems)
        check_type(problems, "network", self.network, Network, "be a Network(...)")
        if self.role_arn is not None:
            check_role_arn(problems, "role_arn", self.role_arn)
        if self.artifact_key_arn is not None:
            check_key_arn(problems, "artifact_key_arn", self.artifact_key_arn)
        for flag in ("grant_role", "accept_eula", "multi_model"):
            check_flag(problems, flag, getattr(self, flag))
        self._check_combinations(problems)
        problems.raise_if_any()

    @property
    def parsed_artifact(self) -> Artifact | None:
        """The artifact as what it is: an archive or a folder in S3, or a local archive."""
        return self._artifact

    @property
    def label(self) -> str:
        """The version and what serves it, for people: ``v2 (xgboost 3.0-5)``."""
        if self.container is not None:
            return f"{self.version} ({self.container.label})"
        if self.model_name is not None:
            return f"{self.version} (model {readable(self.model_name)})"
        return f"{self.version} (model package)"

    def _check_source(self, problems: Problems) -> None:
        given = [name for name in ("container", "package", "model_name") if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none of them"
            problems.add("container", "be given, or else package or model_name, and only one of the three", got)
        if self.container is not None:
            check_type(problems, "container", self.container, Container, "be made by Container.xgboost(...) or alike")
        if self.package is not None:
            check_type(problems, "package", self.package, ModelPackage, "be a ModelPackage(...)")
        if self.model_name is not None:
            check_text(
                problems, "model_name", self.model_name, pattern=SERVICE_NAME, rule=SERVICE_NAME_RULE, tokens=True
            )

    def _check_environment(self, problems: Problems) -> None:
        """Limits of API member EnvironmentMap: 100 entries, 1024 bytes each; 32 KB in all (Developer Guide)."""
        freeze(self, environment=checked_mapping(problems, "environment", self.environment))
        if len(self.environment) > 100:
            problems.add("environment", "have at most 100 entries", len(self.environment))
        for key, value in self.environment.items():
            if not isinstance(key, str) or not _ENVIRONMENT_KEY.fullmatch(key) or len(key) > 1024:
                problems.add("environment", "have keys of letters, digits and _, not starting with a digit", key)
            if not isinstance(value, str):
                problems.add("environment", f"have text as value of {shown(key)}", value, "put it in quotes")
            elif not is_writable(value):
                must = f"hold no control characters and no halves of characters as value of {shown(key)}"
                problems.add("environment", must, value)
            elif "{{resolve:ssm-secure:" in value:
                # CloudFormation User Guide, dynamic references: a list of properties takes these.
                must = (
                    f"have no secure parameter as value of {shown(key)}, which CloudFormation puts into no environment"
                )
                problems.add("environment", must, value, "let the container read it")
            elif not is_token(value) and len(value.encode()) > 1024:
                problems.add("environment", f"have at most 1024 bytes as value of {shown(key)}", len(value.encode()))
            else:
                check_ascii(problems, "environment", value)
        texts = (part for item in self.environment.items() for part in item if isinstance(part, str))
        total = sum(len(part.encode(errors="replace")) for part in texts)
        if total > 32 * 1024:
            problems.add("environment", "have at most 32768 bytes in all", total)

    def _check_combinations(self, problems: Problems) -> None:
        if self.container is None:
            for name in ("artifact", "artifact_key_arn") if self.package is None else ("artifact",):
                if getattr(self, name) is not None:
                    problems.add(name, "be left out without a container", getattr(self, name))
        if self.model_name is not None and self.environment:
            problems.add("environment", "be left out with model_name", dict(self.environment), "the model has its own")
        network = self.network if isinstance(self.network, Network) else Network()
        if self.model_name is not None and network != Network():
            problems.add("network", "be left out with model_name", self.network, "the model has its own")
        if self.accept_eula is True and self._artifact is None:
            problems.add("accept_eula", "come with an artifact in S3", True)
        if self.multi_model is True and not isinstance(self._artifact, S3Folder):
            problems.add("multi_model", "come with an artifact that is an S3 folder", self.artifact)
        image = self.container.image if isinstance(self.container, Container) else None
        if isinstance(image, ImageAddress) and image.private_registry and not network.attached:
            problems.add("network", "name subnets and security groups for an image in a private registry", self.network)
