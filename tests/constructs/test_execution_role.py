"""Execution roles: one per version, as narrow as IAM allows, there before the model and gone after the endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Annotations, Match

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Guardrails,
    Hardware,
    InvalidValueError,
    Model,
    ModelPackage,
    Network,
    ShadowEndpoint,
    ShadowTest,
    Watch,
)
from shadow_constructs.model.rights import RIGHTS
from tests.constructs.rendering import (
    IRELAND,
    Json,
    execution_roles,
    flat,
    model_of,
    new_stack,
    rendered,
    resources,
    statements,
    template_of,
    texts,
    the,
)
from tests.values.samples import (
    IMAGE,
    KEY_ARN,
    OTHER_KEY_ARN,
    PACKAGE_ARN,
    ROLE_ARN,
    hardware,
    model,
    serving,
    shadow_test,
    variant,
)

# Actions that IAM offers no resource level for (Service Authorization Reference).
WITHOUT_RESOURCE_LEVEL = {
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
IN_A_VPC = Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"])


def everything() -> Json:
    """A template in which a role needs all there is to need."""
    rich = model(
        artifact="s3://my-models/churn/v1/",
        artifact_key_arn=OTHER_KEY_ARN,
        network=IN_A_VPC,
        container=Container.ecr("team/churn", "7"),
    )
    dumping = hardware(core_dump=CoreDump("s3://dumps/churn", key_arn=KEY_ARN))
    test = serving(
        production=variant(model=rich, hardware=dumping), volume_key_arn=KEY_ARN, capture=Capture(key_arn=OTHER_KEY_ARN)
    )
    return rendered(test)


def test_a_version_may_do_what_it_needs_and_nothing_else() -> None:
    """The whole list of rights of an ordinary version: its artifact, its image, its logs, metrics and captures."""
    allowed = {
        (action, resource)
        for one in statements(rendered()).values()
        for action in texts(one["Action"])
        for resource in texts(one["Resource"])
    }

    repository = "arn:<AWS::Partition>:ecr:<AWS::Region>:<XGBoostAccounts[<AWS::Region>,account]>:repository"
    logs = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/Endpoints/churn"
    log_actions = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    pull_actions = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    assert allowed == {
        ("s3:GetObject", "arn:<AWS::Partition>:s3:::my-models/churn/v1/model.tar.gz"),
        ("s3:PutObject", "arn:<AWS::Partition>:s3:::<ECaptured3BD8C842>/captured/*"),
        ("ecr:GetAuthorizationToken", "*"),
        ("cloudwatch:PutMetricData", "*"),
        *((f"ecr:{action}", f"{repository}/sagemaker-xgboost") for action in pull_actions),
        *((f"logs:{action}", f"{logs}{end}") for action in log_actions for end in ("", ":*")),
        (
            "cloudwatch:DescribeAlarms",
            "arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:<AWS::StackName>-*",
        ),
    }


def test_any_resource_stands_only_where_iam_has_no_resource_level() -> None:
    """A `*` is never laziness, however much the role needs."""
    for one in statements(everything()).values():
        if "*" in texts(one["Resource"]):
            assert set(texts(one["Action"])) <= WITHOUT_RESOURCE_LEVEL


def test_no_managed_policy_of_aws_is_attached() -> None:
    """AmazonSageMakerFullAccess, which the CDK's own construct attaches, is not needed."""
    for role in resources(rendered(serving()), "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_only_sagemaker_may_take_the_role() -> None:
    """The trust policy names one service."""
    [role] = execution_roles(rendered(serving())).values()
    [trust] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert {key: trust[key] for key in ("Effect", "Principal", "Action")} == {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def test_sagemaker_may_take_the_role_for_this_account_and_region_only() -> None:
    """No other account's resources can make SageMaker act with this role (confused deputy)."""
    [role] = execution_roles(rendered(serving())).values()
    [trust] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    source = flat(trust["Condition"]["ArnLike"]["aws:SourceArn"])
    assert source == "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:*"


def test_each_version_has_a_role_of_its_own() -> None:
    """The candidate can't read production's artifact, nor the other way round."""
    template = rendered()

    assert len(execution_roles(template)) == 2
    for version, other in (("v1", "v2"), ("v2", "v1")):
        assert f"/{other}/" not in str(statements(template, version))


def test_the_policy_is_part_of_the_role() -> None:
    """There is no moment in which the role exists without its rights, and no second resource to wait for."""
    template = rendered()

    attached = [one["Properties"]["Roles"] for one in resources(template, "AWS::IAM::Policy").values()]
    assert not set(execution_roles(template)) & {role["Ref"] for roles in attached for role in roles}
    assert not resources(template, "AWS::IAM::ManagedPolicy")


def test_the_role_outlives_the_endpoint() -> None:
    """Endpoint refers to config, config to model, model to role: CloudFormation deletes them in this order."""
    template = rendered(serving())
    [role] = execution_roles(template)
    [model_id] = resources(template, "AWS::SageMaker::Model")
    [config] = resources(template, "AWS::SageMaker::EndpointConfig")

    assert model_of(template)["ExecutionRoleArn"] == {"Fn::GetAtt": [role, "Arn"]}
    [production] = the(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert production["ModelName"] == {"Fn::GetAtt": [model_id, "ModelName"]}
    assert the(template, "AWS::SageMaker::Endpoint")["EndpointConfigName"]["Fn::GetAtt"][0] == config


def test_a_users_role_gets_what_is_missing_before_the_model_exists() -> None:
    """The attached policy is there before CreateModel and gone only after the endpoint."""
    template = rendered(serving(production=variant(model=model(role_arn=ROLE_ARN))))
    [policy] = resources(template, "AWS::IAM::ManagedPolicy")
    [one] = resources(template, "AWS::SageMaker::Model").values()
    [config] = resources(template, "AWS::SageMaker::EndpointConfig").values()

    assert not execution_roles(template)
    assert the(template, "AWS::IAM::ManagedPolicy")["Roles"] == ["models"]
    assert one["Properties"]["ExecutionRoleArn"] == ROLE_ARN
    assert one["DependsOn"] == [policy]
    assert config["DependsOn"] == [policy]
    assert "ReadArtifact" in statements(template)


def test_a_users_role_can_be_left_alone() -> None:
    """With grant_role off nothing is attached."""
    template = rendered(serving(production=variant(model=model(role_arn=ROLE_ARN, grant_role=False))))

    assert not resources(template, "AWS::IAM::ManagedPolicy")
    assert model_of(template)["ExecutionRoleArn"] == ROLE_ARN


def test_the_role_of_an_existing_model_gets_what_the_endpoint_adds() -> None:
    """Writing captures and looking at rollback alarms is granted; what the model itself needs, its role has already."""
    existing = Model(version="v1", model_name="churn-7", role_arn=ROLE_ARN)
    template = rendered(serving(production=variant(model=existing)))
    [policy] = resources(template, "AWS::IAM::ManagedPolicy")
    [config] = resources(template, "AWS::SageMaker::EndpointConfig").values()

    assert list(statements(template)) == ["WriteCaptured", "SeeRollbackAlarms"]
    assert config["DependsOn"] == [policy]


def test_nothing_is_attached_to_the_role_of_an_existing_model_that_needs_nothing() -> None:
    """Without capture and rollback alarms nothing is to be granted, and IAM would refuse an empty policy."""
    existing = Model(version="v1", model_name="churn-7", role_arn=ROLE_ARN)
    off = Guardrails.off("a rehearsal")
    template = rendered(serving(production=variant(model=existing), capture=Capture.off(), guardrails=off))

    assert not resources(template, "AWS::IAM::ManagedPolicy")


def test_a_folder_may_be_listed_and_read() -> None:
    """Uncompressed models need ListBucket too, on their own prefix only."""
    found = statements(everything())

    assert texts(found["ReadArtifact"]["Resource"]) == ["arn:<AWS::Partition>:s3:::my-models/churn/v1/*"]
    assert texts(found["ListArtifact"]["Resource"]) == ["arn:<AWS::Partition>:s3:::my-models"]
    assert found["ListArtifact"]["Condition"] == {"StringLike": {"s3:prefix": ["churn/v1/*"]}}


@pytest.mark.parametrize(
    ("sid", "actions", "key"),
    [
        ("DecryptArtifact", ["kms:Decrypt"], OTHER_KEY_ARN),
        ("EncryptCaptured", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], OTHER_KEY_ARN),
        ("EncryptCoreDumps0", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], KEY_ARN),
        ("GrantVolumeKey", ["kms:CreateGrant"], KEY_ARN),
        ("DescribeVolumeKey", ["kms:DescribeKey"], KEY_ARN),
    ],
)
def test_each_key_may_be_used_for_its_own_need(sid: str, actions: list[str], key: str) -> None:
    """Reading, writing and volumes have statements of their own, each on one key."""
    found = statements(everything())[sid]

    assert texts(found["Action"]) == actions
    assert texts(found["Resource"]) == [key]


def test_a_grant_of_the_volume_key_is_for_aws_only() -> None:
    """The role can't hand the key to anybody else."""
    assert statements(everything())["GrantVolumeKey"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_core_dumps_may_be_written_where_they_go() -> None:
    """Only under the prefix that was given."""
    found = statements(everything())["WriteCoreDumps0"]

    assert texts(found["Resource"]) == ["arn:<AWS::Partition>:s3:::dumps/churn/*"]


def test_a_vpc_may_be_joined_through_the_models_own_subnets_and_groups() -> None:
    """Interfaces are created and managed in the named subnets and groups, and nowhere else."""
    found = statements(everything())

    ec2 = "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>"
    subnets = [f"{ec2}:subnet/subnet-0a", f"{ec2}:subnet/subnet-0b"]
    assert texts(found["CreateInterfaces"]["Resource"]) == [f"{ec2}:network-interface/*"]
    assert texts(found["UseSubnets"]["Resource"]) == subnets
    assert texts(found["UseGroups"]["Resource"]) == [f"{ec2}:security-group/sg-0a"]
    assert texts(found["ManageInterfaces"]["Condition"]["ArnEquals"]["ec2:Subnet"]) == subnets


LISTS: dict[str, Callable[[cdk.Stack], list[str]]] = {
    "parameter": lambda stack: cdk.CfnParameter(stack, "Ids", type="List<AWS::EC2::Subnet::Id>").value_as_list,
    "export": lambda _: cdk.Fn.split(",", cdk.Fn.import_value("ids")),
    "record": lambda stack: ssm.StringListParameter.value_for_typed_list_parameter(stack, "/network/ids"),
    "attribute": lambda stack: ec2.CfnVPC(stack, "Vpc", cidr_block="10.0.0.0/16").attr_cidr_block_associations,
}


@pytest.mark.parametrize("env", [None, IRELAND, cdk.Environment(region="eu-west-1")], ids=["no", "all", "region"])
@pytest.mark.parametrize("what", LISTS)
def test_networks_that_only_cloudformation_knows_are_named_one_by_one(what: str, env: cdk.Environment | None) -> None:
    """Whatever the list comes from: it is allowed as it is, not every subnet and group, in functions that take it."""
    stack = new_stack(env)
    ids = LISTS[what](stack)
    network = Network(subnet_ids=ids, security_group_ids=ids)
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(network=network))))
    template = template_of(stack)
    found = statements(template)

    given = model_of(template)["VpcConfig"]["Subnets"]
    for sid, kind, key in (("UseSubnets", "subnet", "SubnetID"), ("UseGroups", "security-group", "SecurityGroupID")):
        assert flat(found[sid]["Resource"]).endswith(f":{kind}/*")
        assert found[sid]["Condition"] == {"StringEquals": {f"ec2:{key}": given}}
    [separator, joined] = found["ManageInterfaces"]["Condition"]["ArnEquals"]["ec2:Subnet"]["Fn::Split"]
    assert separator == ","
    # API reference of Fn::Join: its delimiter is a literal.
    prefix = "arn:*:ec2:*:*:subnet/"
    assert joined == {"Fn::Join": ["", [prefix, {"Fn::Join": [f",{prefix}", given]}]]}


def test_nothing_of_a_vpc_is_allowed_without_one() -> None:
    """A right comes with the need for it."""
    assert not any("ec2:" in str(one) for one in statements(rendered()).values())


def test_nothing_is_captured_means_nothing_may_be_written() -> None:
    """Capture.off() takes the right away, too."""
    assert "WriteCaptured" not in statements(rendered(shadow_test(capture=Capture.off())))


def test_an_ecr_image_may_be_pulled_from_its_repository_only() -> None:
    """Whether it is given by repository or by address."""
    by_address = statements(rendered(serving(production=variant(model=model(container=Container.uri(IMAGE))))))
    by_name = statements(everything())

    assert texts(by_address["PullImage"]["Resource"]) == [
        "arn:<AWS::Partition>:ecr:eu-west-1:111122223333:repository/churn"
    ]
    assert texts(by_name["PullImage"]["Resource"]) == [
        "arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository/team/churn"
    ]


def test_a_package_may_be_read_and_pulled() -> None:
    """Its ARN says neither where its files nor where its image lie; the value does."""
    package = ModelPackage(PACKAGE_ARN, artifact="s3://registry/churn/7/model.tar.gz", image=IMAGE)
    found = statements(rendered(serving(production=variant(model=Model(version="v1", package=package)))))

    assert flat(found["ReadArtifact"]["Resource"]).endswith(":s3:::registry/churn/7/model.tar.gz")
    assert flat(found["PullImage"]["Resource"]).endswith(":repository/churn")


def test_a_packages_encrypted_files_may_be_decrypted() -> None:
    """A key named for the artifact counts whether a container or a package brings it."""
    package = ModelPackage(PACKAGE_ARN, artifact="s3://registry/churn/7/model.tar.gz", image=IMAGE)
    encrypted = Model(version="v1", package=package, artifact_key_arn=OTHER_KEY_ARN)

    found = statements(rendered(serving(production=variant(model=encrypted))))

    assert found["DecryptArtifact"]["Resource"] == OTHER_KEY_ARN


def test_log_groups_of_other_endpoints_are_out_of_reach() -> None:
    """An endpoint whose name begins alike has logs of its own."""
    for resource in texts(statements(rendered())["WriteLogs"]["Resource"]):
        assert resource.endswith((":log-group:/aws/sagemaker/Endpoints/churn", "/Endpoints/churn:*"))


def test_a_users_role_of_the_same_app_is_found_by_its_token() -> None:
    """A role of the same app is asked for its name, so that it may have a path."""
    stack = new_stack()
    role = iam.Role(stack, "Ours", path="/serving/", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(role_arn=role.role_arn))))
    template = template_of(stack)
    [name] = [key for key in resources(template, "AWS::IAM::Role") if key.startswith("Ours")]

    assert model_of(template)["ExecutionRoleArn"] == {"Fn::GetAtt": [name, "Arn"]}
    assert the(template, "AWS::IAM::ManagedPolicy")["Roles"] == [{"Ref": name}]


def test_the_name_of_a_role_known_at_deployment_only_is_cut_off_its_arn() -> None:
    """CloudFormation can't tell a path from the name, which a warning says."""
    stack = new_stack()
    arn = cdk.CfnParameter(stack, "Role").value_as_string
    ShadowEndpoint(stack, "E", test=serving(production=variant(model=model(role_arn=arn))))

    [attached] = the(template_of(stack), "AWS::IAM::ManagedPolicy")["Roles"]
    assert attached == {"Fn::Select": [1, {"Fn::Split": [":role/", {"Ref": "Role"}]}]}
    Annotations.from_stack(stack).has_warning("/Stack/E", Match.string_like_regexp("it must have no path"))


def test_one_role_of_the_users_serves_both_versions() -> None:
    """Each version attaches what it needs itself, so that a promotion takes away only what the old one needed."""
    mine = {"role_arn": ROLE_ARN}
    test = shadow_test(production=variant(model=model("v1", **mine)), shadow=variant(model=model("v2", **mine)))
    template = rendered(test)

    assert len(resources(template, "AWS::IAM::ManagedPolicy")) == 2
    assert "churn/v1/" not in str(statements(template, "v2"))


def test_the_right_to_dump_goes_to_the_version_on_that_hardware() -> None:
    """The other version doesn't write there."""
    dumping = hardware(core_dump=CoreDump("s3://dumps/churn"))
    template = rendered(shadow_test(shadow=variant("v2", hardware=dumping)))

    assert "WriteCoreDumps0" in statements(template, "v2")
    assert "WriteCoreDumps0" not in statements(template, "v1")


FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:registry"
OPTIONS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "Model(artifact_key_arn=...)": ({"model": {"artifact_key_arn": KEY_ARN}}, {"DecryptArtifact"}),
    "Model(artifact=...)": ({"model": {"artifact": "s3://my-models/churn/v1/"}}, {"ReadArtifact", "ListArtifact"}),
    "an image in ECR": ({"model": {"container": Container.uri(IMAGE)}}, {"PullImage", "LogInToEcr"}),
    "Container.private_registry(credentials_provider_arn=...)": (
        {
            "model": {
                "container": Container.private_registry("registry.example/x:1", credentials_provider_arn=FUNCTION),
                "network": IN_A_VPC,
            }
        },
        {"RegistryCredentials"},
    ),
    "always": ({}, {"WriteLogs", "PublishMetrics"}),
    "Network(subnet_ids=..., security_group_ids=...)": (
        {"model": {"network": IN_A_VPC}},
        {"CreateInterfaces", "UseSubnets", "UseGroups", "ManageInterfaces", "SeeNetwork"},
    ),
    "Capture()": ({"capture": Capture()}, {"WriteCaptured"}),
    "Capture(key_arn=...), Capture(customer_managed_key=True)": (
        {"capture": Capture(customer_managed_key=True)},
        {"EncryptCaptured"},
    ),
    "Guardrails(alarm_names=..., own_alarms=True)": ({"guardrails": Guardrails()}, {"SeeRollbackAlarms"}),
    "ShadowTest(volume_key_arn=...)": ({"volume_key_arn": KEY_ARN}, {"GrantVolumeKey", "DescribeVolumeKey"}),
    "Hardware(core_dump=...)": ({"hardware": {"core_dump": CoreDump("s3://dumps")}}, {"WriteCoreDumps0"}),
    "CoreDump(key_arn=...)": (
        {"hardware": {"core_dump": CoreDump("s3://dumps", key_arn=KEY_ARN)}},
        {"EncryptCoreDumps0"},
    ),
    "Hardware(ssm_access=True)": ({"hardware": {"ssm_access": True}}, {"OpenSessions"}),
}
"""Each option that needs rights, as little else as possible, and the statements that come with it and go with it."""

BARE = {"capture": Capture.off(), "guardrails": Guardrails.off("a prototype")}


def _with(options: dict[str, Any]) -> set[str]:
    rest = {key: value for key, value in options.items() if key not in ("model", "hardware")}
    made = model(**{"artifact": None, **options.get("model", {})})
    on = hardware(**options.get("hardware", {}))
    return set(statements(rendered(serving(**{**BARE, "production": variant(model=made, hardware=on), **rest}))))


def test_every_option_that_needs_a_right_is_in_the_table() -> None:
    """An option without its line here would be a right that nobody has seen come and go."""
    assert [right.option for right in RIGHTS] == list(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_right_comes_with_its_option_and_goes_with_it(option: str) -> None:
    """The statements are there with the option; of those, none is there without it."""
    given, sids = OPTIONS[option]

    assert sids <= _with(given)
    if option not in ("always", "an image in ECR"):
        assert not sids & _with({})


REGISTRY = "registry.example.com/churn:1"
CREDENTIALS = "arn:aws:lambda:eu-west-1:111122223333:function:"
# Every text of a user's that a permission is made of.
GRANTED: dict[str, Callable[[str], ShadowTest]] = {
    "key of an archive": lambda text: _serving(artifact=f"s3://my-models/{text}/m.tar.gz"),
    "key of a folder": lambda text: _serving(artifact=f"s3://my-models/{text}/"),
    "bucket of an archive": lambda text: _serving(artifact=f"s3://{text}/m.tar.gz"),
    "artifact of a package": lambda text: serving(
        production=variant(
            model=Model(version="v1", package=ModelPackage(PACKAGE_ARN, artifact=f"s3://reg/{text}/", image=IMAGE))
        )
    ),
    "image of a package": lambda text: serving(
        production=variant(
            model=Model(version="v1", package=ModelPackage(PACKAGE_ARN, artifact="s3://reg/m/", image=f"{IMAGE}{text}"))
        )
    ),
    "image": lambda text: _serving(container=Container.uri(IMAGE.replace(":7", text))),
    "repository": lambda text: _serving(container=Container.ecr(text, "7")),
    "account": lambda text: _serving(container=Container.ecr("churn", "7", account=text)),
    "region": lambda text: _serving(container=Container.ecr("churn", "7", region=text)),
    "credentials": lambda text: _serving(
        container=Container.private_registry(REGISTRY, credentials_provider_arn=CREDENTIALS + text), network=IN_A_VPC
    ),
    "artifact's key": lambda text: _serving(artifact_key_arn=KEY_ARN + text),
    "role": lambda text: _serving(role_arn=ROLE_ARN + text),
    "subnet": lambda text: _serving(network=Network(subnet_ids=["subnet-1", text], security_group_ids=["sg-1"])),
    "group": lambda text: _serving(network=Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=[text])),
    "bucket of captures": lambda text: serving(capture=Capture(bucket=text)),
    "prefix of captures": lambda text: serving(capture=Capture(bucket="captures", prefix=text)),
    "prefix in a bucket of ours": lambda text: serving(capture=Capture(prefix=text)),
    "key of captures": lambda text: serving(capture=Capture(key_arn=KEY_ARN + text)),
    "alarm": lambda text: serving(guardrails=Guardrails(alarm_names=[text])),
    "volume key": lambda text: serving(volume_key_arn=KEY_ARN + text),
    "core dumps": lambda text: _serving(hardware(core_dump=CoreDump(f"s3://dumps/{text}"))),
    "bucket of core dumps": lambda text: _serving(hardware(core_dump=CoreDump(f"s3://{text}"))),
    "key of core dumps": lambda text: _serving(hardware(core_dump=CoreDump("s3://dumps", KEY_ARN + text))),
    "topic": lambda text: shadow_test(
        watch=Watch(), alerts=Alerts(topic_arn=f"arn:aws:sns:eu-west-1:111122223333:{text}")
    ),
    "endpoint": lambda text: serving(endpoint_name=text),
    "variant": lambda text: serving(production=variant(name=text)),
}


def _serving(on: Hardware | None = None, **changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever Model takes
    return serving(production=variant(model=model(**changes), hardware=on or hardware()))


@pytest.mark.parametrize("what", GRANTED)
@pytest.mark.parametrize("wide", ["*", "?", "${aws:username}"])
def test_no_text_of_a_user_widens_a_permission(what: str, wide: str) -> None:
    """What IAM takes for more than itself is refused, or stands in the policy as itself."""
    if what != "alarm":
        with pytest.raises(InvalidValueError, match=rf"must.*{re.escape(wide)}"):
            GRANTED[what](f"a{wide}z")
        return
    template = rendered(GRANTED[what](f"a{wide}z"))
    documents = json.dumps([*resources(template, "AWS::IAM::Role").values(), *managed_policies(template)])

    assert f"a{wide}z" not in documents
    assert {"*": "a${*}z", "?": "a${?}z"}.get(wide, "a${$}{aws:username}z") in documents


@pytest.mark.parametrize("what", [one for one in GRANTED if one not in ("account", "region")])
def test_a_usual_text_is_granted_as_it_is(what: str) -> None:
    """What is refused above is refused for its wildcards."""
    name = {"role": "z", "image": ":a-z", "image of a package": "-z", "subnet": "subnet-2", "group": "sg-1"}.get(
        what, "abc"
    )

    assert rendered(GRANTED[what](name))


def managed_policies(template: Json) -> list[Json]:
    """All that is attached to roles."""
    return list(resources(template, "AWS::IAM::ManagedPolicy").values())


def test_the_docs_name_every_option_that_needs_a_right() -> None:
    """Who grants by hand (grant_role=False) finds the list in docs/security.md."""
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")

    for option, (_, sids) in OPTIONS.items():
        assert f"`{option}`" in text or option in ("always", "an image in ECR"), option
        assert all(f"`{sid}`" in text for sid in sids), option
