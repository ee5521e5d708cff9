"""A stack of callers beside a test: deployed alone, and in nobody's way when the test is promoted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from shadow_constructs import Capture, PromotionStack, ShadowTestStack
from tests.deploy.submission import Submission
from tests.deploy.support import Case, CaseMaker


def with_callers(case: Case, folder: Path) -> Path:
    """An assembly of both stacks and of one that uses the endpoint."""
    app = cdk.App(outdir=str(folder))
    stack = ShadowTestStack(app, "shadow", test=case.stages.test)
    PromotionStack(app, "promotion", test=case.stages.test)
    callers = cdk.Stack(app, "callers", stack_name=f"{case.name}-callers")
    role = iam.Role(callers, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    stack.endpoint.grant_invoke(role)
    assert stack.endpoint.capture_bucket is not None
    stack.endpoint.capture_bucket.grant_read(role)
    cdk.CfnOutput(callers, "Bucket", value=stack.endpoint.capture_bucket.bucket_name)
    cdk.CfnOutput(callers, "Endpoint", value=stack.endpoint.endpoint_arn)
    app.synth()
    return folder


def outputs(case: Case, stack_name: str) -> dict[str, str]:
    """What a deployed stack says."""
    [stack] = case.local.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


def test_callers_read_the_bucket_of_whatever_serves(make_case: CaseMaker, tmp_path: Path) -> None:
    """They get its real name from the test's stack, which has no export that could hold a promotion up."""
    case = make_case(lambda test: replace(test, capture=Capture(delete_with_stack=True)))
    case.deploy("shadow").check()
    Submission(case.local).deploy(with_callers(case, tmp_path / "app"), "callers").check()
    theirs, ours = outputs(case, f"{case.name}-callers"), outputs(case, case.name)
    exports = case.local.client("cloudformation").list_exports()["Exports"]

    assert ours["CapturedData"] == f"s3://{theirs['Bucket']}/captured/{case.name}/"
    assert theirs["Endpoint"].endswith(f":endpoint/{case.name}")
    assert [one for one in exports if case.name in one["Name"]] == []
    case.deploy("overridden").check()
    assert outputs(case, case.name)["CapturedData"] == ours["CapturedData"]
