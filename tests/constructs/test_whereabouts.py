"""Where the things are that a test uses: said by parts of an ARN, or by the stack of the app that makes them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Guard,
    Guardrails,
    InvalidValueError,
    Model,
    ModelPackage,
    Network,
    ShadowEndpoint,
    ShadowTest,
    ShadowTestStack,
    Watch,
)
from shadow_constructs.values.warnings import warnings_of
from tests.constructs.rendering import IRELAND, new_stack, resources, template_of
from tests.values.samples import hardware, model, packed, serving, variant

VIRGINIA = cdk.Environment(account="111122223333", region="us-east-1")
OTHERS = cdk.Environment(account="999922223333", region="eu-west-1")
PARTITION = cdk.Aws.PARTITION
Make = Callable[[cdk.Stack], ShadowTest]


def _in_vpc(vpc: ec2.IVpc, stack: cdk.Stack) -> Network:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-0a")
    return Network.in_vpc(vpc, security_groups=[group])


def _known_vpc(stack: cdk.Stack) -> Network:
    zones = [f"{stack.region}a", f"{stack.region}b"]
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=zones, private_subnet_ids=["subnet-1", "subnet-2"]
    )
    return _in_vpc(vpc, stack)


def _role(stack: cdk.Stack, **given: Any) -> str:  # noqa: ANN401 - whatever a role takes
    return iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), **given).role_arn


def _with_model(**given: Any) -> ShadowTest:  # noqa: ANN401 - whatever a model takes
    return serving(production=variant(model=model(**given)))


def _bucket(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "B", bucket_name="theirs")


def _alarm(stack: cdk.Stack, name: str | None = None) -> cloudwatch.Alarm:
    metric = cloudwatch.Metric(namespace="N", metric_name="M")
    return cloudwatch.Alarm(stack, "A", alarm_name=name, metric=metric, threshold=1, evaluation_periods=1)


def _of_name(name: str) -> ShadowTest:
    return serving(production=variant(model=Model(version="v1", model_name=name)))


REGIONAL: dict[str, Make] = {
    "topic": lambda s: serving(alerts=Alerts.to(sns.Topic(s, "T"))),
    "action": lambda s: serving(alerts=Alerts(action_arns=[sns.Topic(s, "T").topic_arn])),
    "key of volumes": lambda s: serving(volume_key_arn=kms.Key(s, "K").key_arn),
    "key of the log": lambda s: serving(guard=Guard(log_key_arn=kms.Key(s, "K").key_arn)),
    "key of the artifact": lambda s: _with_model(artifact_key_arn=kms.Key(s, "K").key_arn),
    "key of core dumps": lambda s: serving(
        production=variant(hardware=hardware(core_dump=CoreDump("s3://bucket/d", key_arn=kms.Key(s, "K").key_arn)))
    ),
    "bucket": lambda s: serving(capture=Capture.into(s3.Bucket(s, "B", bucket_name="captured"))),
    "VPC": lambda s: _with_model(network=_in_vpc(ec2.Vpc(s, "Vpc", max_azs=2), s)),
    "VPC that exists": lambda s: _with_model(network=_known_vpc(s)),
    "VPC of the guard": lambda s: serving(guard=Guard(network=_known_vpc(s))),
    "repository of an address": lambda s: _with_model(
        container=Container.uri(ecr.Repository(s, "R", repository_name="churn").repository_uri_for_tag("3"))
    ),
    "repository by its name": lambda s: _with_model(
        container=Container.ecr(ecr.Repository(s, "R", repository_name="churn").repository_name, "3")
    ),
    "bucket of the artifact": lambda s: _with_model(
        artifact=f"s3://{s3.Bucket(s, 'B', bucket_name='models').bucket_name}/m.tar.gz"
    ),
    "bucket of core dumps": lambda s: serving(
        production=variant(hardware=hardware(core_dump=CoreDump(f"s3://{_bucket(s).bucket_name}/d")))
    ),
    "alarm": lambda s: serving(guardrails=Guardrails(alarm_names=[_alarm(s, name="mine").alarm_name])),
    "model": lambda s: _of_name(sagemaker.CfnModel(s, "M", model_name="theirs").attr_model_name),
    "parts of a topic": lambda s: serving(alerts=Alerts(topic_arn=f"arn:{PARTITION}:sns:{s.region}:111122223333:x")),
    "parts of a key": lambda s: serving(volume_key_arn=f"arn:{PARTITION}:kms:{s.region}:111122223333:key/x"),
}
"""What lies in the Region of a stack."""

ROLES: dict[str, Make] = {
    "model's": lambda s: _with_model(role_arn=_role(s, role_name="fixed")),
    "guard's": lambda s: serving(guard=Guard(role_arn=_role(s, role_name="fixed"))),
    "watch's": lambda s: serving(watch=Watch(role_arn=_role(s, role_name="fixed"))),
    "of a repository": lambda s: _with_model(
        container=Container.ecr(ecr.Repository(s, "R", repository_name="churn").repository_name, "3")
    ),
    "parts of one": lambda s: _with_model(role_arn=f"arn:{PARTITION}:iam::{s.account}:role/team/x"),
}
"""Roles, and a repository that is looked for there, of the account of a stack."""


def _deployed(make: Make, env: cdk.Environment | None, *, to: cdk.Environment | None = IRELAND) -> cdk.Stack:
    app = cdk.App()
    theirs = cdk.Stack(app, "theirs", env=env, cross_region_references=env is not None)
    ours = cdk.Stack(app, "ours", env=to, cross_region_references=to is not None)
    ShadowEndpoint(ours, "E", test=make(theirs))
    return ours


@pytest.mark.parametrize("what", REGIONAL)
def test_what_is_in_another_region_is_refused(what: str) -> None:
    """An object of the app as well as an ARN, whose partition may be a token."""
    with pytest.raises(InvalidValueError, match="must be in the stack's region eu-west-1"):
        _deployed(REGIONAL[what], VIRGINIA)


@pytest.mark.parametrize("what", REGIONAL)
@pytest.mark.parametrize(("env", "to"), [(IRELAND, IRELAND), (None, None)], ids=["the same Region", "any Region"])
def test_what_is_in_the_same_region_or_may_be_is_taken(
    what: str, env: cdk.Environment | None, to: cdk.Environment | None
) -> None:
    """Nothing is guessed of stacks for any Region."""
    _deployed(REGIONAL[what], env, to=to)


@pytest.mark.parametrize("what", ROLES)
def test_a_role_of_another_account_is_refused(what: str) -> None:
    """A role of the app is asked for its stack, and an ARN read where it can be."""
    with pytest.raises(InvalidValueError, match="must be of the stack's account 111122223333"):
        _deployed(ROLES[what], OTHERS)


@pytest.mark.parametrize("what", [one for one in ROLES if one != "of a repository"])
def test_a_role_is_of_no_region(what: str) -> None:
    """IAM is one for all of them."""
    _deployed(ROLES[what], VIRGINIA)


ASKED: dict[str, Callable[[str], ShadowTest]] = {
    "role of a model": lambda one: _with_model(role_arn=one),
    "role of the guard": lambda one: serving(guard=Guard(role_arn=one)),
    "role of the watch": lambda one: serving(watch=Watch(role_arn=one)),
    "policy": lambda one: serving(guard=Guard(permissions_boundary=one)),
    "key of volumes": lambda one: serving(volume_key_arn=one),
    "key of captures": lambda one: serving(capture=Capture(bucket="theirs", key_arn=one)),
    "key of the log": lambda one: serving(guard=Guard(log_key_arn=one)),
    "key of the artifact": lambda one: _with_model(artifact_key_arn=one),
    "topic": lambda one: serving(alerts=Alerts(topic_arn=one)),
    "action": lambda one: serving(alerts=Alerts(action_arns=[one])),
    "function": lambda one: _with_model(
        container=Container.private_registry("r.example.com/x:1", credentials_provider_arn=one),
        network=Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"]),
    ),
    "bucket of captures": lambda one: serving(capture=Capture(bucket=one)),
    "bucket of the artifact": lambda one: _with_model(artifact=f"s3://{one}/m.tar.gz"),
    "bucket of core dumps": lambda one: serving(
        production=variant(hardware=hardware(core_dump=CoreDump(f"s3://{one}/d")))
    ),
    "repository": lambda one: _with_model(container=Container.ecr(one, "1")),
    "image": lambda one: _with_model(container=Container.uri(one)),
    "alarm": lambda one: serving(guardrails=Guardrails(alarm_names=[one])),
    "model": _of_name,
    "package": lambda one: serving(
        production=variant(
            model=Model(
                version="v1",
                package=ModelPackage(
                    one, artifact="s3://models/m.tar.gz", image="111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1"
                ),
            )
        )
    ),
    "subnet": lambda one: _with_model(network=Network(subnet_ids=["subnet-1", one], security_group_ids=["sg-1"])),
    "group": lambda one: _with_model(
        network=Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1", one])
    ),
}
"""Whatever takes a token, by what is asked for."""


def _function(stack: cdk.Stack) -> lambda_.Function:
    code = lambda_.Code.from_inline("def handle(event, _): ...")
    return lambda_.Function(stack, "F", runtime=lambda_.Runtime.PYTHON_3_12, handler="index.handle", code=code)


ATTRIBUTES: dict[str, tuple[str, Callable[[cdk.Stack], str]]] = {
    "role": ("role", lambda s: _role(s)),
    "name of a role": ("", lambda s: iam.Role(s, "R", assumed_by=iam.AnyPrincipal()).role_name),
    "user": ("", lambda s: iam.User(s, "U").user_arn),
    "policy": ("policy", lambda s: iam.CfnManagedPolicy(s, "P", policy_document={}).ref),
    "key": ("key", lambda s: kms.Key(s, "K").key_arn),
    "id of a key": ("", lambda s: kms.Key(s, "K").key_id),
    "alias": ("", lambda s: kms.Key(s, "K").add_alias("alias/mine").key_arn),
    "topic": ("topic action", lambda s: sns.Topic(s, "T").topic_arn),
    "name of a topic": ("", lambda s: sns.Topic(s, "T").topic_name),
    "function": ("function action", lambda s: _function(s).function_arn),
    "version": ("function action", lambda s: _function(s).current_version.function_arn),
    "alias of a function": ("function action", lambda s: _function(s).add_alias("live").function_arn),
    "name of a function": ("", lambda s: _function(s).function_name),
    "bucket": ("bucket", lambda s: s3.Bucket(s, "B").bucket_name),
    "ARN of a bucket": ("", lambda s: s3.Bucket(s, "B").bucket_arn),
    "repository": ("repository", lambda s: ecr.Repository(s, "R").repository_name),
    "ARN of a repository": ("", lambda s: ecr.Repository(s, "R").repository_arn),
    "address of a repository": ("image", lambda s: ecr.CfnRepository(s, "R").attr_repository_uri),
    "alarm": ("alarm", lambda s: _alarm(s).alarm_name),
    "ARN of an alarm": ("", lambda s: _alarm(s).alarm_arn),
    "composite alarm": ("", lambda s: cloudwatch.CfnCompositeAlarm(s, "C", alarm_rule="FALSE").ref),
    "model": ("model", lambda s: sagemaker.CfnModel(s, "M").attr_model_name),
    "ARN of a model": ("", lambda s: sagemaker.CfnModel(s, "M").ref),
    "package": ("package", lambda s: sagemaker.CfnModelPackage(s, "P").attr_model_package_arn),
    "subnet": ("subnet", lambda s: ec2.CfnSubnet(s, "S", vpc_id="vpc-1", cidr_block="10.0.0.0/24").attr_subnet_id),
    "group": ("group", lambda s: ec2.CfnSecurityGroup(s, "G", group_description="x", vpc_id="vpc-1").attr_group_id),
    "queue": ("", lambda s: cdk.CfnResource(s, "Q", type="AWS::SQS::Queue").get_att("Arn").to_string()),
    "custom resource": ("*", lambda s: cdk.CustomResource(s, "X", service_token="arn").get_att_string("What")),
    "SSM parameter": ("*", lambda s: ssm.StringParameter.value_for_string_parameter(s, "/x")),
    "SSM parameter of the app": ("*", lambda s: ssm.StringParameter(s, "X", string_value="x").string_value),
    "parameter": ("*", lambda s: cdk.CfnParameter(s, "X").value_as_string),
    "import": ("*", lambda _: cdk.Fn.import_value("x")),
    "another type's": ("*", lambda s: cdk.CfnResource(s, "X", type="AWS::EC2::VPC").get_att("Some").to_string()),
}
"""Tokens, and where each belongs: of the last ones nobody knows what they are."""


@pytest.mark.parametrize("asked", ASKED)
def test_a_token_is_of_what_is_asked_for(asked: str) -> None:
    """Another resource of the app, or another attribute of the right one, is refused with the one to write."""
    for given, (fits, make) in ATTRIBUTES.items():
        stack = new_stack(IRELAND)
        token = make(stack)
        if fits == "*" or asked.split(" ")[0] in fits.split(" "):
            ShadowEndpoint(stack, "E", test=ASKED[asked](token))
            continue
        with pytest.raises(InvalidValueError) as refused:
            ShadowEndpoint(stack, "E", test=ASKED[asked](token))
        [line] = refused.value.problems
        # An alias has its ARN put together of parts, which says more.
        assert given == "alias" or re.search(
            r"must be (the|an) .*, got '(a part|\w+) of AWS::\S+'; write \w+\.\w+", line
        ), given


@pytest.mark.parametrize("path", ["", "team/", "team/sub/"])
def test_a_policy_is_attached_to_a_role_by_its_name_alone(path: str) -> None:
    """Whatever its path, and where the ARN begins with tokens too."""
    arn = f"arn:{PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/{path}x"
    test = replace(_with_model(role_arn=arn), guard=Guard(role_arn=arn))
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=test)

    policies = resources(template_of(stack), "AWS::IAM::ManagedPolicy").values()
    assert [one["Properties"]["Roles"] for one in policies] == [["x"]] * 2
    assert not [one for one in warnings_of(test) if "role-token" in one.id]


@pytest.mark.parametrize(
    "arn", [cdk.Fn.import_value("role"), f"arn:aws:iam::111122223333:role/{cdk.Aws.REGION}"], ids=["all", "name"]
)
def test_a_role_whose_path_is_hidden_is_warned_about(arn: str) -> None:
    """The guard's role like a model's; not where nothing is attached to it."""
    ids = {one.id for one in warnings_of(replace(_with_model(role_arn=arn), guard=Guard(role_arn=arn)))}
    assert {"shadow-constructs:role-token:v1", "shadow-constructs:role-token:guard"} <= ids

    ungranted = replace(_with_model(role_arn=arn, grant_role=False), guard=Guard(role_arn=arn, grant_role=False))
    assert not [one for one in warnings_of(ungranted) if "role-token" in one.id]


@pytest.mark.parametrize("env", [IRELAND, None], ids=["a known Region", "any Region"])
def test_subnets_of_one_zone_are_no_network(env: cdk.Environment | None) -> None:
    """Two subnets that go with one zone, such as of a VPC with max_azs=1; as many in two zones are taken."""
    kind = ec2.SubnetType.PRIVATE_WITH_EGRESS
    subnets = [
        ec2.SubnetConfiguration(name="a", subnet_type=kind),
        ec2.SubnetConfiguration(name="b", subnet_type=kind),
        ec2.SubnetConfiguration(name="c", subnet_type=ec2.SubnetType.PUBLIC),
    ]
    stacks = new_stack(env), new_stack(env)
    one, two = (
        ec2.Vpc(stack, "Vpc", max_azs=count, subnet_configuration=subnets)
        for stack, count in zip(stacks, (1, 2), strict=True)
    )
    assert len(_in_vpc(two, stacks[1]).subnet_ids) == 4
    with pytest.raises(InvalidValueError, match="'subnets' must lie in different availability zones"):
        _in_vpc(one, stacks[0])


def test_fails_for_groups_and_subnets_of_another_vpc() -> None:
    """Two of the app's, or by two ids; a VPC that is imported twice is one."""
    stack = new_stack()
    ours, theirs = (ec2.Vpc(stack, name, max_azs=2) for name in ("Ours", "Theirs"))
    group, other = (ec2.SecurityGroup(stack, f"Group{n}", vpc=one) for n, one in enumerate((ours, theirs)))
    name = cdk.Fn.import_value("vpc")
    same = [
        ec2.Vpc.from_vpc_attributes(
            stack, f"Same{n}", vpc_id=one, availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
        )
        for n, one in enumerate((name, cdk.Fn.import_value("vpc"), "vpc-1", "vpc-2"))
    ]

    with pytest.raises(InvalidValueError, match="'security_groups' must be of the VPC"):
        Network.in_vpc(ours, security_groups=[group, other])
    with pytest.raises(InvalidValueError, match="'subnets' must be of the VPC"):
        Network.in_vpc(ours, security_groups=[group], subnets=theirs.private_subnets)
    with pytest.raises(InvalidValueError, match="'security_groups' must be of the VPC"):
        Network.in_vpc(same[2], security_groups=[ec2.SecurityGroup(stack, "G", vpc=same[3])])
    assert Network.in_vpc(ours, security_groups=[group], subnets=ours.private_subnets).attached
    assert Network.in_vpc(same[0], security_groups=[ec2.SecurityGroup(stack, "S", vpc=same[1])]).attached


def _gone(path: Path) -> None:
    path.unlink() if path.is_file() else shutil.rmtree(path)


@pytest.mark.parametrize("what", ["archive", "folder"])
def test_what_vanishes_between_value_and_synth_is_one_line(what: str, tmp_path: Path) -> None:
    """A file that was there when the value was made."""
    folder, archive = tmp_path / "image", tmp_path / "model.tar.gz"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch", encoding="utf-8")
    packed(archive)
    made = model(artifact=archive) if what == "archive" else model(container=Container.dockerfile(folder))
    _gone(archive if what == "archive" else folder)

    with pytest.raises(
        InvalidValueError, match=r"ServingModel: '(artifact|container)' must be .* Cannot find"
    ) as refused:
        ShadowEndpoint(new_stack(), "E", test=serving(production=variant(model=made)))
    assert len(refused.value.problems) == 1


def test_a_synthesizer_that_takes_no_files_is_one_line() -> None:
    """The guard has code; without a guard there is none."""
    made = ShadowTestStack(
        cdk.App(), "A", test=serving(guard=Guard.off("no functions")), synthesizer=cdk.BootstraplessSynthesizer()
    )
    assert made.endpoint.endpoint_name == "churn"
    with pytest.raises(InvalidValueError, match=r"'synthesizer' must be one that takes files.*Guard\.off"):
        ShadowTestStack(cdk.App(), "A", test=serving(), synthesizer=cdk.BootstraplessSynthesizer())
