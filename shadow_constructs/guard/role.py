"""What the guard may do: its needs, rendered as IAM statements of one endpoint. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk

from shadow_ops.guard.permissions import PERMISSIONS
from shadow_ops.settings import prefix

Statement = dict[str, Any]


def statements(endpoint_name: str, log_group_arn: str) -> Iterator[Statement]:
    """The statements of the guard's role.

    Args:
        endpoint_name: The one endpoint that it guards.
        log_group_arn: Where its function writes.
    """
    arns = _arns(endpoint_name)
    for need in PERMISSIONS:
        statement: Statement = {"Effect": "Allow", "Action": list(need.actions), "Resource": arns[need.resource]}
        if need.condition is not None:
            key, value = need.condition
            statement["Condition"] = {"StringEquals": {key: value}}
        yield statement
    yield {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group_arn}


def _arns(endpoint_name: str) -> dict[str, str | list[str]]:
    here = f"{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
    arn = f"arn:{cdk.Aws.PARTITION}"
    records = f"{arn}:ssm:{here}:parameter{prefix(endpoint_name)}"
    service = "sagemaker.application-autoscaling.amazonaws.com"
    return {
        # SageMaker writes endpoint names in ARNs in lower case.
        "endpoint": sorted(
            {f"{arn}:sagemaker:{here}:endpoint/{one}" for one in (endpoint_name, endpoint_name.lower())}
        ),
        "endpoint-config": f"{arn}:sagemaker:{here}:endpoint-config/*",
        "parameter": [records, f"{records}/*"],
        "stack": f"{arn}:cloudformation:{here}:stack/{cdk.Aws.STACK_NAME}/*",
        "target-alarm": f"{arn}:cloudwatch:{here}:alarm:TargetTracking-endpoint/{endpoint_name}/variant/*",
        "service-role": f"{arn}:iam::{cdk.Aws.ACCOUNT_ID}:role/aws-service-role/{service}/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
        "*": "*",
    }
