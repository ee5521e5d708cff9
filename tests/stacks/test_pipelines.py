"""The templates of a pipeline with a shadow test in another account: as they were, and as validators see them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from cdk_nag import AwsSolutionsChecks
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from shadow_constructs.pipelines import add_shadow_test
from shadow_constructs.testing import stable_template
from tests.constructs.test_pipelines import ELSEWHERE, new_pipeline, watched
from tests.stacks.test_validity import nag_findings
from tests.support.linting import lint_of

CDKS_OWN = ("W3005", "E3703")
"""What cfn-lint says of the CDK's pipeline: a dependency twice; and as an error what is advice, to use Fn::Sub."""

REASONS = {
    r"AwsSolutions-IAM5\[Resource::\*\]": "A job's result has no resource level.",
    r"AwsSolutions-IAM5\[Resource::.*Pipeline.*/\*\]": "Approvals of this one pipeline: its own CDK step names them.",
    r"AwsSolutions-IAM5\[Resource::arn:.*:parameter/shadow-test/churn/\*\]": "Everything about this one endpoint.",
}
"""What cdk-nag says of the library's own resources in a pipeline, and why it is as it should be."""


def assembly(folder: Path) -> cdk.App:
    """The app of a pipeline whose test is in another account."""
    app = cdk.App(outdir=str(folder))
    add_shadow_test(new_pipeline(app, cross_account_keys=True), watched(), env=ELSEWHERE)
    return app


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, cdk.Stack]:
    """The pipeline's stack, and that of what is beside the endpoint."""
    app = assembly(tmp_path_factory.mktemp("pipeline"))
    app.synth()
    found = {one.node.id: one for one in app.node.find_all() if isinstance(one, cdk.Stack)}
    return {"pipeline": found["Delivery"], "reports": found["reports"]}


@pytest.mark.parametrize("which", ["pipeline", "reports"])
def test_the_templates_of_a_pipeline_are_as_they_were(
    stacks: dict[str, cdk.Stack], which: str, snapshot: SnapshotAssertion
) -> None:
    """All of them changes on purpose only; what the CDK counts of its own projects and assets aside."""
    text = json.dumps(stable_template(stacks[which]))
    for counted in ("[0-9a-f]{64}", "(?<=-)[0-9a-f]{8}(?![0-9a-f-])"):
        text = re.sub(counted, "HASH", text)
    assert json.loads(text) == snapshot.use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize("which", ["pipeline", "reports"])
def test_cfn_lint_has_nothing_to_say_of_a_pipeline(stacks: dict[str, cdk.Stack], which: str) -> None:
    """No error and no warning, but those about what the CDK makes of its own pipeline."""
    template = assertions.Template.from_stack(stacks[which]).to_json()
    assert lint_of(template, CDKS_OWN) == []


def test_cdk_nag_finds_nothing_of_ours_without_a_reason(stacks: dict[str, cdk.Stack]) -> None:
    """What the CDK makes of its own pipeline is the CDK's; what this library adds to it has a reason each."""
    for stack in stacks.values():
        for rule, paths in nag_findings(stack, AwsSolutionsChecks()).items():
            ours = {path for path in paths if "/ShadowTests/" in path or "/reports/" in path}
            assert not ours or any(re.fullmatch(one, rule) for one in REASONS), (rule, ours)
