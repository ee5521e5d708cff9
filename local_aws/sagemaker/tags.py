"""AddTags, ListTags and DeleteTags."""

from __future__ import annotations

from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker.records import Region

_LIMIT = 50


def set_tags(region: Region, arn: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a resource, replacing those of equal keys.

    Raises:
        ServiceError: If the resource would have more than fifty.
    """
    merged = {**region.tags.get(arn, {}), **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(merged) > _LIMIT:
        raise validation(f"The number of tags on {arn} would be {len(merged)}, the limit is {_LIMIT}.")
    region.tags[arn] = merged


def listed(region: Region, arn: str) -> list[dict[str, str]]:
    """Return a resource's tags in AWS's form."""
    return [{"Key": key, "Value": value} for key, value in sorted(region.tags.get(arn, {}).items())]


def add_tags(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """AddTags."""
    _known(region, request["ResourceArn"])
    set_tags(region, request["ResourceArn"], request["Tags"])
    return {"Tags": listed(region, request["ResourceArn"])}


def list_tags(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """ListTags."""
    _known(region, request["ResourceArn"])
    return {"Tags": listed(region, request["ResourceArn"])}


def delete_tags(region: Region, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteTags."""
    _known(region, request["ResourceArn"])
    for key in request["TagKeys"]:
        region.tags.get(request["ResourceArn"], {}).pop(key, None)
    return {}


def _known(region: Region, arn: str) -> None:
    known = {held.arn for held in (*region.models.values(), *region.configs.values())}
    known |= {held.arn for held in region.endpoints.values()} | {held.arn for held in region.experiments.values()}
    if arn not in known:
        raise validation(f"Could not find resource '{arn}'.")
