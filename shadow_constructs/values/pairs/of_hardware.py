"""What one `Hardware` says twice: its instance type, and what is asked of instances of that type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shadow_constructs.values import instance_types
from shadow_constructs.values.pairs.pair import Clash, Pair

if TYPE_CHECKING:
    from shadow_constructs.values.hardware import Hardware


def _volume(hardware: Hardware) -> Iterator[Clash]:
    if hardware.volume_gb is not None and instance_types.has_fixed_storage(hardware.instance_type):
        must = f"be left out with {hardware.instance_type}, whose storage is fixed"
        yield Clash("volume_gb", must, hardware.volume_gb, "leave it out, or choose a type without local disks")


def _gpu_ami(hardware: Hardware) -> Iterator[Clash]:
    ami = hardware.inference_ami_version
    if ami is not None and "-gpu-" in ami and instance_types.has_gpu(hardware.instance_type) is False:
        must = f"be left out with {hardware.instance_type}, which has no GPU"
        yield Clash("inference_ami_version", must, ami, "leave it out, or choose a GPU type such as ml.g5.xlarge")


def _neuron_ami(hardware: Hardware) -> Iterator[Clash]:
    ami = hardware.inference_ami_version
    if ami is not None and "-neuron-" in ami and not instance_types.is_neuron(hardware.instance_type):
        must = f"be left out with {hardware.instance_type}, which is neither Inferentia nor Trainium"
        yield Clash("inference_ami_version", must, ami, "leave it out, or choose a type such as ml.inf2.xlarge")


PAIRS: tuple[Pair[Hardware], ...] = (
    Pair(
        id="volume-and-instance-type",
        facts="size of the volume and instance type",
        clash="a `volume_gb` on a type with local NVMe disks, on Inferentia or on Trainium",
        source="SageMaker Python SDK 2.257.0, volume_size_supported",
        check=_volume,
    ),
    Pair(
        id="gpu-ami-and-instance-type",
        facts="inference AMI and instance type",
        clash="a GPU AMI on a type without GPU",
        source="API member ProductionVariantInferenceAmiVersion",
        check=_gpu_ami,
    ),
    Pair(
        id="neuron-ami-and-instance-type",
        facts="inference AMI and instance type",
        clash="a Neuron AMI on a type that is neither Inferentia nor Trainium",
        source="API member ProductionVariantInferenceAmiVersion",
        check=_neuron_ami,
    ),
)
"""Walked by every `Hardware`."""
