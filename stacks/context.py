"""The parameters of the example app: context values, from cdk.json or from ``-c name=value``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs import Construct

from shadow_ops.contract.reading import json_of, read_text


def written_in(file: Path) -> Mapping[str, Any]:
    """The context of cdk.json, for runs without the CDK command line, which would give it.

    Args:
        file: The app's cdk.json.
    """
    try:
        context: Mapping[str, Any] = json_of(read_text(file), str(file))["context"]
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{file}: no context values to be read ({error}); run the app as `cdk synth`") from None
    return context


class Parameters:
    """Reads context values, and refuses what they can't be in one line.

    Args:
        scope: The app.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope

    def text(self, name: str) -> str:
        """A value as text, which ``-c`` and cdk.json both give."""
        value = self._scope.node.try_get_context(name)
        if value is None:
            raise SystemExit(f"context '{name}' must be given: put it into cdk.json or try -c {name}=...")
        return str(value)

    def flag(self, name: str) -> bool:
        """A value that has to be true or false."""
        if self.text(name).lower() not in ("true", "false"):
            raise SystemExit(f"context '{name}' must be true or false, got {self.text(name)!r}: try -c {name}=true")
        return self.text(name).lower() == "true"

    def number(self, name: str) -> float:
        """A value that has to be a number."""
        try:
            return float(self.text(name))
        except ValueError:
            raise SystemExit(f"context '{name}' must be a number, got {self.text(name)!r}: try -c {name}=2") from None

    def whole(self, name: str) -> int:
        """A value that has to be a whole number."""
        if not self.number(name).is_integer():
            raise SystemExit(f"context '{name}' must be a whole number, got {self.text(name)!r}: try -c {name}=2")
        return int(self.number(name))
