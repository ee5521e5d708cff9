"""What CDK users hold in their hands: taken where there is a factory, else refused with the attribute to write."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any, NoReturn

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns

import shadow_constructs
from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    InvalidValueError,
    Model,
    ModelPackage,
    Network,
    ShadowTestStack,
)
from tests.constructs.rendering import IRELAND, new_stack, resources, statements, template_of
from tests.values.samples import IMAGE, KEY_ARN, PACKAGE_ARN, ROLE_ARN, hardware, model, shadow_test, variant

STACK = new_stack(IRELAND)
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:x"
VPC = ec2.Vpc(STACK, "Vpc", max_azs=2, nat_gateways=0)


class Raising:
    """Answers no question."""

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse it in its own way."""
        raise KeyError(name)


class Selecting:
    """A VPC of somebody's that has nothing to choose from."""

    def select_subnets(self, **_: object) -> NoReturn:
        """Refuse it in its own way."""
        raise KeyError("subnets")


HELD: dict[str, Any] = {
    "bucket.bucket_name": s3.Bucket(STACK, "Bucket"),
    "key.key_arn": kms.Key(STACK, "Key"),
    "role.role_arn": iam.Role.from_role_arn(STACK, "Role", "arn:aws:iam::111122223333:role/x"),
    "topic.topic_arn": sns.Topic(STACK, "Topic"),
    "subnet.subnet_id": VPC.isolated_subnets[0],
    "security_group.security_group_id": ec2.SecurityGroup(STACK, "Group", vpc=VPC),
    "Network.in_vpc(vpc, security_groups=[...])": VPC,
    "alias.alias_target_key.key_arn": kms.Alias(STACK, "Alias", alias_name="mine", target_key=kms.Key(STACK, "Other")),
    "function.function_arn": lambda_.Function.from_function_arn(STACK, "F", FUNCTION_ARN),
    "alarm.alarm_name": cloudwatch.Alarm.from_alarm_name(STACK, "A", "mine"),
    "managed_policy.managed_policy_arn": iam.ManagedPolicy.from_managed_policy_name(STACK, "P", "boundary"),
    "repository.repository_uri_for_tag('<tag>')": ecr.Repository(STACK, "Repository"),
    "a pipeline": codepipeline.Pipeline(STACK, "Pipeline"),
    "a log group": logs.LogGroup(STACK, "Log"),
    "bucket.bucket_name, imported": s3.Bucket.from_bucket_name(STACK, "Imported", "their-bucket"),
}
# What a value can't be made without.
NEEDED: dict[str, dict[str, Any]] = {
    "Model": {"version": "v1", "container": Container.xgboost("3.0-5")},
    "ModelPackage": {"arn": PACKAGE_ARN, "artifact": "s3://models/a.tar.gz", "image": IMAGE},
    "Hardware": {"instance_type": "ml.m5.xlarge"},
    "Network": {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]},
    "Serverless": {"memory_mb": 2048, "max_concurrency": 5},
    "CoreDump": {"destination": "s3://dumps/x"},
    "Routing": {"strategy": "RANDOM"},
    "Scaling": {"max_count": 4, "invocations_per_instance": 10},
    "Schedule": {"name": "day", "when": "cron(0 7 * * ? *)", "min_count": 1},
    "ShadowTest": {"endpoint_name": "churn", "production": variant(), "shadow": variant("v2")},
    "Variant": {"model": model(), "hardware": hardware()},
    "Rollback": {"reason": "p99"},
    "ManagedShadowTest": {"test": shadow_test()},
}


def values() -> dict[str, type]:
    """The public values that are made by their fields."""
    found = {name: getattr(shadow_constructs, name) for name in shadow_constructs.__all__}
    return {
        name: one
        for name, one in found.items()
        if inspect.isclass(one)
        and dataclasses.is_dataclass(one)
        and one.__module__.startswith("shadow_constructs.values")
        if name != "Container"
    }


FIELDS = [(name, field.name) for name, one in values().items() for field in dataclasses.fields(one) if field.init]


def lines_of(make: Callable[[], object]) -> tuple[str, ...]:
    """The lines that something is refused with."""
    with pytest.raises(InvalidValueError) as refused:
        make()
    return refused.value.problems


def refused(make: Callable[[], object]) -> tuple[str, ...]:
    """The lines that something is refused with; none if it is taken."""
    try:
        make()
    except InvalidValueError as error:
        return error.problems
    return ()


def written(line: str, held: object) -> object:
    """What a line says to write, as Python gives it for what is held."""
    code = line.rsplit("; write ", 1)[1].replace("<tag>", "7")
    names = dict.fromkeys(re.findall(r"(?<![.\w])([a-z_]+)\.", code), held)
    return eval(code, {"Network": Network, "cdk": cdk, **names})


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_construct_is_refused_with_what_to_write_if_anything_would_be_taken(name: str, field: str) -> None:
    """In every field of every value: what a line says to write is taken there, and it has no address in memory."""
    kind, fine = values()[name], NEEDED.get(name, {})
    for one in HELD.values():
        [line, *more] = lines_of(lambda: kind(**{**fine, field: one}))  # noqa: B023 - called at once
        assert "object at 0x" not in "".join([line, *more])
        if "; write " not in line or "Network.in_vpc" in line:
            continue
        given: Any = written(line, one)
        if field == "subnet_ids":
            given = [*given, "subnet-2"]
        # What it clashes with, such as addresses beside a topic, is no matter of this argument.
        said = refused(lambda: kind(**{**fine, field: given}))  # noqa: B023 - called at once
        assert not [again for again in said if f"'{field}'" in again], (line, said)


FITS = {
    "bucket": ["bucket.bucket_name", "bucket.bucket_name, imported"],
    "key_arn": ["key.key_arn", "alias.alias_target_key.key_arn"],
    "role_arn": ["role.role_arn"],
    "topic_arn": ["topic.topic_arn"],
    "action_arns": ["topic.topic_arn", "function.function_arn"],
    "alarm_names": ["alarm.alarm_name"],
    "subnet_ids": ["subnet.subnet_id", "Network.in_vpc(vpc, security_groups=[...])"],
    "security_group_ids": ["security_group.security_group_id", "Network.in_vpc(vpc, security_groups=[...])"],
    "network": ["Network.in_vpc(vpc, security_groups=[...])"],
    "permissions_boundary": ["managed_policy.managed_policy_arn"],
    "image": ["repository.repository_uri_for_tag('<tag>')"],
    "artifact": ["bucket.bucket_name", "bucket.bucket_name, imported"],
    "destination": ["bucket.bucket_name", "bucket.bucket_name, imported"],
}
"""What of it is taken where, by how an argument's name ends; all else is refused without a word of what to write."""
ANYWHERE = ("environment", "tags")


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_nothing_is_offered_that_does_not_fit(name: str, field: str) -> None:
    """A pipeline has a role, and is none; a key's ARN is no topic's."""
    kind, fine = values()[name], NEEDED.get(name, {})
    [fits] = [taken for end, taken in FITS.items() if field == end or field.endswith(f"_{end}")] or [[]]
    for held, one in HELD.items():
        line = lines_of(lambda: kind(**{**fine, field: one}))[0]  # noqa: B023 - called at once
        write = line.rsplit("; write ", 1)[1] if "; write " in line else None
        if field not in ANYWHERE:
            assert (write is not None) is (held in fits), line
        if write is not None and held in fits:
            assert held.split(", imported")[0] in write


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: model(environment={"BUCKET": HELD["bucket.bucket_name"]}), "write bucket.bucket_name"),
        (lambda: shadow_test(tags={"b": HELD["bucket.bucket_name"]}), "write bucket.bucket_name"),
        (
            lambda: Network(subnet_ids=VPC.isolated_subnets, security_group_ids=["sg-1"]),  # type: ignore[arg-type] # on purpose
            "write subnet.subnet_id",
        ),
        (lambda: Alerts(action_arns=[HELD["topic.topic_arn"]]), "write topic.topic_arn"),
        (lambda: Capture(expire_after_days=cdk.Duration.days(3)), "write duration.to_days()"),  # type: ignore[arg-type] # on purpose
        (lambda: Alerts(period_seconds=cdk.Duration.minutes(1)), "write duration.to_seconds()"),  # type: ignore[arg-type] # on purpose
        (lambda: model(artifact=HELD["bucket.bucket_name"]), "write f's3://{bucket.bucket_name}/<key>.tar.gz'"),
        (lambda: CoreDump(HELD["bucket.bucket_name"]), "write f's3://{bucket.bucket_name}/<prefix>'"),
        (lambda: Container.uri(HELD["bucket.bucket_name"]), "copy it to ECR"),
        (lambda: Container.uri(HELD["repository.repository_uri_for_tag('<tag>')"]), "repository_uri_for_tag('<tag>')"),
        (lambda: Container.ecr(HELD["repository.repository_uri_for_tag('<tag>')"], "1"), "repository.repository_name"),
        (
            lambda: Network.in_vpc(VPC, security_groups=HELD["security_group.security_group_id"]),
            "write [security_group]",
        ),
        (lambda: Network(subnet_ids=VPC.isolated_subnets[0], security_group_ids=[]), "write [subnet.subnet_id]"),  # type: ignore[arg-type] # on purpose
        (lambda: shadow_test(endpoint_name=HELD["a pipeline"]), "got a Pipeline of the CDK"),
        (lambda: shadow_test(endpoint_name=sagemaker.CfnEndpoint(STACK, "X", endpoint_config_name="c")), "of the CDK"),
        (lambda: Capture(percent=cdk.Duration.days(3)), "got a Duration of the CDK"),  # type: ignore[arg-type] # on purpose
    ],
)
def test_fails_with_a_construct_inside_a_list_or_a_dict(make: Callable[[], object], text: str) -> None:
    """Entries are looked at one by one."""
    line = lines_of(make)[0]
    assert text in line
    assert text.startswith(("write", "rep", "copy")) or line.endswith(text)


def test_a_vpc_gives_its_subnets() -> None:
    """Those that the CDK selects, or those that are asked for, by selection or by list."""
    vpc = ec2.Vpc.from_vpc_attributes(
        new_stack(),
        "V",
        vpc_id="vpc-1",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        public_subnet_ids=["subnet-3", "subnet-4"],
    )
    group = ec2.SecurityGroup.from_security_group_id(new_stack(), "G", "sg-1")
    public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)

    assert Network.in_vpc(vpc, security_groups=[group]) == Network(
        subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"]
    )
    for subnets in (public, vpc.public_subnets):
        chosen = Network.in_vpc(vpc, security_groups=[group], subnets=subnets, isolated=True)
        assert (chosen.subnet_ids, chosen.isolated) == (("subnet-3", "subnet-4"), True)


def test_a_bucket_gives_its_name_and_its_key() -> None:
    """Captures are encrypted with the bucket's key, unless the user says otherwise."""
    stack = new_stack()
    bucket = s3.Bucket(stack, "B", encryption_key=kms.Key(stack, "K"))
    assert bucket.encryption_key is not None

    made = Capture.into(bucket, percent=50)
    assert (made.bucket, made.key_arn, made.percent) == (bucket.bucket_name, bucket.encryption_key.key_arn, 50)
    assert Capture.into(bucket, key_arn=KEY_ARN).key_arn == KEY_ARN
    assert Capture.into(s3.Bucket.from_bucket_name(stack, "I", "theirs")) == Capture(bucket="theirs")


def test_a_topic_gives_its_arn() -> None:
    """With everything else that alerts have."""
    topic = sns.Topic(new_stack(), "T")

    assert Alerts.to(topic, periods=2) == Alerts(topic_arn=topic.topic_arn, periods=2)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Network.in_vpc("vpc-1", security_groups=[]), "'vpc' must be a VPC of the CDK, got 'vpc-1'"),
        (lambda: Network.in_vpc(VPC, security_groups=["sg-1"]), "of an id write ec2.SecurityGroup.from_security"),
        (lambda: Network.in_vpc(VPC, security_groups="sg-1"), "'security_groups' must be a list"),
        (
            lambda: Network.in_vpc(VPC, security_groups=[], subnets="private"),
            "'subnets' must be an ec2.SubnetSelection",
        ),
        (lambda: Network.in_vpc(VPC, security_groups=[]), "'security_group_ids' must have 1 to 5 entries"),
        (lambda: Capture.into("bucket"), "of a name write Capture(bucket='name')"),
        # The class in place of an object of it, and objects that don't answer.
        (lambda: Capture.into(s3.Bucket), "Capture.into: 'bucket' must be a bucket of the CDK"),
        (lambda: Alerts.to(sns.Topic), "Alerts.to: 'topic' must be a topic of the CDK"),
        (lambda: Network.in_vpc(ec2.Vpc, security_groups=[]), "Network.in_vpc: 'vpc' must be a VPC of the CDK"),
        (lambda: Network.in_vpc(VPC, security_groups=[ec2.SecurityGroup]), "'security_groups' must hold security"),
        (lambda: Capture.into(Raising()), "Capture.into: 'bucket' must be a bucket of the CDK"),
        (lambda: Alerts.to(Raising()), "Alerts.to: 'topic' must be a topic of the CDK"),
        (lambda: Network.in_vpc(Raising(), security_groups=[]), "Network.in_vpc: 'vpc' must be a VPC of the CDK"),
        (lambda: Network.in_vpc(VPC, security_groups=[Raising()]), "'security_groups' must hold security groups"),
        (lambda: Network.in_vpc(VPC, security_groups=[], subnets=Raising()), "'subnets' must be an ec2.SubnetSelect"),
        (lambda: Network.in_vpc(Selecting(), security_groups=[]), "'subnets' must choose subnets that the VPC has"),
        # Objects of other kinds: no attribute of theirs would do.
        (lambda: Capture.into(HELD["topic.topic_arn"]), "a Topic of the CDK; of a name write Capture(bucket='name')"),
        (lambda: Alerts.to(HELD["bucket.bucket_name"]), "a Bucket of the CDK; of an ARN write Alerts(topic_arn="),
        (lambda: Network.in_vpc(VPC, security_groups=[VPC]), "a Vpc of the CDK; of an id write ec2.SecurityGroup."),
        # Settings that nobody knows, and what is said twice.
        (
            lambda: Capture.into(HELD["bucket.bucket_name"], prefx="x"),
            "'prefx' must be a setting of Capture, got 'x'; did you mean prefix?",
        ),
        (
            lambda: Alerts.to(HELD["topic.topic_arn"], foo=1),
            "Alerts.to: 'foo' must be a setting of Alerts, got 1; there are emails,",
        ),
        (
            lambda: Alerts.to(HELD["topic.topic_arn"], topic_arn="x"),
            "'topic_arn' must be left out: what is given first says it, got 'x'",
        ),
        (lambda: Alerts.to("arn"), "of an ARN write Alerts(topic_arn='arn:...')"),
    ],
)
def test_fails_with_text_where_a_factory_wants_an_object(make: Callable[[], object], text: str) -> None:
    """The other way round: with the value that takes text."""
    assert text in lines_of(make)[0]


def test_a_registered_model_may_be_known_to_cloudformation_alone() -> None:
    """Package, artifact and the name of a model may be tokens of other constructs."""
    stack = new_stack(IRELAND)
    address = cdk.Token.as_string(cdk.CustomResource(stack, "Registry", service_token="arn").get_att("Artifact"))
    package = ModelPackage(PACKAGE_ARN, artifact=address, image=IMAGE)
    existing = sagemaker.CfnModel(stack, "Theirs", execution_role_arn=ROLE_ARN)
    test = shadow_test(
        production=variant(model=Model(version="v1", package=package)),
        shadow=variant(
            model=Model(version="v2", model_name=existing.attr_model_name, role_arn="arn:aws:iam::111122223333:role/x")
        ),
    )
    shadow_constructs.ShadowEndpoint(stack, "E", test=test).add_outputs()
    template = template_of(stack)
    found = statements(template, "v1")

    cut = {"Fn::Select": [1, {"Fn::Split": ["s3://", {"Fn::GetAtt": ["Registry", "Artifact"]}]}]}
    assert found["ReadArtifact"]["Resource"] == {
        "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", cut, "*"]]
    }
    assert found["ListArtifact"]["Action"] == "s3:ListBucket"
    [config] = resources(template, "AWS::SageMaker::EndpointConfig").values()
    [shadow] = config["Properties"]["ShadowProductionVariants"]
    assert shadow["ModelName"] == {"Fn::GetAtt": ["Theirs", "ModelName"]}


def test_a_whole_stack_takes_them_all() -> None:
    """VPC, bucket and topic of one stack, the endpoint in another, promoted too: both templates import the same."""
    app = cdk.App()
    shared = cdk.Stack(app, "shared", env=IRELAND)
    vpc = ec2.Vpc(shared, "Vpc", max_azs=2, nat_gateways=0)
    group = ec2.SecurityGroup(shared, "Group", vpc=vpc)
    network = Network.in_vpc(vpc, security_groups=[group])
    bucket = s3.Bucket(shared, "Captured", encryption=s3.BucketEncryption.KMS)
    test = shadow_test(
        production=variant(model=model("v1", network=network)),
        shadow=variant(model=model("v2", network=network)),
        capture=Capture.into(bucket),
        alerts=Alerts.to(sns.Topic(shared, "Topic")),
    )
    ShadowTestStack(app, "shadow", test=test, env=IRELAND)
    shadow_constructs.PromotionStack(app, "promotion", test=test, env=IRELAND)

    assert len(app.synth().stacks) == 3
