"""What a company's rules ask of the guard: its role, its VPC, its log, and a boundary on every role."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from shadow_constructs import Capture, Guard, InvalidValueError, Network, ShadowEndpoint, ShadowTestStack
from tests.constructs.rendering import IRELAND, Json, new_stack, rendered, resources, template_of, the
from tests.values.samples import KEY_ARN, shadow_test

BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
ROLE = "arn:aws:iam::111122223333:role/ops/guards"
VPC = Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
INTERFACES = "ec2:CreateNetworkInterface"


def with_guard(**settings: Any) -> Json:  # noqa: ANN401 - whatever Guard takes
    """The template of an endpoint whose guard has some settings."""
    return rendered(shadow_test(guard=Guard(**settings)))


def actions_of(document: Json, effect: str = "Allow") -> set[str]:
    """What a policy document allows, or denies."""
    found: set[str] = set()
    for one in document["Statement"]:
        if one["Effect"] == effect:
            found.update([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    return found


def test_by_default_nothing_is_asked_of_it() -> None:
    """A role is made, the log is kept for ninety days, and no VPC, key or boundary is named."""
    template = rendered()
    function = the(template, "AWS::Lambda::Function")

    assert the(template, "AWS::Logs::LogGroup") == {"RetentionInDays": 90}
    assert "VpcConfig" not in function
    assert all(
        "PermissionsBoundary" not in role["Properties"] for role in resources(template, "AWS::IAM::Role").values()
    )


def test_its_log_has_a_key_and_a_retention() -> None:
    """Both as given; None keeps the log for good."""
    template = with_guard(log_key_arn=KEY_ARN, log_retention_days=365)
    assert the(template, "AWS::Logs::LogGroup") == {"RetentionInDays": 365, "KmsKeyId": KEY_ARN}
    assert the(with_guard(log_retention_days=None), "AWS::Logs::LogGroup") == {}


def test_it_runs_in_a_vpc_and_its_code_may_make_no_interfaces() -> None:
    """Lambda needs the right to make them, in the function's role; the function itself is denied it."""
    template = with_guard(network=VPC)

    assert the(template, "AWS::Lambda::Function")["VpcConfig"] == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
    }
    [role] = [one["Properties"] for key, one in resources(template, "AWS::IAM::Role").items() if "Guard" in key]
    document = role["Policies"][0]["PolicyDocument"]
    assert INTERFACES in actions_of(document)
    assert INTERFACES in actions_of(document, "Deny")
    assert INTERFACES not in str(rendered())


def test_a_role_of_the_users_gets_what_the_guard_needs() -> None:
    """By policies attached to it; no role is made, and the function waits for its rights."""
    ours = rendered()
    theirs = with_guard(role_arn=ROLE)
    function = the(theirs, "AWS::Lambda::Function")
    [(policy_id, policy)] = resources(theirs, "AWS::IAM::ManagedPolicy").items()
    [role] = [one["Properties"] for key, one in resources(ours, "AWS::IAM::Role").items() if "Guard" in key]

    assert function["Role"] == ROLE
    assert [key for key in resources(theirs, "AWS::IAM::Role") if "Guard" in key] == []
    assert policy["Properties"]["Roles"] == ["guards"]
    assert policy["Properties"]["PolicyDocument"] == role["Policies"][0]["PolicyDocument"]
    [whole] = resources(theirs, "AWS::Lambda::Function").values()
    assert policy_id in whole["DependsOn"]


def test_nothing_is_attached_to_a_role_that_has_its_rights() -> None:
    """With grant_role=False the template has no policy for it."""
    template = with_guard(role_arn=ROLE, grant_role=False)

    assert not resources(template, "AWS::IAM::ManagedPolicy")
    assert not resources(template, "AWS::IAM::Policy")


def test_a_role_of_the_app_can_be_given_by_its_token() -> None:
    """The policies are attached to the very resource."""
    stack = new_stack()
    role = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    ShadowEndpoint(stack, "E", test=shadow_test(guard=Guard(role_arn=role.role_arn)))
    template = template_of(stack)
    [logical_id] = [key for key in resources(template, "AWS::IAM::Role") if key.startswith("Mine")]

    assert the(template, "AWS::IAM::ManagedPolicy")["Roles"] == [{"Ref": logical_id}]


BOUND = ("given in the value", "by PermissionsBoundary.of(app)", "by the CDK's context")


@pytest.mark.parametrize("way", BOUND)
def test_a_boundary_is_on_every_role(way: str) -> None:
    """The guard's, the models', and the one that empties the bucket; the CDK's own two ways work too."""
    context = {"@aws-cdk/core:permissionsBoundary": {"arn": BOUNDARY}} if way == BOUND[2] else {}
    app = cdk.App(context=context)
    guard = Guard(permissions_boundary=BOUNDARY) if way == BOUND[0] else Guard()
    test = shadow_test(guard=guard, capture=Capture(delete_with_stack=True))
    stack = ShadowTestStack(app, "s", test=test, env=IRELAND)
    if way == BOUND[1]:
        iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.from_managed_policy_arn(stack, "B", BOUNDARY))
    roles = resources(app.synth().get_stack_artifact(stack.artifact_id).template, "AWS::IAM::Role")

    assert len(roles) == 4
    assert {key: one["Properties"].get("PermissionsBoundary") for key, one in roles.items()} == dict.fromkeys(
        roles, BOUNDARY
    )


def test_a_promotion_keeps_it() -> None:
    """A promoted value has the same guard."""
    guard = Guard(log_retention_days=30)

    assert shadow_test(guard=guard).promoted().guard == guard


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"role_arn": "guards"}, "'role_arn' must be an ARN like arn:aws:iam::<account>:role/..."),
        ({"grant_role": 1, "role_arn": ROLE}, "'grant_role' must be True or False"),
        ({"grant_role": False}, "'grant_role' must be left out without role_arn"),
        ({"network": "vpc-1"}, "'network' must be a Network(...) with subnets and security groups"),
        ({"network": Network()}, "'network' must be a Network(...) with subnets and security groups"),
        (
            {"network": Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"], isolated=True)},
            "'network' must not be isolated, got True; a guard that reaches no service can't work",
        ),
        ({"log_key_arn": "alias/x"}, "'log_key_arn' must be an ARN like arn:aws:kms:<region>:<account>:key/"),
        ({"log_retention_days": 0}, "'log_retention_days' must be one of 1, 3, 5"),
        ({"log_retention_days": 91}, "got 91"),
        ({"log_retention_days": True}, "'log_retention_days' must be"),
        ({"permissions_boundary": "boundary"}, "'permissions_boundary' must be the ARN of a policy"),
        ({"permissions_boundary": ROLE}, "'permissions_boundary' must be the ARN of a policy"),
    ],
)
def test_fails_with_what_a_guard_cannot_have(settings: Json, text: str) -> None:
    """In one line."""
    with pytest.raises(InvalidValueError) as refused:
        Guard(**settings)
    [line] = refused.value.problems
    assert text in line
    assert line.startswith("Guard: ")


def test_fails_with_a_guard_that_is_none() -> None:
    """What a test has in its place is refused."""
    with pytest.raises(InvalidValueError, match=r"'guard' must be a Guard\(\.\.\.\) or Guard.off\(reason\), got False"):
        shadow_test(guard=False)


def test_fails_with_a_role_of_another_account() -> None:
    """Lambda takes no role of another account."""
    test = shadow_test(guard=Guard(role_arn=ROLE.replace("1", "9")))

    with pytest.raises(InvalidValueError, match="'guard' must be of the stack's account"):
        rendered(test, IRELAND)
