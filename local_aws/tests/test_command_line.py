"""The command line and the settings behind it."""

from __future__ import annotations

import pytest

from local_aws.__main__ import main
from local_aws.settings import CHOICES, Assumptions, parse_assumptions


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    """It shows how to point clients here, how to plant faults, and every assumption."""
    with pytest.raises(SystemExit):
        main(["--help"])

    shown = capsys.readouterr().out
    for text in ("AWS_ENDPOINT_URL=", "/_local/faults", "same-config-update=refuse|accept", "not evidence about AWS"):
        assert text in shown


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", ""])
def test_fails_to_serve_anything_but_loopback(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reaches the port can run code."""
    assert main(["--state", "unused", "--host", host]) == 2
    assert f"must be 127.0.0.1, got '{host}'" in capsys.readouterr().err


def test_the_first_choice_is_the_default() -> None:
    """The help text says so."""
    assert Assumptions(**{name: values[0] for name, values in CHOICES.items()}) == Assumptions()


def test_assumptions_are_switched_by_name() -> None:
    """Names are written with dashes."""
    found = parse_assumptions(["same-config-update=accept", "shadow-event-id=same"])

    assert (found.same_config_update, found.shadow_event_id) == ("accept", "same")


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("speed=fast", "unknown assumption 'speed', known: same-config-update"),
        ("same-config-update=maybe", "must be one of refuse, accept, got 'maybe'"),
        ("same-config-update", "must be one of refuse, accept, got ''"),
    ],
)
def test_fails_unknown_assumptions(pair: str, said: str) -> None:
    """Names and values that do not exist are refused."""
    with pytest.raises(ValueError, match=said):
        parse_assumptions([pair])
