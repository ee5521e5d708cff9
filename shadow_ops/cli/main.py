"""What ``shadow-test`` itself does: show the commands, load the one that is run, say what went wrong."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import sys
import traceback
from typing import Any

import click

from shadow_ops.aws.denied import without_secrets
from shadow_ops.cli import harmless
from shadow_ops.cli.errors import FAILED, Failure, translated

# Loading a command's module for its help text would load half of the program for `shadow-test --help`.
_COMMANDS = {
    "gate": "Judge a shadow: PASS, FAIL or INCONCLUSIVE.",
    "plan": "Tell how long a test will take.",
    "compare": "Show production and shadow side by side.",
    "responses": "Compare captured answers pair by pair.",
    "status": "Show what an endpoint serves, and what the code says.",
    "send": "Send requests to an endpoint.",
    "report": "Write the test on one page, for people who open a file.",
    "override": "Put a reason on record: to promote whatever the gate says, or to roll back.",
    "history": "Show promotions and ways back.",
    "fold": "Make what was promoted production in the code.",
    "propose": "Make a version of the model registry the shadow, in the test's file.",
    "conclude": "End a managed test: promote, remove, retain or cancel.",
    "sampling": "Change the share of a managed test while it runs.",
    "init": "Write workflow files for GitHub or GitLab.",
    "list": "Show all endpoints that this library deployed.",
    "completion": "Print what completes commands in a shell.",
}

_DISTRIBUTION = "sagemaker-shadow-constructs"

# A module named as a builtin would hide it from its own code.
_MODULES = {"list": "listing"}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(
            f"shadow_ops.cli.commands.{_MODULES.get(cmd_name, cmd_name)}"
        ).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0].lower(), _COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"commands are {', '.join(_COMMANDS)}"
            ctx.fail(f"no such command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        with translated():
            return super().invoke(ctx)


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from importlib import metadata

    from shadow_ops.cli import output

    try:
        output.data(f"shadow-test {metadata.version(_DISTRIBUTION)}")
    except metadata.PackageNotFoundError:
        raise Failure(
            "the version isn't known: this runs from a folder that isn't installed; there, pip install -e ."
        ) from None
    context.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  shadow-test list                          what is tested in this account and region
  shadow-test status churn                  what serves, what is tested, since when
  shadow-test send churn payloads.csv       give it something to answer
  shadow-test compare churn --since 24h     both variants, number by number
  shadow-test responses churn --since 24h   do both give the same answers?
  shadow-test gate churn                    is the shadow fit to be promoted?
  shadow-test gate churn --wait 26h         ... and wait until that is known

\b
Exit codes:
  0  done; of `gate`: PASS
  1  something failed, such as a call to AWS or a request
  2  a wrong option, or a file that can't be read as what it should be
  3  `gate`: FAIL; `conclude`: the gate doesn't let the promotion through
  4  `gate`: INCONCLUSIVE
  5  `status --fail-on-drift`: the endpoint isn't what its stack says

Nothing here changes anything in AWS, but for the reasons that `override` puts on record, and what `conclude` and
`sampling` do to a managed test. Account and region are found as the AWS CLI finds them: --profile, --region,
AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on.""",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Look after SageMaker shadow tests: compare the shadow with production, judge it, see what serves.

    Data goes to standard output, everything else to standard error. `shadow-test COMMAND --help` tells more.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False


def main() -> None:
    """Run the command line."""
    try:
        try:
            cli(prog_name="shadow-test")
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except Exception as error:
        if isinstance(error, OSError) and _is_of_printing(error):
            line = f"error: what was found can't be written to standard output ({error.strerror})"
            # It isn't tried again at the end, which would tell it once more.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            # A bug, whose trace is wanted: but for what signs in.
            line = without_secrets(traceback.format_exc())
        with contextlib.suppress(OSError):
            click.echo(harmless.shown(line), err=True)
        sys.exit(FAILED)


def _is_of_printing(error: OSError) -> bool:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"] in (__name__, click.echo.__module__)
