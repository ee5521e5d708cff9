"""Every text from outside is poisoned, and no command lets any of it through, in whatever form it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shadow_ops.contract.declared import DeclaredVariant, settings_name
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, Services, refused
from tests.ops.cli.test_status import ENTRY
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
        replace(DECLARED, production=(production,), shadow=shadow, dashboard=POISON, capture_uri=POISON).to_text()
    ]
    texts = dict.fromkeys(("by", "from_version", "to_version", "gate", "reason", "from_model", "stack"), POISON)
    services.parameters["/shadow-test/churn/history"] = [json.dumps({**ENTRY, **texts})]
    live = services.endpoints["churn"]
    live["FailureReason"] = POISON
    config = services.configs["churn-config"]
    config["DataCaptureConfig"] = {"EnableCapture": True, "DestinationS3Uri": f"s3://captures/{POISON}"}
    for variant in (*config["ProductionVariants"], *config["ShadowProductionVariants"]):
        variant["ModelName"] = POISON
    services.alarms = dict.fromkeys(DECLARED.alarms, POISON)
    services.answers = lambda _body: refused("ModelError", POISON, "InvokeEndpoint")


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


COMMANDS: dict[str, Callable[[Path], list[str]]] = {
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
    done = run(*COMMANDS[command](tmp_path), "--format", form)

    assert not HARMFUL.search(done.stdout + done.stderr), repr(HARMFUL.search(done.stdout + done.stderr))
    if form == "markdown":
        assert not HTML.search(done.stdout), HTML.search(done.stdout)
    if command not in ("compare", "gate"):
        assert "FORGED" in done.stdout + done.stderr


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "GetMetricData", "ListEndpoints"])
def test_an_error_of_aws_forges_no_line(run: Run, services: Services, operation: str) -> None:
    """Its message is one line, after our word."""
    services.errors[operation] = refused("ValidationException", POISON, operation)
    done = run("gate", "nowhere" if operation == "ListEndpoints" else "churn")

    assert done.exit_code != 0
    assert not HARMFUL.search(done.stderr)
    assert all(line.startswith(("error: ", "Usage: ")) for line in done.stderr.splitlines())
