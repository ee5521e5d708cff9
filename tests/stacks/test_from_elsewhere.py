"""What other stacks of the app may use of an endpoint, whichever of its two stacks they ask."""

from __future__ import annotations

import json
from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from shadow_constructs import Capture, Promotion, PromotionStack, ShadowEndpoint, ShadowTestStack
from shadow_constructs.values.shadow_test import ShadowTest
from tests.constructs.rendering import IRELAND, Json
from tests.stacks.rendering import churn, options
from tests.values.samples import KEY_ARN

TAKEN = "Fn::GetStackOutput"


class Callers(cdk.Stack):
    """A stack of somebody who calls the endpoint and looks at what was captured."""

    def __init__(self, app: cdk.App, endpoint: ShadowEndpoint, env: cdk.Environment | None = IRELAND) -> None:
        super().__init__(app, "callers", env=env)
        role = iam.Role(self, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        endpoint.grant_invoke(role)
        if endpoint.capture_bucket is not None:
            endpoint.capture_bucket.grant_read(role)
        cdk.CfnOutput(self, "Name", value=endpoint.endpoint_name)
        cdk.CfnOutput(self, "Arn", value=endpoint.endpoint_arn)
        endpoint.production.metric_model_latency().create_alarm(self, "Slow", threshold=1, evaluation_periods=1)


def both(
    app: cdk.App, test: ShadowTest, env: cdk.Environment | None = IRELAND
) -> dict[str, ShadowTestStack | PromotionStack]:
    """Both stacks, by what they do."""
    return {
        "test": ShadowTestStack(app, "churn-shadow", test=test, **options(env)),
        "promotion": PromotionStack(app, "churn-promotion", test=test, **options(env)),
    }


def synthesized(app: cdk.App) -> dict[str, Json]:
    """Every template, by the stack's id."""
    return {one.id: dict(one.template) for one in app.synth().stacks}


TESTS: dict[str, Callable[[], ShadowTest]] = {
    "as usual": churn,
    "a key of the library's": lambda: churn(capture=Capture(customer_managed_key=True)),
    "a key of the user's": lambda: churn(capture=Capture(key_arn=KEY_ARN)),
    "capital letters": lambda: churn(endpoint_name="Churn"),
    "nothing captured": lambda: churn(capture=Capture.off()),
}


@pytest.mark.parametrize("asked", ["test", "promotion"])
@pytest.mark.parametrize("case", TESTS)
@pytest.mark.parametrize("env", [IRELAND, None], ids=["known place", "unknown place"])
def test_another_stack_needs_neither_of_the_two(asked: str, case: str, env: cdk.Environment | None) -> None:
    """No export, import or dependency: no promotion is refused, and deploying the caller deploys nothing else."""
    app = cdk.App()
    both(app, TESTS[case](), env)
    alone = synthesized(app)
    app = cdk.App()
    stacks = both(app, TESTS[case](), env)
    callers = Callers(app, stacks[asked].endpoint, env)
    found = synthesized(app)

    theirs = json.dumps(found.pop("callers"))
    assert found == alone
    assert callers.dependencies == []
    assert "Fn::ImportValue" not in theirs
    for one in found.values():
        assert not any("Export" in output for output in one["Outputs"].values())


def test_another_stack_reads_outputs_that_both_have() -> None:
    """The bucket's name and its key's ARN come from outputs of the one stack in CloudFormation."""
    app = cdk.App()
    stacks = both(app, churn(capture=Capture(customer_managed_key=True)))
    Callers(app, stacks["test"].endpoint)
    found = synthesized(app)
    theirs = json.dumps(found["callers"], sort_keys=True)

    assert json.dumps({TAKEN: {"OutputName": "CapturedData", "StackName": "churn"}}, sort_keys=True) in theirs
    assert json.dumps({TAKEN: {"OutputName": "CaptureKey", "StackName": "churn"}}, sort_keys=True) in theirs
    for name in ("churn-shadow", "churn-promotion"):
        assert {"CapturedData", "CaptureKey"} <= set(found[name]["Outputs"])


def test_the_endpoints_own_stack_refers_to_the_bucket_itself() -> None:
    """There is no output to be read while the stack is being made."""
    app = cdk.App()
    stack = both(app, churn())["test"]
    bucket = stack.endpoint.capture_bucket
    assert bucket is not None
    bucket.grant_read(iam.User(stack, "Reader"))
    template = synthesized(app)["churn-shadow"]
    [policy] = [one for key, one in template["Resources"].items() if key.startswith("ReaderDefaultPolicy")]

    assert TAKEN not in json.dumps(template)
    assert '{"Ref": "EndpointCaptured' in json.dumps(policy)


def test_a_caller_in_another_region_says_where_the_output_is() -> None:
    """Buckets are used across Regions."""
    app = cdk.App()
    stacks = both(app, churn())
    Callers(app, stacks["test"].endpoint, cdk.Environment(account="111122223333", region="us-east-1"))

    assert '"Region": "eu-west-1"' in json.dumps(synthesized(app)["callers"])


@pytest.mark.parametrize("name", ["endpoint_config_name", "alarm", "bucket of a part"])
def test_fails_where_one_template_alone_could_answer(name: str) -> None:
    """What changes or goes with a promotion is refused, with what other stacks may use instead."""
    app = cdk.App()
    endpoint = both(app, churn())["test"].endpoint
    value = {
        "endpoint_config_name": endpoint.endpoint_config_name,
        "alarm": endpoint.alarms.arns[0],
        "bucket of a part": endpoint.cfn_endpoint.ref,
    }[name]
    cdk.CfnOutput(cdk.Stack(app, "callers", env=IRELAND), "Value", value=value)

    with pytest.raises(RuntimeError) as refused:
        app.synth()
    [line] = [one for one in str(refused.value).splitlines() if "must have what another stack refers to" in one]
    assert "stack churn-promotion must have what another stack refers to: Output{" in line
    assert "other stacks may use endpoint_name, endpoint_arn, grant_invoke(...), capture_bucket and the metrics" in line


def test_what_both_export_is_allowed() -> None:
    """Then the promotion takes nothing from anybody."""
    app = cdk.App()
    stacks = both(app, churn())
    for one in stacks.values():
        one.export_value(one.endpoint.cfn_endpoint.ref)
    cdk.CfnOutput(cdk.Stack(app, "callers", env=IRELAND), "Value", value=stacks["test"].endpoint.cfn_endpoint.ref)

    app.synth()


def test_a_single_stack_may_export_what_it_likes() -> None:
    """Without a promotion in the app there is no second template."""
    app = cdk.App()
    stack = ShadowTestStack(app, "churn", test=churn(), env=IRELAND)
    cdk.CfnOutput(cdk.Stack(app, "callers", env=IRELAND), "Value", value=stack.endpoint.endpoint_config_name)

    app.synth()


@pytest.mark.parametrize(
    ("account", "outputs", "text"),
    [
        ("222222222222", True, "'capture_bucket' must be used in account 111122223333, got '222222222222'"),
        ("111122223333", False, "'capture_bucket' must have an output that other stacks can read"),
    ],
)
def test_fails_where_no_output_can_be_read(account: str, outputs: bool, text: str) -> None:
    """In another account, or from an endpoint without outputs: with the fix, a bucket of the user's."""
    app = cdk.App()
    endpoint = ShadowEndpoint(cdk.Stack(app, "mine", env=IRELAND), "E", test=churn())
    if outputs:
        endpoint.add_outputs()
    Callers(app, endpoint, cdk.Environment(account=account, region="eu-west-1"))

    with pytest.raises(RuntimeError, match=text):
        app.synth()


@pytest.mark.parametrize("promoted", [False, True], ids=["a test", "a test and its promotion"])
def test_fails_where_the_output_would_be_a_nested_stacks(promoted: bool) -> None:
    """Its name is CloudFormation's to choose, so nobody can read it by name: with the same fix."""
    app = cdk.App()
    endpoints = []
    for name, intent in (("test", None), ("promotion", Promotion()))[: 1 + promoted]:
        nested = cdk.NestedStack(cdk.Stack(app, name, stack_name="mine", env=IRELAND), "N")
        endpoints.append(ShadowEndpoint(nested, "E", test=churn(), intent=intent))
        endpoints[-1].add_outputs()
    Callers(app, endpoints[0], IRELAND)

    with pytest.raises(RuntimeError, match="'capture_bucket' must be of no nested stack, to be used in another one"):
        app.synth()
