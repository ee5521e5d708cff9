"""Names of endpoints that the files here speak of, for a shell to complete: no call to AWS, which might hang it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

_OUT = "cdk.out"
_TYPE = "AWS::SageMaker::Endpoint"
_MOST_BYTES = 10_000_000


def complete(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """What a shell may offer where a command takes the name of an endpoint."""
    return [CompletionItem(name) for name in nearby(Path()) if name.startswith(typed)]


def nearby(folder: Path) -> list[str]:
    """The endpoints of tests that are written as TOML in a folder, and of templates in its ``cdk.out``, by name.

    What can't be read has no names.
    """
    files = (*folder.glob("*.toml"), *(folder / _OUT).rglob("*.template.json"))
    return sorted({name for file in files for name in _names(file)})


def _names(file: Path) -> Iterator[str]:
    try:
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return
        text = file.read_text(encoding="utf-8-sig")
        found = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError):
        return
    try:
        endpoints = [one["Properties"] for one in found.get("Resources", {}).values() if one["Type"] == _TYPE]
        named = [found.get("endpoint_name"), *(one.get("EndpointName") for one in endpoints)]
    except (AttributeError, KeyError, TypeError):
        return
    yield from (name for name in named if isinstance(name, str) and name.isprintable())
