"""The command line, run in this process against services in memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from shadow_ops.aws.clients import Clients
from shadow_ops.cli import durations
from shadow_ops.cli.main import cli
from shadow_ops.testfile import taken
from tests.ops.cli.services import NOW, Services

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    """An account with the endpoint ``churn``, ten hours into a shadow test of two equal variants."""
    services = Services()
    monkeypatch.setattr(Clients, "_client", lambda _self, name, **_options: services.client(name))
    monkeypatch.setattr(durations, "now", lambda: NOW)
    return services


def invoked(*arguments: object) -> Result:
    """Run a command; an exception that isn't an exit is the test's."""
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def run() -> Run:
    """Runs a command."""
    return invoked


@pytest.fixture
def asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library reads test files in this process, without a start of two seconds each time."""
    from shadow_constructs import ShadowTest
    from shadow_constructs.values.toml.file import read_toml

    monkeypatch.setattr(taken, "check_taken", lambda text, path: read_toml(ShadowTest, path, text))
