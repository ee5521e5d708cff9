"""Every text from outside is poisoned, and no command lets any of it through, in whatever form it writes."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shadow_ops.aws.looks import Look
from shadow_ops.cli import main
from shadow_ops.contract.declared import DeclaredVariant, settings_name
from shadow_ops.contract.declaring import to_text
from shadow_ops.watch import text
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, NOW, Services
from tests.ops.cli.test_propose import GROUP, package
from tests.ops.cli.test_status import ENTRY
from tests.ops.managed.world import World
from tests.ops.parameter_store import aws_error
from tests.ops.responses.captured import Said, write

# Clears a terminal, rings, turns the direction, forges a line and a verdict, is HTML, a link, a table's bar.
POISON = "x\x1b[2J\x07\u202e\x9b31m\r\nFORGED: PASS\u2028FORGED <img src=x> [a](http://b) | c"
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]|^FORGED", re.MULTILINE)
# A tag, a link, a picture that a page of Markdown would show.
HTML = re.compile(r"<img|(?<!\\)\]\(http")


def poison(services: Services) -> None:
    """Put it wherever somebody else's text may stand."""
    shadow = DeclaredVariant(name="shadow", version=POISON, label=POISON)
    production = DeclaredVariant(name="production", version=POISON, label=POISON)
    services.parameters[settings_name("churn")] = [
        to_text(replace(DECLARED, production=(production,), shadow=shadow, dashboard=POISON, capture_uri=POISON))
    ]
    texts = dict.fromkeys(("by", "from_version", "to_version", "gate", "reason", "from_model", "stack"), POISON)
    services.parameters["/shadow-test/churn/history"] = [json.dumps({**ENTRY, **texts})]
    reason = dict.fromkeys(("id", "text", "by", "config", "subject", "version"), POISON)
    times = {"at": NOW.isoformat(), "expires": NOW.isoformat()}
    services.parameters["/shadow-test/churn/reasons/one"] = [json.dumps({**reason, **times, "purpose": "promotion"})]
    services.packages = {f"{GROUP}/7": package(7)}
    world = World("Completed")
    assert world.test is not None
    services.experiments = [{**world.test, "Name": POISON, "StatusReason": POISON}]
    live = services.endpoints["churn"]
    live["FailureReason"] = POISON
    config = services.configs["churn-config"]
    config["DataCaptureConfig"] = {"EnableCapture": True, "DestinationS3Uri": f"s3://captures/{POISON}"}
    for variant in (*config["ProductionVariants"], *config["ShadowProductionVariants"]):
        variant["ModelName"] = POISON
    services.alarms = dict.fromkeys(DECLARED.alarms, POISON)
    services.answers = lambda _body: aws_error("ModelError", POISON, "InvokeEndpoint")


def captured(folder: Path) -> list[str]:
    """Answers and requests that differ, poisoned in values, keys, ids and segments."""
    for side, answer in (("production", POISON), ("shadow", f"{POISON}2")):
        said = [
            Said(f"{POISON}-1", answer, f"{POISON},1"),
            Said("id-2", {POISON: answer}, f"{POISON},1", encoding="JSON", content_type=POISON),
        ]
        write(folder / "captured", side, said)
    return ["--from", str(folder / "captured"), "--cache", str(folder / "cache"), "--show-inputs", "--by", "1"]


def recording(folder: Path) -> list[str]:
    """A recording that names poisoned things."""
    file = folder / "seen.json"
    file.write_text(
        json.dumps(
            {
                "endpoint": POISON,
                "production_variant": f"p{POISON}",
                "shadow_variant": f"s{POISON}",
                "sampling_percent": 100,
                "period_seconds": 60,
                "periods": [],
            }
        ),
        encoding="utf-8",
    )
    return ["--replay", str(file)]


def rows(folder: Path) -> list[str]:
    """A request."""
    (folder / "rows.csv").write_text("1,2\n", encoding="utf-8")
    return ["churn", str(folder / "rows.csv")]


def written(folder: Path, *, tested: bool) -> str:
    """A test in a file, with a poisoned comment and version."""
    text = 'endpoint_name = "churn"\n[production]\nhardware = { instance_type = "ml.m5.xlarge" }\n'
    model = f"model = {{ version = {json.dumps(POISON)}, model_name = 'a' }}\n"
    shadow = f"[shadow]\nhardware = {{ instance_type = 'ml.m5.xlarge' }}\n{model}" if tested else ""
    (folder / "churn.toml").write_text(f"{text}{model}{shadow}", encoding="utf-8")
    return str(folder / "churn.toml")


WITHOUT_FORMAT = ("fold", "propose", "init", "report", "conclude", "sampling")
ROLE = "arn:aws:iam::111122223333:role/deploys"
COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "plan": lambda _folder: ["plan", "churn"],
    "override": lambda _folder: ["override", "churn"],
    "override --withdraw": lambda _folder: ["override", "churn", "--withdraw"],
    "override --reason": lambda _folder: ["override", "churn", "--reason", POISON],
    "report": lambda folder: ["report", "churn", "--output", str(folder / "page.html"), "--no-answers"],
    "conclude": lambda _folder: ["conclude", "churn", "retain"],
    "sampling": lambda _folder: ["sampling", "churn", "25"],
    "fold": lambda folder: ["fold", "churn", "--write", written(folder, tested=False)],
    "propose": lambda folder: ["propose", "churn", "--package", POISON, "--write", written(folder, tested=False)],
    "propose over another": lambda folder: [
        *("propose", "churn", "--package", "churn-models", "--write", written(folder, tested=True))
    ],
    "init": lambda folder: ["init", "github", POISON, "--role", ROLE, "--region", POISON, "--folder", str(folder)],
    "gate": lambda _folder: ["gate", "churn"],
    "gate --replay": lambda folder: ["gate", *recording(folder)],
    "compare": lambda _folder: ["compare", "churn"],
    "status": lambda _folder: ["status", "churn"],
    "history": lambda _folder: ["history", "churn"],
    "list": lambda _folder: ["list", "--judge"],
    "send": lambda folder: ["send", *rows(folder)],
    "responses": lambda folder: ["responses", "churn", *captured(folder)],
    "responses by class": lambda folder: ["responses", "churn", *captured(folder), "--classes", "label"],
    "captures that are elsewhere": lambda folder: ["responses", "churn", "--cache", str(folder), "--since", "1h"],
    "an endpoint that is none": lambda _folder: ["status", POISON],
}


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_text_from_outside_reaches_a_terminal_or_a_page(
    run: Run, services: Services, tmp_path: Path, command: str, form: str
) -> None:
    """Nothing moves a cursor, forges a line or becomes HTML; what was said can still be read."""
    poison(services)
    name = command.split(" ")[0]
    if name in WITHOUT_FORMAT and form != "text":
        pytest.skip("it has one form")
    done = run(*COMMANDS[command](tmp_path), *([] if name in WITHOUT_FORMAT else ["--format", form]))

    assert not HARMFUL.search(done.stdout + done.stderr), repr(HARMFUL.search(done.stdout + done.stderr))
    if name == "report":
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert "FORGED" in page
        assert not HARMFUL.search(page), repr(HARMFUL.search(page))
        assert "<img" not in page
    if form == "markdown":
        assert not HTML.search(done.stdout), HTML.search(done.stdout)
    if name not in ("compare", "gate", "plan", "report") or command == "gate --replay":
        assert "FORGED" in done.stdout + done.stderr


def test_every_command_is_poisoned() -> None:
    """One that is added is tried too; what completes commands prints nothing of anybody's."""
    assert set(main._COMMANDS) - {name.split(" ")[0] for name in COMMANDS} == {"completion"}


def test_a_mail_holds_no_line_of_others() -> None:
    """What the verdict's reason and the version say stays in its own line, and moves no cursor."""
    look = Look(config="c", at=NOW, verdict="FAIL", reason=POISON, since=NOW, turn=1, requests=5, instance_hours=1.0)
    for head, body in (
        text.of_verdict("churn", POISON, look, "used"),
        text.of_age("churn", POISON, look, datetime.timedelta(days=20), "used"),
    ):
        assert head.isascii()
        assert head.isprintable()
        assert len(head) < 100
        assert not HARMFUL.search(body)


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "GetMetricData", "ListEndpoints"])
def test_an_error_of_aws_forges_no_line(run: Run, services: Services, operation: str) -> None:
    """Its message is one line, after our word."""
    services.errors[operation] = aws_error("ValidationException", POISON, operation)
    done = run("gate", "nowhere" if operation == "ListEndpoints" else "churn")

    assert done.exit_code != 0
    assert not HARMFUL.search(done.stderr)
    assert all(line.startswith(("error: ", "Usage: ")) for line in done.stderr.splitlines())
