"""How many vCPUs and GPUs an instance has: what CloudWatch's sums over cores are divided by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class InstanceHardware:
    """One instance type.

    Attributes:
        vcpus: Its virtual cores; CPUUtilization is at most 100 times as much.
        gpus: Its GPUs; 0 without one, and then there are no GPU metrics.
    """

    vcpus: int
    gpus: int


def hardware_of(instance_type: str) -> InstanceHardware | None:
    """The hardware of a SageMaker instance type, such as ``ml.m5.xlarge``.

    Returns:
        The hardware, or None for a type that the table doesn't know: nothing is guessed from a name.
    """
    found = _table().get(instance_type.removeprefix("ml."))
    return None if found is None else InstanceHardware(vcpus=found[0], gpus=found[1])


@cache
def _table() -> dict[str, list[int]]:
    text = resources.files("shadow_ops").joinpath("data/instances.json").read_text(encoding="utf-8")
    found: dict[str, list[int]] = json.loads(text)["instances"]
    return found
