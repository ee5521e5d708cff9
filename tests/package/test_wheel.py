"""The installed package alone is enough for somebody who doesn't clone the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shadow_constructs.guard.package import package

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what installing the wheel would put on the path, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy: setuptools keeps what it built before beside the sources, and would pack it again.
    sources = folder / "sources"
    for name in ("shadow_constructs", "shadow_ops"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(sources)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True, capture_output=True)
    return site


def command_line(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed script, away from the checkout."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    command = [str(installed / "bin" / "shadow-test"), *arguments]
    return subprocess.run(command, check=False, cwd=installed, env=environment, capture_output=True, text=True)


def readme_block(having: str) -> str:
    """The one code block of the README that has a certain text."""
    return page_block("README.md", having)


def page_block(page: str, having: str) -> str:
    """The one code block of a page that has a certain text."""
    block: str
    (block,) = [block for block in CODE.findall((ROOT / page).read_text()) if having in block]
    return block


def run(code: str, site: Path, out: Path, **context: str) -> list[Path]:
    """Run an app as the CDK command line would, with the installed package only; returns the templates."""
    done = run_app(code, site, out, context)
    assert done.returncode == 0, done.stderr
    return sorted(out.glob("*.template.json"))


def run_app(code: str, site: Path, out: Path, context: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run an app from the folder that its output lies in, where its own modules may be."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(site),
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_VALIDATION": os.environ["CDK_VALIDATION"],
    }
    return subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=out.parent, env=environment, capture_output=True, text=True
    )


def test_the_wheel_carries_types_data_and_licence(installed: Path) -> None:
    """Type checkers see the types, instance types can be checked, and the licence comes along."""
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}

    assert {
        "shadow_constructs/py.typed",
        "shadow_ops/py.typed",
        "shadow_ops/data/instances.json",
        "shadow_ops/data/instance_types.json",
        "shadow_constructs/values/shadow_test.py",
    } <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_carries_nothing_else(installed: Path) -> None:
    """Tests, the local AWS and the example stay in the repository."""
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    assert tops == {"bin", "shadow_constructs", "shadow_ops"}
    assert [path.name for path in (installed / "bin").iterdir()] == ["shadow-test"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--help"], "gate"),
        (["gate", "--help"], "Judge whether the shadow of ENDPOINT is fit to be promoted"),
    ],
    ids=["help", "help of a command"],
)
def test_the_wheel_brings_the_command_line(installed: Path, arguments: list[str], text: str) -> None:
    """`shadow-test` is put on the path, and its help runs with nothing but the package."""
    done = command_line(installed, *arguments)

    assert done.returncode == 0, done.stderr
    assert text in done.stdout


def test_fails_with_a_command_that_is_not_there(installed: Path) -> None:
    """The script's exit code is the command line's: a pipeline notices."""
    done = command_line(installed, "promote")

    assert done.returncode == 2
    assert "promote" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_installed_guard_is_the_one_of_the_sources(installed: Path, tmp_path: Path) -> None:
    """The function's package is made of the installed code, to the byte: the data that it reads came along."""
    code = "import shadow_constructs.guard.package as made, sys; sys.stdout.write(made.package().hex())"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert bytes.fromhex(done.stdout) == package()


def test_the_first_screen_synthesizes_a_shadow_test_and_its_promotion(installed: Path, tmp_path: Path) -> None:
    """What the README shows first runs as it stands, with nothing but the package."""
    templates = run(readme_block("app.synth()"), installed, tmp_path / "out")

    shadows = {path.name: "ShadowProductionVariants" in path.read_text() for path in templates}
    assert shadows == {"churn-shadow.template.json": True, "churn-promotion.template.json": False}


def test_the_stacks_written_by_hand_give_the_same_templates(installed: Path, tmp_path: Path) -> None:
    """Whoever writes both stacks in ten lines of their own gets what the package's stacks render."""
    app = readme_block("app.synth()")
    by_hand = page_block("docs/use.md", "class PromotionStack(cdk.Stack)")
    code = app.replace(", PromotionStack", ", Promotion, ShadowEndpoint").replace(", ShadowTestStack", "")
    code = code.replace("v1 = ", f"{by_hand}\n\nv1 = ", 1)

    ours = run(app, installed, tmp_path / "ours")
    theirs = run(code, installed, tmp_path / "theirs")

    # The package's stacks write no indentation.
    assert [json.loads(path.read_text()) for path in theirs] == [json.loads(path.read_text()) for path in ours]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A user's app folder as `cdk init` and most Python apps have it: with stacks of their own in ``stacks/``."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "__init__.py").write_text("")
    (tmp_path / "stacks" / "mine.py").write_text("import aws_cdk as cdk\n\n\nclass MineStack(cdk.Stack): ...\n")
    return tmp_path


MINE = "from stacks.mine import MineStack\n" + readme_block("app.synth()").replace(
    "app.synth()", 'MineStack(app, "mine")\napp.synth()'
)


def test_a_users_own_stacks_folder_is_theirs(installed: Path, theirs: Path) -> None:
    """The package brings no `stacks`, so the first screen runs beside the one that every Python CDK app has."""
    templates = run(MINE, installed, theirs / "out")

    assert [path.name.split(".")[0] for path in templates] == ["churn-promotion", "churn-shadow", "mine"]


def test_any_app_takes_reasons_from_the_command_line(installed: Path, theirs: Path) -> None:
    """The stacks read -c rollback and -c override_gate: no app has to pass them on."""
    promotion, _, _ = run(MINE, installed, theirs / "a", override_gate="the sale starts")
    _, shadow, _ = run(MINE, installed, theirs / "b", rollback="p99 doubled")

    assert '"OverrideGate":"the sale starts"' in promotion.read_text()
    assert '"RollbackReason":"p99 doubled"' in shadow.read_text()
    assert json.loads(shadow.read_text())["Outputs"]["RollbackReason"]["Value"] == "p99 doubled"


@pytest.mark.parametrize(
    ("context", "line"),
    [
        (
            {"rollback": ""},
            "Rollback: 'reason' must be a sentence that says why, of at most 500 characters, got ''; "
            'deploy with -c rollback="..." or leave it out',
        ),
        (
            {"override_gate": " "},
            "Promotion: 'override_gate' must be a sentence that says why, of at most 500 characters, got ' '; "
            'deploy with -c override_gate="..." or leave it out',
        ),
        (
            {"rollback": "p99", "override_gate": "now"},
            "context: 'rollback' must be left out with override_gate, got 'p99'; "
            "a deployment promotes or rolls a promotion back, so give one of them",
        ),
    ],
    ids=["an empty rollback", "an empty override", "both"],
)
def test_fails_with_reasons_that_mean_nothing(
    installed: Path, theirs: Path, context: dict[str, str], line: str
) -> None:
    """The last line says what to do, and no template is written."""
    done = run_app(MINE, installed, theirs / "out", context)

    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith(line)
    assert not list((theirs / "out").glob("*.template.json"))
