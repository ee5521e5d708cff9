"""``shadow-test list``: every endpoint that this library deployed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from shadow_ops.cli import durations, output
from shadow_ops.cli.options import JSON, MARKDOWN, aws, formatted

if TYPE_CHECKING:
    from shadow_ops.aws.clients import Clients
    from shadow_ops.judge.verdict import Verdict
    from shadow_ops.observe.listed import Listed


@click.command(
    "list",
    epilog="""\b
Examples:
  shadow-test list
  shadow-test list --judge                                  ... and how each shadow does
  shadow-test list --format json | jq -r '.[].endpoint'     names alone, for a script

An endpoint is in a shadow test, serving, gone (its stack's word is there and it isn't), or whatever SageMaker says of
it: Updating, Failed. Versions are shown where what serves is what the stack says.""",
)
@click.option("--judge", is_flag=True, help="Judge each shadow, as `shadow-test gate` does; it reads their metrics.")
@formatted
@aws
def command(judge: bool, form: str, profile: str | None, region: str | None) -> None:
    """Show all endpoints of the account and region that this library deployed: phase, age, versions, verdict."""
    from shadow_ops.aws.clients import Clients
    from shadow_ops.observe.listed import listed

    clients, now = Clients(profile, region), durations.now()
    found = listed(clients)
    verdicts = {one.name: _judged(clients, one, now) for one in found} if judge else {}
    if form == JSON:
        output.data_as_json([one.to_json(now) | _verdict_as_json(verdicts.get(one.name)) for one in found])
    elif found:
        output.data(as_table(found, verdicts, now, markdown=form == MARKDOWN))
    else:
        output.progress("this library deployed no endpoint here: check --region and --profile")


def as_table(
    found: Sequence[Listed], verdicts: Mapping[str, Verdict | None], now: datetime.datetime, *, markdown: bool
) -> str:
    """The endpoints, by name."""
    rows = [("endpoint", "phase", "since", "production", "shadow", "verdict")]
    for one in found:
        production, shadow = one.versions
        since = "-" if one.live is None else durations.spoken(now - one.live.config.created)
        verdict = verdicts.get(one.name)
        said = "-" if verdict is None else f"{verdict.outcome}: {verdict.reason}"
        rows.append((one.name, one.phase, since, production or "-", shadow or "-", said))
    return output.table(rows, markdown=markdown)


def _judged(clients: Clients, one: Listed, now: datetime.datetime) -> Verdict | None:
    """The verdict; None where there is no shadow, or no policy that this release can read."""
    from shadow_ops.judge.live import judge_live

    said = one.declared
    if one.live is None or one.live.shadow is None or said is None or said.policy is None:
        return None
    return judge_live(clients, one.live, said.policy, said.promoted, now)[1]


def _verdict_as_json(verdict: Verdict | None) -> dict[str, str | None]:
    if verdict is None:
        return {"verdict": None, "reason": None}
    return {"verdict": verdict.outcome.value, "reason": verdict.reason}
