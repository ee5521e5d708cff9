"""The local AWS is a project of its own: it knows nothing of ours, and ours starts it as a process only."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCAL_AWS = PROJECT / "local_aws"
# The arithmetic of alarms and of metric math, which knows neither AWS's protocols nor a server: what our alarms and
# dashboards would say is computed with it.
_ARITHMETIC = "local_aws.metrics"
_OURS = ("shadow_constructs", "shadow_ops", "stacks", "rehearsal", "examples", "benchmarks", "tools", "tests")
_COMPUTING = {"alarm_world.py", "test_alarm_specs.py", "test_dashboard_math.py"}


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_local_aws_imports_nothing_of_ours() -> None:
    """Itself, the standard library and what its requirements name; its tests pytest and hypothesis besides."""
    required = re.findall(r"^([a-z0-9-]+)==", (LOCAL_AWS / "requirements.txt").read_text(), re.MULTILINE)
    allowed = {
        *sys.stdlib_module_names,
        "local_aws",
        *(name.replace("-", "_").removesuffix("_cpu") for name in required),
    }
    for file in LOCAL_AWS.rglob("*.py"):
        more = {"pytest", "hypothesis"} if "tests" in file.relative_to(LOCAL_AWS).parts else set()
        found = {name.partition(".")[0] for name in imported(file)}
        assert found <= allowed | more, f"{file} imports {found - allowed - more}"


def test_nothing_of_ours_imports_the_local_aws() -> None:
    """But three tests that compute what our alarms would say."""
    for folder in (
        "shadow_constructs",
        "shadow_ops",
        "stacks",
        "rehearsal",
        "examples",
        "benchmarks",
        "tools",
        "tests",
    ):
        for file in (PROJECT / folder).rglob("*.py"):
            found = {name for name in imported(file) if name.partition(".")[0] == "local_aws"}
            if file.name in _COMPUTING:
                found = {name for name in found if not name.startswith(_ARITHMETIC)}
            assert not found, f"{file} imports {found}"


def test_its_project_names_every_package_of_it() -> None:
    """What is installed is what is here."""
    named = set(tomllib.loads((LOCAL_AWS / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    here = {
        ".".join(file.parent.relative_to(PROJECT).parts)
        for file in LOCAL_AWS.rglob("__init__.py")
        if "tests" not in file.parts[len(LOCAL_AWS.parts) :]
    }
    assert named == here
