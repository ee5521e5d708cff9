"""docs/schemas: the JSON of each command is what its schema says, all of it."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from shadow_ops.cli import durations
from shadow_ops.cli.main import cli
from shadow_ops.contract.policy import GatePolicy
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, Services
from tests.ops.cli.test_status import ENTRY
from tests.ops.fake_cloudwatch import START, FakeCloudWatch, traffic
from tests.ops.parameter_store import aws_error
from tests.ops.responses.captured import Said, write

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"
# Of the watch: its own tests hold it.
EVENT = "event"
Json = Any


def schema(command: str) -> Json:
    """The published schema of a command."""
    return json.loads((SCHEMAS / f"{command}.json").read_text(encoding="utf-8"))


def strict(part: Json) -> Json:
    """The same, taking nothing that it doesn't name: what is printed shall be published."""
    if isinstance(part, list):
        return [strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: strict(one) for key, one in part.items()}
    return {"additionalProperties": False, **found} if "properties" in found else found


def cases(services: Services, folder: Path) -> dict[str, list[list[str]]]:
    """Calls of each command, in which everything is there, and in which little is."""
    rows = folder / "rows.csv"
    rows.write_text("1,2\nbad\n", encoding="utf-8")
    for side, answers in (("production", ["0.4", "a"]), ("shadow", ["0.6", "a"])):
        said = [Said(f"id-{n}", answer, f"x,{n}") for n, answer in enumerate(answers)]
        write(folder / "captured", side, [*said, b"no record"])
    run = CliRunner().invoke(cli, ["override", "churn", "--reason", "why"])
    assert run.exit_code == 0, run.output
    place = ["--from", str(folder / "captured"), "--cache", str(folder / "cache")]
    services.answers = lambda body: aws_error("ModelError", "no", "InvokeEndpoint") if "bad" in body else None
    return {
        "gate": [["churn"]],
        "plan": [["churn", "--price", "0.23"], ["churn", "--sampling", "1"]],
        "compare": [["churn"], ["churn", "--since", "1h"]],
        "status": [["churn"], ["chess"]],
        "history": [["churn"], ["chess"]],
        "override": [["churn"], ["churn", "--withdraw"], ["churn", "--reason", "why"]],
        "list": [[], ["--judge"]],
        "send": [["churn", str(rows)]],
        "responses": [
            ["churn", *place],
            ["churn", *place, "--show-inputs", "--by", "1", "--min-agreement", "90"],
        ],
    }


def with_json() -> set[str]:
    """The commands that write JSON."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {
        name
        for name, one in found.items()
        if one is not None and any("json" in getattr(option.type, "choices", ()) for option in one.params)
    }


def test_every_command_that_writes_json_has_a_schema(services: Services, tmp_path: Path) -> None:
    """None is forgotten, and each schema is one."""
    assert {path.stem for path in SCHEMAS.glob("*.json")} - {EVENT} == with_json() == set(cases(services, tmp_path))
    for command in (*with_json(), EVENT):
        Draft202012Validator.check_schema(schema(command))


@pytest.mark.parametrize("metrics", [traffic(600, slower=1.02), traffic(600, shadow=False), FakeCloudWatch()])
@pytest.mark.parametrize("command", sorted(with_json()))
def test_what_is_printed_is_what_is_published(
    run: Run, services: Services, tmp_path: Path, command: str, metrics: FakeCloudWatch
) -> None:
    """With data and without: no key too many, none missing, each of its type."""
    services.metrics = metrics
    services.parameters["/shadow-test/churn/history"] = [json.dumps(ENTRY)]
    services.settle(DECLARED)
    for arguments in cases(services, tmp_path)[command]:
        printed = json.loads(run(command, *arguments, "--format", "json").stdout)
        jsonschema.validate(printed, strict(schema(command)), Draft202012Validator)


@pytest.mark.parametrize("period", [None, 10, 60, 300])
@pytest.mark.parametrize("seconds", [-5, 0, 1, 59, 61, 119, 121, 200, 299, 301])
def test_a_test_of_any_age_is_told_of(
    run: Run, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, period: int | None
) -> None:
    """From its first second, also by a clock that is late: no whole period is a case of its own, in each form."""
    services.settle(replace(DECLARED, policy=GatePolicy(period_seconds=period)))
    monkeypatch.setattr(durations, "now", lambda: START + datetime.timedelta(seconds=seconds))
    calls = cases(services, tmp_path)
    for command in sorted(with_json() - {"send", "responses", "override"}):
        for arguments in calls[command]:
            printed = run(command, *arguments, "--format", "json").stdout
            jsonschema.validate(json.loads(printed), strict(schema(command)), Draft202012Validator)
            for form in ("text", "markdown"):
                assert run(command, *arguments, "--format", form).exit_code in (0, 4)
    assert run("report", "churn", "--output", tmp_path / "page.html").exit_code == 0


@pytest.mark.parametrize("command", sorted(with_json()))
def test_a_schema_tells_a_document_that_lacks_something(
    run: Run, services: Services, tmp_path: Path, command: str
) -> None:
    """Each key that is promised is missed."""
    services.parameters["/shadow-test/churn/history"] = [json.dumps(ENTRY)]
    [arguments, *_] = cases(services, tmp_path)[command]
    printed = json.loads(run(command, *arguments, "--format", "json").stdout)
    document = printed[0] if isinstance(printed, list) else printed
    for key in schema(command).get("items", schema(command))["required"]:
        without = {name: value for name, value in document.items() if name != key}
        with pytest.raises(jsonschema.ValidationError, match=key):
            jsonschema.validate([without] if isinstance(printed, list) else without, schema(command))
