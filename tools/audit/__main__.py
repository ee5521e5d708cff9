"""Run cfn-lint, cdk-nag and checkov over the templates of two endpoints, the default one and one with everything on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
from cfnlint.api import lint  # type: ignore[import-untyped] # has no types
from cfnlint.config import ManualArgs  # type: ignore[import-untyped] # has no types

from benchmarks.sizes import default, everything
from shadow_constructs import PromotionStack, ShadowTestStack
from tools.audit.findings import problems, reasons

PROJECT = Path(__file__).resolve().parents[2]
_CHECKOV = PROJECT / ".venv-audit" / "bin" / "checkov"
_REGION = "eu-west-1"
_PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)


def stacks(app: cdk.App) -> Iterator[cdk.Stack]:
    """A test and its promotion, of each endpoint."""
    env = cdk.Environment(account="111122223333", region=_REGION)
    for make in (default, everything):
        test = make(make.__name__)
        yield ShadowTestStack(app, f"{make.__name__}-shadow", test=test, env=env)
        yield PromotionStack(app, f"{make.__name__}-promotion", test=test, env=env)


def nag(stack: cdk.Stack) -> Iterator[str]:
    """What the packs of cdk-nag find."""
    for pack in _PACKS:
        report: Any = pack().validate_scope(stack)
        yield from (str(one.rule_name) for one in report.violations)


def linted(template: Path) -> Iterator[str]:
    """What cfn-lint finds, warnings included."""
    found = lint(template.read_text(encoding="utf-8"), config=ManualArgs(regions=[_REGION]))
    yield from (one.rule.id for one in found)


def checked(folder: Path) -> Iterator[str]:
    """What checkov finds in a folder of templates."""
    command = [str(_CHECKOV), "-d", str(folder), "--framework", "cloudformation", "--quiet", "--compact", "-o", "json"]
    # Nothing is asked of anybody's server.
    done = subprocess.run(
        [*command, "--skip-download"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    found = json.loads(done.stdout)
    if found["summary"]["resource_count"] == 0 or found["summary"]["parsing_errors"]:
        raise RuntimeError(f"checkov has read nothing, or not all: {found['summary']}")
    yield from (one["check_id"] for one in found["results"]["failed_checks"])


def main() -> int:
    """Print what has no reason, and which reasons nobody needs any more."""
    explained = reasons((PROJECT / "docs" / "security.md").read_text(encoding="utf-8"))
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=f"{folder}/out")
        for stack in stacks(app):
            found += nag(stack)
        assembly = app.synth()
        templates = Path(folder) / "templates"
        templates.mkdir()
        for artifact in assembly.stacks:
            template = templates / f"{artifact.id}.json"
            template.write_text(Path(artifact.template_full_path).read_text(encoding="utf-8"), encoding="utf-8")
            found += linted(template)
        found += checked(templates)
    wrong = list(problems(found, explained))
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(found)} findings of {len(set(found))} rules, {len(wrong)} to be looked at")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
