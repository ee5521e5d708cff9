"""A pipeline that promotes by the verdict of its shadow test, and that an approved model version starts.

The test is a file, which the pipeline and people change. It is deployed by
``cdk deploy churn-delivery --app "python examples/pipeline/app.py"``, and does all else by itself.
"""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import pipelines

from shadow_constructs import ShadowTest
from shadow_constructs.pipelines import add_shadow_test

REPOSITORY = "team/churn"
CONNECTION = "arn:aws:codeconnections:eu-west-1:111122223333:connection/12345678-0000-4000-8000-123456789012"
FILE = "examples/pipeline/churn.toml"
TOKEN = "github-token"  # a secret of yours: it may push, and open pull requests
INSTALL = "pip install -r requirements.txt"

app = cdk.App()
given = app.node.try_get_context
churn = ShadowTest.from_file(given("test") or Path(__file__).parents[2] / FILE)
home = cdk.Environment(account=given("account") or "111122223333", region=given("region") or "eu-west-1")

delivery = cdk.Stack(app, "churn-delivery", env=home)
source = pipelines.CodePipelineSource.connection(REPOSITORY, "main", connection_arn=CONNECTION)
synth = pipelines.ShellStep("Synth", input=source, commands=[INSTALL, "npx cdk synth"])
add_shadow_test(pipelines.CodePipeline(delivery, "Pipeline", synth=synth), churn, env=home)

# A version that somebody approves in the registry becomes the shadow of a pull request, once.
hand_over = f"""git diff --quiet -- {FILE} || (
git config user.name shadow-test && git config user.email shadow-test@example.com &&
git switch --force-create propose-churn &&
git commit --message 'An approved version is the shadow' -- {FILE} &&
git push --force "https://x-access-token:$GH_TOKEN@github.com/{REPOSITORY}.git" propose-churn &&
open=$(gh pr list --repo {REPOSITORY} --head propose-churn --json number --jq length) &&
if [ "$open" = 0 ]; then gh pr create --repo {REPOSITORY} --head propose-churn --base main --fill; fi
)"""
commands = [INSTALL, f"shadow-test propose churn --package churn-models --write {FILE}", hand_over]
secret = codebuild.BuildEnvironmentVariable(type=codebuild.BuildEnvironmentVariableType.SECRETS_MANAGER, value=TOKEN)
propose = codebuild.Project(
    delivery,
    "Propose",
    source=codebuild.Source.git_hub(owner="team", repo="churn", branch_or_ref="main"),
    environment_variables={"GH_TOKEN": secret},
    build_spec=codebuild.BuildSpec.from_object({"version": "0.2", "phases": {"build": {"commands": commands}}}),
)
propose.add_to_role_policy(
    iam.PolicyStatement(actions=["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"], resources=["*"])
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
