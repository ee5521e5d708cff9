"""Addresses of images in private ECR repositories, in every form that ECR has: plain, FIPS and dual-stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from itertools import count

from shadow_constructs.values.checks import check_text
from shadow_constructs.values.tokens import TOKEN, is_token
from shadow_ops.contract.ecr import ADDRESS, EXAMPLE, LONGEST
from shadow_ops.contract.partitions import of_region, suffix_fault
from shadow_ops.contract.problems import Problems

IMAGE = re.compile(r"\S+")
"""An address of any registry."""

# What stands before the repository where the Region isn't known: as long as the longest of the usual Regions.
_USUAL_REGION = "ap-southeast-1"


@dataclass(frozen=True)
class EcrAddress:
    """The parts of an address; each may be a CDK token where the address was put together from tokens.

    Attributes:
        account: Twelve digits.
        region: Such as ``eu-west-1``.
        suffix: What follows the Region in the host, such as ``amazonaws.com``.
        repository: The repository's name.
        version: Tag or digest, or None without either.
    """

    account: str
    region: str
    suffix: str
    repository: str
    version: str | None


def parse(uri: str) -> EcrAddress | None:
    """Take an address apart; None if it is of no ECR repository, or one token as a whole."""
    # As long as each other, and none that the address has of itself: a tag may be called so.
    places = (place for number in count() if (place := f"TOKEN{number:06}") not in uri)
    tokens = dict(zip(places, TOKEN.findall(uri), strict=False))
    given = iter(tokens)
    found = ADDRESS.fullmatch(TOKEN.sub(lambda _: next(given), uri))
    if found is None:
        return None

    def restored(name: str) -> str:
        return reduce(lambda text, one: text.replace(*one), tokens.items(), found[name] or "")

    if any("TOKEN" in TOKEN.sub("", restored(name)) for name in ("account", "region", "suffix", "repository")):
        return None
    return EcrAddress(
        account=restored("account"),
        region=restored("region"),
        suffix=restored("suffix"),
        repository=restored("repository"),
        version=restored("version") or None,
    )


def is_host(text: str) -> bool:
    """Whether a text begins with a host of ECR's; a repository may have dots in its name."""
    return re.match(r"[^/]*\.dkr[.-]ecr(?:-fips)?\.", text) is not None


def check_image(problems: Problems, what: str, value: object) -> None:
    """Check an address that CreateModel takes without a private registry: of a private ECR repository, or a token."""
    must = f"be an image in ECR like {EXAMPLE}"
    fix = "copy it to ECR, or use Container.private_registry(...)"
    if isinstance(value, str) and "://" in value:
        fix = "leave the scheme out"
    before = problems.count
    check_text(problems, what, value, pattern=IMAGE, rule=must, longest=LONGEST, tokens=True, fix=fix)
    if problems.count > before or not isinstance(value, str):
        return
    found = parse(value)
    if found is not None:
        _check_host(problems, what, value, found)
        return
    # Of a host that only CloudFormation knows nothing can be said but that it has no scheme.
    if "://" in value or not is_token(value.split("/")[0]):
        problems.add(what, must, value, fix)


def _check_host(problems: Problems, what: str, uri: str, found: EcrAddress) -> None:
    if is_token(found.region) or is_token(found.suffix):
        return
    ends = suffix_fault(found.region, found.suffix, dual_stack=".dkr-ecr" in uri)
    if ends is not None:
        must = f"have a host that ends as those of {found.region} do"
        problems.add(what, must, uri, f"write .{found.region}.{ends}/")


def check_length(problems: Problems, repository: object, tag_or_digest: object, region: object) -> None:
    """Check that the address of an image in a repository is no longer than CreateModel takes."""
    if not isinstance(repository, str) or not isinstance(tag_or_digest, str):
        return
    if is_token(repository) or is_token(tag_or_digest):
        return
    where = region if isinstance(region, str) and not is_token(region) else _USUAL_REGION
    host = f"{'0' * 12}.dkr.ecr.{where}.{of_region(where).suffix}/"
    most = LONGEST - len(host) - 1 - len(tag_or_digest)
    if len(repository) > most:
        must = f"have at most {most} characters with this tag or digest: an image's address may have {LONGEST}"
        problems.add("repository", must, f"{len(repository)} characters", "give it a shorter name or tag")
