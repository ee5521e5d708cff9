"""``shadow-test sampling``: change the share of a managed test while it runs."""

from __future__ import annotations

import re

import click

from shadow_ops.cli import harmless, output
from shadow_ops.cli.options import aws, endpoint_given


class _Percent(click.ParamType[int]):
    name = "percent"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not re.fullmatch(r"[1-9][0-9]?|100", text):
            self.fail(f"{text!r} is no whole number from 1 to 100: managed tests take whole percents", param, ctx)
        return int(text)


@click.command(
    "sampling",
    epilog="""\b
Examples:
  shadow-test sampling churn 5
  shadow-test sampling churn 100      before its hardware is promoted, it should carry all

Only a managed test can do this: a self-managed one needs a new endpoint config, and with it a new fleet.""",
)
@endpoint_given
@click.argument("percent", type=_Percent())
@click.option("--experiment", "name", metavar="NAME", help="The test.  [default: the newest of the endpoint]")
@aws
def command(endpoint: str, percent: int, name: str | None, profile: str | None, region: str | None) -> None:
    """Copy PERCENT of the requests to the shadow of ENDPOINT's managed test from now on, without a new fleet."""
    from shadow_ops.aws.clients import Clients
    from shadow_ops.managed.sampling import change

    output.progress(harmless.line(change(Clients(profile, region).sagemaker, endpoint, name, percent)))
