"""SageMaker's model registry: the newest approved version of a group, or one version by its ARN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.boto import Client
from shadow_ops.contract import ecr
from shadow_ops.contract.names import SERVICE_NAME
from shadow_ops.contract.partitions import check_partition
from shadow_ops.contract.problems import CannotTellError, Problems, refuse, shown

_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/(?P<group>[^/]+)(?:/(?P<number>\d+))?")
_GROUP = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package-group/(?P<group>[^/]+)")
_LONGEST_VERSION = 63


@dataclass(frozen=True)
class Package:
    """An approved version of a model.

    Attributes:
        arn: Its ARN.
        version: A short name for it, such as ``churn-7``.
        image: The image that serves.
        artifact: Where its files lie in S3.
    """

    arn: str
    version: str
    image: str
    artifact: str


def named(text: str) -> str:
    """What a person names: the ARN of a version, or the name of a group, which may be given by its ARN.

    Raises:
        InvalidValueError: If it is neither.
    """
    group = _GROUP.fullmatch(text)
    found = text if group is None else group["group"]
    if not _ARN.fullmatch(found) and not SERVICE_NAME.fullmatch(found):
        must = "be a group's name, or a version's ARN like arn:aws:sagemaker:<region>:<account>:model-package/<group>/7"
        refuse("propose", "--package", must, text)
    if text.startswith("arn:"):
        problems = Problems("propose")
        _, partition, _, region, _ = text.split(":", 4)
        check_partition(problems, "--package", text, partition, region)
        problems.raise_if_any()
    return found


def approved(sagemaker: Client, name: str) -> Package:
    """Find an approved version.

    Args:
        sagemaker: The client.
        name: ARN of a version, or name of a group, whose newest approved version is meant.

    Raises:
        CannotTellError: If there is none, it isn't approved, or it is nothing that one container serves.
        ClientError: If a call is refused.
    """
    arn = name if _ARN.fullmatch(name) else _newest(sagemaker, name)
    found = sagemaker.describe_model_package(ModelPackageName=arn)
    status = found.get("ModelApprovalStatus")
    if status != "Approved":
        raise CannotTellError(f"{arn} is {status or 'without a status'}, not Approved; approve it first")
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise CannotTellError(f"{arn} has {len(containers)} containers; one that serves alone can be proposed")
    artifact = _artifact(containers[0])
    if artifact is None:
        raise CannotTellError(f"{arn} names no model data in S3, which the execution role would have to read")
    if not artifact.endswith((".tar.gz", "/")):
        allowed = "a .tar.gz, or a folder of uncompressed files that ends in '/', can be served"
        raise CannotTellError(f"{arn} has its model data in {shown(artifact)}; {allowed}")
    image = containers[0].get("Image")
    if image is None:
        raise CannotTellError(f"{arn} names no image, so that nothing is known of what would serve it")
    if not ecr.ADDRESS.fullmatch(image) or len(image) > ecr.LONGEST:
        fix = f"copy it to ECR and register a version with {ecr.EXAMPLE}"
        raise CannotTellError(f"{arn} has the image {shown(image)}, which is not in Amazon ECR; {fix}")
    return Package(found.get("ModelPackageArn", arn), _version(arn), image, artifact)


def _newest(sagemaker: Client, group: str) -> str:
    page = sagemaker.list_model_packages(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )
    if not page["ModelPackageSummaryList"]:
        raise CannotTellError(f"group {group} has no approved version; approve one first")
    return str(page["ModelPackageSummaryList"][0]["ModelPackageArn"])


def _artifact(container: Mapping[str, Any]) -> str | None:
    source: Mapping[str, Any] = container.get("ModelDataSource", {}).get("S3DataSource", {})
    return container.get("ModelDataUrl") or source.get("S3Uri")


def _version(arn: str) -> str:
    parts = _ARN.fullmatch(arn)
    text = arn.rsplit("/", 1)[-1] if parts is None else "-".join(one for one in parts.groups() if one is not None)
    # The number is at its end, and is what tells versions apart.
    return text[-_LONGEST_VERSION:].lstrip("-")
