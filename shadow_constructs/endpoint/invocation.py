"""Permission to send requests to an endpoint."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from shadow_ops.contract.problems import refuse


def grant_invoke(grantee: iam.IGrantable, *endpoint_arns: str) -> iam.Grant:
    """Let a caller invoke endpoints, and nothing else.

    Args:
        grantee: Who may call, such as a role or a function.
        endpoint_arns: Which endpoints.

    Raises:
        InvalidValueError: If nothing can be granted to it.
    """
    if not hasattr(grantee, "grant_principal"):
        fix = "of an ARN write iam.Role.from_role_arn(stack, 'Caller', arn)"
        refuse("grant_invoke", "grantee", "be a construct with rights, such as a role or a function", grantee, fix)
    return iam.Grant.add_to_principal(
        grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=list(endpoint_arns)
    )
