"""Every text that is generated fits its service, with the longest names and the most variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import aws_cdk as cdk
import pytest

from shadow_constructs import Guard, Guardrails, InvalidValueError, Network, ShadowEndpoint, ShadowTest, ShadowTestStack
from shadow_constructs.model.policy_size import INLINE, MANAGED, documents, size_of
from tests.constructs.rendering import Json, new_stack, resources, template_of
from tests.stacks import largest
from tests.support.template_limits import LIMITS, too_long
from tests.values.samples import ROLE_ARN

VPC = Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
LARGEST: dict[str, Callable[[], ShadowTest]] = {
    "a shadow test": largest.shadow_test,
    "ten variants": largest.ten_variants,
    "a role of the user's": lambda: largest.shadow_test(
        production=replace(largest.shadow_test().production, model=largest.model(1, role_arn=ROLE_ARN))
    ),
    "a guard in a VPC that acts as a role of the user's": lambda: largest.shadow_test(
        guard=Guard(
            role_arn=ROLE_ARN, network=Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
        )
    ),
    "ten variants on a role of the user's": lambda: largest.ten_variants(model_of={"role_arn": ROLE_ARN}),
    "ten alarms of the user's": lambda: largest.shadow_test(
        guardrails=Guardrails(alarm_names=[f"{number}-{'a' * 253}" for number in range(10)], own_alarms=False)
    ),
}


def rendered(test: ShadowTest) -> Json:
    """The template of an endpoint, without the tags, which are the user's own."""
    stack = new_stack(largest.HERE, "S" * 100)
    ShadowEndpoint(stack, "Endpoint", test=replace(test, tags={})).add_outputs()
    return template_of(stack)


@pytest.mark.parametrize("case", LARGEST)
def test_every_generated_text_fits_its_service(case: str) -> None:
    """Policies, descriptions, rules, dashboards, requests and outputs, as long as CloudFormation may make them."""
    assert too_long(rendered(LARGEST[case]())) == []


def test_every_limit_is_met_by_a_text() -> None:
    """A limit of which no template has the text would hold nothing."""
    made = [rendered(largest.shadow_test()), rendered(LARGEST["a role of the user's"]())]
    found = {
        (one["Type"], name)
        for template in [*made, rendered(largest.shadow_test(capture=largest.captured_by_us()))]
        for one in template["Resources"].values()
        for name in one.get("Properties", {})
    }

    assert set(LIMITS) - found == set()


def test_rights_that_outgrow_a_policy_go_into_a_second_one() -> None:
    """Nothing is left out, nothing said twice; the model waits for all of them and the config outlives none."""
    template = rendered(largest.ten_variants())
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if "Model" in key]
    attached = resources(template, "AWS::IAM::ManagedPolicy")
    [model] = resources(template, "AWS::SageMaker::Model").values()
    [config] = resources(template, "AWS::SageMaker::EndpointConfig").values()
    [inline] = [one["PolicyDocument"] for one in role["Properties"]["Policies"]]
    managed = [one["Properties"]["PolicyDocument"] for one in attached.values()]
    sids = [one["Sid"] for document in [inline, *managed] for one in document["Statement"]]

    assert len(attached) == 2
    assert len(sids) == len(set(sids))
    assert {f"{what}CoreDumps{number}" for what in ("Write", "Encrypt") for number in range(10)} <= set(sids)
    assert set(attached) <= set(model["DependsOn"])
    assert set(attached) <= set(config["DependsOn"])


def statement(size: int, sid: str = "A") -> Json:
    """A statement of so many characters."""
    made = {"Sid": sid, "Resource": ""}
    return {**made, "Resource": "x" * (size - size_of(made))}


def test_a_policy_is_filled_to_the_last_character() -> None:
    """What fits exactly stays in one policy; a character more makes two."""
    around = len('{"Version":"2012-10-17","Statement":[,]}')
    half = (INLINE - around) // 2

    assert len(documents([statement(half), statement(half)], first=INLINE)) == 1
    assert len(documents([statement(half), statement(half + 2)], first=INLINE)) == 2


def test_fails_with_more_rights_than_a_role_holds() -> None:
    """One line each, with the way out, and nothing is rendered that IAM would refuse."""
    large = [statement(MANAGED - 50, f"S{number}") for number in range(11)]
    with pytest.raises(InvalidValueError, match=r"at most 10 on one role \(IAM\), got 11; give fewer core dumps"):
        documents(large, first=MANAGED)
    with pytest.raises(InvalidValueError, match="at most 6144 characters in a statement"):
        documents([statement(MANAGED)], first=MANAGED)


def test_what_cloudformation_fills_in_counts_at_its_longest() -> None:
    """A token's own text is shorter than what it stands for."""
    assert size_of({"Resource": "${Token[TOKEN.7]}"}) == size_of({"Resource": "x" * 255})
    assert size_of({"Resource": "${Token[AWS.AccountId.3]}"}) == size_of({"Resource": "1" * 12})
    assert size_of({"Resource": "#{Token[TOKEN.7]}"}) == size_of({"Resource": "x" * 1600})


def test_fails_with_tags_that_no_template_holds() -> None:
    """Fifty of the longest on some sixty resources: refused, with the way that takes them all."""
    with pytest.raises(InvalidValueError, match=r"'tags' must take less than 1,000,000 bytes.*give them to the stack"):
        ShadowTestStack(cdk.App(), "Large", test=largest.shadow_test(), env=largest.HERE)

    app, test = cdk.App(), largest.shadow_test()
    stack = ShadowTestStack(app, "Large", test=replace(test, tags={}), tags=dict(test.tags), env=largest.HERE)
    assert not any(
        "exceeds" in str(one.entry.data) for one in app.synth().get_stack_artifact(stack.artifact_id).messages
    )
