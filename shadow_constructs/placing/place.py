"""Where a stack is deployed, asked for once: each question to the CDK is a call into another process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from shadow_constructs.values.pairs.kinds import Found
from shadow_constructs.values.tokens import TOKEN, is_token

# IAM is one for all Regions, and a response plan is kept in several.
_OF_NO_REGION = ("AWS::IAM::", "AWS::SSMIncidents::")


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


def found(stack: cdk.Stack, address: str) -> Found:
    """What the resource of the app is that a token refers to.

    Args:
        stack: The stack that names it.
        address: The token, such as a topic's ``topic_arn``, or an ARN that ends in one; of anything else nothing is
            known.
    """
    whole = address.startswith("$")
    text = address if whole else address.split(":", 5)[-1]
    if not TOKEN.fullmatch(text) or not text.startswith("$"):
        return Found()
    token = cdk.Tokenization.reverse_string(text).first_token
    target = token.target if isinstance(token, cdk.Reference) else None
    if not isinstance(target, cdk.CfnResource):
        # The CDK knows the name of an alias, and keeps it in a token all the same.
        known = None if whole or target is not None else stack.resolve(text)
        return Found(resource="AWS::KMS::Alias" if str(known).startswith("alias/") else None)
    place, resource = place_of(target.stack), target.cfn_resource_type
    if not whole:
        return Found(resource=resource)
    region = None if resource.startswith(_OF_NO_REGION) or is_token(place.region) else place.region
    account = None if is_token(place.account) else place.account
    return Found(region, account, resource, token.display_name if isinstance(token, cdk.Reference) else None)


@cache
def pseudo(name: Literal["ACCOUNT_ID", "PARTITION", "REGION", "STACK_ID", "STACK_NAME", "URL_SUFFIX"]) -> str:
    """A pseudo parameter as a token, which is the same for all stacks of a process.

    Args:
        name: As an attribute of ``cdk.Aws``.
    """
    return str(getattr(cdk.Aws, name))
