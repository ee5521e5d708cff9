"""The installed package alone is enough for somebody who doesn't clone the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what installing the wheel would put on the path, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    # Built from a copy: setuptools keeps what it built before beside the sources, and would pack it again.
    sources = folder / "sources"
    for package in ("shadow_constructs", "shadow_ops", "stacks"):
        shutil.copytree(ROOT / package, sources / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(sources)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


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

    assert tops == {"shadow_constructs", "shadow_ops", "stacks"}


def test_the_wheel_brings_the_command_line(installed: Path) -> None:
    """`shadow-test` is an entry point, and its help runs with nothing but the package."""
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "shadow-test = shadow_ops.cli.main:main" in points.read_text()

    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "shadow_ops", "gate", "--help"]
    done = subprocess.run(command, check=True, cwd=installed, env=environment, capture_output=True, text=True)
    assert "Judge whether the shadow of ENDPOINT is fit to be promoted" in done.stdout


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
