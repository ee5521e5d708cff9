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
    for name in ("shadow_constructs", "shadow_ops", "stacks"):
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
    block: str
    (block,) = [block for block in CODE.findall((ROOT / "README.md").read_text()) if having in block]
    return block


def run(code: str, site: Path, out: Path) -> list[Path]:
    """Run an app as the CDK command line would, with the installed package only; returns the templates."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(site),
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps({"rollback": "why"}),
    }
    subprocess.run([sys.executable, "-c", code], check=True, cwd=out.parent, env=environment, capture_output=True)
    return sorted(out.glob("*.template.json"))


def test_the_wheel_carries_types_data_and_licence(installed: Path) -> None:
    """Type checkers see the types, instance types can be checked, and the licence comes along."""
    names = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}

    assert {
        "shadow_constructs/py.typed",
        "stacks/py.typed",
        "shadow_ops/py.typed",
        "shadow_ops/data/instances.json",
        "shadow_constructs/data/instance_types.json",
        "shadow_constructs/values/shadow_test.py",
    } <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_carries_nothing_else(installed: Path) -> None:
    """Tests, the local AWS and the example stay in the repository."""
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    assert tops == {"bin", "shadow_constructs", "shadow_ops", "stacks"}
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
    code = "import shadow_constructs.guard.package as made, sys; sys.stdout.write(made.package().read_bytes().hex())"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert bytes.fromhex(done.stdout) == package().read_bytes()


def test_the_first_screen_synthesizes_a_shadow_test_and_its_promotion(installed: Path, tmp_path: Path) -> None:
    """What the README shows first runs as it stands, with nothing but the package."""
    templates = run(readme_block("app.synth()"), installed, tmp_path / "out")

    shadows = {path.name: "ShadowProductionVariants" in path.read_text() for path in templates}
    assert shadows == {"churn-shadow.template.json": True, "churn-promotion.template.json": False}


def test_the_stacks_written_by_hand_give_the_same_templates(installed: Path, tmp_path: Path) -> None:
    """Whoever writes both stacks in ten lines of their own gets what the package's stacks render."""
    app = readme_block("app.synth()")
    by_hand = readme_block("class PromotionStack(cdk.Stack)")
    imports = "from shadow_constructs import Intent, ShadowEndpoint, warn_of_promotion\n"
    code = app.replace("from stacks import PromotionStack, ShadowTestStack\n", imports + by_hand)

    ours = run(app, installed, tmp_path / "ours")
    theirs = run(code, installed, tmp_path / "theirs")

    # The package's stacks write no indentation.
    assert [json.loads(path.read_text()) for path in theirs] == [json.loads(path.read_text()) for path in ours]
