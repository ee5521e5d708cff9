"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., object])

TEXT, JSON, MARKDOWN = FORMATS = ("text", "json", "markdown")


def aws(command: _Command) -> _Command:
    """Add ``--profile`` and ``--region``."""
    region = click.option("--region", metavar="NAME", help="AWS region.  [default: as the AWS CLI]")
    profile = click.option("--profile", metavar="NAME", help="AWS profile.  [default: as the AWS CLI]")
    return profile(region(command))


def formatted(command: _Command) -> _Command:
    """Add ``--format``."""
    choice = click.Choice(FORMATS)
    return click.option(
        "--format", "form", type=choice, default=TEXT, show_default=True, help="How the result is written."
    )(command)
