"""Permission to send requests to an endpoint."""

from __future__ import annotations

from aws_cdk import aws_iam as iam


def grant_invoke(grantee: iam.IGrantable, *endpoint_arns: str) -> iam.Grant:
    """Let a caller invoke endpoints, and nothing else.

    Args:
        grantee: Who may call, such as a role or a function.
        endpoint_arns: Which endpoints.
    """
    return iam.Grant.add_to_principal(
        grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=list(endpoint_arns)
    )
