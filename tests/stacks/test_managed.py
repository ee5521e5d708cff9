"""The stacks of a managed test: on an endpoint of this library, and on one from elsewhere."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from shadow_constructs import (
    Alerts,
    Capture,
    Dashboard,
    InvalidValueError,
    ManagedShadowTest,
    ManagedShadowTestStack,
    Model,
    PromotionStack,
    ShadowTest,
    ShadowTestStack,
    Watch,
)
from shadow_constructs.testing import stable_template
from shadow_ops.contract.permissions import managed_needs
from tests.constructs.rendering import IRELAND, Json, resources
from tests.stacks.rendering import churn, options
from tests.stacks.test_validity import ACKNOWLEDGED, nag_findings
from tests.support.linting import lint_of
from tests.support.templates import problems_of
from tests.values.samples import KEY_ARN, ROLE_ARN, variant

STARTS = datetime.datetime(2027, 1, 4, 8, tzinfo=datetime.UTC)
NAG = {
    **ACKNOWLEDGED,
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:inference-experiment/churn-\*\]": "Names of tests end in characters of "
    "their own.",
}


def managed_of(**changes: Any) -> ManagedShadowTest:  # noqa: ANN401 - of ShadowTest
    """A managed test with everything that a stack can have."""
    usual = {"watch": Watch(), "alerts": Alerts(emails=["team@example.com"])}
    return ManagedShadowTest(test=churn(**{**usual, **changes}))


def ours(managed: ManagedShadowTest | None = None) -> tuple[ShadowTestStack, ManagedShadowTestStack]:
    """The endpoint's stack, and the test's."""
    app, value = cdk.App(), managed_of() if managed is None else managed
    serving = ShadowTestStack(app, "churn-serving", test=value, **options())
    return serving, ManagedShadowTestStack(app, "churn-managed", managed=value, endpoint=serving.endpoint, **options())


def theirs(*, native: bool = False, **changes: Any) -> ManagedShadowTestStack:  # noqa: ANN401 - of ShadowTest
    """The test of an endpoint from elsewhere."""
    production = variant("v1", "AllTraffic", model=Model(version="v1", model_name="churn-v1"))
    managed = managed_of(**{"production": production, **changes})
    if native:
        managed = replace(managed, native=True, starts=STARTS)
    return ManagedShadowTestStack(cdk.App(), "churn-managed", managed=managed, **options())


STACKS: dict[str, Callable[[], ManagedShadowTestStack]] = {
    "of ours": lambda: ours()[1],
    "of theirs": theirs,
    "native": lambda: theirs(native=True),
    "with keys": lambda: theirs(capture=Capture(customer_managed_key=True), volume_key_arn=KEY_ARN),
    "without capture, watch and dashboard": lambda: theirs(
        capture=Capture.off(), watch=Watch.off("nobody looks"), dashboard=Dashboard.off()
    ),
}


def template_of(stack: cdk.Stack) -> Json:
    """A stack's template."""
    return dict(Template.from_stack(stack).to_json())


@pytest.mark.parametrize("case", ["of ours", "of theirs", "native"])
def test_the_stack_of_a_managed_test(case: str, snapshot: SnapshotAssertion) -> None:
    """The whole template; whoever changes it reads the difference."""
    assert stable_template(STACKS[case]()) == snapshot.use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize("case", STACKS)
def test_validators_have_nothing_to_say_without_a_reason(case: str) -> None:
    """SageMaker's API model, cfn-lint with its warnings, and cdk-nag; nothing is beyond ASCII."""
    stack = STACKS[case]()
    template = template_of(stack)
    assert problems_of(template) == []
    # Fn::GetStackOutput is newer than this cfn-lint, as in every other stack that reads an endpoint's outputs.
    known = json.loads(
        re.sub(r'\{"Fn::GetStackOutput": \{[^}]*\}\}', '"arn:aws:iam::111122223333:role/x"', json.dumps(template))
    )
    assert lint_of(known) == []
    for rule, paths in nag_findings(stack).items():
        reasons = [reason for pattern, reason in NAG.items() if re.fullmatch(pattern, rule)]
        assert len(reasons) == 1, (rule, paths)
    assert json.dumps(template, ensure_ascii=False).isascii()


def test_the_endpoint_serves_production_alone_beside_the_candidates_model() -> None:
    """The model is the resource that is promoted later; promotion and fold are as after any test."""
    managed = managed_of()
    serving, promotion = template_of(ours(managed)[0]), template_of(_promotion(managed.test))
    [config] = resources(serving, "AWS::SageMaker::EndpointConfig").values()
    models = resources(serving, "AWS::SageMaker::Model")

    assert "ShadowProductionVariants" not in config["Properties"]
    assert len(models) == 2
    [candidate] = resources(promotion, "AWS::SageMaker::Model").items()
    assert models[candidate[0]] == candidate[1]
    assert template_of(_promotion(managed)) == promotion


def _promotion(test: ShadowTest | ManagedShadowTest) -> PromotionStack:
    return PromotionStack(cdk.App(), "churn-promotion", test=test, **options())


def test_what_the_endpoint_has_is_not_made_twice() -> None:
    """Alarms about production, the topic and the models are the endpoint's; elsewhere the test has them."""
    app = ours()[1]
    assert [one.cfn_resource_type for one in app.node.find_all() if isinstance(one, cdk.CfnResource)].count(
        "AWS::SNS::Topic"
    ) == 0
    assert {spec.about for spec in app.managed_test.alarms.specs} == {"shadow", "comparison"}
    assert {spec.about for spec in theirs().managed_test.alarms.specs} == {"production", "shadow", "comparison"}
    assert "shadow-traffic" not in app.managed_test.alarms.alarms


def test_what_serves_after_a_promotion_does_not_go_with_the_test() -> None:
    """The candidate's model and its role, with its rights, on an endpoint from elsewhere; nothing else is left."""
    template = template_of(theirs(native=True))
    kept = {key: one for key, one in template["Resources"].items() if "Retain" in one.get("DeletionPolicy", "")}
    made = [key for key in kept if "ManagedModel" in key]
    assert {kept[key]["Type"] for key in made} >= {"AWS::SageMaker::Model", "AWS::IAM::Role"}
    with_it = [key for key in template["Resources"] if "ManagedModel" in key]
    assert sorted(made) == sorted(with_it)
    left = {one["Type"] for one in kept.values()} - {kept[key]["Type"] for key in made}
    assert left <= {"AWS::S3::Bucket", "AWS::SageMaker::InferenceExperiment", "AWS::Logs::LogGroup"}


def test_the_test_s_role_may_touch_this_endpoint_and_make_or_delete_none() -> None:
    """And nothing without a resource; the user's own role is taken as it is."""
    template = template_of(theirs(capture=Capture(bucket="captures", key_arn=KEY_ARN), volume_key_arn=KEY_ARN))
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if "ManagedExperimentRoleE" in key]
    [policy] = role["Properties"]["Policies"]
    statements = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}
    actions = {action for one in statements.values() for action in _listed(one["Action"])}

    assert not actions & {"sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint", "sagemaker:InvokeEndpoint"}
    assert not [action for action in actions if "*" in action]
    assert not [one for one in statements.values() if _listed(one["Resource"]) == ["*"]]
    assert all("endpoint/churn" in json.dumps(one) for one in statements["ScaleEndpoint"]["Resource"])
    updated = [json.dumps(one) for one in statements["UpdateEndpoint"]["Resource"]]
    assert all("endpoint/churn" in one or "endpoint-config/*" in one for one in updated)
    # Of an update SageMaker asks for the right on both.
    assert {"endpoint/churn" in one for one in updated} == {True, False}
    assert statements["PassModelRoles"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }
    given = ManagedShadowTest(test=theirs_value(), role_arn=ROLE_ARN)
    own = template_of(ManagedShadowTestStack(cdk.App(), "churn-managed", managed=given, **options()))
    [asked] = resources(own, "Custom::ManagedShadowTest").values()
    assert asked["Properties"]["RoleArn"] == ROLE_ARN
    assert not [key for key in resources(own, "AWS::IAM::Role") if "ManagedExperimentRoleE" in key]


def theirs_value() -> ShadowTest:
    """A test of an endpoint from elsewhere."""
    return churn(production=variant("v1", model=Model(version="v1", model_name="churn-v1")))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("case", ["of theirs", "native"])
def test_the_function_may_do_what_its_needs_say(case: str) -> None:
    """Every need is in a statement, one with those narrowed alike, and a `*` stands only where the need has one."""
    template = template_of(STACKS[case]())
    [role] = [one for key, one in resources(template, "AWS::IAM::Role").items() if "ManagedExperimentRoleC" in key]
    *found, log = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    needs = managed_needs(begins=case != "native", ramps=True)

    together: dict[tuple[str, object], list[str]] = {}
    for need in needs:
        together.setdefault((need.resource, need.conditions), []).extend(need.actions)
    assert [one["Action"] for one in found] == list(together.values())
    assert [one["Resource"] == "*" for one in found] == [resource == "*" for resource, _ in together]
    assert log["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]


def test_a_native_test_is_a_resource_that_its_handler_can_not_spoil() -> None:
    """No DesiredState that fires later, no deletion that leaves the shadow, no start at once."""
    template = template_of(theirs(native=True))
    [native] = resources(template, "AWS::SageMaker::InferenceExperiment").values()
    [custom] = resources(template, "Custom::ManagedShadowTest")

    assert (native["DeletionPolicy"], native["UpdateReplacePolicy"]) == ("Retain", "Retain")
    said = native["Properties"]
    assert not {"DesiredState", "StatusReason"} & said.keys()
    # The function answers the name, after it has looked; of another content it is another one.
    assert said["Name"] == {"Ref": custom}
    assert said["Schedule"] == {"StartTime": "2027-01-04T08:00:00Z", "EndTime": "2027-01-11T08:00:00Z"}
    assert [one["VariantName"] for one in said["ModelVariants"]] == ["AllTraffic", "shadow"]
    assert said["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] == 50
    actions = {action for need in managed_needs(begins=False, ramps=False) for action in need.actions}
    assert not actions & {f"sagemaker:{one}InferenceExperiment" for one in ("Create", "Update")}


@pytest.mark.parametrize("scope", ["app", "stack", "resource"])
def test_the_function_is_asked_when_only_tags_of_the_native_test_change(scope: str) -> None:
    """Whoever sets them and where: the handler would send share and end with them, and undo what people have set."""
    stack = theirs(native=True)
    [resource] = [one for one in stack.node.find_all() if isinstance(one, sagemaker.CfnInferenceExperiment)]
    cdk.Tags.of({"app": stack.node.root, "stack": stack, "resource": resource}[scope]).add("cost", "churn")
    template = template_of(stack)
    [native] = resources(template, "AWS::SageMaker::InferenceExperiment").values()
    [custom] = resources(template, "Custom::ManagedShadowTest").values()
    told = {one["key"]: one["value"] for one in custom["Properties"]["NativeTags"]}
    assert told == {one["Key"]: one["Value"] for one in native["Properties"]["Tags"]}
    assert told["cost"] == "churn"


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "an endpoint of another value": (
        lambda: ManagedShadowTestStack(
            cdk.App(), "m", managed=managed_of(sampling_percent=10), endpoint=ours()[0].endpoint, **options()
        ),
        "'endpoint' must be made of this managed test",
    ),
    "an endpoint with a shadow of its own": (
        lambda: ManagedShadowTestStack(
            cdk.App(),
            "m",
            managed=managed_of(),
            endpoint=ShadowTestStack(cdk.App(), "s", test=managed_of().test, **options()).endpoint,
            **options(),
        ),
        "'endpoint' must be made of this managed test",
    ),
    "another Region": (
        lambda: _in_another_region(),
        "'env' must be of the endpoint's region eu-west-1",
    ),
    "a model that nobody can tell": (
        lambda: ManagedShadowTestStack(cdk.App(), "m", managed=managed_of(), **options()),
        "'production' must name the SageMaker model that serves an endpoint from elsewhere",
    ),
    "no managed test": (
        lambda: ManagedShadowTestStack(cdk.App(), "m", managed=churn(), **options()),  # type: ignore[arg-type] # on purpose
        "'managed' must be a ManagedShadowTest(...)",
    ),
}


def _in_another_region() -> None:
    app, managed = cdk.App(), managed_of()
    endpoint = ShadowTestStack(app, "s", test=managed, env=IRELAND).endpoint
    elsewhere = cdk.Environment(account=IRELAND.account, region="eu-central-1")
    ManagedShadowTestStack(app, "m", managed=managed, endpoint=endpoint, env=elsewhere)


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_a_managed_test_is_refused_at_synth(case: str) -> None:
    """In one line with what to write."""
    make, line = REFUSED[case]
    with pytest.raises(InvalidValueError) as refused:
        make()
    [problem] = refused.value.problems
    assert line in problem


def test_a_literal_that_both_stacks_know_is_not_read_from_an_output() -> None:
    """A bucket and a topic of the user's are named as they are."""
    alerts = Alerts(topic_arn="arn:aws:sns:eu-west-1:111122223333:people")
    managed = ManagedShadowTest(test=churn(capture=Capture(bucket="captures"), alerts=alerts))
    template = template_of(ours(replace(managed, days=1))[1])
    [asked] = resources(template, "Custom::ManagedShadowTest").values()
    assert json.loads(asked["Properties"]["Capture"])["destination"] == "s3://captures/captured"
    assert asked["Properties"]["Seconds"] == "86400"


def test_another_candidate_is_a_deployment_for_the_guard() -> None:
    """Though the endpoint's config stays: CloudFormation would delete the model of a test that runs."""
    asked = []
    for candidate in ("v2", "v3"):
        managed = managed_of(shadow=variant(candidate, "shadow"))
        found = resources(template_of(ours(managed)[0]), "Custom::EndpointUpdateGuardBefore").values()
        asked.append([one["Properties"] for one in found])
    [[one], [other]] = asked
    assert one["TestedModel"] != other["TestedModel"]
    assert {**one, "TestedModel": ""} == {**other, "TestedModel": ""}


def test_an_endpoint_has_one_managed_test_in_an_app() -> None:
    """Two stacks that may be in one account and Region would begin two; elsewhere it is another endpoint."""
    managed = replace(managed_of(), test=theirs_value())
    app = cdk.App()
    ManagedShadowTestStack(app, "one", managed=managed, **options())
    with pytest.raises(InvalidValueError, match="'managed' must be the endpoint's only managed test, got 'churn'"):
        ManagedShadowTestStack(app, "two", managed=replace(managed, days=2), **options())
    ohio = cdk.Environment(account="111122223333", region="us-east-2")
    ManagedShadowTestStack(app, "three", managed=managed, **options(ohio))
