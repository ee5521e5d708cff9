"""What the guard may do: its needs, rendered as IAM statements of one endpoint. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shadow_ops.contract.declared import prefix
from shadow_ops.contract.permissions import PERMISSIONS

Statement = dict[str, Any]
_FUNCTION = "function"


def statements(endpoint_name: str, log_group_arn: str) -> Iterator[Statement]:
    """The statements of the guard's role.

    Args:
        endpoint_name: The one endpoint that it guards.
        log_group_arn: Where its function writes.
    """
    arns = _arns(endpoint_name)
    for need in PERMISSIONS:
        if need.resource == _FUNCTION:
            continue
        statement: Statement = {"Effect": "Allow", "Action": list(need.actions), "Resource": arns[need.resource]}
        if need.conditions:
            statement["Condition"] = {"StringEquals": dict(need.conditions)}
        yield statement
    yield {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group_arn}


def continuing(function_arn: str) -> Iterator[Statement]:
    """The statements that name the function itself, which needs its role first.

    Args:
        function_arn: The guard's function.
    """
    for need in PERMISSIONS:
        if need.resource == _FUNCTION:
            yield {"Effect": "Allow", "Action": list(need.actions), "Resource": function_arn}


def _arns(endpoint_name: str) -> dict[str, Any]:
    here = "${AWS::Region}:${AWS::AccountId}"
    records = f"arn:${{AWS::Partition}}:ssm:{here}:parameter{prefix(endpoint_name)}"
    service = "sagemaker.application-autoscaling.amazonaws.com"
    role = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    # SageMaker writes endpoint names in ARNs in lower case.
    names = sorted({endpoint_name, endpoint_name.lower()})
    found = {
        "endpoint": [f"arn:${{AWS::Partition}}:sagemaker:{here}:endpoint/{name}" for name in names],
        "endpoint-config": [f"arn:${{AWS::Partition}}:sagemaker:{here}:endpoint-config/*"],
        "parameter": [records, f"{records}/*"],
        "stack": [f"arn:${{AWS::Partition}}:cloudformation:{here}:stack/${{AWS::StackName}}/*"],
        "target-alarm": [
            f"arn:${{AWS::Partition}}:cloudwatch:{here}:alarm:TargetTracking-endpoint/{endpoint_name}/variant/*"
        ],
        "service-role": [f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{service}/{role}"],
    }
    return {"*": "*", **{name: [{"Fn::Sub": arn} for arn in arns] for name, arns in found.items()}}
