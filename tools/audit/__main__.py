"""Run cfn-lint, cdk-nag and checkov over templates.

They are those of a default endpoint, of one with everything on, of one as a company's rules want it (VPC, keys, roles
and a boundary of its own), of one without a guard, and of a pipeline with what it has in another account.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
from aws_cdk import pipelines
from cfnlint.api import lint  # type: ignore[import-untyped] # has no types
from cfnlint.config import ManualArgs  # type: ignore[import-untyped] # has no types

from benchmarks.sizes import default, everything
from shadow_constructs import (
    Alerts,
    Capture,
    Guard,
    Network,
    PromotionStack,
    Scaling,
    ShadowTest,
    ShadowTestStack,
    Variant,
    Watch,
)
from shadow_constructs.pipelines import add_shadow_test
from shadow_constructs.pipelines.elsewhere import ReportsStack
from tools.audit.findings import problems, reasons

PROJECT = Path(__file__).resolve().parents[2]
_CHECKOV = PROJECT / ".venv-audit" / "bin" / "checkov"
_ACCOUNT, _REGION = "111122223333", "eu-west-1"
_PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)


def company(name: str) -> ShadowTest:
    """An endpoint as a company's rules want it."""
    network = Network(
        subnet_ids=[f"subnet-0123456789abcde{one:02d}" for one in (1, 2)], security_group_ids=[f"sg-{'0' * 17}"]
    )
    here = f"arn:aws:{{}}:{_REGION}:{_ACCOUNT}:{{}}"
    key, role = here.format("kms", "key/12345678"), f"arn:aws:iam::{_ACCOUNT}:role/company"
    boundary = f"arn:aws:iam::{_ACCOUNT}:policy/boundary"
    usual = everything(name)
    assert usual.shadow is not None
    return replace(
        usual,
        production=_within(usual.production, network, role),
        shadow=_within(usual.shadow, network, None),
        capture=Capture(key_arn=key),
        volume_key_arn=key,
        guard=Guard(network=network, log_key_arn=key, permissions_boundary=boundary, role_arn=role),
        watch=Watch(role_arn=role),
        alerts=Alerts(topic_arn=here.format("sns", "people")),
    )


def _within(variant: Variant, network: Network, role: str | None) -> Variant:
    return replace(variant, model=replace(variant.model, network=network, role_arn=role))


def unguarded(name: str) -> ShadowTest:
    """An endpoint without any function beside it."""
    usual, off = everything(name), "no functions here"
    assert usual.shadow is not None
    shadow = replace(usual.shadow, scaling=Scaling.off())
    return replace(usual, shadow=shadow, guard=Guard.off(off), watch=Watch.off(off), capture=Capture())


def stacks(app: cdk.App) -> Iterator[cdk.Stack]:
    """A test and its promotion, of each endpoint; a pipeline, and what it has beside an endpoint of another account."""
    env = cdk.Environment(account=_ACCOUNT, region=_REGION)
    for make in (default, everything, company, unguarded):
        test = make(make.__name__)
        yield ShadowTestStack(app, f"{make.__name__}-shadow", test=test, env=env)
        yield PromotionStack(app, f"{make.__name__}-promotion", test=test, env=env)
    delivery = cdk.Stack(app, "delivery", env=env)
    connection = f"arn:aws:codeconnections:{_REGION}:{_ACCOUNT}:connection/12345678"
    source = pipelines.CodePipelineSource.connection("team/churn", "main", connection_arn=connection)
    synth = pipelines.ShellStep("Synth", input=source, commands=["npx cdk synth"])
    pipeline = pipelines.CodePipeline(
        delivery, "Pipeline", synth=synth, cross_account_keys=True, enable_key_rotation=True
    )
    elsewhere = cdk.Environment(account="444455556666", region=_REGION)
    add_shadow_test(pipeline, default("delivered"), env=elsewhere)
    pipeline.build_pipeline()
    yield delivery
    yield from (one for one in delivery.node.find_all() if isinstance(one, ReportsStack))


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
