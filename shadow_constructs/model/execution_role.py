"""The execution role of one model version: its own, or the user's with a policy attached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from shadow_constructs.model.permissions import Statement
from shadow_constructs.model.policy_size import INLINE, MANAGED, documents
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import Place, place_of
from shadow_constructs.values.arns import role_name_of


@dataclass(frozen=True)
class ExecutionRole:
    """A role that a model can be created with.

    Attributes:
        arn: The role's ARN.
        attached: Policies attached to the role, which must exist before the model and outlive it. None for a role of
            our own, whose policy is part of it as far as IAM lets it grow, and where nothing is needed.
    """

    arn: str
    attached: tuple[cdk.CfnResource, ...] = ()


def own_role(scope: Part, statements: list[Statement], description: str, boundary: str | None = None) -> ExecutionRole:
    """Make a role for one model version.

    Its policy is written into the role rather than attached to it: there is then no moment in which the role exists
    without its rights, neither at creation nor at deletion. What is more than such a policy takes is attached.

    Args:
        scope: The version.
        statements: What the role may do.
        description: Of the role.
        boundary: ARN of its permissions boundary. By default none.

    Raises:
        InvalidValueError: If a role can't hold so many rights.
    """
    inline, *more = documents(statements, first=INLINE)
    role = iam.CfnRole(
        scope,
        "Role",
        assume_role_policy_document=sagemaker_trust(place_of(scope.stack)),
        description=description,
        permissions_boundary=boundary,
        policies=[iam.CfnRole.PolicyProperty(policy_name="Serve", policy_document=_document(inline))],
    )
    return ExecutionRole(role.attr_arn, tuple(_attached(scope, more, role.ref, first=2)) if more else ())


def users_role(scope: Construct, role_arn: str, statements: list[Statement], *, grant: bool) -> ExecutionRole:
    """Use a role that exists, and attach what is needed unless the user granted it.

    Raises:
        InvalidValueError: If a role can't hold so many rights.
    """
    if not grant or not statements:
        return ExecutionRole(role_arn)
    policies = _attached(scope, documents(statements, first=MANAGED), role_name(role_arn))
    return ExecutionRole(role_arn, tuple(policies))


def _attached(
    scope: Construct, found: list[list[Statement]], role_name: str, *, first: int = 1
) -> Iterator[cdk.CfnResource]:
    """Managed policies, numbered from the second on."""
    for number, statements in enumerate(found, first):
        name = "Policy" if number == 1 else f"Policy{number}"
        yield iam.CfnManagedPolicy(scope, name, policy_document=_document(statements), roles=[role_name])


def _document(statements: list[Statement]) -> Statement:
    return {"Version": "2012-10-17", "Statement": statements}


def sagemaker_trust(place: Place) -> Statement:
    """SageMaker may take the role, and for resources of this account and Region only (confused deputy prevention)."""
    source = {"ArnLike": {"aws:SourceArn": f"{place.arn('sagemaker')}:*"}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": source,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def role_name(role_arn: str) -> str:
    """The name at the end of a role's ARN, whatever the role's path.

    A role of the same app is asked for its name. Of another token CloudFormation can only cut off what precedes the
    name of a role without a path; `warnings_of` says so.
    """
    readable = role_name_of(role_arn)
    if readable is not None:
        return readable
    token = cdk.Tokenization.reverse_string(role_arn).first_token
    target = token.target if isinstance(token, cdk.Reference) else None
    if isinstance(target, iam.CfnRole):
        return target.ref
    return cdk.Fn.select(1, cdk.Fn.split(":role/", role_arn))
