"""``shadow-test init``: workflow files, written where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.cli.conftest import Run
from tests.ops.workflows.test_files import ROLE


@pytest.mark.parametrize(
    ("kind", "path"),
    [("github", ".github/workflows/shadow-test-churn.yml"), ("gitlab", "shadow-test-churn.gitlab-ci.yml")],
)
def test_the_command_writes_the_file_where_it_belongs_and_replaces_nothing(
    run: Run, tmp_path: Path, kind: str, path: str
) -> None:
    """Stacks are named as the endpoint unless said; what is there stays without --force."""
    arguments = ["init", kind, "churn", "--role", ROLE, "--region", "eu-west-1", "--folder", tmp_path]
    assert run(*arguments).exit_code == 0
    text = (tmp_path / path).read_text()
    assert "never churn-shadow\n" in text
    assert "never churn-promotion\n" in text
    again = run(*arguments, "--test-stack", "other")
    assert (again.exit_code, "add --force" in again.stderr) == (2, True)
    assert (tmp_path / path).read_text() == text
    assert run(*arguments, "--test-stack", "other", "--force").exit_code == 0
    assert "never other\n" in (tmp_path / path).read_text()
    (tmp_path / "chess.toml").write_text('endpoint_name = "chess"\nproduction.model.version = "v1"\n')
    other = run(*arguments, "--file", "chess.toml", "--force")
    assert (other.exit_code, "is about endpoint chess, not churn" in other.stderr) == (2, True)
    assert "never other\n" in (tmp_path / path).read_text()
    assert run(*arguments[:3], "--role", "me", "--region", "eu-west-1", "--folder", tmp_path).exit_code == 2
