"""Permission to send requests to an endpoint."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from shadow_constructs.values.arns import parts_of
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse


def grant_invoke(grantee: iam.IGrantable, *endpoint_arns: str) -> iam.Grant:
    """Let a caller invoke endpoints, and nothing else.

    Args:
        grantee: Who may call, such as a role or a function.
        endpoint_arns: Which endpoints, of one account.

    Raises:
        InvalidValueError: If nothing can be granted to it.
    """
    if not hasattr(grantee, "grant_principal"):
        fix = "of an ARN write iam.Role.from_role_arn(stack, 'Caller', arn)"
        refuse(
            "grant_invoke",
            "grantee",
            "be a construct with rights, such as a role or a function",
            grantee,
            fix,
            text=False,
        )
    # Some principals of the CDK's have none.
    theirs, account = getattr(grantee.grant_principal, "principal_account", None), parts_of(endpoint_arns[0])[4]
    if theirs is not None and not is_token(theirs) and account not in (None, theirs):
        # Service Authorization Reference, Amazon SageMaker: an endpoint has no policy of its own that could admit it.
        assumed = f"iam.Role(stack, 'Caller', assumed_by=iam.AccountPrincipal('{theirs}'))"
        fix = f"grant it to a role of that account that the caller assumes: {assumed}"
        refuse("grant_invoke", "grantee", f"be of the endpoint's account {account}", theirs, fix)
    granted = iam.Grant.add_to_principal(
        grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=list(endpoint_arns)
    )
    if not granted.success:
        kind = type(grantee).__name__
        fix = f"grant it to a role that this assumes: iam.Role(stack, 'Caller', assumed_by=iam.{kind}(...))"
        refuse("grant_invoke", "grantee", "be a principal that takes policies", kind, fix)
    return granted
