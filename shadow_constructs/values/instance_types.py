"""What is known about SageMaker instance types: which exist, and which can't take part in a shadow test."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from importlib import resources

PATTERN = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")

_GRAVITON = re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")
# Families whose names end in d (m5d, c6gd, g4dn, r5d, p4de ...) and the g5, g6 families have local NVMe disks.
_LOCAL_NVME = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g5|g6e?|p5e?n?|trn1n?|inf2)\.")


@cache
def listed() -> frozenset[str]:
    """Every instance type of API member ProductionVariantInstanceType, as of this release."""
    text = resources.files("shadow_constructs").joinpath("data/instance_types.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)["instance_types"])


def nearest(instance_type: str) -> str | None:
    """The listed type most like a misspelt one, if any is alike."""
    return next(iter(difflib.get_close_matches(instance_type, sorted(listed()), n=1)), None)


def excludes_shadow(instance_type: str) -> bool:
    """Whether an endpoint with a shadow variant can't use the type (Developer Guide, shadow-tests exclusions: Inf1)."""
    return instance_type.startswith("ml.inf1.")


def is_graviton(instance_type: str) -> bool:
    """Whether the type has Arm processors, for which images are built differently."""
    return _GRAVITON.match(instance_type) is not None


def has_local_nvme(instance_type: str) -> bool:
    """Whether the type is known to bring local disks, which a volume key doesn't encrypt (CreateEndpointConfig)."""
    return _LOCAL_NVME.match(instance_type) is not None
