"""Options and arguments that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import click

from shadow_ops.cli import nearby
from shadow_ops.contract.names import EXPERIMENT_NAME, EXPERIMENT_NAME_RULE, SERVICE_NAME, SERVICE_NAME_RULE
from shadow_ops.contract.problems import shown

_Command = TypeVar("_Command", bound=Callable[..., object])

TEXT, JSON, MARKDOWN = FORMATS = ("text", "json", "markdown")


class FiniteRange(click.FloatRange):
    """A range of numbers that NaN and infinity are outside of: NaN is neither below nor above a limit."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a number.

        Raises:
            BadParameter: If it isn't one, or outside of the range.
        """
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(_refused(error, self, value), param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


class WholeRange(click.IntRange):
    """A range of whole numbers."""

    def convert(self, value: int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a number.

        Raises:
            BadParameter: If it isn't one, or outside of the range.
        """
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(_refused(error, self, value), param, ctx)


def _refused(error: click.BadParameter, kind: click.FloatRange | click.IntRange, value: object) -> str:
    """What is allowed, too, where click only says that a value is no number."""
    if "not in the range" in error.message:
        return error.message
    what = "whole number" if isinstance(kind, click.IntRange) else "number"
    return f"{shown(value)} is not a {what} from {kind.min:,} to {kind.max:,}."


class EndpointName(click.ParamType[str]):
    """An endpoint's name, as SageMaker has it: part of names and paths that are asked for."""

    name = "endpoint"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read a name.

        Raises:
            BadParameter: If no endpoint can be called so.
        """
        if not SERVICE_NAME.fullmatch(value):
            self.fail(f"an endpoint's name must {SERVICE_NAME_RULE}, got {shown(value)}", param, ctx)
        return value


class _ExperimentName(click.ParamType[str]):
    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not EXPERIMENT_NAME.fullmatch(value):
            self.fail(f"a managed test's name must {EXPERIMENT_NAME_RULE}, got {shown(value)}", param, ctx)
        return value


def experiment(command: _Command) -> _Command:
    """Add the option that names a managed test."""
    said = "The test.  [default: the endpoint's at work, else the one to begin, else the newest]"
    return click.option("--experiment", "name", type=_ExperimentName(), metavar="NAME", help=said)(command)


def endpoint_given(command: _Command) -> _Command:
    """Add the argument ENDPOINT, which a shell completes from the files that are here."""
    return click.argument("endpoint", type=EndpointName(), shell_complete=nearby.complete)(command)


def endpoint_or_none(command: _Command) -> _Command:
    """The same where something else may be given instead."""
    return click.argument("endpoint", type=EndpointName(), required=False, shell_complete=nearby.complete)(command)


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
