"""What people's tests are given: templates that keep, and assertions that fail when they should."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from shadow_constructs import (
    Alerts,
    Capture,
    CoreDump,
    Dashboard,
    GatePolicy,
    Guard,
    Guardrails,
    InvalidValueError,
    MetricsPublishing,
    Model,
    ModelPackage,
    Network,
    Promotion,
    PromotionStack,
    Routing,
    Scaling,
    ShadowEndpoint,
    ShadowTest,
    ShadowTestStack,
    Variant,
    Watch,
)
from shadow_constructs.guard import package
from shadow_constructs.testing import assert_fold, assert_promotion, stable_template
from shadow_constructs.values.hardware import Hardware
from tests.stacks import largest
from tests.stacks.rendering import churn, everything, folded, options, uncaptured
from tests.values.samples import IMAGE, KEY_ARN, PACKAGE_ARN, RESERVATION_ARN, ROLE_ARN, hardware, model, variant

Change = Callable[[cdk.Stack], object]
SERVING = "ProductionVariants.0"


def stack(test: ShadowTest, change: Change | None = None, **more: Any) -> cdk.Stack:  # noqa: ANN401 - whatever a stack takes
    """A test's stack in an app of its own, with something else in it."""
    made = ShadowTestStack(cdk.App(), "shadow", test=test, **{**options(), **more})
    if change is not None:
        change(made)
    return made


def promotion(test: ShadowTest, change: Change | None = None, **more: Any) -> cdk.Stack:  # noqa: ANN401 - likewise
    """Its promotion's."""
    made = PromotionStack(cdk.App(), "promotion", test=test, **{**options(), **more})
    if change is not None:
        change(made)
    return made


def granting(sid: str) -> Change:
    """An escape hatch: one more statement in each role of the library's."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    return set_in(iam.CfnRole, "Policies.0.PolicyDocument.Statement.9", statement)


def in_the_endpoint(name: str) -> Callable[[cdk.Stack], cdk.CfnResource]:
    """Something of the user's below the endpoint, where the library's things are."""

    def made(one: cdk.Stack) -> cdk.CfnResource:
        scope, document = one.node.find_child("Endpoint"), {"Statement": [{"Sid": "Mine", "Effect": "Allow"}]}
        assert isinstance(scope, ShadowEndpoint)
        if name == "Policy":
            return iam.CfnManagedPolicy(scope, "Mine", policy_document=document)
        return iam.CfnRole(scope, "Mine", assume_role_policy_document=document)

    return made


def waiting(on: cdk.CfnResource, made: cdk.Stack) -> None:
    """Have configs wait for something."""
    for one in made.node.find_all():
        if isinstance(one, sagemaker.CfnEndpointConfig):
            one.add_resource_dependency(on)


def queue(visible: int) -> Change:
    """A queue beside the endpoint."""
    return lambda made: sqs.Queue(made, "Mine", visibility_timeout=cdk.Duration.seconds(visible))


SHADOWS: dict[str, Callable[[], ShadowTest]] = {
    "another model": churn,
    "everything on": everything,
    "nothing captured": uncaptured,
    "other hardware": lambda: churn(shadow=variant("v1", hardware=hardware("ml.g5.xlarge"))),
    "hardware that is named": lambda: churn(promote_on=Hardware("ml.c7i.4xlarge", count=5)),
    "a bucket that goes": lambda: churn(capture=Capture(delete_with_stack=True)),
}


@pytest.mark.parametrize("case", SHADOWS)
def test_every_promotion_of_the_librarys_is_one(case: str) -> None:
    """Whatever is tested; the assertions say nothing of what follows from a promotion."""
    assert_promotion(stack(SHADOWS[case](), queue(5)), promotion(SHADOWS[case](), queue(5)))


VPC = Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"], isolated=True)
DUMPS = CoreDump("s3://dumps/churn", key_arn=KEY_ARN)
# What a variant may be, so that each option of each value that it is made of is in one of them.
VARIANTS: dict[str, Callable[[str], Variant]] = {
    "all of the model": lambda version: variant(
        model=model(
            version,
            artifact="s3://my-models/folder/",
            environment={"A": "b"},
            network=VPC,
            artifact_key_arn=KEY_ARN,
            accept_eula=True,
        )
    ),
    "a role of the user's": lambda version: variant(model=model(version, role_arn=ROLE_ARN)),
    "a role left alone": lambda version: variant(model=model(version, role_arn=ROLE_ARN, grant_role=False)),
    "a model that exists": lambda version: variant(model=Model(version=version, model_name=f"churn-{version}")),
    "that and its role": lambda version: variant(
        model=Model(version=version, model_name=f"churn-{version}", role_arn=ROLE_ARN)
    ),
    "a package": lambda version: variant(
        model=Model(version=version, package=ModelPackage(PACKAGE_ARN, artifact=f"s3://reg/{version}/", image=IMAGE))
    ),
    "sessions": lambda version: variant(version, hardware=hardware(ssm_access=True)),
    "core dumps": lambda version: variant(version, hardware=hardware(core_dump=DUMPS)),
    "all of the hardware": lambda version: variant(
        version,
        hardware=hardware(
            "ml.x9.4xlarge",
            count=3,
            volume_gb=100,
            model_download_timeout_seconds=900,
            startup_timeout_seconds=600,
            instance_provision_timeout_seconds=1800,
            inference_ami_version="al2-ami-sagemaker-inference-gpu-3-1",
            routing=Routing("PREFIX_AWARE", 2048, 16),
            ssm_access=True,
            core_dump=DUMPS,
            capacity_reservation_arn=RESERVATION_ARN,
            unlisted_type=True,
        ),
    ),
    "all of the variant": lambda version: variant(
        version, f"name-{version}", weight=3, scaling=Scaling(max_count=4, invocations_per_instance=600)
    ),
}
SIDES: dict[str, Callable[[Callable[[str], Variant]], dict[str, Variant]]] = {
    "in production": lambda make: {"production": make("v1")},
    "in the shadow": lambda make: {"shadow": make("v2")},
    "in both": lambda make: {"production": make("v1"), "shadow": make("v2")},
}
TESTS: dict[str, dict[str, Any]] = {
    "on the shadow's hardware": {"shadow": VARIANTS["all of the hardware"]("v2"), "promote_on": "shadow"},
    "on hardware with dumps": {"promote_on": hardware(core_dump=DUMPS, ssm_access=True)},
    "keys": {"volume_key_arn": KEY_ARN, "capture": Capture(customer_managed_key=True)},
    "guardrails": {"guardrails": Guardrails(alarm_names=["mine"], bake_minutes=5)},
    "no guardrails": {"guardrails": Guardrails.off("a demo")},
    "roles": {"guard": Guard(role_arn=ROLE_ARN, log_key_arn=KEY_ARN), "watch": Watch(role_arn=ROLE_ARN)},
    "a boundary": {"guard": Guard(permissions_boundary="arn:aws:iam::111122223333:policy/b"), "watch": Watch()},
    "no guard": {"guard": Guard.off("no functions"), "watch": Watch.off("none")},
    "people": {"alerts": Alerts(emails=["team@example.com"], period_seconds=60, without=["shadow-cpu"])},
    "nobody": {"alerts": Alerts.off("none"), "dashboard": Dashboard.off(), "gate": GatePolicy.none(reason="a demo")},
    "metrics": {"metrics": MetricsPublishing(frequency_seconds=10, enhanced=True), "dashboard": Dashboard(name="mine")},
    "tags": {"tags": {"a": "b", "c": ""}, "sampling_percent": None},
    "a policy that comes": {
        "production": VARIANTS["sessions"]("v1"),
        "shadow": VARIANTS["that and its role"]("v2"),
        "capture": Capture.off(),
        "guardrails": Guardrails.off("a demo"),
    },
}
PROMOTED: dict[str, Callable[[], ShadowTest]] = {
    **{
        f"{what} {where}": lambda make=make, side=side: churn(**side(make))  # type: ignore[misc] # bound now
        for what, make in VARIANTS.items()
        for where, side in SIDES.items()
    },
    **{what: lambda given=given: churn(**given) for what, given in TESTS.items()},  # type: ignore[misc] # likewise
}


@pytest.mark.parametrize("case", PROMOTED)
def test_a_promotion_and_its_fold_are_ones_whatever_the_values_say(case: str) -> None:
    """Every option of models, hardware, variants and tests, in production, in the shadow and in both."""
    test = PROMOTED[case]()
    promoted = promotion(test)

    assert_promotion(stack(test), promoted)
    assert_fold(promoted, stack(test.promoted()))


def test_the_largest_promotion_is_one() -> None:
    """With rights in more policies than one."""
    test, here = largest.shadow_test(tags={}), largest.HERE

    assert_promotion(stack(test, env=here), promotion(test, env=here))


def test_every_option_is_promoted_above() -> None:
    """An option without its case would be one that nobody has seen promoted."""
    tests = [make() for make in PROMOTED.values()]
    variants = [one for test in tests for one in test.variants]
    not_tried = {"other_production", "multi_model", "endpoint_name"}  # Not possible in a shadow test, or always there.
    for values in (tests, variants, [one.model for one in variants], [one.hardware for one in variants]):
        for field in fields(values[0]):
            seen = {repr(getattr(one, field.name)) for one in values}
            assert len(seen) > 1 or field.name in not_tried, field.name


@pytest.mark.parametrize("make", [churn, uncaptured, everything])
def test_every_fold_is_one(make: Callable[[], ShadowTest]) -> None:
    """Also after a promotion that the gate would have refused."""
    now = Promotion(override_gate="the sale starts")
    for intent in (None, now):
        assert_fold(promotion(make(), intent=intent), stack(folded(make())))


def scaled() -> Variant:
    """Production, scaling."""
    scaling = Scaling(min_count=2, max_count=9, invocations_per_instance=600)
    return variant("v1", hardware=hardware(count=2), scaling=scaling)


def by_hand(test: ShadowTest, path: str = "Endpoint", intent: Promotion | None = None) -> cdk.Stack:
    """A stack that somebody wrote."""
    made = cdk.Stack(cdk.App(), "mine", stack_name="churn", **options())
    ShadowEndpoint(made, path, test=test, intent=intent)
    return made


def set_in(kind: type[cdk.CfnResource], path: str, value: object) -> Change:
    """An escape hatch: another value in every resource of a kind."""

    def change(made: cdk.Stack) -> None:
        for one in made.node.find_all():
            if isinstance(one, kind):
                one.add_property_override(path, value)

    return change


def code(folder: Path, text: str) -> Change:
    """A file of the user's, deployed with the stack."""
    file = folder / f"{len(text)}.txt"
    file.write_text(text)
    return lambda made: cdk.CfnOutput(made, "Code", value=s3_assets.Asset(made, "File", path=str(file)).s3_object_key)


def with_two(*, promoted: bool) -> cdk.Stack:
    """Two endpoints in a stack, of which one may be promoted."""
    made = cdk.Stack(cdk.App(), "mine", stack_name="churn", **options())
    ShadowEndpoint(made, "One", test=churn(), intent=Promotion() if promoted else None)
    ShadowEndpoint(made, "Other", test=churn(endpoint_name="other"))
    return made


def test_one_of_two_tests_may_be_promoted() -> None:
    """The other goes on; promoting neither is no promotion."""
    assert_promotion(with_two(promoted=False), with_two(promoted=True))
    with pytest.raises(AssertionError, match="promotes nothing"):
        assert_promotion(with_two(promoted=False), with_two(promoted=False))


def test_other_bytes_of_a_file_are_another_stack(tmp_path: Path) -> None:
    """What `stable_template` hides for snapshots is what a deployment would replace."""
    one, other = code(tmp_path, "a"), code(tmp_path, "other")
    assert_promotion(stack(churn(), one), promotion(churn(), one))
    assert_fold(promotion(churn(), one), stack(folded(churn()), one))
    with pytest.raises(AssertionError, match="output Code changes"):
        assert_promotion(stack(churn(), one), promotion(churn(), other))
    with pytest.raises(AssertionError, match="Outputs changes"):
        assert_fold(promotion(churn(), one), stack(folded(churn()), other))


def test_nested_stacks_themselves_are_compared() -> None:
    """By the name of the stack that they are in."""

    def nested(intent: Promotion | None) -> cdk.Stack:
        made = cdk.NestedStack(cdk.Stack(cdk.App(), "mine", stack_name="churn", **options()), "Nested")
        ShadowEndpoint(made, "E", test=churn(), intent=intent)
        return made

    assert_promotion(nested(None), nested(Promotion()))


NO_PROMOTION: dict[str, tuple[Callable[[], tuple[cdk.Stack, cdk.Stack]], list[str]]] = {
    "another stack": (
        lambda: (stack(churn()), promotion(churn(), stack_name="other")),
        ["stack_name: 'other' isn't 'churn'"],
    ),
    "a queue that goes": (lambda: (stack(churn(), queue(5)), promotion(churn())), ["- Mine", "(AWS::SQS::Queue) goes"]),
    "a queue that comes": (
        lambda: (stack(churn()), promotion(churn(), queue(5))),
        ["+ Mine", "(AWS::SQS::Queue) comes"],
    ),
    "a queue that changes": (
        lambda: (stack(churn(), queue(5)), promotion(churn(), queue(6))),
        ['-  "VisibilityTimeout": 5', '+  "VisibilityTimeout": 6'],
    ),
    "another path": (
        lambda: (by_hand(churn()), by_hand(churn(), "Promoted", Promotion())),
        ["(AWS::SageMaker::Endpoint) goes", "(AWS::SageMaker::Endpoint) comes"],
    ),
    "another model": (
        lambda: (stack(churn()), promotion(churn(shadow=variant("v3")))),
        ["the promotion serves another model than was tested"],
    ),
    "another name of the variant": (
        lambda: (stack(churn()), promotion(churn(production=variant("v1", "main", hardware=hardware(count=2))))),
        ["the production variant is called ['main'] after the promotion, ['production'] before it"],
    ),
    "no promotion": (lambda: (stack(churn()), stack(churn())), ["promotes nothing: what is tested still has a shadow"]),
    "another dashboard": (
        lambda: (stack(churn()), promotion(churn(dashboard=Dashboard(name="mine")))),
        ['+  "DashboardName": "mine"'],
    ),
    "another bucket": (
        lambda: (stack(churn()), promotion(churn(capture=Capture(bucket="theirs")))),
        ["(AWS::S3::Bucket) goes", "s3://theirs/captured"],
    ),
    "another type by hand": (
        lambda: (
            stack(churn()),
            promotion(
                churn(), set_in(sagemaker.CfnEndpointConfig, "ProductionVariants.0.InstanceType", "ml.m5.24xlarge")
            ),
        ),
        ["the promotion serves on [('ml.m5.24xlarge', 2)], the test says 2 x ml.m5.xlarge"],
    ),
    "a smaller count by hand": (
        lambda: (
            stack(churn()),
            promotion(churn(), set_in(sagemaker.CfnEndpointConfig, f"{SERVING}.InitialInstanceCount", 1)),
        ),
        ["the test says 2 x ml.m5.xlarge"],
    ),
    "more in the config": (
        lambda: (stack(churn()), promotion(churn(), set_in(sagemaker.CfnEndpointConfig, "ExecutionRoleArn", "x"))),
        ['+  "ExecutionRoleArn": "x"'],
    ),
    "silent alarms": (
        lambda: (stack(churn()), promotion(churn(), set_in(cloudwatch.CfnAlarm, "ActionsEnabled", False))),
        ['"ActionsEnabled": false'],
    ),
    "no gate": (
        lambda: (stack(churn()), promotion(churn(gate=GatePolicy.none(reason="a demo")))),
        ["(Custom::EndpointUpdateGuardBefore) changes"],
    ),
    "other hardware than the test says": (
        lambda: (stack(churn()), promotion(churn(promote_on=Hardware("ml.c7i.4xlarge", count=5)))),
        ["the test says 2 x ml.m5.xlarge"],
    ),
    "scaling that is gone": (
        lambda: (stack(churn(production=scaled())), promotion(churn())),
        ["production scales otherwise after the promotion"],
    ),
    "a promotion that the guard isn't told of": (
        lambda: (
            stack(churn()),
            promotion(churn(), set_in(cdk.CfnResource, "Promotion", "false")),
        ),
        ["the guard isn't told that it is a promotion"],
    ),
    "a right that nothing asks for": (
        lambda: (stack(churn()), promotion(churn(), granting("OpenSessions"))),
        ['"Sid": "OpenSessions"'],
    ),
    "another right": (
        lambda: (
            stack(churn(production=VARIANTS["sessions"]("v1"))),
            promotion(churn(production=VARIANTS["sessions"]("v1")), granting("OpenMore")),
        ),
        ['"Sid": "OpenMore"'],
    ),
    "a policy of other rights that comes": (
        lambda: (stack(churn()), promotion(churn(), in_the_endpoint("Policy"))),
        ["(AWS::IAM::ManagedPolicy) comes"],
    ),
    "what the config waits for": (
        lambda: (
            stack(churn(), in_the_endpoint("Role")),
            promotion(churn(), lambda one: waiting(in_the_endpoint("Role")(one), one)),
        ),
        ["(AWS::SageMaker::EndpointConfig) changes"],
    ),
    "another output": (
        lambda: (stack(churn()), promotion(churn(), lambda one: cdk.CfnOutput(one, "Mine", value="x"))),
        ["output Mine changes:"],
    ),
}


def _mine(kind: str) -> Callable[[int], Change]:
    """Something of the user's of a kind that the library makes too, in one of two forms."""
    made: dict[str, Callable[[cdk.Stack, int], object]] = {
        "role": lambda one, n: iam.CfnRole(one, "Mine", assume_role_policy_document={"Version": f"{n}"}),
        "policy": lambda one, n: iam.CfnManagedPolicy(one, "Mine", policy_document={"Version": f"{n}"}),
        "model": lambda one, n: sagemaker.CfnModel(one, "Mine", execution_role_arn=f"arn:aws:iam::1:role/{n}"),
        "alarm": lambda one, n: cloudwatch.CfnAlarm(
            one, "Mine", comparison_operator="GreaterThanThreshold", evaluation_periods=n
        ),
        "composite": lambda one, n: cloudwatch.CfnCompositeAlarm(one, "Mine", alarm_rule="ALARM(x)" * n),
        "config": lambda one, n: sagemaker.CfnEndpointConfig(
            one,
            "Mine",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(variant_name=f"a{n}", initial_variant_weight=1)
            ],
        ),
        "dashboard": lambda one, n: cloudwatch.CfnDashboard(one, "Mine", dashboard_body=f"{n}"),
        "parameter": lambda one, n: ssm.CfnParameter(one, "Mine", type="String", value=f"{n}"),
        "output": lambda one, n: cdk.CfnOutput(one, "MyProductionModel", value=f"{n}"),
        "template parameter": lambda one, n: cdk.CfnParameter(one, "Given", default=f"{n}"),
        "condition": lambda one, n: cdk.CfnCondition(one, "If", expression=cdk.Fn.condition_equals("1", f"{n}")),
        "a name like the watch's": lambda one, n: sqs.CfnQueue(one, "ShadowTestWatchMine", delay_seconds=n),
    }
    return lambda number: lambda one: made[kind](one, number)


KINDS = (
    *("role", "policy", "model", "alarm", "composite", "config", "dashboard", "parameter", "output"),
    *("template parameter", "condition", "a name like the watch's"),
)
BOTH: list[tuple[int | None, int | None]] = [(1, None), (None, 1), (1, 2)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("before", "after"), BOTH)
def test_fails_with_what_is_the_users_whatever_its_type(kind: str, before: int | None, after: int | None) -> None:
    """It goes, comes or changes: only what is the library's follows from a promotion."""
    make = _mine(kind)
    test, promoted = (None if number is None else make(number) for number in (before, after))

    with pytest.raises(AssertionError, match=r"Mine|MyProductionModel|Parameters|Conditions"):
        assert_promotion(stack(churn(), test), promotion(churn(), promoted))


def test_what_is_the_users_may_be_there() -> None:
    """The same before and after it, of every type."""

    def all_of_them(made: cdk.Stack) -> None:
        for kind in KINDS:
            _mine(kind)(1)(cdk.NestedStack(made, f"Nested{kind.split()[0]}"))

    assert_promotion(stack(churn(), all_of_them), promotion(churn(), all_of_them))


def in_nested(test: ShadowTest, intent: Promotion | None = None, mine: int | None = None) -> cdk.Stack:
    """A stack with the endpoint in a nested stack."""
    made = cdk.Stack(cdk.App(), "mine", stack_name="churn", **options())
    nested = cdk.NestedStack(made, "Nested")
    ShadowEndpoint(nested, "Endpoint", test=test, intent=intent).add_outputs()
    if mine is not None:
        sqs.CfnQueue(nested, "Mine", delay_seconds=mine)
    return made


def test_nested_stacks_are_looked_into() -> None:
    """A promotion and a fold in a nested stack are ones, and what is none fails."""
    shadow, promoted, fold = in_nested(churn()), in_nested(churn(), Promotion()), in_nested(folded(churn()))
    assert_promotion(shadow, promoted)
    assert_fold(promoted, fold)

    with pytest.raises(AssertionError, match="what is tested still has a shadow"):
        assert_promotion(shadow, in_nested(churn()))
    with pytest.raises(AssertionError, match="Mine"):
        assert_promotion(in_nested(churn(), mine=1), in_nested(churn(), Promotion(), mine=2))
    with pytest.raises(AssertionError, match="Mine"):
        assert_fold(promoted, in_nested(folded(churn()), mine=1))


def test_fails_where_nothing_is_promoted() -> None:
    """No test, no endpoint, a test that goes on: equal templates are no promotion and no fold."""
    serving, testing, empty = stack(folded(churn())), stack(churn()), cdk.Stack(cdk.App(), "empty")
    for one in (serving, empty):
        with pytest.raises(AssertionError, match="tests nothing: no endpoint in it has a shadow"):
            assert_promotion(one, one)
    for one in (testing, empty):
        with pytest.raises(AssertionError, match="promotes nothing: no endpoint in it is without a shadow"):
            assert_fold(one, one)


@pytest.mark.parametrize("wrong", ["x", None, cdk.App()])
def test_what_is_no_stack_is_refused_in_a_line(wrong: Any) -> None:  # noqa: ANN401 - whatever somebody gives
    """By each of the three, with the name of the argument."""
    calls: list[Callable[[], object]] = [
        lambda: stable_template(wrong),
        lambda: assert_promotion(wrong, wrong),
        lambda: assert_fold(wrong, wrong),
    ]
    for call in calls:
        with pytest.raises(InvalidValueError, match=r"stack' must be a cdk\.Stack") as refused:
            call()
        assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (cdk.Fn.sub('{"widgets": ["${AWS::Region}"]}'), {"widgets": ["${AWS::Region}"]}),
        (cdk.Fn.sub('{"widgets": ["${A}"]}', {"A": "b"}), {"widgets": ["${A}"]}),
        (cdk.Fn.join("", ['{"a": "', cdk.Aws.REGION, '"}']), {"a": "<AWS::Region>"}),
        (cdk.Fn.import_value("body"), {"Fn::ImportValue": "body"}),
        (cdk.Fn.sub("{${A}"), {"Fn::Sub": "{${A}"}),
        ("none", "none"),
    ],
    # Tokens are numbered as they are made: as names of tests they would differ from process to process.
    ids=["sub", "sub with a variable", "join", "import", "broken", "text"],
)
def test_a_dashboards_body_is_json_where_it_is_one(body: str, shown: object) -> None:
    """However it is put together; else it is as the template has it."""
    made = cdk.Stack(cdk.App(), "mine")
    cloudwatch.CfnDashboard(made, "Mine", dashboard_body=body)
    assert stable_template(made)["Resources"]["Mine"]["Properties"]["DashboardBody"] == shown


def test_a_nested_stack_has_a_stable_template_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own, without the hashes of what is deployed with it."""

    def nested() -> dict[str, Any]:
        made = in_nested(churn()).node.find_child("Nested")
        assert isinstance(made, cdk.Stack)
        return stable_template(made)

    before = nested()
    monkeypatch.setattr(package, "package", lambda: b"other code")
    assert "AWS::SageMaker::Endpoint" in {one["Type"] for one in before["Resources"].values()}
    assert nested() == before


def test_the_old_synthesizers_parameters_hold_no_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each asset keeps parameters of its own, whatever is in it."""
    file = tmp_path / "mine.txt"

    def template(text: str) -> dict[str, Any]:
        file.write_text(text)
        made = ShadowTestStack(cdk.App(), "shadow", test=churn(), synthesizer=cdk.LegacyStackSynthesizer())
        asset = s3_assets.Asset(made, "Asset", path=str(file))
        cdk.CfnOutput(made, "Where", value=asset.s3_object_key)
        return stable_template(made)

    before = template("one")
    monkeypatch.setattr(package, "package", lambda: b"other code")
    assert template("two") == before
    assert len([name for name in before["Parameters"] if "<hash" in name]) == 6


@pytest.mark.parametrize("case", NO_PROMOTION)
def test_fails_with_what_does_not_follow_from_a_promotion(case: str) -> None:
    """The difference is shown, so that nobody has to look for it in two templates."""
    make, texts = NO_PROMOTION[case]

    with pytest.raises(AssertionError) as failed:
        assert_promotion(*make())
    for text in texts:
        assert text in str(failed.value)


NO_FOLD: dict[str, tuple[Callable[[], ShadowTest], str]] = {
    "the test anew": (churn, "ShadowProductionVariants"),
    "other hardware": (
        lambda: churn(production=variant("v2", hardware=hardware(count=3)), shadow=None, sampling_percent=None),
        '"InitialInstanceCount": 3',
    ),
    "other tags": (lambda: ShadowTest(**{**vars_of(folded(churn())), "tags": {"team": "x"}}), '"Value": "x"'),
}


def vars_of(test: ShadowTest) -> dict[str, Any]:
    """The fields of a value."""
    return {name: value for name, value in vars(test).items() if not name.startswith("_")}


@pytest.mark.parametrize("case", NO_FOLD)
def test_fails_with_a_fold_that_changes_something(case: str) -> None:
    """Hardware and tags above all, which are easily forgotten."""
    make, text = NO_FOLD[case]

    with pytest.raises(AssertionError) as failed:
        assert_fold(promotion(churn()), stack(make()))
    assert text in str(failed.value)
    assert "shadow is no fold of promotion" in str(failed.value)


def test_fails_with_a_fold_in_another_stack() -> None:
    """It would be deployed beside what serves."""
    with pytest.raises(AssertionError, match="stack_name: 'other' isn't 'churn'"):
        assert_fold(promotion(churn()), stack(folded(churn()), stack_name="other"))


def test_a_snapshot_holds_nothing_of_the_guards_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed code is another asset in the template, and the same text in the snapshot."""
    usual = stack(churn())
    before = stable_template(usual)
    monkeypatch.setattr(package, "package", lambda: b"other code")
    changed = stack(churn())

    assert stable_template(changed) == before
    assert template_of(changed) != template_of(usual)
    assert "<hash>" in json.dumps(before)


def test_a_snapshot_shows_a_digest_of_the_users() -> None:
    """Only what is uploaded with the stack has no place in it; the digest of an image is the user's to change."""
    digest = f"sha256:{'0' * 64}"
    test = churn(tags={"image": digest})

    assert digest in json.dumps(stable_template(stack(test)))


def template_of(one: cdk.Stack) -> dict[str, Any]:
    """The template as it is deployed."""
    stage = cdk.Stage.of(one)
    assert stage is not None
    return dict(stage.synth().get_stack_artifact(one.artifact_id).template)
