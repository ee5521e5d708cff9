"""On what a promoted model shall serve, as people write it on the command line."""

from __future__ import annotations

import re

import click

from shadow_ops.cli.errors import USAGE, Failure
from shadow_ops.contract import hosting
from shadow_ops.contract.instances import Instances

_INSTANCES = re.compile(r"(ml\.[a-z0-9-]+\.[a-z0-9-]+):([1-9][0-9]{0,9})")
# API member RealTimeInferenceConfig.InstanceCount: an integer of 32 bits, from 1 on.
_MOST_INSTANCES = 2**31 - 1


class HardwareType(click.ParamType[str | Instances]):
    """``production``, ``shadow``, or instances such as ``ml.m5.xlarge:2``."""

    name = "hardware"

    def convert(
        self, value: str | Instances, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | Instances:
        """As the option takes it."""
        if not isinstance(value, str) or value in ("production", "shadow"):
            return value
        found = _INSTANCES.fullmatch(value)
        if found is None or int(found[2]) > _MOST_INSTANCES:
            self.fail(f"{value!r} is neither production nor shadow nor TYPE:COUNT, such as ml.m5.xlarge:2", param, ctx)
        return Instances(found[1], int(found[2]))


def check_listed(hardware: str | Instances | None, *, unlisted: bool) -> None:
    """Refuse a type that the library doesn't list: SageMaker does so only once scaling is taken away.

    Raises:
        Failure: With the nearest that is listed, and the way out.
    """
    if not isinstance(hardware, Instances) or unlisted or hardware.instance_type in hosting.listed():
        return
    raise Failure(
        f"--hardware must be an instance type that SageMaker hosts on, got {hardware.instance_type!r}: "
        f"{hosting.hint(hardware.instance_type)}if it is newer than this release, add --unlisted-type",
        USAGE,
    )
