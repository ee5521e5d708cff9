"""The file of a shadow test, read for what matters here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shadow_ops.contract.problems import InvalidValueError, shown
from shadow_ops.contract.reading import read_text


@dataclass(frozen=True)
class Said:
    """What a file says, as far as it matters here.

    Attributes:
        endpoint: The endpoint's name.
        production: Version of the model that serves.
        shadow: Version of the model that is tested; None without a shadow.
        hardware: Production's table of hardware, as it stands there.
    """

    endpoint: str
    production: str
    shadow: str | None
    hardware: object = None


def text_in(path: Path) -> str:
    """The text of a file, with LF: so TOML reads other line ends, and so `rewrite` takes what is made of it.

    Raises:
        InvalidValueError: If it can't be read, or isn't UTF-8.
    """
    return read_text(path).replace("\r\n", "\n")


def read(text: str, where: str) -> Said:
    """Read what a file is about; `ShadowTest.from_file` is what holds every field of it to its rules.

    Raises:
        InvalidValueError: If it isn't TOML, or names no endpoint or no version.
    """
    plain = parsed(text, where)
    try:
        shadow = plain.get("shadow", False)
        said = Said(
            endpoint=plain["endpoint_name"],
            production=plain["production"]["model"]["version"],
            shadow=None if shadow is False else shadow["model"]["version"],
            hardware=plain["production"].get("hardware"),
        )
    except (KeyError, TypeError, AttributeError):
        must = "endpoint_name, and a version in [production.model] and in [shadow.model] where there is a shadow"
        raise InvalidValueError((f"{where}: a shadow test has {must}; see docs/test-files.md",)) from None
    names = {"endpoint_name": said.endpoint, "production.model.version": said.production}
    for name, value in (*names.items(), ("shadow.model.version", said.shadow)):
        # That it is text, and which, is for `ShadowTest.from_file` to say.
        if isinstance(value, str) and not value.isprintable():
            raise InvalidValueError((f"{where}: '{name}' must be a line of visible characters, got {shown(value)}",))
    return said


def parsed(text: str, where: str) -> dict[str, Any]:
    """The values of a file.

    Raises:
        InvalidValueError: If it isn't TOML.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidValueError((f"{where}: not TOML: {error}",)) from None


def reads_as(text: str, wanted: Mapping[str, Any]) -> bool:
    """Whether a text that was written says what it is meant to say."""
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False
