"""Options and arguments that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import click

from shadow_ops.cli import nearby

_Command = TypeVar("_Command", bound=Callable[..., object])

TEXT, JSON, MARKDOWN = FORMATS = ("text", "json", "markdown")


class FiniteRange(click.FloatRange):
    """A range of numbers that NaN and infinity are outside of: NaN is neither below nor above a limit."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number.

        Raises:
            BadParameter: If it isn't one, or outside of the range.
        """
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


def endpoint_given(command: _Command) -> _Command:
    """Add the argument ENDPOINT, which a shell completes from the files that are here."""
    return click.argument("endpoint", shell_complete=nearby.complete)(command)


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
