"""A workflow file, made of what a test is called and where it is deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath
from types import MappingProxyType

from jinja2 import Environment, StrictUndefined

from shadow_ops.contract.names import REGION, ROLE, SERVICE_NAME
from shadow_ops.contract.partitions import check_partition
from shadow_ops.contract.problems import Problems

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "github": ".github/workflows/shadow-test-{endpoint}.yml",
        "gitlab": "shadow-test-{endpoint}.gitlab-ci.yml",
    }
)
"""Where each kind of workflow has its file, from the repository's root."""

# All of these stand in shell commands and in YAML: nothing in them has a meaning there.
_STACK = re.compile(r"[a-zA-Z0-9][-_./a-zA-Z0-9]{0,254}")
_FILE = re.compile(r"[a-zA-Z0-9_][-_./a-zA-Z0-9]*\.toml")
# A role that is linked to a service is assumed by that service alone (IAM User Guide, using-service-linked-roles).
_ROLE = re.compile(rf"arn:aws[a-z-]*:iam::\d{{12}}:(?!role/aws-service-role/){ROLE}", re.ASCII)
# git check-ref-format, and nothing that isn't plain.
_BRANCH = re.compile(r"(?!.*(\.\.|//|/\.|\.lock(/|$)|[./]$))[a-zA-Z0-9_][-_./a-zA-Z0-9]*")


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """What a workflow file is made of.

    Attributes:
        endpoint: The endpoint's name.
        role: ARN of the role that the pipeline takes on by OIDC.
        region: The endpoint's Region.
        test_stack: The ShadowTestStack's id in the app.
        promotion_stack: The PromotionStack's id.
        file: The test's file, which a promotion is folded into; None where the test is code.
        branch: The branch whose commits are deployed.
    """

    endpoint: str
    role: str
    region: str
    test_stack: str
    promotion_stack: str
    file: str | None = None
    branch: str = "main"

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = Problems("the workflow")
        for name, pattern, allowed in (
            ("endpoint", SERVICE_NAME, "an endpoint's name: 1 to 63 letters, digits or inner hyphens"),
            ("role", _ROLE, "a role's ARN, such as arn:aws:iam::111122223333:role/deploys-churn"),
            ("region", REGION, "a Region, such as eu-west-1"),
            ("test_stack", _STACK, "a stack's id in the app, such as churn-shadow"),
            ("promotion_stack", _STACK, "a stack's id in the app, such as churn-promotion"),
            ("branch", _BRANCH, "a branch, such as main"),
        ):
            given = getattr(self, name)
            if not pattern.fullmatch(given):
                problems.add(name, f"be {allowed}", given)
        if problems.count == 0:
            check_partition(problems, "role", self.role, self.role.split(":")[1], self.region)
        if self.file is not None and (not _FILE.fullmatch(self.file) or ".." in PurePosixPath(self.file).parts):
            problems.add("file", "be a .toml file's path from the repository's root, such as churn.toml", self.file)
        if self.test_stack == self.promotion_stack:
            problems.add("promotion_stack", "be another stack than the test's", self.promotion_stack)
        problems.raise_if_any()

    def text(self, kind: str) -> str:
        """The file of one of `KINDS`."""
        # GitHub's own marks are Jinja's usual ones.
        environment = Environment(
            undefined=StrictUndefined,
            variable_start_string="<<",
            variable_end_string=">>",
            block_start_string="<%",
            block_end_string="%>",
            comment_start_string="<#",
            comment_end_string="#>",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )
        environment.filters["quoted"] = json.dumps
        source = resources.files("shadow_ops").joinpath(f"data/workflows/{kind}.yml.j2").read_text(encoding="utf-8")
        return environment.from_string(source).render(flow=self, fold_branch=f"shadow-test/fold-{self.endpoint}")

    def path(self, kind: str) -> str:
        """Where the file belongs, from the repository's root."""
        return KINDS[kind].format(endpoint=self.endpoint)
