"""What a variant runs on, and how many vCPUs and GPUs that has: what CloudWatch's sums over cores are divided by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

from shadow_ops.contract.typed import whole


@dataclass(frozen=True)
class InstanceHardware:
    """One instance type.

    Attributes:
        vcpus: Its virtual cores; CPUUtilization is at most 100 times as much.
        gpus: Its GPUs; 0 without one, and then there are no GPU metrics.
    """

    vcpus: int
    gpus: int


@dataclass(frozen=True)
class Instances:
    """What a variant runs on, for turning CloudWatch's sums over cores into shares of an instance.

    Attributes:
        instance_type: Such as ``ml.m5.xlarge``.
        count: How many.
        vcpus: Cores of one instance. None where the table doesn't know the type.
        gpus: GPUs of one instance; 0 without one. None where the table doesn't know the type.
    """

    instance_type: str
    count: int
    vcpus: int | None = None
    gpus: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Type and count as plain JSON; cores follow from the type."""
        return {"instance_type": self.instance_type, "count": self.count}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` made."""
        return cls(instance_type=str(data["instance_type"]), count=whole(data["count"]))


def hardware_of(instance_type: str) -> InstanceHardware | None:
    """The hardware of a SageMaker instance type, such as ``ml.m5.xlarge``.

    Returns:
        The hardware, or None for a type that the table doesn't know: nothing is guessed from a name.
    """
    found = _table().get(instance_type.removeprefix("ml."))
    return None if found is None else InstanceHardware(vcpus=found[0], gpus=found[1])


@cache
def _table() -> dict[str, list[int]]:
    return types_in(resources.files("shadow_ops").joinpath("data/instances.json").read_text(encoding="utf-8"))


def types_in(text: str) -> dict[str, list[int]]:
    """The vCPUs and GPUs by type, from the table's text, which has the types by what they bring."""
    types: dict[str, str] = json.loads(text)["types"]
    return {name: [int(one) for one in said.split(",")] for said, names in types.items() for name in names.split()}
