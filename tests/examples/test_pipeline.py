"""The pipeline of the example, as it is synthesized."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from shadow_ops.contract.problems import CannotTellError
from shadow_ops.testfile.registry import approved
from tests.constructs.rendering import Json, resources
from tests.ops.workflows.test_files import Shell

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
    [build] = [one for one in builds if "shadow-test propose" in json.dumps(one)]
    assert build["Environment"]["EnvironmentVariables"] == [
        {"Name": "GH_TOKEN", "Type": "SECRETS_MANAGER", "Value": "github-token"}
    ]


def of_the_build(template: Json) -> list[str]:
    """The commands of the build that proposes."""
    builds = [one["Properties"]["Source"] for one in resources(template, "AWS::CodeBuild::Project").values()]
    [spec] = [one["BuildSpec"] for one in builds if "shadow-test propose" in str(one.get("BuildSpec"))]
    return list(json.loads(spec)["phases"]["build"]["commands"])


def test_the_build_may_what_propose_calls(template: Json) -> None:
    """Each operation that the registry is asked for, by its name, is a right of the build's role."""
    registry = Mock()
    registry.list_model_packages.return_value = {"ModelPackageSummaryList": [{"ModelPackageArn": "arn"}]}
    registry.describe_model_package.return_value = {}
    with pytest.raises(CannotTellError):
        approved(registry, "churn-models")
    called = {f"sagemaker:{name.title().replace('_', '')}" for name, _, _ in registry.method_calls}

    policies = [one["Properties"] for one in resources(template, "AWS::IAM::Policy").values()]
    [mine] = [one for one in policies if one["PolicyName"].startswith("ProposeRole")]
    granted = [action for one in mine["PolicyDocument"]["Statement"] for action in [*one["Action"]]]
    assert len(called) == 2
    assert called <= set(granted)


def test_what_is_proposed_is_the_file_that_the_app_reads(template: Json) -> None:
    """By its path in the repository."""
    command = of_the_build(template)[1]
    assert (ROOT / command.split("--write ")[1]).samefile(ROOT / "examples" / "pipeline" / "churn.toml")


def of_the_page() -> list[str]:
    """The commands of the Fold step in the docs."""
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n((?:(?!^```).)*^hand_over = .*?)^```", text, re.MULTILINE | re.DOTALL)
    said = {ast.unparse(one.targets[0]): one.value for one in ast.parse(code).body if isinstance(one, ast.Assign)}
    hand_over = ast.literal_eval(said["hand_over"])
    step = said["fold"]
    assert isinstance(step, ast.Call)
    [commands] = [one.value for one in step.keywords if one.arg == "commands"]
    assert isinstance(commands, ast.List)
    return [hand_over if isinstance(one, ast.Name) else ast.literal_eval(one) for one in commands.elts]


@pytest.mark.parametrize("kind", ["fold", "propose"])
def test_a_change_becomes_one_pull_request_and_no_change_is_green(kind: str, template: Json, tmp_path: Path) -> None:
    """Run as a build runs them, in a repository: the shell lines of the docs and of the example."""
    commands = of_the_page() if kind == "fold" else of_the_build(template)
    path = commands[1].split("--write ")[1]
    shell = Shell(tmp_path)
    origin, repository = str(tmp_path / "origin"), str(shell.repository)
    address = "https://x-access-token:secret@github.com/team/churn.git"
    shell.git("config", "--file", str(tmp_path / ".gitconfig"), f"url.{origin}.insteadOf", address)
    file = shell.repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("v1\n")
    shell.git("-C", repository, "add", ".")
    shell.git("-C", repository, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "the file")

    for text, open_, calls in (("v1\n", "0", 0), ("v2\n", "0", 2), ("v3\n", "1", 1)):
        shell.git("-C", repository, "checkout", "--quiet", "--force", "--detach", "main")
        file.write_text(text)
        (tmp_path / "calls").unlink(missing_ok=True)
        shell.answers["gh pr list"] = (open_, 0)
        for command in commands[1:]:
            done = shell.run(command, GH_TOKEN="secret")
            assert done.returncode == 0, done.stderr
        assert [call.split()[0] for call in shell.calls] == ["shadow-test", *["gh"] * calls]
        if calls:
            assert shell.git("-C", origin, "show", f"{kind}-churn:{path}") == text

    shell.git("config", "--file", str(tmp_path / ".gitconfig"), "--unset", f"url.{origin}.insteadOf")
    shell.git("config", "--file", str(tmp_path / ".gitconfig"), f"url.{origin}-gone.insteadOf", address)
    file.write_text("v4\n")
    assert shell.run(commands[-1], GH_TOKEN="secret").returncode != 0
