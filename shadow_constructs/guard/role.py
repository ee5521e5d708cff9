"""What the guard may do: its needs, rendered as IAM statements of one endpoint. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shadow_ops.contract.declared import prefix
from shadow_ops.contract.permissions import PERMISSIONS, Need

Statement = dict[str, Any]
GUARDS = "shadow-test:guards"
"""Tag of a guard's function, with the endpoint's name."""
MANAGES = "shadow-test:manages"
"""Tag of a managed test's function, with the endpoint's name."""
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
    needs: Iterable[Need] = PERMISSIONS,
    more: Mapping[str, Any] | None = None,
    tag: str = GUARDS,
) -> Iterator[Statement]:
    """The statements of a function's role, by default of the guard's.

    Args:
        endpoint_name: The one endpoint that it is about.
        log_group_arn: Where the function writes.
        needs: What it calls.
        more: Resources that the guard doesn't know, by the needs' words for them.
        tag: Key of the tag that the function alone has, with the endpoint's name.
    """
    arns = {**_arns(endpoint_name), **(more or {})}
    # What is narrowed alike is one statement: a policy has its size.
    actions: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for need in needs:
        # The function needs its role first, so that the role can know it by its tag only.
        own = ((f"aws:ResourceTag/{tag}", endpoint_name),) if need.resource == _FUNCTION else ()
        actions.setdefault((need.resource, (*need.conditions, *own)), []).extend(need.actions)
    for (resource, conditions), allowed in actions.items():
        statement: Statement = {"Effect": "Allow", "Action": allowed, "Resource": arns[resource]}
        if conditions:
            statement["Condition"] = {"StringEquals": dict(conditions)}
        yield statement
    yield {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group_arn}


def interfaces() -> Iterator[Statement]:
    """What Lambda needs to put a function into a VPC, denied to the functions' own code."""
    yield {"Effect": "Allow", "Action": INTERFACES, "Resource": "*"}
    # Lambda makes them with the function's role, and no function's own code needs to.
    any_function = {"ArnLike": {"lambda:SourceFunctionArn": "arn:*:lambda:*:*:function:*"}}
    yield {"Effect": "Deny", "Action": INTERFACES, "Resource": "*", "Condition": any_function}


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
        "model": [f"arn:${{AWS::Partition}}:sagemaker:{here}:model/*"],
        "experiments": [f"arn:${{AWS::Partition}}:sagemaker:{here}:inference-experiment/*"],
        "parameter": [records, f"{records}/*"],
        "record": [f"{records}/{name}" for name in _RECORDS],
        "entry": [f"{records}/{name}" for name in ("history/*", *_ENTRIES)],
        "leaving": [f"{records}/{name}" for name in (*_RECORDS, *_ENTRIES, "verdict", "told*")],
        "stack": [f"arn:${{AWS::Partition}}:cloudformation:{here}:stack/${{AWS::StackName}}/*"],
        "target-alarm": [
            f"arn:${{AWS::Partition}}:cloudwatch:{here}:alarm:TargetTracking-endpoint/{endpoint_name}/variant/*"
        ],
        _FUNCTION: [f"arn:${{AWS::Partition}}:lambda:{here}:function:*"],
        "service-role": [f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/aws-service-role/{service}/{role}"],
    }
    return {"*": "*", **{name: [{"Fn::Sub": arn} for arn in arns] for name, arns in found.items()}}
