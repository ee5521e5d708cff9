"""What a test and the stack that deploys it say twice: where everything is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from shadow_constructs.values import aws_images, xgboost_images
from shadow_constructs.values.container import DeepLearningImage, XGBoostImage
from shadow_constructs.values.pairs.kinds import Found, mistaken
from shadow_constructs.values.pairs.pair import Clash, Pair
from shadow_constructs.values.pairs.places import Placed, places_of
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.partitions import of_region

if TYPE_CHECKING:
    from shadow_constructs.values.shadow_test import ShadowTest


@dataclass(frozen=True)
class Deployed:
    """A test and where its stack is deployed.

    Attributes:
        test: The test.
        region: The stack's Region; None where the code doesn't say.
        account: The stack's account; None where the code doesn't say.
        found: What a CDK token refers to.
    """

    test: ShadowTest
    region: str | None
    account: str | None
    found: Callable[[str], Found] = lambda _: Found()

    @cached_property
    def places(self) -> tuple[Placed, ...]:
        """Everything that the test names, with what its address or the app says of it."""
        return tuple(self._looked_up(one) if is_token(one.address) else one for one in places_of(self.test))

    def _looked_up(self, one: Placed) -> Placed:
        found = self.found(one.address)
        return replace(one, region=one.region or found.region, account=one.account or found.account, found=found)


def _region(deployed: Deployed) -> Iterator[Clash]:
    if deployed.region is None:
        return
    for one in deployed.places:
        if one.region not in (None, deployed.region):
            fix = "name one of that Region, or deploy the stack where this is"
            yield Clash(one.what, f"be in the stack's region {deployed.region}", one.address, fix)
        elif one.partition not in (None, of_region(deployed.region).name):
            must = f"be in the stack's partition {of_region(deployed.region).name}"
            yield Clash(one.what, must, one.address, "ARNs of another partition reach nothing")


def _account(deployed: Deployed) -> Iterator[Clash]:
    for one in deployed.places:
        if one.own_account and deployed.account is not None and one.account not in (None, deployed.account):
            must = f"be of the stack's account {deployed.account}"
            yield Clash(one.what, must, one.address, "what is of another account can't be used here")


def _kind(deployed: Deployed) -> Iterator[Clash]:
    for one in deployed.places:
        wrong = None if one.found is None else mistaken(one.kind, one.found)
        if one.found is not None and wrong is not None:
            got = f"{one.found.attribute or 'a part'} of {one.found.resource}"
            yield Clash(one.what, wrong[0], got, wrong[1])


def _owner(deployed: Deployed) -> Iterator[Clash]:
    if deployed.region is None:
        return
    for model in deployed.test.models:
        image = None if model.container is None else model.container.image
        if isinstance(image, XGBoostImage | DeepLearningImage):
            repository = xgboost_images.REPOSITORY if isinstance(image, XGBoostImage) else image.repository
            accounts = aws_images.accounts_of(repository) or {}
            if deployed.region not in accounts:
                must = f"be offered in the stack's region for {repository}: {', '.join(sorted(accounts))}"
                fix = "or copy the image to an ECR repository of yours and use Container.ecr(...)"
                yield Clash("container", must, deployed.region, fix)


PAIRS: tuple[Pair[Deployed], ...] = (
    Pair(
        id="kinds-of-resources",
        facts="what is asked for and the resource of the app that a token refers to",
        clash="a resource of another type, or another attribute of it: a user's ARN for a role's, a bucket's ARN for "
        "its name, an alias for a key",
        source="CloudFormation Template Reference, return values",
        check=_kind,
    ),
    Pair(
        id="regions-and-stack",
        facts="Region and partition of the stack and of images, topics, keys, packages, reservations, buckets, "
        "alarms, models, VPCs",
        clash="what lies in another Region or partition than the stack, where both are known",
        source="API members ContainerDefinition.Image, AlarmActions, KmsKeyId; Developer Guide, your own image",
        check=_region,
    ),
    Pair(
        id="role-and-stack",
        facts="account of the stack, of the roles, their permissions boundary and the app's VPCs, alarms and models",
        clash="a role, boundary, VPC, alarm or model of another account",
        source="IAM User Guide, passing a role to a service",
        check=_account,
    ),
    Pair(
        id="image-owner-and-region",
        facts="image that AWS provides and Region of the stack",
        clash="an image that AWS doesn't offer in the Region",
        source="SageMaker Python SDK 2.257.0, image_uri_config",
        check=_owner,
    ),
)
"""Walked by the construct, which alone knows the stack."""
