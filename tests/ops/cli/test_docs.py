"""docs/command-line.md shows what the program prints. To write it anew: ``python -m tests.ops.cli.test_docs``."""

from __future__ import annotations

import datetime
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from shadow_ops.aws.clients import Clients
from shadow_ops.aws.looks import Look, look_name
from shadow_ops.cli import durations
from shadow_ops.cli.main import cli
from shadow_ops.contract.reasons import Reason, reasons_path
from tests.ops.cli.services import CALLER, NOW, Services
from tests.ops.cli.test_status import ENTRY, scaled, template, text
from tests.ops.fake_cloudwatch import traffic

LOOK = Look(
    config="churn-config",
    at=NOW - datetime.timedelta(minutes=7),
    verdict="INCONCLUSIVE",
    reason="9 h 45 min of 24 h are over",
    since=NOW - datetime.timedelta(hours=10),
    turn=0,
    requests=176_000,
    instance_hours=9.9,
)
REASON = Reason(
    id="one",
    purpose="promotion",
    text="the sale starts today",
    by=CALLER,
    at=NOW - datetime.timedelta(hours=1),
    expires=NOW + datetime.timedelta(hours=23),
    config="churn-config",
    subject="model-of-shadow",
    version="v2",
)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"
BLOCK = re.compile(r"```console\n\$ shadow-test ([^\n]*)\n(.*?)```\n", re.DOTALL)


def printed(command: str, services: Services) -> str:
    """What a command prints on both streams, of an endpoint whose shadow is a little slower."""
    services.metrics = traffic(600, slower=1.02, failing=0.0004)
    services.parameters["/shadow-test/churn/history"] = [json.dumps(ENTRY)]
    services.parameters[f"{reasons_path('churn')}/{REASON.id}"] = [json.dumps(REASON.to_json())]
    services.parameters[look_name("churn")] = [json.dumps(LOOK.to_json())]
    output = CliRunner().invoke(cli, shlex.split(command), prog_name="shadow-test", terminal_width=100).output
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


def blocks() -> list[tuple[str, str]]:
    """Each command of the page, with what the page says it prints."""
    return BLOCK.findall(PAGE.read_text())


@pytest.mark.parametrize(("command", "shown"), blocks(), ids=[command for command, _ in blocks()])
def test_the_page_shows_what_the_program_prints(command: str, shown: str, services: Services) -> None:
    """Every block of the page is the program's own output, to the letter."""
    assert printed(command, services) == shown


def rights(command: str) -> set[str]:
    """What the page's table says that a command needs, with what it says of other commands."""
    rows = [line.split(" | ", 1) for line in PAGE.read_text().splitlines() if re.match(r"\| `[a-z`, ]+` \| ", line)]
    (needs,) = (row[1] for row in rows if f"`{command}`" in row[0])
    others = [one for one in re.findall(r"`([a-z]+)`", needs) if one in (row[0].strip("| `") for row in rows)]
    return set(re.findall(r"`([a-z-]+:[A-Za-z]+)`", needs)).union(*map(rights, others))


@pytest.mark.parametrize("command", ["gate", "compare", "status", "history", "list", "override"])
def test_the_rights_of_a_command_are_those_that_it_uses(
    command: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call goes beyond what the table of rights says."""
    used = set()

    class Asked:
        def __init__(self, name: str) -> None:
            self.name, self.client = name, services.client(name)

        def __getattr__(self, attribute: str) -> object:
            if attribute not in ("exceptions", "meta"):
                used.add(f"{self.name}:{attribute.title().replace('_', '')}")
            return getattr(self.client, attribute)

    scaled(services, template(text()))
    monkeypatch.setattr(Clients, "_client", lambda _self, name, **_options: Asked(name))
    printed(command if command == "list" else f"{command} churn", services)
    assert used
    assert used <= rights(command)


def test_the_page_has_every_command() -> None:
    """No command is left out."""
    assert {command.split()[0] for command, _ in blocks()} == {
        "gate",
        "plan",
        "compare",
        "status",
        "send",
        "history",
        "override",
        "conclude",
        "sampling",
        "responses",
        "list",
        "completion",
        "fold",
        "propose",
        "report",
        "init",
    }


def _write() -> None:
    services = Services()
    Clients._client = lambda _self, name, **_options: services.client(name)  # type: ignore[method-assign] # as the fixture
    durations.now = lambda: NOW
    page = BLOCK.sub(
        lambda block: f"```console\n$ shadow-test {block[1]}\n{printed(block[1], services)}```\n", PAGE.read_text()
    )
    PAGE.write_text(page)


if __name__ == "__main__":
    _write()
