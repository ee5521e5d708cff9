"""A pipeline that promotes by the verdict of its shadow test, and that an approved model version starts.

The test is a file, which the pipeline and people change. It is deployed by
``cdk deploy churn-delivery --app "python examples/pipeline/app.py"``, and does all else by itself.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import pipelines

from shadow_constructs import ShadowTest
from shadow_constructs.pipelines import add_shadow_test

REPOSITORY = "team/churn"
CONNECTION = "arn:aws:codeconnections:eu-west-1:111122223333:connection/12345678-0000-4000-8000-123456789012"
INSTALL = "pip install -r requirements.txt"

app = cdk.App()
given = app.node.try_get_context
churn = ShadowTest.from_file(given("test") or Path(__file__).parent / "churn.toml")
home = cdk.Environment(account=given("account") or "111122223333", region=given("region") or "eu-west-1")

delivery = cdk.Stack(app, "churn-delivery", env=home)
source = pipelines.CodePipelineSource.connection(REPOSITORY, "main", connection_arn=CONNECTION)
synth = pipelines.ShellStep("Synth", input=source, commands=[INSTALL, "npx cdk synth"])
add_shadow_test(pipelines.CodePipeline(delivery, "Pipeline", synth=synth), churn, env=home)

# A version that somebody approves in the registry becomes the shadow of a pull request, once.
changed = "git diff --quiet || ./pull-request.sh"
proposes = ["shadow-test propose churn --package churn-models --write churn.toml", changed]
propose = codebuild.Project(
    delivery,
    "Propose",
    source=codebuild.Source.git_hub(owner="team", repo="churn"),
    build_spec=codebuild.BuildSpec.from_object(
        {"version": "0.2", "phases": {"build": {"commands": [INSTALL, *proposes]}}}
    ),
)
events.Rule(
    delivery,
    "Approved",
    event_pattern=events.EventPattern(
        source=["aws.sagemaker"],
        detail_type=["SageMaker Model Package State Change"],
        detail={"ModelPackageGroupName": ["churn-models"], "ModelApprovalStatus": ["Approved"]},
    ),
    targets=[targets.CodeBuildProject(propose)],
)

app.synth()
