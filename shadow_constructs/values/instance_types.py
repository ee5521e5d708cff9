"""What is known about SageMaker instance types: what they bring, and which can't take part in a shadow test."""

from __future__ import annotations

import re

from shadow_ops.contract.instances import hardware_of

_GRAVITON = re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")
# Grace CPUs.
_OTHER_ARM = re.compile(r"ml\.p6e-gb\d+\.")
# Families with GPUs that the table of `hardware_of` doesn't have.
_GPU = re.compile(r"ml\.(p2|p3|p3dn|p6e-gb\d+)\.")
_NEURON = re.compile(r"ml\.(inf|trn)\d+[a-z]*\.")
# Families with a d in their names (m5d, c6gd, g4dn, p4de ...) and newer accelerator families have local NVMe disks.
_LOCAL_NVME = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|g7e?|p5e?n?|p6[a-z0-9-]*|trn1n?|trn2)\.")


def excludes_shadow(instance_type: str) -> bool:
    """Whether an endpoint with a shadow variant can't use the type (Developer Guide, shadow-tests exclusions: Inf1)."""
    return instance_type.startswith("ml.inf1.")


def is_arm(instance_type: str) -> bool:
    """Whether the type has Arm processors (Graviton, Grace), for which images are built differently."""
    return _GRAVITON.match(instance_type) is not None or _OTHER_ARM.match(instance_type) is not None


def is_neuron(instance_type: str) -> bool:
    """Whether the type has Inferentia or Trainium chips."""
    return _NEURON.match(instance_type) is not None


def has_gpu(instance_type: str) -> bool | None:
    """Whether the type has a GPU; None where it isn't known."""
    known = hardware_of(instance_type)
    if known is not None:
        return known.gpus > 0
    return True if _GPU.match(instance_type) else None


def has_fixed_storage(instance_type: str) -> bool:
    """Whether SageMaker takes no volume size for the type (its SDKs' rule: local NVMe, Inferentia, Trainium)."""
    return has_local_nvme(instance_type) or is_neuron(instance_type)


def has_local_nvme(instance_type: str) -> bool:
    """Whether the type is known to bring local disks, which a volume key doesn't encrypt (CreateEndpointConfig)."""
    return _LOCAL_NVME.match(instance_type) is not None
