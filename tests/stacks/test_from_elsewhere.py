"""What other stacks of the app may use of an endpoint, whichever of its two stacks they ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from shadow_constructs import Capture, InvalidValueError, Promotion, PromotionStack, ShadowEndpoint, ShadowTestStack
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
        if env is None or env.region == IRELAND.region:
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


def test_fails_without_an_output_to_be_read() -> None:
    """Outputs may be added after a grant, so that synthesis alone sees that there are none."""
    app = cdk.App()
    endpoint = ShadowEndpoint(cdk.Stack(app, "mine", env=IRELAND), "E", test=churn())
    Callers(app, endpoint, IRELAND)

    with pytest.raises(RuntimeError, match="'capture_bucket' must have an output that other stacks can read"):
        app.synth()
    endpoint.add_outputs()
    app.synth()


def _endpoint(stack: cdk.Stack, test: ShadowTest, **more: Any) -> ShadowEndpoint:  # noqa: ANN401 - as ShadowEndpoint
    made = ShadowEndpoint(stack, "E", test=test, **more)
    made.add_outputs()
    return made


def _nested(app: cdk.App, name: str = "mine") -> cdk.Stack:
    return cdk.NestedStack(cdk.Stack(app, name, stack_name="mine", env=IRELAND), "N")


GRANTS: dict[str, Callable[[s3.IBucket, iam.IRole], object]] = {
    "read": lambda bucket, role: bucket.grant_read(role),
    "read some": lambda bucket, role: bucket.grant_read(role, "churn/*"),
    "read, by name": lambda bucket, role: bucket.grant_read(identity=role),
    "write": lambda bucket, role: bucket.grant_read_write(role),
    "put": lambda bucket, role: bucket.grant_put(role),
    "delete": lambda bucket, role: bucket.grant_delete(role),
}


@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("case", ["another account", "another account's by its ARN", "of a nested stack"])
def test_fails_to_grant_a_bucket_that_cannot_be_read(case: str, grant: str) -> None:
    """At the call, in one line; with a bucket of the user's, as the line says, it goes."""
    app = cdk.App()
    ours = _nested(app) if case == "of a nested stack" else cdk.Stack(app, "mine", env=IRELAND)
    account = "222222222222" if case == "another account" else IRELAND.account
    theirs = cdk.Stack(app, "callers", env=cdk.Environment(account=account, region="eu-west-1"))
    role: iam.IRole = iam.Role(theirs, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), role_name="c")
    if case == "another account's by its ARN":
        role = iam.Role.from_role_arn(theirs, "Other", "arn:aws:iam::222222222222:role/x")
    must = "be of no nested stack" if case == "of a nested stack" else "be used in account 111122223333, got '2222"
    bucket = _endpoint(ours, churn()).capture_bucket
    assert bucket is not None
    with pytest.raises(InvalidValueError, match=f"'capture_bucket' must {must}") as refused:
        GRANTS[grant](bucket, role)

    assert len(refused.value.problems) == 1
    assert "Capture.into(bucket)" in str(refused.value)
    own = s3.Bucket(cdk.Stack(app, "own", env=IRELAND), "Bucket", bucket_name="captures-of-ours")
    other = churn(endpoint_name="other", capture=Capture.into(own))
    ShadowEndpoint(ours, "Other", test=other)
    GRANTS[grant](own, role)
    app.synth()


@pytest.mark.parametrize("promoted", [False, True], ids=["a test", "a test and its promotion"])
def test_fails_where_the_output_would_be_a_nested_stacks(promoted: bool) -> None:
    """Its name is CloudFormation's to choose, so nobody can read it by name; within its own stack it is used."""
    app = cdk.App()
    endpoints = []
    for name, intent in (("test", None), ("promotion", Promotion()))[: 1 + promoted]:
        endpoints.append(_endpoint(_nested(app, name), churn(), intent=intent))
    bucket = endpoints[0].capture_bucket
    assert bucket is not None
    inside = cdk.Stack.of(endpoints[0]).nested_stack_parent
    assert inside is not None
    bucket.grant_read(iam.Role(inside, "Inside", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")))
    cdk.CfnOutput(cdk.Stack(app, "callers", env=IRELAND), "Name", value=bucket.bucket_name)

    with pytest.raises(RuntimeError, match="'capture_bucket' must be of no nested stack, to be used in another one"):
        app.synth()
