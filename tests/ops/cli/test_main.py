"""The command line itself: help, what it loads, what it never loads."""

from __future__ import annotations

import ast
import datetime
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shadow_ops
from shadow_ops.cli.durations import Duration, spoken
from shadow_ops.contract.problems import shown
from tests.ops.cli.conftest import Run

ROOT = Path(shadow_ops.__file__).parent
COMMANDS = (
    "gate",
    "compare",
    "responses",
    "status",
    "send",
    "history",
    "fold",
    "propose",
    "report",
    "conclude",
    "sampling",
)
PROJECT = Path(__file__).parents[3]
WITHOUT_ENDPOINT = ("list", "completion bash", "init github")
# The extra [responses]; the standard library does the same without it.
WITH_DUCKDB = ("responses/engines/duck.py", "responses/export.py")


def imported(file: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, also inside of functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_what_runs_never_imports_what_synthesizes(file: Path) -> None:
    """No file of shadow_ops imports the CDK or the constructs; only the command line uses more than boto3."""
    packages = imported(file)
    allowed = {"shadow_ops", "boto3", "botocore", *sys.stdlib_module_names}
    if file.is_relative_to(ROOT / "cli"):
        allowed |= {"click", "rich"}
    if file.is_relative_to(ROOT / "testfile"):
        allowed |= {"tomlkit"}
    if file.is_relative_to(ROOT / "report") or file.is_relative_to(ROOT / "workflows"):
        allowed |= {"jinja2", "markupsafe"}
    if file.relative_to(ROOT).as_posix() in WITH_DUCKDB:
        allowed |= {"duckdb"}
    if file == ROOT / "responses" / "athena.py":
        allowed |= {"sqlglot"}
    assert packages <= allowed


def loaded(*arguments: str) -> set[str]:
    """Modules that are loaded once a command has run, in a process of its own."""
    code = (
        "import sys\n"
        "from shadow_ops.cli.main import cli\n"
        f"cli({list(arguments)!r}, standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize(
    "arguments",
    [("--help",), *((command, "--help") for command in COMMANDS), ("list", "--help"), ("completion", "bash")],
)
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Help comes at once: neither AWS's client, nor the display, nor the CDK is loaded for it."""
    assert (
        loaded(*arguments) & {"boto3", "botocore", "rich", "duckdb", "jinja2", "aws_cdk", "jsii", "shadow_constructs"}
        == set()
    )


def test_help_lists_every_command(run: Run) -> None:
    """Each command has its line, and the exit codes are told."""
    text = run("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command} " in text
    assert "4  `gate`: INCONCLUSIVE" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_teaches_by_example(run: Run, command: str) -> None:
    """Help of a command has examples that begin with the command itself, none wider than a terminal."""
    text = run(command, "--help").stdout
    assert f"\n    shadow-test {command} churn" in text
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize("command", WITHOUT_ENDPOINT)
def test_commands_about_no_single_endpoint_teach_by_example_too(run: Run, command: str) -> None:
    """The same for what takes no endpoint."""
    text = run(command.split()[0], "--help").stdout
    assert f"\n    shadow-test {command}" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_python_m_is_the_same_program() -> None:
    """``python -m shadow_ops`` shows the same help, under the name that users type."""
    done = subprocess.run([sys.executable, "-m", "shadow_ops", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: shadow-test [OPTIONS]")


def test_the_version_is_the_installed_packages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked of what is installed."""
    monkeypatch.setattr(metadata, "version", {"sagemaker-shadow-constructs": "7.8.9"}.__getitem__)
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, "shadow-test 7.8.9\n")


def test_fails_to_tell_the_version_of_what_is_not_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m shadow_ops`` runs in a folder without being installed: one line says what to do."""

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    result = run("--version")
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 1
    assert line.startswith("error: ")
    assert "pip install -e ." in line


@pytest.mark.parametrize(
    "typed", [["x" * 5000], ["gate", "churn", f"--{'x' * 5000}"], ["gate", "--format", "x" * 5000]]
)
def test_a_refusal_is_no_longer_than_a_few_lines(run: Run, typed: list[str]) -> None:
    """However much was typed: both ends of the sentence stay."""
    result = run(*typed)
    assert result.exit_code == 2
    assert "xxx ... " in result.stderr
    assert len(result.stderr) < 700


def test_fails_on_an_unknown_command(run: Run) -> None:
    """A mistyped command is exit code 2."""
    result = run("gaet", "churn")
    assert result.exit_code == 2
    assert "gaet" in result.stderr


@pytest.mark.parametrize("command", [*COMMANDS, "init", "override", "plan"])
def test_fails_on_what_no_endpoint_is_called(run: Run, command: str) -> None:
    """Whatever the command: a name is part of paths and of other names, so it is looked at first."""
    first = ["github"] if command == "init" else []
    for name in (
        "../x",
        "a b",
        "x" * 64,
        "-x-",
        "churn/reasons",
        "\u00e4",
        "",
        "*",
        "a\nb",
        "arn:aws:sagemaker:::endpoint/x",
    ):
        result = run(command, *first, "--", name)
        assert result.exit_code == 2
        [line] = [one for one in result.stderr.splitlines() if one.startswith("Error: ")]
        assert f"an endpoint's name must be 1 to 63 letters, digits or inner hyphens, got {shown(name)}" in line


@given(st.integers(1, 10**5), st.sampled_from("smhd"))
def test_durations_are_read_as_they_are_written(count: int, unit: str) -> None:
    """A whole number with a unit is that many seconds, minutes, hours or days."""
    seconds = count * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]
    if seconds <= 455 * 86_400:
        assert Duration().convert(f"{count}{unit}", None, None) == datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min"), (90, "1 min 30 s"), (3600, "1 h"), (90_000, "1 d 1 h"), (86_460, "1 d"), (-5, "0 s")],
)
def test_durations_are_said_in_two_units(seconds: float, text: str) -> None:
    """People get the two largest units, nothing finer."""
    assert spoken(datetime.timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stats churn", "did you mean status?"),
        ("compre churn", "did you mean compare?"),
        ("gat churn", "did you mean gate?"),
        ("GATE churn", "did you mean gate?"),
        ("gate churn --frmat x", "--format"),
        ("gate churn --regoin x", "--region"),
        ("gate churn --polcy x", "--policy"),
    ],
)
def test_what_is_mistyped_is_told_what_was_meant(run: Run, typed: str, meant: str) -> None:
    """Exit code 2 and the nearest command or option."""
    result = run(*typed.split())

    assert result.exit_code == 2
    assert meant in result.stderr


def completed(*words: str) -> set[str]:
    """What bash offers after these words, asked as bash asks."""
    asked = {"_SHADOW_TEST_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "shadow_ops"],
        env={**os.environ, "PYTHONPATH": str(PROJECT), **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.split(",", 1)[1] for line in done.stdout.splitlines() if line}


def test_a_shell_completes_commands_options_and_choices() -> None:
    """A command by its beginning, its options, and the values of an option that has a few."""
    assert completed("shadow-test", "st") == {"status"}
    assert completed("shadow-test", "status", "churn", "--f") == {"--format", "--fail-on-drift"}
    assert completed("shadow-test", "status", "--format", "") == {"text", "json", "markdown"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_shell_needs_is_printed(run: Run, shell: str) -> None:
    """It asks this program, by the variable that this program listens to."""
    printed = run("completion", shell).stdout
    assert f"_SHADOW_TEST_COMPLETE={shell}_complete" in printed
    assert "shadow-test" in printed
    assert "Choose from: bash, zsh, fish\n" in run("completion").stderr


def test_a_shell_completes_endpoints_that_the_files_here_speak_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of tests as TOML, and of templates, a pipeline's too; AWS isn't asked, broken files say nothing."""
    monkeypatch.chdir(tmp_path)
    assert completed("shadow-test", "status", "") == set()
    (tmp_path / "fraud.toml").write_text('endpoint_name = "fraud"\n', encoding="utf-8-sig")
    templates = {"a": '"churn"', "assembly-Prod/b": '"churn-eu"', "c": '{"Ref": "Name"}', "d": '"\\u001b[2J"'}
    for place, name in templates.items():
        file = tmp_path / "cdk.out" / f"{place}.template.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        endpoint = f'{{"Type": "AWS::SageMaker::Endpoint", "Properties": {{"EndpointName": {name}}}}}'
        file.write_text(f'{{"Resources": {{"E": {endpoint}, "T": {{"Type": "AWS::SNS::Topic"}}}}}}')
    for number, content in enumerate(("[" * 9000, "[1]", "\xff", '{"Resources": {"E": 1}}')):
        (tmp_path / "cdk.out" / f"{number}.template.json").write_text(content, encoding="latin-1")
    (tmp_path / "pyproject.toml").write_text("= broken")

    assert completed("shadow-test", "status", "") == {"churn", "churn-eu", "fraud"}
    assert completed("shadow-test", "gate", "ch") == {"churn", "churn-eu"}
