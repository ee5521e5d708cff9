"""What the guard's function runs as: a role of its own, or the user's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from shadow_constructs.guard.role import Statement, continuing
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
        name: Its name, where policies are attached to it; None where its user granted everything.
        attached: The policy that is attached to a role of the user's, or None.
    """

    arn: str
    name: str | None
    attached: cdk.CfnResource | None = None


def acting_as(scope: Construct, guard: Guard, description: str, allowed: Iterable[Statement]) -> Acting:
    """Make the role, or use the user's.

    Args:
        scope: What the function is of.
        guard: Whose role it is.
        description: Of the role.
        allowed: What the function needs.
    """
    document = _document(allowed)
    if guard.role_arn is None:
        role = iam.CfnRole(
            scope,
            "Role",
            assume_role_policy_document=TRUST,
            description=description,
            permissions_boundary=guard.permissions_boundary,
            policies=[iam.CfnRole.PolicyProperty(policy_name="Guard", policy_document=document)],
        )
        return Acting(role.attr_arn, role.ref)
    if not guard.grant_role:
        return Acting(guard.role_arn, None)
    name = role_name(guard.role_arn)
    policy = iam.CfnManagedPolicy(scope, "Policy", policy_document=document, roles=[name])
    return Acting(guard.role_arn, name, policy)


def goes_on(scope: Construct, acting: Acting, guard: Guard, function_arn: str) -> cdk.CfnResource | None:
    """Let the function invoke itself; None where its user granted everything.

    Args:
        scope: The guard.
        acting: Its role.
        guard: In which network it is.
        function_arn: The function.
    """
    if acting.name is None:
        return None
    document = _document(continuing(function_arn, in_vpc=guard.network is not None))
    return iam.CfnPolicy(scope, "GoesOn", policy_name="GoesOn", policy_document=document, roles=[acting.name])


def _document(made: Any) -> dict[str, Any]:  # noqa: ANN401 - statements
    return {"Version": "2012-10-17", "Statement": list(made)}
