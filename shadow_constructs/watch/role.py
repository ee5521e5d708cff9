"""What the watch may do: look, keep what it saw, publish, tell. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shadow_constructs.alarms.admitting import PUBLISHING
from shadow_constructs.guard.role import interfaces
from shadow_constructs.values.capture import CaptureDestination
from shadow_ops.contract.catalogue import OWN_NAMESPACE
from shadow_ops.contract.declared import managed_name, prefix, settings_name
from shadow_ops.contract.managed import course_name, ramp_name
from shadow_ops.contract.reasons import reasons_path
from shadow_ops.contract.watched import SOURCE, Watched

Statement = dict[str, Any]
_HERE = "${AWS::Region}:${AWS::AccountId}"


def statements(
    watched: Sequence[Watched],
    captured: Mapping[str, CaptureDestination],
    log_group_arn: str,
    *,
    in_vpc: bool,
    topic_keys: Sequence[str] = (),
) -> Iterator[Statement]:
    """The statements of the watch's role.

    Args:
        watched: The endpoints that it looks at.
        captured: Where the captured data lies that is read, by endpoint.
        log_group_arn: Where its function writes.
        topic_keys: What encrypts the topics that it tells.
        in_vpc: Whether Lambda must give its function network interfaces.
    """
    names = [one.endpoint for one in watched]
    # SageMaker writes endpoint names in ARNs in lower case.
    spellings = dict.fromkeys(spelling for name in names for spelling in (name, name.lower()))
    yield _allowed("sagemaker:DescribeEndpoint", _arns("sagemaker", (f"endpoint/{one}" for one in spellings)))
    # CloudFormation names them.
    yield _allowed("sagemaker:DescribeEndpointConfig", _arns("sagemaker", ["endpoint-config/*"]))
    said = [(managed_name if one.managed else settings_name)(one.endpoint) for one in watched]
    yield _allowed("ssm:GetParameter", _parameters(said))
    if any(one.managed for one in watched):
        # Which config SageMaker has made for the test, and since when its share is what it is.
        yield _allowed("sagemaker:DescribeInferenceExperiment", _arns("sagemaker", ["inference-experiment/*"]))
        # Whether a ramp of its share ends by a FAIL, for people.
        ramps = [name(one.endpoint) for one in watched if one.managed for name in (ramp_name, course_name)]
        yield _allowed("ssm:GetParameter", _parameters(ramps))
    own = [f"{prefix(one)}/{kept}" for one in names for kept in ("verdict", "told*")]
    reads_and_writes = ("ssm:GetParameter", "ssm:GetParametersByPath", "ssm:PutParameter", "ssm:DeleteParameters")
    yield _allowed(reads_and_writes, _parameters(own))
    yield _allowed("ssm:GetParametersByPath", _parameters([reasons_path(one) for one in names]))
    # These two have no resource level.
    yield _allowed("cloudwatch:GetMetricData", "*")
    yield _allowed("cloudwatch:PutMetricData", "*", {"StringEquals": {"cloudwatch:namespace": OWN_NAMESPACE}})
    yield _allowed(
        "events:PutEvents", _arns("events", ["event-bus/default"]), {"StringEquals": {"events:source": SOURCE}}
    )
    topics = [one.topic_arn for one in watched if one.topic_arn is not None]
    if topics:
        yield _allowed("sns:Publish", list(dict.fromkeys(topics)))
    if topic_keys:
        yield _allowed(PUBLISHING, list(dict.fromkeys(topic_keys)))
    yield from _reading(captured)
    yield _allowed(("logs:CreateLogStream", "logs:PutLogEvents"), log_group_arn)
    if in_vpc:
        yield from interfaces()


def _reading(captured: Mapping[str, CaptureDestination]) -> Iterator[Statement]:
    """Captured answers, and the keys that encrypt them; nothing is written."""
    folders = {name: f"{one.prefix}/{name}".lstrip("/") for name, one in captured.items()}
    objects = [_bucket(one.bucket, f"/{folders[name]}/*") for name, one in captured.items()]
    if objects:
        yield _allowed("s3:GetObject", objects)
    for bucket in dict.fromkeys(one.bucket for one in captured.values()):
        under = [f"{folders[name]}/*" for name, one in captured.items() if one.bucket == bucket]
        yield _allowed("s3:ListBucket", _bucket(bucket, ""), {"StringLike": {"s3:prefix": under}})
    keys = list(dict.fromkeys(one.key_arn for one in captured.values() if one.key_arn is not None))
    if keys:
        yield _allowed("kms:Decrypt", keys)


def _bucket(name: str, rest: str) -> dict[str, Any]:
    return {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", name, rest]]}


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
