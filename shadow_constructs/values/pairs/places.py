"""Where the things lie that a test names: the Region, partition and account that their addresses give away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shadow_constructs.values.arns import parts_of
from shadow_constructs.values.container import EcrImage, Image, ImageAddress
from shadow_constructs.values.ecr_address import parse
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.model import Model
from shadow_constructs.values.network import Network
from shadow_constructs.values.pairs.kinds import Found
from shadow_constructs.values.pairs.pair import Clash
from shadow_constructs.values.s3_address import ADDRESS, split_s3_uri
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.partitions import of_region

if TYPE_CHECKING:
    from shadow_constructs.values.shadow_test import ShadowTest


@dataclass(frozen=True)
class Placed:
    """Something that a test names, and what its address says about where it is.

    Attributes:
        what: The argument that names it.
        address: ARN, name or image address; a CDK token where it is of something in the app.
        partition: Such as ``aws``; None where it isn't known.
        region: Such as ``eu-west-1``; None for what has none and where it isn't known.
        account: Twelve digits; None where it isn't known.
        own_account: Whether it has to be the endpoint's own account.
        kind: What it must be, one of `KINDS`; empty for anything.
        found: What the address refers to, if it is a resource of the app.
    """

    what: str
    address: str
    partition: str | None
    region: str | None
    account: str | None = None
    own_account: bool = False
    kind: str = ""
    found: Found | None = None


def places_of(test: ShadowTest) -> Iterator[Placed]:
    """Everything with a known place that a test names."""
    for model in test.models:
        yield from _of_model(model)
    yield from _of_arn("guard", test.guard.role_arn, "role", own_account=True)
    yield from _of_arn("guard", test.guard.log_key_arn, "key")
    yield from _of_network(test.guard.network)
    yield from _of_arn("watch", test.watch.role_arn, "role", own_account=True)
    boundary = test.guard.permissions_boundary
    # One of AWS's own has no account.
    of_ours = boundary is not None and ":iam::aws:" not in boundary
    yield from _of_arn("guard", boundary, "policy", own_account=of_ours)
    for variant in test.variants:
        if isinstance(variant.hardware, Hardware):
            yield from _of_arn("capacity_reservation_arn", variant.hardware.capacity_reservation_arn)
            if variant.hardware.core_dump is not None:
                yield from _of_arn("core_dump", variant.hardware.core_dump.key_arn, "key")
                yield from _of_address("core_dump", variant.hardware.core_dump.destination)
    for name in test.guardrails.alarm_names:
        yield Placed("alarm_names", name, None, None, own_account=True, kind="alarm")
    yield from _of_arn("volume_key_arn", test.volume_key_arn, "key")
    if test.capture.enabled:
        yield from _of_arn("capture", test.capture.key_arn, "key")
        if test.capture.bucket is not None:
            yield Placed("capture", test.capture.bucket, None, None, kind="bucket")
    if test.alerts.enabled:
        yield from _of_arn("topic_arn", test.alerts.topic_arn, "topic")
        for arn in test.alerts.action_arns:
            yield from _of_arn("action_arns", arn, "action")


def disagreements(test: ShadowTest) -> Iterator[Clash]:
    """Pairs of things that can't be of one endpoint: the first with a known Region or partition, and each other."""
    found = list(places_of(test))
    regional = next((one for one in found if one.region is not None), None)
    first = next((one for one in found if one.partition is not None), None)
    for one in found:
        if regional is not None and one.region not in (None, regional.region):
            yield Clash(one.what, f"be in {regional.region} like {regional.address}", one.address, _FIX)
        elif first is not None and one.partition not in (None, first.partition):
            yield Clash(one.what, f"be in partition {first.partition} like {first.address}", one.address, _FIX)


_FIX = "an endpoint and what it uses are in one Region"


def _of_model(model: Model) -> Iterator[Placed]:
    if model.container is not None:
        yield from _of_image("container", model.container.image)
        if isinstance(model.container.image, ImageAddress):
            credentials = model.container.image.credentials_provider_arn
            yield from _of_arn("credentials_provider_arn", credentials, "function")
    if model.model_name is not None:
        yield Placed("model_name", model.model_name, None, None, own_account=True, kind="model")
    # API operation CreateModel: the files lie in the endpoint's Region.
    yield from _of_address("artifact", model.artifact)
    if model.package is not None:
        yield from _of_arn("package", model.package.arn, "package")
        yield from _of_address("package", model.package.artifact)
        yield from _of_image("package", ImageAddress(model.package.image))
    yield from _of_arn("artifact_key_arn", model.artifact_key_arn, "key")
    yield from _of_arn("role_arn", model.role_arn, "role", own_account=True)
    yield from _of_network(model.network)


def _of_network(network: Network | None) -> Iterator[Placed]:
    if network is not None:
        for kind, ids in (("subnet", network.subnet_ids), ("group", network.security_group_ids)):
            for one in ids:
                yield Placed("network", one, None, network.region, own_account=True, kind=kind)


def _of_image(what: str, image: Image) -> Iterator[Placed]:
    if isinstance(image, EcrImage):
        repository = image.repository
        if image.region is None:
            # A repository of the app, which is looked for where the stack is.
            own = image.account is None
            yield Placed(what, repository, None, None, own_account=own, kind="repository")
        elif not is_token(image.region):
            name = f"{repository} in {image.region}"
            yield Placed(what, name, of_region(image.region).name, image.region, kind="repository")
    elif isinstance(image, ImageAddress) and not image.private_registry:
        address = parse(image.uri)
        if address is None:
            yield Placed(what, image.uri, None, None, kind="image")
        elif is_token(address.region):
            yield Placed(what, address.repository, None, None, kind="repository")
        else:
            yield Placed(what, image.uri, of_region(address.region).name, address.region)


def _of_address(what: str, uri: object) -> Iterator[Placed]:
    if isinstance(uri, str) and ADDRESS.fullmatch(uri):
        yield Placed(what, split_s3_uri(uri)[0], None, None, kind="bucket")


def _of_arn(what: str, arn: str | None, kind: str = "", *, own_account: bool = False) -> Iterator[Placed]:
    if isinstance(arn, str):
        _, partition, _, region, account, _ = (one or None for one in parts_of(arn))
        yield Placed(what, arn, partition, region, account, own_account, kind)
