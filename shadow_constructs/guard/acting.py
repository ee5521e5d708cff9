"""What the guard's function runs as: a role of its own, or the user's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from shadow_constructs.guard.role import Statement, interfaces
from shadow_constructs.model.execution_role import role_name
from shadow_constructs.values.guard import Guard

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Acting:
    """The role of a guard's function.

    Attributes:
        arn: Its ARN.
        attached: The policies that are attached to a role of the user's.
    """

    arn: str
    attached: tuple[cdk.CfnResource, ...] = ()


def acting_as(scope: Construct, guard: Guard, description: str, allowed: Iterable[Statement]) -> Acting:
    """Make the role, or use the user's.

    Args:
        scope: What the function is of.
        guard: Whose role it is.
        description: Of the role.
        allowed: What the function needs.
    """
    may = list(allowed)
    network = [] if guard.network is None else list(interfaces())
    if guard.role_arn is None:
        document = _document([*may, *network])
        role = iam.CfnRole(
            scope,
            "Role",
            assume_role_policy_document=TRUST,
            description=description,
            permissions_boundary=guard.permissions_boundary,
            policies=[iam.CfnRole.PolicyProperty(policy_name="Guard", policy_document=document)],
        )
        return Acting(role.attr_arn)
    if not guard.grant_role:
        return Acting(guard.role_arn)
    roles = [role_name(guard.role_arn)]
    # With the longest names one managed policy (6,144 characters) doesn't hold both.
    parts = {"Policy": may, "Interfaces": network}
    attached = [
        iam.CfnManagedPolicy(scope, name, policy_document=_document(part), roles=roles)
        for name, part in parts.items()
        if part
    ]
    return Acting(guard.role_arn, tuple(attached))


def _document(made: list[Statement]) -> Statement:
    return {"Version": "2012-10-17", "Statement": made}
