"""What only CloudFormation knows stands nowhere where CloudFormation wants a literal, whatever is given as a token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Guard,
    Guardrails,
    Model,
    ModelPackage,
    Network,
    PromotionStack,
    Rollback,
    ShadowTest,
    ShadowTestStack,
    Watch,
)
from tests.constructs.rendering import Json
from tests.stacks.rendering import churn, options
from tests.stacks.test_managed import managed_of, ours, template_of, theirs
from tests.stacks.test_validity import IGNORED_BY_LINT
from tests.support.linting import lint_of
from tests.support.templates import problems_of
from tests.values.samples import PACKAGE_ARN, hardware, model, variant

TEXT, OTHER = cdk.Fn.import_value("text"), cdk.Fn.import_value("other")
KEY = f"arn:aws:kms:eu-west-1:111122223333:key/{TEXT}"
# What tokens come from in these tests, and nothing of the library's: imports, which an output passes on.
IGNORED = {*IGNORED_BY_LINT, "W6001"}
# Of each model that is given as a token, and of everything else of a test.
MODELS: dict[str, Callable[[], Model]] = {
    "image": lambda: model("v2", container=Container.uri(TEXT)),
    "image of a repository": lambda: model(
        "v2", container=Container.uri(f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{TEXT}:3")
    ),
    "image of a list": lambda: model("v2", container=Container.uri(cdk.Fn.select(0, cdk.Fn.split(" ", TEXT)))),
    "repository": lambda: model("v2", container=Container.ecr(TEXT, OTHER, account=TEXT, region="eu-west-1")),
    "private registry": lambda: model(
        "v2",
        container=Container.private_registry(
            TEXT, credentials_provider_arn=f"arn:aws:lambda:eu-west-1:111122223333:function:{TEXT}"
        ),
        network=Network(subnet_ids=[TEXT, OTHER], security_group_ids=[TEXT]),
    ),
    "artifact": lambda: model(
        "v2", artifact=f"s3://{TEXT}/m/", artifact_key_arn=KEY, environment={"A": TEXT}, role_arn=None
    ),
    "role": lambda: model("v2", role_arn=f"arn:aws:iam::111122223333:role/{TEXT}"),
    "package": lambda: Model(version="v2", package=ModelPackage(PACKAGE_ARN, artifact=TEXT, image=TEXT)),
    "model of another stack": lambda: Model(version="v2", model_name=TEXT, role_arn=TEXT),
    "other": lambda: Model(version="v1", model_name=TEXT),
}
OTHERS: dict[str, Any] = {
    "capture": Capture(bucket=TEXT, key_arn=KEY),
    "alerts": Alerts(topic_arn=f"arn:aws:sns:eu-west-1:111122223333:{TEXT}", action_arns=[TEXT]),
    "guard": Guard(role_arn=f"arn:aws:iam::111122223333:role/{TEXT}", log_key_arn=KEY),
    "guardrails": Guardrails(alarm_names=[TEXT]),
    "watch": Watch(role_arn=f"arn:aws:iam::111122223333:role/{TEXT}"),
    "volume_key_arn": KEY,
    "tags": {"team": TEXT},
}
DUMPING = hardware(core_dump=CoreDump(f"s3://{TEXT}/dumps", key_arn=KEY))


def of_model(make: Callable[[], Model]) -> ShadowTest:
    """A test of one, whose production is given as tokens all the same."""
    return churn(shadow=variant(model=make(), hardware=DUMPING), **OTHERS)


CASES: dict[str, Callable[[], ShadowTest]] = {
    name: lambda make=make: of_model(make)  # type: ignore[misc] # bound now
    for name, make in MODELS.items()
    if name != "other"
}


def references(value: object) -> bool:
    """Whether a value of a template is one that CloudFormation works out, or has a token of the CDK's in it."""
    if isinstance(value, str):
        return "Token[" in value
    if isinstance(value, list):
        return any(references(one) for one in value)
    if isinstance(value, dict):
        made = any(key in ("Ref", "Condition") or key.startswith("Fn::") for key in value)
        return made or any(references(key) or references(one) for key, one in value.items())
    return False


def wrongly_given(template: Json) -> Iterator[str]:
    """Where a template has a reference though CloudFormation User Guide, template anatomy, says that it takes none."""
    for part in ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings"):
        if references(template.get(part)):
            yield part
    for part in ("Conditions", "Rules", "Resources", "Outputs"):
        for name, one in template.get(part, {}).items():
            if references(name) or not name.isalnum():
                yield f"{part}: {name}"
            attributes = {key: value for key, value in one.items() if key not in ("Properties", "Value", "Condition")}
            if part in ("Resources", "Outputs") and references(attributes):
                yield f"{part}.{name}: {attributes}"
            if not isinstance(one.get("Condition", ""), str):
                yield f"{part}.{name}.Condition"
    for name, one in template["Resources"].items():
        for what in ("Name", "EndpointName", "PolicyName", "LogGroupName", "Description"):
            # What names a thing of the library's is read by others, and a description by people.
            if references(one.get("Properties", {}).get(what)):
                yield f"{name}.{what}"
    if "Token[" in json.dumps(template):
        yield "a token that nobody resolved"


def templates_of(test: ShadowTest) -> list[Json]:
    """A test and its promotion."""
    app = cdk.App()
    made = [kind(app, kind.__name__, test=test, **options()) for kind in (ShadowTestStack, PromotionStack)]
    return [template_of(one) for one in made]


def further() -> list[Json]:
    """What else can be deployed: the way back, and managed tests of an endpoint of ours and of another."""
    shadow, production = variant(model=MODELS["image"]()), variant("v1", "AllTraffic", model=MODELS["other"]())
    made: list[Any] = [
        ShadowTestStack(cdk.App(), "back", test=CASES["image"](), intent=Rollback("p99"), **options()),
        *ours(managed_of(shadow=shadow, **OTHERS)),
        theirs(production=production, shadow=shadow, **OTHERS),
    ]
    return [template_of(one) for one in made]


@pytest.mark.parametrize("case", CASES)
def test_nothing_literal_is_left_to_cloudformation(case: str) -> None:
    """Descriptions, conditions, policies of deletion, logical ids, metadata, names that others read."""
    for template in templates_of(CASES[case]()):
        assert list(wrongly_given(template)) == []
        assert problems_of(template) == []


def test_cfn_lint_has_nothing_to_say_of_tokens() -> None:
    """The same over all that can be deployed of a test of which everything is given as tokens."""
    for template in [*further(), templates_of(CASES["image"]())[0]]:
        assert [*wrongly_given(template), *lint_of(template, IGNORED)] == []


def test_fails_to_be_literal_where_a_description_is_a_reference() -> None:
    """What looks for them finds one of each kind."""
    [good, *_] = templates_of(CASES["artifact"]())
    name = next(iter(good["Resources"]))
    for change in (
        {"Outputs": {"A": {"Description": {"Fn::Join": ["", ["a", {"Ref": "B"}]]}, "Value": "x"}}},
        {"Description": "${Token[TOKEN.1]}"},
        {"Resources": {name: {**good["Resources"][name], "DeletionPolicy": {"Ref": "B"}}}},
        {"Conditions": {"${Token[TOKEN.1]}": {"Fn::Equals": ["a", "b"]}}},
    ):
        assert list(wrongly_given({**good, **change}))


def test_what_only_cloudformation_knows_is_said_to_be_known_at_deployment() -> None:
    """People read that in outputs; the dashboard shows what it turned out to be."""
    test = CASES["repository"]()
    template = templates_of(test)[0]

    assert template["Outputs"]["ShadowModel"]["Description"] == (
        "Is tested: v2 (<known at deployment>:<known at deployment>) on 1 x ml.m5.xlarge"
    )
    assert test.shadow is not None
    assert TEXT in test.shadow.model.container.named  # type: ignore[union-attr] # it has one
