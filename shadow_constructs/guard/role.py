"""What the guard may do: its needs, rendered as IAM statements of one endpoint. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shadow_ops.contract.declared import prefix
from shadow_ops.contract.permissions import PERMISSIONS, Need

Statement = dict[str, Any]
_FUNCTION = "function"
_RECORDS = ("lock", "pending", "scaling/*", "state")
_ENTRIES = ("reasons/*", "requests/*")
# Lambda Developer Guide, configuration-vpc: what the role of a function in a VPC needs, on any resource, and that the
# function's own code is to be denied it.
INTERFACES = [
    *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
    *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
    *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
]


def statements(
    endpoint_name: str,
    log_group_arn: str,
    *,
    in_vpc: bool = False,
    needs: Iterable[Need] = PERMISSIONS,
    more: Mapping[str, Any] | None = None,
) -> Iterator[Statement]:
    """The statements of a function's role, by default of the guard's.

    Args:
        endpoint_name: The one endpoint that it is about.
        log_group_arn: Where the function writes.
        in_vpc: Whether Lambda must give the function network interfaces.
        needs: What it calls.
        more: Resources that the guard doesn't know, by the needs' words for them.
    """
    arns = {**_arns(endpoint_name), **(more or {})}
    for need in needs:
        if need.resource == _FUNCTION:
            continue
        statement: Statement = {"Effect": "Allow", "Action": list(need.actions), "Resource": arns[need.resource]}
        if need.conditions:
            statement["Condition"] = {"StringEquals": dict(need.conditions)}
        yield statement
    yield {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group_arn}
    if in_vpc:
        yield {"Effect": "Allow", "Action": INTERFACES, "Resource": "*"}


def continuing(function_arn: str, *, in_vpc: bool = False) -> Iterator[Statement]:
    """The statements that name the function itself, which needs its role first.

    Args:
        function_arn: The guard's function.
        in_vpc: Whether it has network interfaces: Lambda makes them with the same role, and the code needn't.
    """
    for need in PERMISSIONS:
        if need.resource == _FUNCTION:
            yield {"Effect": "Allow", "Action": list(need.actions), "Resource": function_arn}
    if in_vpc:
        itself = {"ArnEquals": {"lambda:SourceFunctionArn": function_arn}}
        yield {"Effect": "Deny", "Action": INTERFACES, "Resource": "*", "Condition": itself}


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
        "record": [f"{records}/{name}" for name in _RECORDS],
        "entry": [f"{records}/{name}" for name in ("history/*", *_ENTRIES)],
        "leaving": [f"{records}/{name}" for name in (*_RECORDS, *_ENTRIES, "verdict", "told*")],
        "stack": [f"arn:${{AWS::Partition}}:cloudformation:{here}:stack/${{AWS::StackName}}/*"],
        "target-alarm": [
            f"arn:${{AWS::Partition}}:cloudwatch:{here}:alarm:TargetTracking-endpoint/{endpoint_name}/variant/*"
        ],
        "service-role": [f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{service}/{role}"],
    }
    return {"*": "*", **{name: [{"Fn::Sub": arn} for arn in arns] for name, arns in found.items()}}
