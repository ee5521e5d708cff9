"""The partitions of AWS: which Regions each has, and how its hosts end. Every ARN, host and link goes by this table."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shadow_ops.contract.problems import Problems


@dataclass(frozen=True)
class Partition:
    """One partition.

    Attributes:
        name: As ARNs say it, such as ``aws``.
        regions: Pattern of what its Regions begin with.
        suffix: How its hosts end, such as ``amazonaws.com``.
        dual_stack: How those of registries end where IPv6 is spoken too; None where no page says so.
        console: How addresses of its console begin; None where no page says so.
    """

    name: str
    regions: re.Pattern[str]
    suffix: str
    dual_stack: str | None = None
    console: str | None = None


# botocore's partitions.json; Amazon ECR User Guide, ecr-requests; the consoles' own documentation.
PARTITIONS = (
    Partition("aws-cn", re.compile("cn-"), "amazonaws.com.cn", "on.amazonwebservices.com.cn", "console.amazonaws.cn"),
    Partition("aws-us-gov", re.compile("us-gov-"), "amazonaws.com", "on.aws", "console.amazonaws-us-gov.com"),
    Partition("aws-iso", re.compile("us-iso-"), "c2s.ic.gov"),
    Partition("aws-iso-b", re.compile("us-isob-"), "sc2s.sgov.gov"),
    Partition("aws-iso-e", re.compile("eu-isoe-"), "cloud.adc-e.uk"),
    Partition("aws-iso-f", re.compile("us-isof-"), "csp.hci.ic.gov"),
    Partition("aws-eusc", re.compile("eusc-"), "amazonaws.eu"),
    # Whatever begins otherwise.
    Partition("aws", re.compile(""), "amazonaws.com", "on.aws", "console.aws.amazon.com"),
)
_NAMES = [one.name for one in PARTITIONS]


def of_region(region: str) -> Partition:
    """The partition that a Region belongs to."""
    return next(one for one in PARTITIONS if one.regions.match(region))


def check_partition(problems: Problems, what: str, arn: str, partition: str | None, region: str | None) -> None:
    """Check that an ARN names a partition of AWS's, and the one that its Region is in.

    Args:
        problems: Where a mistake is recorded.
        what: Name of the argument.
        arn: The ARN.
        partition: Its partition; None where that isn't known.
        region: Its Region; None or empty where it has none or that isn't known.
    """
    if partition is None:
        return
    if partition not in _NAMES:
        problems.add(what, f"be of a partition of AWS ({', '.join(sorted(_NAMES))})", arn)
    elif region and partition != (own := of_region(region).name):
        problems.add(what, f"be of the partition {own}, as {region} is", arn, f"begin it with arn:{own}:")


def suffix_fault(region: str, suffix: str, *, dual_stack: bool) -> str | None:
    """How the host of a registry must end instead; None if it may end so.

    Args:
        region: The host's Region.
        suffix: What follows it in the host.
        dual_stack: Whether the host is one where IPv6 is spoken too.
    """
    own = of_region(region)
    ends = own.dual_stack if dual_stack else own.suffix
    if ends is None:
        # Of what no page says, it is known what belongs to others.
        taken = any(suffix in (one.suffix, one.dual_stack) for one in PARTITIONS)
        return own.suffix if taken else None
    return None if suffix == ends else ends
