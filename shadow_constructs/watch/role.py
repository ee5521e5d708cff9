"""What the watch may do: look, keep what it saw, publish, tell. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from shadow_constructs.guard.role import INTERFACES
from shadow_ops.contract.declared import prefix, settings_name
from shadow_ops.contract.reasons import reasons_path
from shadow_ops.contract.watched import NAMESPACE, SOURCE, Watched

Statement = dict[str, Any]
_HERE = "${AWS::Region}:${AWS::AccountId}"


def statements(watched: Sequence[Watched], log_group_arn: str, *, in_vpc: bool) -> Iterator[Statement]:
    """The statements of the watch's role.

    Args:
        watched: The endpoints that it looks at.
        log_group_arn: Where its function writes.
        in_vpc: Whether Lambda must give its function network interfaces.
    """
    names = [one.endpoint for one in watched]
    # SageMaker writes endpoint names in ARNs in lower case.
    spellings = dict.fromkeys(spelling for name in names for spelling in (name, name.lower()))
    yield _allowed("sagemaker:DescribeEndpoint", _arns("sagemaker", (f"endpoint/{one}" for one in spellings)))
    # CloudFormation names them.
    yield _allowed("sagemaker:DescribeEndpointConfig", _arns("sagemaker", ["endpoint-config/*"]))
    yield _allowed("ssm:GetParameter", _parameters([settings_name(one) for one in names]))
    own = [f"{prefix(one)}/{kept}" for one in names for kept in ("verdict", "told*")]
    reads_and_writes = ("ssm:GetParameter", "ssm:GetParametersByPath", "ssm:PutParameter", "ssm:DeleteParameters")
    yield _allowed(reads_and_writes, _parameters(own))
    yield _allowed("ssm:GetParametersByPath", _parameters([reasons_path(one) for one in names]))
    # These two have no resource level.
    yield _allowed("cloudwatch:GetMetricData", "*")
    yield _allowed("cloudwatch:PutMetricData", "*", {"StringEquals": {"cloudwatch:namespace": NAMESPACE}})
    yield _allowed(
        "events:PutEvents", _arns("events", ["event-bus/default"]), {"StringEquals": {"events:source": SOURCE}}
    )
    topics = [one.topic_arn for one in watched if one.topic_arn is not None]
    if topics:
        yield _allowed("sns:Publish", list(dict.fromkeys(topics)))
    yield _allowed(("logs:CreateLogStream", "logs:PutLogEvents"), log_group_arn)
    if in_vpc:
        yield _allowed(INTERFACES, "*")
        # Lambda makes them with this role, and no function's own code needs to.
        any_function = {"ArnLike": {"lambda:SourceFunctionArn": "arn:*:lambda:*:*:function:*"}}
        yield {"Effect": "Deny", "Action": list(INTERFACES), "Resource": "*", "Condition": any_function}


def _allowed(actions: str | Sequence[str], resource: object, condition: object = None) -> Statement:
    statement = {
        "Effect": "Allow",
        "Action": actions if isinstance(actions, str) else list(actions),
        "Resource": resource,
    }
    return statement if condition is None else statement | {"Condition": condition}


def _arns(service: str, resources: Iterable[str]) -> list[dict[str, str]]:
    return [{"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{_HERE}:{one}"} for one in resources]


def _parameters(names: Sequence[str]) -> list[dict[str, str]]:
    return _arns("ssm", (f"parameter{name}" for name in names))
