"""Where a stack is deployed, asked for once: each question to the CDK is a call into another process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from shadow_constructs.values.tokens import is_token


@dataclass(frozen=True)
class Place:
    """Where a stack is deployed; tokens where the code doesn't say.

    Attributes:
        partition: Such as ``aws``.
        region: Such as ``eu-central-1``.
        account: Twelve digits.
        url_suffix: Such as ``amazonaws.com``.
    """

    partition: str
    region: str
    account: str
    url_suffix: str

    def arn(self, service: str) -> str:
        """How the ARNs of a service begin here, up to the account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}"


_KNOWN: WeakKeyDictionary[cdk.Stack, Place] = WeakKeyDictionary()


def place_of(stack: cdk.Stack) -> Place:
    """Where a stack is deployed.

    Args:
        stack: Asked once; the answer is kept as long as the stack.
    """
    found = _KNOWN.get(stack)
    if found is None:
        region = stack.region
        # The partition of any Region is a token, and so is the suffix always.
        partition = pseudo("PARTITION") if is_token(region) else stack.partition
        found = _KNOWN[stack] = Place(partition, region, stack.account, pseudo("URL_SUFFIX"))
    return found


@cache
def pseudo(name: Literal["ACCOUNT_ID", "PARTITION", "REGION", "STACK_ID", "STACK_NAME", "URL_SUFFIX"]) -> str:
    """A pseudo parameter as a token, which is the same for all stacks of a process.

    Args:
        name: As an attribute of ``cdk.Aws``.
    """
    return str(getattr(cdk.Aws, name))
