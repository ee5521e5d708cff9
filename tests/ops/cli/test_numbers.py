"""Numbers on the command line: what no option can mean is refused in one line, whatever the option."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.types import FloatParamType, IntParamType

from shadow_ops.cli.durations import Duration
from shadow_ops.cli.main import cli
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services

IMPOSSIBLE = {"nan": "nan", "inf": "inf", "-1": "-1", "10**400": str(10**400), "thousands of nines": "9" * 5000}
# Scores may be below zero.
ALLOWED = {("responses", "--threshold", "-1")}
# Options that are numbers without a type of numbers.
AS_TEXT = {("plan", "--sampling")}


def numeric() -> Iterator[tuple[str, str]]:
    """Every option of every command that takes a number or a duration."""
    assert isinstance(cli, click.Group)
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        for one in command.params:
            taken = isinstance(one.type, IntParamType | FloatParamType | Duration)
            if isinstance(one, click.Option) and (taken or (name, one.opts[0]) in AS_TEXT):
                yield name, one.opts[0]


def test_the_options_are_found() -> None:
    """Otherwise nothing would be tried below."""
    found = set(numeric())
    assert {command for command, _ in found} >= {"gate", "plan", "compare", "responses", "send"}
    assert found >= AS_TEXT | {("send", "--rate"), ("responses", "--min-agreement"), ("plan", "--price")}


@pytest.mark.parametrize("value", IMPOSSIBLE)
@pytest.mark.parametrize(("command", "option"), sorted(numeric()))
def test_fails_on_a_number_that_means_nothing(
    run: Run, services: Services, tmp_path: Path, command: str, option: str, value: str
) -> None:
    """Exit code 2 and one line of bounded length that names the option, before AWS is asked anything."""
    if (command, option, value) in ALLOWED:
        return
    (tmp_path / "rows.csv").write_text("1,2\n")
    services.errors = dict.fromkeys(("DescribeEndpoint", "ListEndpoints"), AssertionError("AWS was asked"))
    file = [tmp_path / "rows.csv"] if command == "send" else []
    done = run(command, "churn", *file, f"{option}={IMPOSSIBLE[value]}")
    assert done.exit_code == 2, done.output
    (line,) = [line for line in done.stderr.splitlines() if line.lower().startswith("error:")]
    assert option.strip("-").replace("-", "_") in line.replace("-", "_")
    assert len(line) < 500
    assert done.stderr.splitlines()[-1] == line
