"""What one variant says twice: its model, with image, network and artifact, and the hardware that it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shadow_constructs.values import instance_types
from shadow_constructs.values.container import Container, ImageAddress
from shadow_constructs.values.hardware import Hardware, Serverless
from shadow_constructs.values.image_facts import ImageFacts, facts_of
from shadow_constructs.values.pairs.pair import Clash, Pair

if TYPE_CHECKING:
    from shadow_constructs.values.variant import Variant

_DEVICES = {
    "gpu": ("have a GPU for a GPU image", "choose a type such as ml.g5.xlarge, or an image for CPUs"),
    "neuron": ("be Inferentia or Trainium for a Neuron image", "choose a type such as ml.inf2.xlarge"),
}


def _image(variant: Variant) -> ImageFacts:
    model = variant.model
    if model.container is not None:
        return facts_of(model.container.image)
    return ImageFacts() if model.package is None else facts_of(ImageAddress(model.package.image))


def _architecture(variant: Variant) -> Iterator[Clash]:
    built_for = _image(variant).architecture
    if built_for is None:
        return
    if isinstance(variant.hardware, Serverless):
        if built_for == "Arm":
            fix = "build it for linux/amd64, or choose instances such as ml.c7g.xlarge"
            yield Clash("hardware", "be a Graviton instance type for an Arm image", variant.hardware.label, fix)
        return
    got = variant.hardware.instance_type
    runs = "Arm" if instance_types.is_arm(got) else "x86"
    if built_for == "x86" and runs == "Arm":
        fix = "or give an image for Arm"
        yield Clash("hardware", f"be an x86 instance type for {variant.model.label}", got, fix)
    elif built_for == "Arm" and runs == "x86":
        fix = "choose a type such as ml.c7g.xlarge, or an image that is built for x86"
        yield Clash("hardware", f"be a Graviton instance type for {variant.model.label}", got, fix)


def _device(variant: Variant) -> Iterator[Clash]:
    needed = _image(variant).device
    if needed is None:
        return
    must, fix = _DEVICES[needed]
    if isinstance(variant.hardware, Serverless):
        yield Clash("hardware", must, variant.hardware.label, fix)
        return
    got = variant.hardware.instance_type
    has = instance_types.has_gpu(got) if needed == "gpu" else instance_types.is_neuron(got)
    if has is False:
        yield Clash("hardware", must, got, fix)


def _serverless(variant: Variant) -> Iterator[Clash]:
    if not isinstance(variant.hardware, Serverless):
        return
    model, fix = variant.model, "or choose Hardware(...)"
    if model.network.attached:
        yield Clash("network", "have no VPC for a serverless variant", model.network, fix)
    if model.network.isolated:
        yield Clash("network", "not be isolated for a serverless variant", model.network, fix)
    if model.multi_model:
        yield Clash("multi_model", "be off for a serverless variant", True, fix)
    image = model.container.image if isinstance(model.container, Container) else None
    if isinstance(image, ImageAddress) and image.private_registry:
        must = "be in ECR for a serverless variant"
        yield Clash("container", must, image.uri, "push the image to ECR, or choose Hardware(...)")


def _scaling(variant: Variant) -> Iterator[Clash]:
    if variant.scaling is None:
        return
    if not isinstance(variant.hardware, Hardware):
        yield Clash("scaling", "be left out for a serverless variant", "Scaling(...)", "it scales by itself")
    elif variant.hardware.instance_type.startswith("ml.t2."):
        must = "be left out with T2 instances, which can't be scaled"
        yield Clash("scaling", must, variant.hardware.instance_type, "choose ml.m5 or alike")


PAIRS: tuple[Pair[Variant], ...] = (
    Pair(
        id="image-and-processors",
        facts="architecture of the image and of the instance type",
        clash="an x86 image on Graviton or Grace, an Arm image on x86 or serverless, where the image is known",
        source="Developer Guide, inference on Graviton; a Dockerfile's platform; names of deep-learning containers",
        check=_architecture,
    ),
    Pair(
        id="image-and-device",
        facts="device that the image needs and instance type",
        clash="a GPU image without GPU, a Neuron image without Inferentia or Trainium, where the image is known",
        source="names of deep-learning containers; EC2 DescribeInstanceTypes",
        check=_device,
    ),
    Pair(
        id="serverless-and-model",
        facts="serverless inference and the model's settings",
        clash="a VPC, network isolation, several models in one container or a private registry with `Serverless`",
        source="Developer Guide, serverless endpoints, feature exclusions",
        check=_serverless,
    ),
    Pair(
        id="scaling-and-hardware",
        facts="scaling and hardware",
        clash="instance scaling of a serverless variant or of T2 instances",
        source="API operation RegisterScalableTarget; users of AWS Controllers for Kubernetes for T2",
        check=_scaling,
    ),
)
"""Walked by every `Variant`."""
