"""What Application Auto Scaling remembers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from local_aws.errors import validation

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


class VariantId(NamedTuple):
    """The endpoint and variant that a ResourceId names."""

    endpoint: str
    variant: str

    @property
    def resource_id(self) -> str:
        """ResourceId of this variant."""
        return f"endpoint/{self.endpoint}/variant/{self.variant}"


def parse_resource(request: dict[str, Any]) -> VariantId:
    """Return the variant a request is about.

    Raises:
        ServiceError: If it is about anything but the instance count of a SageMaker variant.
    """
    namespace, dimension = request.get("ServiceNamespace"), request.get("ScalableDimension", DIMENSION)
    if namespace != NAMESPACE:
        raise validation(f"ServiceNamespace {namespace} is not modelled here; modelled: {NAMESPACE}")
    if dimension != DIMENSION:
        raise validation(f"ScalableDimension {dimension} is not modelled here; modelled: {DIMENSION}")
    match = _RESOURCE.fullmatch(request.get("ResourceId", ""))
    if match is None:
        raise validation(f"Unsupported resource type: ResourceId {request.get('ResourceId')!r}")
    return VariantId(match[1], match[2])


@dataclass
class Target:
    """A scalable target with its policies and scheduled actions, which go when it goes."""

    fields: dict[str, Any]
    arn: str
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
