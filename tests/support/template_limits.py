"""The longest that each text of a template may be, and which texts of a template are longer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = Any

# What CloudFormation fills in, at its longest: the longest Region's name, of an account, of a partition's ARN.
_PSEUDO = {
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws-us-gov",
    "AWS::URLSuffix": "amazonaws.com.cn",
    "AWS::StackName": "s" * 128,
    "AWS::StackId": f"arn:aws:cloudformation:ap-southeast-1:111122223333:stack/{'s' * 128}/{'0' * 36}",
}
_ARN = {
    "AWS::KMS::Key": f"arn:aws:kms:ap-southeast-1:111122223333:key/{'0' * 36}",
    "AWS::S3::Bucket": f"arn:aws:s3:::{'b' * 63}",
    "AWS::IAM::Role": f"arn:aws:iam::111122223333:role/{'r' * 64}",
    "AWS::Lambda::Function": f"arn:aws:lambda:ap-southeast-1:111122223333:function:{'f' * 64}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:ap-southeast-1:111122223333:log-group:{'l' * 190}:*",
}
_NAME = {"AWS::S3::Bucket": "b" * 63, "AWS::IAM::Role": "r" * 64, "AWS::Lambda::Function": "f" * 64}
# Alarms, topics, rules: no name that CloudFormation makes is longer.
_OTHER = "x" * 255


def filled(template: Json, value: Json) -> Json:
    """A value of a template with the longest that CloudFormation may fill in."""
    match value:
        case {"Ref": name}:
            return _PSEUDO.get(name) or _NAME.get(_kind(template, name), _OTHER)
        case {"Fn::GetAtt": [name, "Arn"]}:
            return _ARN.get(_kind(template, name), _OTHER)
        case {"Fn::GetAtt": _} | {"Fn::ImportValue": _} | {"Fn::Select": _} | {"Fn::FindInMap": _}:
            return _OTHER
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(str(filled(template, part)) for part in parts)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda one: str(filled(template, {"Ref": one[1]})), text)
        case dict():
            return {key: filled(template, one) for key, one in value.items()}
        case list():
            return [filled(template, one) for one in value]
        case _:
            return value


def _kind(template: Json, logical_id: str) -> str:
    return str(template["Resources"].get(logical_id, {}).get("Type", ""))


def _text(value: Json) -> int:
    return len(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))


def _bytes(value: Json) -> int:
    return len((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode())


def _unspaced(value: Json) -> int:
    """As IAM counts: without spaces."""
    return len(re.sub(r"\s", "", json.dumps(value, separators=(",", ":"))))


def _policies(value: Json) -> int:
    return sum(_unspaced(one["PolicyDocument"]) for one in value)


def _longest(measure: Callable[[Json], int], name: str) -> Callable[[Json], int]:
    return lambda value: max((measure(one[name]) for one in value if name in one), default=0)


# Type and property: the most, how it is counted. From the API models of botocore 1.44 (member's maximum) unless said.
LIMITS: Mapping[tuple[str, str], tuple[int, Callable[[Json], int]]] = {
    # IAM User Guide, IAM and STS quotas: spaces don't count; all inline policies of a role together.
    ("AWS::IAM::Role", "Policies"): (10_240, _policies),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"): (2048, _unspaced),
    ("AWS::IAM::Role", "Description"): (1000, _text),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument"): (6144, _unspaced),
    ("AWS::Lambda::Function", "Description"): (256, _text),
    ("AWS::Events::Rule", "Description"): (512, _text),
    # EventBridge User Guide, quotas.
    ("AWS::Events::Rule", "EventPattern"): (2048, _text),
    ("AWS::Events::Rule", "Targets"): (5, len),
    ("AWS::CloudWatch::Alarm", "AlarmDescription"): (1024, _text),
    ("AWS::CloudWatch::Alarm", "AlarmActions"): (5, len),
    ("AWS::CloudWatch::Alarm", "Metrics"): (2048, _longest(_text, "Expression")),
    ("AWS::CloudWatch::CompositeAlarm", "AlarmRule"): (10_240, _text),
    ("AWS::CloudWatch::CompositeAlarm", "AlarmDescription"): (1024, _text),
    ("AWS::CloudWatch::CompositeAlarm", "AlarmActions"): (5, len),
    ("AWS::CloudWatch::Dashboard", "DashboardName"): (255, _text),
    # No maximum in the API's model; no template holds more.
    ("AWS::CloudWatch::Dashboard", "DashboardBody"): (1024 * 1024, _bytes),
    # SNS API Reference, CreateTopic.
    ("AWS::SNS::Topic", "DisplayName"): (100, _text),
    ("AWS::SNS::TopicPolicy", "PolicyDocument"): (30_720, _bytes),
    # S3 User Guide, bucket policies.
    ("AWS::S3::BucketPolicy", "PolicyDocument"): (20 * 1024, _bytes),
    ("AWS::KMS::Key", "KeyPolicy"): (32 * 1024, _bytes),
    ("AWS::SSM::Parameter", "Name"): (1011, _text),
    ("AWS::SSM::Parameter", "Description"): (1024, _text),
    # An advanced parameter's.
    ("AWS::SSM::Parameter", "Value"): (8192, _bytes),
}
# Lambda Developer Guide, quotas: an asynchronous invocation, which a custom resource's request is.
_LONGEST_REQUEST = 256 * 1024
# CloudFormation User Guide, quotas.
_OUTPUTS, _LONGEST_DESCRIPTION = 200, 1024


def too_long(template: Json) -> list[str]:
    """What of a template is longer than its service takes, a line each.

    Args:
        template: The template.
    """
    return list(_too_long(template))


def _too_long(template: Json) -> Iterator[str]:
    for logical_id, resource in template["Resources"].items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        for name, value in properties.items():
            most, measure = LIMITS.get((kind, name), (0, len))
            if most and (got := measure(filled(template, value))) > most:
                yield f"{logical_id}.{name}: {got} of {most}"
        if kind.startswith("Custom::") and (got := _bytes(filled(template, properties))) > _LONGEST_REQUEST:
            yield f"{logical_id}: {got} of {_LONGEST_REQUEST}"
        if kind == "AWS::IAM::Role":
            got = _policies(filled(template, properties.get("Policies", [])))
            if got > 10_240:
                yield f"{logical_id}, all inline policies: {got} of 10240"
    outputs = template.get("Outputs", {})
    if len(outputs) > _OUTPUTS:
        yield f"outputs: {len(outputs)} of {_OUTPUTS}"
    for name, output in outputs.items():
        if _text(output.get("Description", "")) > _LONGEST_DESCRIPTION:
            yield f"output {name}: description too long"
