"""Addresses of images in private ECR repositories, in every form that ECR has: plain, FIPS and dual-stack."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shadow_constructs.values.tokens import TOKEN

# Amazon ECR User Guide, ecr-requests: <account>.dkr.ecr.<region>.<suffix>, dkr.ecr-fips for FIPS, and dkr-ecr or
# dkr-ecr-fips under on.aws (in China on.amazonwebservices.com.cn) where IPv6 is spoken too.
_ADDRESS = re.compile(
    r"(?P<account>\d{12}|TOKEN\d+)\.(?:dkr\.ecr(?:-fips)?|dkr-ecr(?:-fips)?)\.(?P<region>[a-z0-9-]+|TOKEN\d+)\."
    r"(?P<suffix>[a-z0-9.-]+|TOKEN\d+)/(?P<repository>(?:[a-z0-9._/-]|TOKEN\d+)+?)"
    r"(?:(?P<mark>[:@])(?P<version>(?:[A-Za-z0-9_.:-])+))?"
)


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
    tokens: list[str] = TOKEN.findall(uri)
    numbers = iter(range(len(tokens)))
    found = _ADDRESS.fullmatch(TOKEN.sub(lambda _: f"TOKEN{next(numbers)}", uri))
    if found is None:
        return None

    def restored(name: str) -> str:
        return re.sub(r"TOKEN(\d+)", lambda one: tokens[int(one[1])], found[name] or "")

    return EcrAddress(
        account=restored("account"),
        region=restored("region"),
        suffix=restored("suffix"),
        repository=restored("repository"),
        version=restored("version") or None,
    )
