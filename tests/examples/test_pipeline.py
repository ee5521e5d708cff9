"""The pipeline of the example, as it is synthesized."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.constructs.rendering import Json, resources

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The template of the stack that has the pipeline."""
    out = tmp_path_factory.mktemp("out")
    environment = {**os.environ, "CDK_OUTDIR": str(out), "CDK_VALIDATION": "false"}
    subprocess.run([sys.executable, "examples/pipeline/app.py"], cwd=ROOT, env=environment, check=True)
    return dict(json.loads((out / "churn-delivery.template.json").read_text()))


def test_what_was_approved_in_one_group_is_proposed(template: Json) -> None:
    """Without both filters it would deploy what nobody approved. That `propose` does so once has a test of its own."""
    rules = [one["Properties"] for one in resources(template, "AWS::Events::Rule").values()]
    [rule] = [one for one in rules if "ModelApprovalStatus" in json.dumps(one)]
    builds = [one["Properties"] for one in resources(template, "AWS::CodeBuild::Project").values()]

    assert rule["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["churn-models"], "ModelApprovalStatus": ["Approved"]},
    }
    [target] = rule["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0].startswith("Propose")
    assert any(
        "shadow-test propose churn --package churn-models --write churn.toml" in str(one["Source"]) for one in builds
    )
