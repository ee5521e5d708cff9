"""How many policies hold a role's statements: IAM counts the characters of each. Pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from shadow_constructs.model.permissions import Statement
from shadow_ops.contract.problems import refuse

# IAM User Guide, IAM and STS quotas: characters but for spaces; inline policies count together; most managed policies
# that a role has by default.
INLINE, MANAGED = 10_240, 6144
_MOST_POLICIES = 10
# Each statement is counted with a comma, which the last one doesn't have.
_AROUND = len('{"Version":"2012-10-17","Statement":[]}') - len(",")

# What a token comes to at most. The name of a resource, an alarm's above all, has at most 255 characters.
_TOKEN = re.compile(r"\$\{Token\[([^\]]*?)(?:\.\d+)?\]\}")
_PSEUDO = {"AWS.Partition": 10, "AWS.Region": 16, "AWS.AccountId": 12, "AWS.URLSuffix": 16, "AWS.StackName": 128}
_LONGEST = 255
# Of a list that only CloudFormation knows: as many subnets as a model takes, each with the ARN around its id.
_LIST = re.compile(r"#\{Token\[[^\]]*\]\}")
_LONGEST_LIST = 16 * 100


def documents(statements: Sequence[Statement], *, first: int) -> list[list[Statement]]:
    """Share statements out to as few policies as hold them, in their order.

    Args:
        statements: What is allowed.
        first: Characters that the first policy takes; each further one is a managed policy.

    Raises:
        InvalidValueError: If a role takes no more policies.
    """
    found: list[list[Statement]] = [[]]
    room = first - _AROUND
    for statement in statements:
        size = size_of(statement) + 1
        if size > room and found[-1]:
            found.append([])
            room = MANAGED - _AROUND
        found[-1].append(statement)
        room -= size
        if room < 0:
            got, fix = f"{size} in {statement['Sid']}", "shorten what it names"
            refuse("Model", "policy", f"have at most {MANAGED} characters in a statement (IAM)", got, fix)
    if len(found) > _MOST_POLICIES:
        fix = "give fewer core dumps, or grant it yourself: role_arn=..., grant_role=False (docs/security.md)"
        refuse("Model", "policies", f"be at most {_MOST_POLICIES} on one role (IAM)", len(found), fix)
    return found


def size_of(statement: Statement) -> int:
    """Characters that IAM counts, with what CloudFormation fills in at its longest."""
    text = re.sub(r"\s", "", json.dumps(statement, separators=(",", ":")))
    text = _LIST.sub("x" * _LONGEST_LIST, text)
    return len(_TOKEN.sub(lambda one: "x" * _PSEUDO.get(one[1], _LONGEST), text))
