"""The table of partitions, held against botocore's."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from shadow_ops.contract.partitions import PARTITIONS, check_partition, of_region, suffix_fault
from shadow_ops.contract.problems import Problems

OFFICIAL = json.loads((resources.files("botocore") / "data/partitions.json").read_text(encoding="utf-8"))["partitions"]
REGIONS = {region: one["id"] for one in OFFICIAL for region in one["regions"] if not region.endswith("global")}


def test_the_table_has_every_partition_that_botocore_has() -> None:
    """Each with its hosts' suffix, and no other."""
    assert {one.name: one.suffix for one in PARTITIONS} == {one["id"]: one["outputs"]["dnsSuffix"] for one in OFFICIAL}


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_of_the_partition_that_botocore_says(region: str) -> None:
    """The Region's name alone tells."""
    assert of_region(region).name == REGIONS[region]


@pytest.mark.parametrize("partition", [*(one.name for one in PARTITIONS), "aws-mars", "awscn"])
@pytest.mark.parametrize("region", [*REGIONS, "", None])
def test_an_arn_is_of_the_partition_of_its_region(partition: str, region: str | None) -> None:
    """Of IAM's, which have no Region, the partition alone is looked at."""
    problems = Problems("x")
    check_partition(problems, "arn", f"arn:{partition}:s:{region}:1:r", partition, region)

    known = partition in {one.name for one in PARTITIONS}
    assert problems.count == (0 if known and (not region or REGIONS[region] == partition) else 1)


@pytest.mark.parametrize("dual_stack", [False, True])
@pytest.mark.parametrize("region", REGIONS)
def test_a_host_ends_as_its_partition_s_do(region: str, *, dual_stack: bool) -> None:
    """No suffix of another partition is taken, and each one's own is."""
    own = of_region(region)
    others = {one.suffix for one in PARTITIONS} | {one.dual_stack for one in PARTITIONS if one.dual_stack}
    mine = own.dual_stack if dual_stack else own.suffix

    taken = {one for one in others if suffix_fault(region, one, dual_stack=dual_stack) is None}
    assert taken == ({mine} if mine else set())
    if mine is None:
        # No page says how they end: what is nobody's may be theirs.
        assert suffix_fault(region, "on.nobody.example", dual_stack=True) is None
