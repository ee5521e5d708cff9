"""``shadow-test sampling``: change the share of a managed test while it runs, at once or step by step."""

from __future__ import annotations

import datetime
import re

import click

from shadow_ops.cli import durations, harmless, output
from shadow_ops.cli.errors import USAGE, Failure
from shadow_ops.cli.options import aws, endpoint_given, experiment

_PERCENT = re.compile(r"[1-9][0-9]?|100")


class _Percent(click.ParamType[int]):
    name = "percent"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not _PERCENT.fullmatch(text):
            self.fail(f"{text!r} is no whole number from 1 to 100: managed tests take whole percents", param, ctx)
        return int(text)


class _Steps(click.ParamType[tuple[int, ...]]):
    name = "shares"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        from shadow_ops.managed.ramp_words import FEWEST, MOST

        if isinstance(value, tuple):
            return value
        parts = [one.strip() for one in value.split(",")]
        odd = next((one for one in parts if not _PERCENT.fullmatch(one)), None)
        if odd is not None:
            self.fail(f"{odd!r} is no whole number from 1 to 100; write shares such as 1,5,25,100", param, ctx)
        steps = tuple(map(int, parts))
        if list(steps) != sorted(set(steps)):
            self.fail(f"{value!r} doesn't rise; write shares such as 1,5,25,100", param, ctx)
        if not FEWEST <= len(steps) <= MOST:
            self.fail(f"{value!r} has {len(steps)} shares, a ramp has {FEWEST} to {MOST}", param, ctx)
        return steps


@click.command(
    "sampling",
    epilog="""\b
Examples:
  shadow-test sampling churn 5
  shadow-test sampling churn 100      before its hardware is promoted, it should carry all
  shadow-test sampling churn --ramp 1,5,25,100 --every 6h

A ramp begins at once with its first share. The others follow by themselves, each after a look of the watch: it needs a
test of a ManagedShadowTestStack. It ends when the gate says FAIL, where its share stays, at its last share, and when
somebody sets a share. `shadow-test status` says where it is.

Only a managed test can do this: a self-managed one needs a new endpoint config, and with it a new fleet.""",
)
@endpoint_given
@click.argument("percent", type=_Percent(), required=False)
@click.option("--ramp", "steps", type=_Steps(), metavar="SHARES", help="Raise the share step by step, such as 1,5,25.")
@click.option("--every", type=durations.Duration(), help="How long each share of a ramp is looked at, 15m or more.")
@experiment
@aws
def command(
    endpoint: str,
    percent: int | None,
    steps: tuple[int, ...] | None,
    every: datetime.timedelta | None,
    name: str | None,
    profile: str | None,
    region: str | None,
) -> None:
    """Copy PERCENT of the requests to the shadow of ENDPOINT's managed test from now on, without a new fleet."""
    from shadow_ops.aws.clients import Clients
    from shadow_ops.managed.ramp_words import SHORTEST
    from shadow_ops.managed.sampling import begin, change

    if percent is not None and steps is not None:
        raise Failure(f"{percent} and --ramp exclude each other: a ramp begins with its first share", USAGE)
    if every is not None and steps is None:
        fix = "give --ramp too, such as --ramp 1,5,25,100" if percent is None else f"leave it out with {percent}"
        raise Failure(f"--every is of a ramp: {fix}", USAGE)
    if percent is None and steps is None:
        raise Failure("give either PERCENT, such as 25, or --ramp SHARES, such as 1,5,25,100", USAGE)
    if steps is not None and every is None:
        raise Failure("--ramp wants --every, how long each share is looked at, such as --every 6h", USAGE)
    if every is not None and every < SHORTEST:
        raise Failure(
            f"--every must be 15m or more, got {durations.spoken(every)}: the watch has to look before", USAGE
        )
    clients = Clients(profile, region)
    if percent is not None:
        said = change(clients, endpoint, name, percent)
    elif steps is not None and every is not None:
        who = lambda: str(clients.sts.get_caller_identity()["Arn"])  # noqa: E731 - asked only where it is written
        said = begin(clients, endpoint, name, steps, every, by=who, now=durations.now())
    for one in said:
        output.progress(harmless.line(one))
