"""What a model's execution role may do: plain IAM statements, each for one need, each as narrow as IAM allows.

Source of the needs: SageMaker Developer Guide, sagemaker-roles (CreateModel and CreateEndpoint permissions).
Where a resource is ``*``, the action has no resource level in IAM, and the statement says what it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import aws_cdk as cdk

from shadow_constructs.placing.place import Place
from shadow_constructs.values.network import Network
from shadow_constructs.values.s3_address import split_s3_uri
from shadow_constructs.values.tokens import TOKEN, is_list

Statement = dict[str, Any]


def read_artifact(partition: str, uri: str, *, is_folder: bool) -> Iterator[Statement]:
    """Read a model's files, and list their folder where there is one."""
    if not uri.startswith("s3://"):
        # Only CloudFormation knows the address: it cuts it up, and what the key is can't be told from it.
        within = cdk.Fn.select(1, cdk.Fn.split("s3://", uri))
        yield _allow("ReadArtifact", ["s3:GetObject"], [f"arn:{partition}:s3:::{within}*"])
        bucket = cdk.Fn.select(2, cdk.Fn.split("/", uri))
        yield _allow("ListArtifact", ["s3:ListBucket"], [f"arn:{partition}:s3:::{bucket}"])
        return
    bucket, key = split_s3_uri(uri)
    bucket_arn = f"arn:{partition}:s3:::{bucket}"
    yield _allow("ReadArtifact", ["s3:GetObject"], [f"{bucket_arn}/{key}{'*' if is_folder else ''}"])
    if is_folder:
        prefix = {"StringLike": {"s3:prefix": [f"{key}*"]}}
        yield _allow("ListArtifact", ["s3:ListBucket"], [bucket_arn], prefix)


def decrypt(sid: str, key_arn: str) -> Statement:
    """Read what a KMS key encrypts."""
    return _allow(sid, ["kms:Decrypt"], [key_arn])


def encrypt(sid: str, key_arn: str) -> Statement:
    """Write to S3 under a KMS key; large objects are written in parts, which needs decryption too."""
    return _allow(sid, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [key_arn])


def pull_image(repository_arn: str) -> Iterator[Statement]:
    """Pull an image from one ECR repository. GetAuthorizationToken has no resource level."""
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    yield _allow("PullImage", actions, [repository_arn])
    yield _allow("LogInToEcr", ["ecr:GetAuthorizationToken"], ["*"])


def registry_credentials(function_arn: str) -> Statement:
    """Ask a Lambda function for a private registry's credentials."""
    return _allow("RegistryCredentials", ["lambda:InvokeFunction"], [function_arn])


def write_logs(place: Place, endpoint_name: str) -> Statement:
    """Write the containers' logs, into the endpoint's own log group only."""
    group = f"{place.arn('logs')}:log-group:/aws/sagemaker/Endpoints/{endpoint_name}"
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return _allow("WriteLogs", actions, [group, f"{group}:*"])


def publish_metrics() -> Statement:
    """Publish metrics. PutMetricData has no resource level, but may be held to SageMaker's two namespaces."""
    namespaces = {"StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}}
    return _allow("PublishMetrics", ["cloudwatch:PutMetricData"], ["*"], namespaces)


def open_sessions() -> Statement:
    """Let Systems Manager open sessions (Developer Guide, ssm-access). These actions have no resource level."""
    actions = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
    return _allow("OpenSessions", [f"ssmmessages:{action}" for action in actions], ["*"])


def describe_alarms(place: Place, alarms: Sequence[str]) -> Statement:
    """Look at the alarms that roll an update back (Developer Guide, deployment-guardrails-configuration)."""
    prefix = f"{place.arn('cloudwatch')}:alarm"
    return _allow("SeeRollbackAlarms", ["cloudwatch:DescribeAlarms"], [f"{prefix}:{name}" for name in alarms])


def write_objects(sid: str, partition: str, bucket: str, prefix: str) -> Statement:
    """Write objects under a prefix."""
    folder = f"{prefix}/" if prefix else ""
    return _allow(sid, ["s3:PutObject"], [f"arn:{partition}:s3:::{bucket}/{folder}*"])


def encrypt_volumes(key_arn: str) -> Iterator[Statement]:
    """Let the instances' volumes use a key: SageMaker asks for a grant that AWS services alone may use."""
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    yield _allow("GrantVolumeKey", ["kms:CreateGrant"], [key_arn], for_aws)
    yield _allow("DescribeVolumeKey", ["kms:DescribeKey"], [key_arn])


def join_vpc(place: Place, network: Network) -> Iterator[Statement]:
    """Put network interfaces into the model's subnets, and no others. The Describe actions have no resource level."""
    ec2 = place.arn("ec2")
    interfaces = f"{ec2}:network-interface/*"
    create = ["ec2:CreateNetworkInterface"]
    yield _allow("CreateInterfaces", create, [interfaces])
    yield _each("UseSubnets", create, f"{ec2}:subnet/", "ec2:SubnetID", network.subnet_ids)
    yield _each("UseGroups", create, f"{ec2}:security-group/", "ec2:SecurityGroupID", network.security_group_ids)
    actions = [
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
    ]
    subnets = [f"{ec2}:subnet/{one}" for one in network.subnet_ids]
    if is_list(network.subnet_ids[0]):
        # Fn::Join takes a literal between the ids only, which the account's number isn't; the interfaces are its own.
        prefix = "arn:*:ec2:*:*:subnet/"
        subnets = cdk.Fn.split(",", f"{prefix}{cdk.Fn.join(f',{prefix}', list(network.subnet_ids))}")
    yield _allow("ManageInterfaces", actions, [interfaces], {"ArnEquals": {"ec2:Subnet": subnets}})
    described = ["DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs"]
    yield _allow("SeeNetwork", [f"ec2:Describe{what}" for what in described], ["*"])


def itself(name: str) -> str:
    """A name that may hold any character, as a permission means it (IAM User Guide, policy variables, special ones)."""
    # Between the tokens in it, of which each has one part of the split.
    parts = re.split(f"({TOKEN.pattern})", name)
    return "".join(part if at % 2 else re.sub(r"[*?$]", r"${\g<0>}", part) for at, part in enumerate(parts))


def _each(sid: str, actions: list[str], prefix: str, key: str, ids: Sequence[str]) -> Statement:
    """Allow actions on resources by their ids, or by a condition where only CloudFormation has the list of them.

    Source of the keys: Service Authorization Reference, Amazon EC2, resource types subnet and security-group.
    """
    if is_list(ids[0]):
        return _allow(sid, actions, [f"{prefix}*"], {"StringEquals": {key: list(ids)}})
    return _allow(sid, actions, [f"{prefix}{one}" for one in ids])


def _allow(sid: str, actions: list[str], resources: list[str], condition: Statement | None = None) -> Statement:
    statement: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions if len(actions) > 1 else actions[0],
        "Resource": resources if len(resources) > 1 else resources[0],
    }
    if condition is not None:
        statement["Condition"] = condition
    return statement
