"""What a resource of the app must be where a test names it: a token says nothing of that, what it refers to does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Found(NamedTuple):
    """What a CDK token refers to; each None where the code doesn't say.

    Attributes:
        region: The Region where it is deployed.
        account: The account.
        resource: Its type in CloudFormation.
        attribute: Which of its attributes the token is, ``Ref`` included; None where it is a part of a text.
    """

    region: str | None = None
    account: str | None = None
    resource: str | None = None
    attribute: str | None = None


class _Kind(NamedTuple):
    what: str
    write: str
    takes: Mapping[str, tuple[str, ...]]


_TOPIC = {"AWS::SNS::Topic": ("Ref", "TopicArn")}
_FUNCTION = {
    "AWS::Lambda::Function": ("Arn",),
    "AWS::Lambda::Version": ("Ref", "FunctionArn"),
    "AWS::Lambda::Alias": ("Ref", "AliasArn"),
}
_KEY = {"AWS::KMS::Key": ("Arn",), "AWS::KMS::ReplicaKey": ("Arn",)}
_POLICY = {"AWS::IAM::ManagedPolicy": ("Ref", "PolicyArn")}
# What `Ref` and `Fn::GetAtt` give of each: CloudFormation Template Reference, return values.
KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "role": _Kind("the ARN of a role", "role.role_arn", {"AWS::IAM::Role": ("Arn",)}),
        "policy": _Kind("the ARN of a managed policy", "managed_policy.managed_policy_arn", _POLICY),
        "key": _Kind("the ARN of a key, and not of an alias", "key.key_arn", _KEY),
        "topic": _Kind("the ARN of a topic", "topic.topic_arn", _TOPIC),
        "function": _Kind("the ARN of a function", "function.function_arn", _FUNCTION),
        "action": _Kind("the ARN of a topic or function", "topic.topic_arn", {**_TOPIC, **_FUNCTION}),
        "bucket": _Kind("the name of a bucket", "bucket.bucket_name", {"AWS::S3::Bucket": ("Ref",)}),
        "repository": _Kind(
            "the name of a repository", "repository.repository_name", {"AWS::ECR::Repository": ("Ref",)}
        ),
        "image": _Kind(
            "the address of an image",
            "repository.repository_uri_for_tag(...)",
            {"AWS::ECR::Repository": ("RepositoryUri",)},
        ),
        "alarm": _Kind("the name of a metric alarm", "alarm.alarm_name", {"AWS::CloudWatch::Alarm": ("Ref",)}),
        "model": _Kind("the name of a model", "model.attr_model_name", {"AWS::SageMaker::Model": ("ModelName",)}),
        "package": _Kind(
            "the ARN of a model package",
            "package.attr_model_package_arn",
            {"AWS::SageMaker::ModelPackage": ("Ref", "ModelPackageArn")},
        ),
        "subnet": _Kind("the id of a subnet", "subnet.subnet_id", {"AWS::EC2::Subnet": ("Ref", "SubnetId")}),
        "group": _Kind(
            "the id of a security group",
            "security_group.security_group_id",
            {"AWS::EC2::SecurityGroup": ("Ref", "GroupId")},
        ),
    }
)
"""What a token may refer to, by what is asked for."""

# What is none of these may give anything, as custom resources, parameters and nested stacks do.
_KNOWN = {
    *(name for kind in KINDS.values() for name in kind.takes),
    *("AWS::IAM::User", "AWS::IAM::Group", "AWS::KMS::Alias", "AWS::CloudWatch::CompositeAlarm", "AWS::SQS::Queue"),
    *("AWS::Logs::LogGroup", "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"),
}


def mistaken(kind: str, found: Found) -> tuple[str, str] | None:
    """What it must be instead, and what to write; None if it is that or may be.

    Args:
        kind: What is asked for; empty for anything.
        found: What is given.
    """
    asked = KINDS.get(kind)
    if asked is None or found.resource not in _KNOWN:
        return None
    takes = asked.takes.get(found.resource, ())
    if takes and found.attribute in (None, *takes):
        return None
    return f"be {asked.what}", f"write {asked.write}"
