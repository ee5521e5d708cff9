"""Addresses of images in private ECR repositories, in every form that ECR has: plain, FIPS and dual-stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from itertools import count

from shadow_constructs.values.checks import FILLINGS, check_text
from shadow_constructs.values.tokens import TOKEN, is_token
from shadow_ops.contract.ecr import ADDRESS, DIGEST, EXAMPLE, LONGEST, REPOSITORY, REPOSITORY_RULE, TAG
from shadow_ops.contract.partitions import of_region, suffix_fault
from shadow_ops.contract.problems import Problems

# AWS General Reference, Amazon ECR endpoints; of isolated Regions no page says.
_FIPS = re.compile(r"us-|.*iso")

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
        tag: Its tag, or None without one.
        digest: Its digest, likewise.
    """

    account: str
    region: str
    suffix: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def version(self) -> str | None:
        """What of the repository it is; None for what it has right then."""
        return self.digest or self.tag


def parse(uri: str) -> EcrAddress | None:
    """Take an address apart; None if it is of no ECR repository, or one token as a whole."""
    # As long as each other, and none that the address has of itself: a tag may be called so.
    places = (place for number in count() if (place := f"TOKEN{number:06}") not in uri)
    tokens = dict(zip(places, TOKEN.findall(uri), strict=False))
    given = iter(tokens)
    found = ADDRESS.fullmatch(TOKEN.sub(lambda _: next(given), uri))
    if found is None:
        return None

    def restored(name: str) -> str | None:
        text = found[name]
        return None if text is None else reduce(lambda text, one: text.replace(*one), tokens.items(), text)

    account, region, suffix, repository = (
        restored(name) or "" for name in ("account", "region", "suffix", "repository")
    )
    if any("TOKEN" in TOKEN.sub("", part) for part in (account, region, suffix)):
        return None
    return EcrAddress(account, region, suffix, repository, restored("tag"), restored("digest"))


def is_fips(uri: str) -> bool:
    """Whether its host is one for FIPS."""
    return re.match(r"[^/]*\.dkr[.-]ecr-fips\.", uri) is not None


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
        _check_named(problems, what, value, found)
        return
    # Of a host that only CloudFormation knows nothing can be said but that it has no scheme.
    if "://" in value or not is_token(value.split("/")[0]):
        problems.add(what, must, value, fix)


def _check_host(problems: Problems, what: str, uri: str, found: EcrAddress) -> None:
    if is_token(found.region) or is_token(found.suffix):
        return
    ends = suffix_fault(found.region, found.suffix, dual_stack=".dkr-ecr" in uri)
    if is_fips(uri) and not _FIPS.match(found.region):
        must = f"have a host that ECR has in {found.region}: it has those for FIPS in the US alone"
        problems.add(what, must, uri, f"write .dkr.ecr.{found.region}.{of_region(found.region).suffix}/")
    elif ends is not None:
        must = f"have a host that ends as those of {found.region} do"
        problems.add(what, must, uri, f"write .{found.region}.{ends}/")


def _check_named(problems: Problems, what: str, uri: str, found: EcrAddress) -> None:
    if not _fits(REPOSITORY, found.repository):
        problems.add(what, f"name a repository of {REPOSITORY_RULE}", uri)
    if found.tag is not None and found.digest is not None:
        # API member ContainerDefinition.Image: registry/repository[:tag] or registry/repository[@digest].
        problems.add(
            what, "have a tag or a digest, and not both", uri, "leave the tag out: the digest says which it is"
        )
    elif found.tag is not None and not _fits(TAG, found.tag):
        problems.add(what, "have a tag of at most 128 letters, digits or _ . -", uri)
    elif found.digest is not None and not _fits(DIGEST, found.digest):
        problems.add(what, "have a digest of sha256: and 64 hexadecimal digits", uri)


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return TOKEN.fullmatch(text) is not None or any(pattern.fullmatch(TOKEN.sub(one, text)) for one in FILLINGS)


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
