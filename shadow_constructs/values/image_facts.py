"""What is known about an image without pulling it: for which processors it was built, and which device it needs.

Only what is certain: of an image of your own nothing but the platform of a Dockerfile is known, whatever its tag says.
The deep-learning containers say it in their names (github.com/aws/deep-learning-containers, available images).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from shadow_constructs.values import aws_images
from shadow_constructs.values.container import (
    DeepLearningImage,
    EcrImage,
    Image,
    ImageAddress,
    XGBoostImage,
)
from shadow_constructs.values.ecr_address import parse
from shadow_constructs.values.local_image import DockerfileImage

_OWNERS = frozenset((*aws_images.DEEP_LEARNING_ACCOUNTS.values(), *aws_images.BUILT_IN_ACCOUNTS.values()))
_GPU = re.compile(r"(^|-)(gpu|cu\d{3})(-|$)")
_ARM = re.compile(r"(^|-)(graviton|arm64)(-|$)")


@dataclass(frozen=True)
class ImageFacts:
    """What is known; None where it isn't.

    Attributes:
        architecture: The processors it was built for.
        device: The device without which it doesn't serve; None also where it needs none.
    """

    architecture: Literal["x86", "Arm"] | None = None
    device: Literal["gpu", "neuron"] | None = None


def facts_of(image: Image) -> ImageFacts:
    """What is known about an image."""
    match image:
        case XGBoostImage():
            # Versions 1.3-1 and 1.5-1 have Graviton images too, under addresses that only Container.uri can give.
            return ImageFacts("x86")
        case DockerfileImage(platform=platform):
            return ImageFacts("Arm" if platform == "linux/arm64" else "x86")
        case DeepLearningImage(repository, tag):
            return _by_name(repository, tag)
        case EcrImage(repository, tag, account) if account in _OWNERS:
            return _by_name(repository, tag)
        case ImageAddress(uri):
            address = parse(uri)
            if address is not None and address.account in _OWNERS:
                return _by_name(address.repository, address.version or "")
    return ImageFacts()


def _by_name(repository: str, tag: str) -> ImageFacts:
    if tag.startswith("sha256:"):
        return ImageFacts()
    if "neuron" in repository or "neuron" in tag:
        return ImageFacts("x86", "neuron")
    architecture: Literal["x86", "Arm"] = "Arm" if _ARM.search(repository) or _ARM.search(tag) else "x86"
    return ImageFacts(architecture, "gpu" if _GPU.search(tag) else None)
