"""What constructs can't be made of is refused before the CDK sees it, or in one line of ours where it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from shadow_constructs import (
    Alerts,
    Capture,
    CaptureBucket,
    CaptureTable,
    ComparisonDashboard,
    EndpointAlarms,
    EndpointReference,
    Guard,
    InvalidValueError,
    ManagedShadowTest,
    ManagedShadowTestStack,
    PromotionStack,
    ServingModel,
    ShadowEndpoint,
    ShadowTest,
    ShadowTestStack,
    UpdateGuard,
    VariantMetrics,
)
from shadow_constructs.pipelines import add_shadow_test
from tests.constructs.rendering import IRELAND, new_stack
from tests.values.samples import model, shadow_test, variant

Make = Callable[[Any, Any], object]
MAKE: dict[str, Make] = {
    "ShadowEndpoint": lambda scope, name: ShadowEndpoint(scope, name, test=shadow_test()),
    "UpdateGuard": lambda scope, name: UpdateGuard(
        scope, name, test=shadow_test(), intent=None, endpoint_config_name="config"
    ),
    "EndpointAlarms": lambda scope, name: EndpointAlarms(scope, name, test=shadow_test()),
    "ComparisonDashboard": lambda scope, name: ComparisonDashboard(scope, name, test=shadow_test()),
    "ServingModel": lambda scope, name: ServingModel(scope, name, model=model(), endpoint_name="churn"),
    "CaptureTable": lambda scope, name: CaptureTable(
        scope, name, endpoint=ShadowEndpoint(new_stack(), "E", test=shadow_test(capture=Capture(bucket="theirs")))
    ),
    "CaptureBucket": lambda scope, name: CaptureBucket(scope, name, capture=Capture()),
    "EndpointReference": lambda scope, name: EndpointReference(scope, name, endpoint_name="churn"),
}
STACKS: dict[str, Make] = {
    "ShadowTestStack": lambda scope, name: ShadowTestStack(scope, name, test=shadow_test()),
    "PromotionStack": lambda scope, name: PromotionStack(scope, name, test=shadow_test()),
}


def refusal(make: Callable[[], object]) -> str:
    """The one line that a mistake is refused with."""
    with pytest.raises(InvalidValueError) as refused:
        make()
    [line] = refused.value.problems
    return line


@pytest.mark.parametrize("name", [*MAKE, *STACKS])
@pytest.mark.parametrize("scope", [None, "Stack", 7], ids=str)
def test_fails_with_a_scope_that_is_none(name: str, scope: object) -> None:
    """The line begins with what was being made."""
    line = refusal(lambda: {**MAKE, **STACKS}[name](scope, "X"))

    assert line == f"{name}: 'scope' must be a construct, such as an app or a stack, got {scope!r}"


@pytest.mark.parametrize("name", MAKE)
def test_fails_outside_a_stack(name: str) -> None:
    """An app, or a Stage, holds stacks alone."""
    assert refusal(lambda: MAKE[name](cdk.App(), "X")).startswith(f"{name}: 'scope' must be ")


@pytest.mark.parametrize("name", [*MAKE, *STACKS])
@pytest.mark.parametrize("construct_id", [None, "", " ", 7], ids=repr)
def test_fails_with_an_id_that_names_nothing(name: str, construct_id: object) -> None:
    """Stacks too: without an id nobody could deploy one of two."""
    scope = new_stack() if name in MAKE else cdk.App()
    line = refusal(lambda: {**MAKE, **STACKS}[name](scope, construct_id))

    assert line == f"{name}: 'construct_id' must be text that names it in its scope, got {construct_id!r}"


@pytest.mark.parametrize("name", [*MAKE, *STACKS])
def test_fails_with_an_id_that_is_taken(name: str) -> None:
    """By whatever stands there."""
    scope = new_stack() if name in MAKE else cdk.App()
    cdk.Stack(scope, "X")
    line = refusal(lambda: {**MAKE, **STACKS}[name](scope, "X"))

    assert line.startswith(f"{name}: 'construct_id' must be what the CDK takes, got 'X'; There is already a Construct")


@pytest.mark.parametrize("arguments", [{}, {"env": IRELAND}, {"env": IRELAND, "description": "x"}], ids=len)
@pytest.mark.parametrize("stack", [ShadowTestStack, PromotionStack, ManagedShadowTestStack])
def test_an_id_that_is_taken_is_what_is_named(stack: Any, arguments: dict[str, Any]) -> None:  # noqa: ANN401 - a class
    """Whatever else a stack is given."""
    app = cdk.App()
    ShadowTestStack(app, "X", test=shadow_test(), env=IRELAND)
    managed = {"managed": ManagedShadowTest(test=shadow_test())}
    given = managed if stack is ManagedShadowTestStack else {"test": shadow_test()}
    line = refusal(lambda: stack(app, "X", **given, **arguments))

    assert line.startswith(f"{stack.__name__}: 'construct_id' must be what the CDK takes, got 'X'; There is already")


def test_tests_that_differ_in_their_class_alone_are_told_apart_by_it() -> None:
    """The reason is never empty."""

    class Ours(ShadowTest):
        """Somebody's own."""

    app = cdk.App()
    ShadowTestStack(app, "s", test=shadow_test(), env=IRELAND)
    ours = Ours(**{one.name: getattr(shadow_test(), one.name) for one in fields(ShadowTest) if one.init})
    line = refusal(lambda: PromotionStack(app, "p", test=ours, env=IRELAND))

    assert "the stack s has another test of that name (ShadowTest, Ours differ)" in line


@pytest.mark.parametrize("construct_id", ["1churn", "a b", "a/b", "ü", "---", "x" * 300, "Default", "Resource"])
def test_any_other_id_will_do(construct_id: str) -> None:
    """Of a stack and of an endpoint: the templates are written."""
    app = cdk.App()
    ShadowTestStack(app, construct_id, test=shadow_test())
    ShadowEndpoint(cdk.Stack(app, "mine"), construct_id, test=shadow_test(endpoint_name="fraud"))

    app.synth()


@pytest.mark.parametrize("name", ["1churn", "a_b", "", "x" * 129, 7], ids=repr)
@pytest.mark.parametrize("stack", [ShadowTestStack, PromotionStack])
def test_fails_with_a_name_that_no_stack_can_have(stack: Callable[..., object], name: object) -> None:
    """Also where it is the endpoint's, which may begin with a digit; then the fix is a name for the stack."""
    line = refusal(lambda: stack(cdk.App(), "X", test=shadow_test(), stack_name=name))

    assert "'stack_name' must begin with a letter and be up to 128 letters, digits and hyphens" in line
    assert "give both stacks of a test the same stack_name=" in line


OBJECTS: dict[str, Callable[[cdk.Stack], Any]] = {
    "a reference": lambda s: ShadowEndpoint.from_endpoint_name(s, "There", "churn"),
    "a bucket": lambda s: s3.Bucket(s, "B"),
    "a pipeline": lambda s: codepipeline.Pipeline(s, "P"),
    "a topic": lambda s: sns.Topic(s, "T"),
    "text": lambda _: "x",
}
WANT_OBJECTS: dict[str, Callable[[cdk.Stack, Any], object]] = {
    "a table's endpoint": lambda s, one: CaptureTable(s, "X", endpoint=one),
    "a managed test's endpoint": lambda s, one: ManagedShadowTestStack(
        s, "X", managed=ManagedShadowTest(test=shadow_test()), endpoint=one
    ),
    "a managed test": lambda s, one: ManagedShadowTestStack(s, "X", managed=one),
    "an endpoint's test": lambda s, one: ShadowEndpoint(s, "X", test=one),
    "an endpoint's intent": lambda s, one: ShadowEndpoint(s, "X", test=shadow_test(), intent=one),
    "a pipeline": lambda _, one: add_shadow_test(one, shadow_test()),
    "a caller": lambda s, one: ShadowEndpoint(s, "X", test=shadow_test()).grant_invoke(one),
    "an action": lambda s, one: ShadowEndpoint(s, "X", test=shadow_test()).alarms.add_action(one),
    "a scope": lambda _, one: ShadowEndpoint(one if isinstance(one, str) else None, "X", test=shadow_test()),  # type: ignore[arg-type] # on purpose
}


@pytest.mark.parametrize("given", OBJECTS)
@pytest.mark.parametrize("wanted", WANT_OBJECTS)
def test_no_attribute_is_offered_where_an_object_is_wanted(wanted: str, given: str) -> None:
    """Its name or ARN would be refused again; and what was given is called what it is."""
    stack = new_stack(IRELAND)
    line = refusal(lambda: WANT_OBJECTS[wanted](stack, OBJECTS[given](stack)))

    assert not re.search(r"; write \w+\.\w+", line)
    assert "a str of the CDK" not in line
    assert "EndpointReference of the CDK" not in line
    if wanted == "a pipeline":
        assert "pipelines.CodePipeline(code_pipeline=...)" in line


WRONG: dict[str, tuple[Callable[[cdk.Stack], object], str]] = {
    "a test that is none": (lambda s: ShadowEndpoint(s, "E", test=variant()), "ShadowEndpoint: 'test' must be"),  # type: ignore[arg-type] # on purpose
    "an intent that is none": (
        lambda s: ShadowEndpoint(s, "E", test=shadow_test(), intent="now"),  # type: ignore[arg-type] # on purpose
        "ShadowEndpoint: 'intent' must be a Promotion(...) or a Rollback(...), got 'now'",
    ),
    "no test": (lambda _: ShadowTestStack(cdk.App(), "E", test=None), "ShadowTestStack: 'test' must be"),  # type: ignore[arg-type] # on purpose
    "an environment as text": (
        lambda _: ShadowTestStack(cdk.App(), "E", test=shadow_test(), env="eu-west-1"),
        "ShadowTestStack: 'env' must be one of (aws_cdk.Environment",
    ),
    "alarms of nothing": (lambda s: EndpointAlarms(s, "A", test=None), "EndpointAlarms: 'test' must be"),  # type: ignore[arg-type] # on purpose
    "a dashboard of nothing": (lambda s: ComparisonDashboard(s, "D", test=None), "ComparisonDashboard: 'test' must be"),  # type: ignore[arg-type] # on purpose
    "a dashboard that is none": (
        lambda s: ComparisonDashboard(s, "D", test=shadow_test(), dashboard="x"),  # type: ignore[arg-type] # on purpose
        "ComparisonDashboard: 'dashboard' must be",
    ),
    "a guard of nothing": (
        lambda s: UpdateGuard(s, "G", test=None, intent=None, endpoint_config_name="c"),  # type: ignore[arg-type] # on purpose
        "UpdateGuard: 'test' must be",
    ),
    "a model that is none": (
        lambda s: ServingModel(s, "M", model=None, endpoint_name="c"),  # type: ignore[arg-type] # on purpose
        "ServingModel: 'model' must",
    ),
    "a bucket for nothing": (
        lambda s: CaptureBucket(s, "C", capture=Capture.off()),
        "CaptureBucket: 'capture' must be",
    ),
    "a bucket beside the user's": (
        lambda s: CaptureBucket(s, "C", capture=Capture(bucket="theirs")),
        "CaptureBucket: 'capture' must be one that keeps data in a bucket of the library's",
    ),
    "an endpoint that can't be": (
        lambda s: EndpointReference(s, "R", endpoint_name="a_b"),
        "EndpointReference: 'endpoint_name' must be 1 to 63 letters",
    ),
    "a caller by ARN": (
        lambda s: ShadowEndpoint(s, "E", test=shadow_test()).grant_invoke("arn:aws:iam::111122223333:role/x"),  # type: ignore[arg-type] # on purpose
        "of an ARN write iam.Role.from_role_arn(stack, 'Caller', arn)",
    ),
    "a topic as an action": (
        lambda s: ShadowEndpoint(s, "E", test=shadow_test()).alarms.add_action(sns.Topic(s, "T")),  # type: ignore[arg-type] # on purpose
        "write aws_cloudwatch_actions.SnsAction(topic), or say Alerts(topic_arn=topic.topic_arn)",
    ),
    "a period between two": (
        lambda _: VariantMetrics("churn", "shadow").metric_model_latency(period_seconds=7),
        "VariantMetrics: 'period_seconds' must be 1, 5, 10, 30 or a multiple of 60, got 7; the unit",
    ),
    "a variant that can't be": (lambda _: VariantMetrics("churn", ""), "VariantMetrics: 'variant_name' must be"),
}


@pytest.mark.parametrize("case", WRONG)
def test_fails_with_what_a_construct_cannot_be_made_of(case: str) -> None:
    """The line names the construct and the argument, and the fix where there is one."""
    make, text = WRONG[case]

    assert text in refusal(lambda: make(new_stack()))


@pytest.mark.parametrize("period", [0, -60, 60.5, "60", True, 61])
def test_fails_with_a_period_that_cloudwatch_does_not_have(period: Any) -> None:  # noqa: ANN401 - on purpose
    """Whole seconds: 1, 5, 10, 30 or minutes."""
    assert "'period_seconds' must be" in refusal(
        lambda: VariantMetrics("a", "b").metric("Invocations", period_seconds=period)
    )


@pytest.mark.parametrize("prefix", [None, 7, "a-b", "a b", "ü", "x" * 201], ids=repr)
def test_fails_with_a_prefix_that_no_output_can_have(prefix: Any) -> None:  # noqa: ANN401 - on purpose
    """CloudFormation takes letters and digits; the CDK would write the rest into the template."""
    endpoint = ShadowEndpoint(new_stack(), "E", test=shadow_test())

    assert "'prefix' must be at most 200 letters and digits" in refusal(lambda: endpoint.add_outputs(prefix))


@pytest.mark.parametrize(("first", "second"), [("", ""), ("A", "A"), ("A", "B")])
def test_fails_with_outputs_added_twice(first: str, second: str) -> None:
    """To one endpoint, with whatever prefix; the library's stacks have added them."""
    endpoint = ShadowEndpoint(new_stack(), "E", test=shadow_test())
    endpoint.add_outputs(first)

    line = refusal(lambda: endpoint.add_outputs(second))
    assert "outputs are added once to an endpoint, and the stacks of the library do so themselves" in line
    assert "'prefix' must be new" in refusal(ShadowTestStack(cdk.App(), "s", test=shadow_test()).endpoint.add_outputs)


def test_an_action_of_the_cdk_is_taken() -> None:
    """Whatever has a `bind`."""

    class Own:
        """An action of the user's."""

        def bind(self, *_: object) -> cloudwatch.AlarmActionConfig:
            """Give the action."""
            return cloudwatch.AlarmActionConfig(alarm_action_arn="arn:aws:sns:eu-west-1:111122223333:mine")

    endpoint = ShadowEndpoint(new_stack(), "E", test=shadow_test(alerts=Alerts()))
    endpoint.alarms.add_action(Own())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"descripton": "x"}, "'descripton' must be left out: no stack takes it, got 'x'; did you mean description?"),
        ({"tset": 5}, "'tset' must be left out: no stack takes it, got 5; did you mean test?"),
        (
            {"permissions_boundary": "x"},
            "'permissions_boundary' must be one of (aws_cdk.PermissionsBoundary, NoneType), got 'str'",
        ),
        ({"synthesizer": "x"}, "'synthesizer' must be what the CDK takes, got {'synthesizer': 'x'}; "),
        ({"env": {"regon": "x"}}, "'env' must be what Environment takes, got 'regon'"),
        ({"description": "Grüße"}, "'description' must be ASCII, got 'Grüße'; "),
        ({"description": "x" * 1025}, "'description' must be text (at most 1024 characters), got 'xxx"),
        ({"tags": {"team": 5}}, "'tags' must have at most 256 letters"),
        ({"tags": "x"}, "'tags' must be a dict, got 'x'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [ShadowTestStack, PromotionStack])
def test_a_wrong_argument_of_a_stack_is_the_one_that_is_named(kind: Any, arguments: Any, said: str) -> None:  # noqa: ANN401 - on purpose
    """Not the id beside it; of a mistyped one the nearest is named."""
    assert refusal(lambda: kind(cdk.App(), "churn", test=shadow_test(), **arguments)).startswith(
        f"{kind.__name__}: {said}"
    )


@pytest.mark.parametrize(("of_the_test", "of_the_stack"), [(25, 25), (1, 49), (49, 1)])
def test_fails_with_more_tags_than_a_resource_has(of_the_test: int, of_the_stack: int) -> None:
    """The guard's function has one of its own, and would be refused while others are there already."""
    test = shadow_test(tags={f"test{number}": "x" for number in range(of_the_test)})
    tags = {f"stack{number}": "x" for number in range(of_the_stack)}
    said = refusal(lambda: ShadowTestStack(cdk.App(), "churn", test=test, tags=tags))
    assert "'tags' must be at most 49 together with those of its stack" in said
    assert "got 50;" in said


def many(count: int) -> dict[str, str]:
    """As many tags."""
    return {f"tag{number}": "x" for number in range(count)}


LATE: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str], str]] = {
    "fifty of the app's": ({}, {}, many(50), "'tags' must have at most 49 entries, got 50"),
    "of app and test": (many(30), {}, {"a" + key: "x" for key in many(20)}, "at most 49 entries, got 50"),
    "of app and stack": ({}, many(49), {"one": "more"}, "at most 49 entries, got 50"),
    "alike but for their case": ({"owner": "ml"}, {}, {"Owner": "ml"}, "keys that differ in more than their case"),
    "a key of AWS's": ({}, {}, {"AWS:x": "ml"}, "not starting with aws:, got 'AWS:x'"),
}


@pytest.mark.parametrize("case", LATE)
def test_fails_with_tags_that_come_later_and_are_too_many_or_alike(case: str) -> None:
    """Whoever adds them, and after the endpoint was made: a service would refuse some of its resources."""
    of_test, of_stack, of_app, said = LATE[case]
    app = cdk.App()
    ShadowTestStack(app, "churn", test=shadow_test(tags=of_test), tags=of_stack)
    for key, value in of_app.items():
        cdk.Tags.of(app).add(key, value)

    with pytest.raises(RuntimeError, match=f"stack churn: .*{said}"):
        app.synth()


@pytest.mark.parametrize(("guard", "count"), [(Guard(), 49), (Guard.off("no functions"), 50)])
def test_as_many_tags_as_a_resource_has_may_come_later(guard: Guard, count: int) -> None:
    """The guard's function has one of its own; without a guard there is none."""
    app = cdk.App()
    ShadowTestStack(app, "churn", test=shadow_test(guard=guard))
    for key, value in many(count).items():
        cdk.Tags.of(app).add(key, value)

    assert app.synth().stacks


@pytest.mark.parametrize("first", [True, False])
def test_fails_with_an_output_of_the_users_that_is_called_as_one_of_ours(first: bool) -> None:
    """Whichever is made first; another name, or another prefix, goes."""
    app = cdk.App()
    stack = cdk.Stack(app, "S")

    def mine() -> None:
        cdk.CfnOutput(stack, "Endpoint-Name", value="x")

    if first:
        mine()
    endpoint = ShadowEndpoint(stack, "E", test=shadow_test())
    endpoint.add_outputs()
    if not first:
        mine()
    with pytest.raises(RuntimeError, match="stack S: an output must have a name that no other has, got 'EndpointName'"):
        app.synth()


def test_outputs_of_the_users_beside_ours() -> None:
    """Called otherwise, or behind a prefix of ours."""
    app = cdk.App()
    stack = cdk.Stack(app, "S")
    for name in ("EndpointName", "Mine"):
        cdk.CfnOutput(stack, name, value="x")
    ShadowEndpoint(stack, "E", test=shadow_test()).add_outputs("Churn")

    assert {"EndpointName", "Mine", "ChurnEndpointName"} <= set(app.synth().stacks[0].template["Outputs"])


def test_tags_of_a_stack_may_hold_any_letters() -> None:
    """CloudFormation puts them on resources itself: they stand in no template."""
    app = cdk.App()
    ShadowTestStack(app, "churn", test=shadow_test(), tags={"Abteilung": "Qualität"})

    assert "Abteilung" not in str(app.synth().stacks[0].template)


FIVE: Any = 5
CONSTRUCTS: list[tuple[Callable[[cdk.Stack], object], str]] = [
    (
        lambda s: ComparisonDashboard(s, "X", test=shadow_test(), alarm_arns=FIVE),
        "'alarm_arns' must be a list of text",
    ),
    (
        lambda s: ComparisonDashboard(s, "X", test=shadow_test(), captured_uri=FIVE),
        "'captured_uri' must be text, got 5",
    ),
    (lambda s: ServingModel(s, "X", model=model(), endpoint_name="churn", alarms=FIVE), "'alarms' must be a list"),
    (lambda s: EndpointAlarms(s, "X", test=shadow_test(), after=FIVE), "'after' must be a resource of CloudFormation"),
    (
        lambda s: UpdateGuard(s, "X", test=shadow_test(), intent=FIVE, endpoint_config_name="c"),
        "'intent' must be a Promotion(...) or a Rollback(...), got 5",
    ),
]


@pytest.mark.parametrize(("make", "said"), CONSTRUCTS, ids=[said for _, said in CONSTRUCTS])
def test_every_argument_of_a_construct_is_checked(make: Callable[[cdk.Stack], object], said: str) -> None:
    """Those that have a default too."""
    assert f": {said}" in refusal(lambda: make(cdk.Stack(cdk.App(), "S")))
