"""``shadow-test list``: every endpoint that this library deployed, or that a managed test is on."""

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
  shadow-test list --judge                                  ... and how each shadow does right now
  shadow-test list --format json | jq -r '.[].endpoint'     names alone, for a script

An endpoint is in a shadow test, serving, gone (its stack's word is there and it isn't), or whatever SageMaker says of
it: Updating, Failed. Versions are shown where what serves is what the stack says. An endpoint that only a managed test
of the console or an SDK is on is listed until that test is over.""",
)
@click.option("--judge", is_flag=True, help="Judge each shadow now, instead of saying what the watch saw last.")
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
        output.data_as_json([one.to_json(now) | _verdict_as_json(one, verdicts) for one in found])
    elif found:
        output.data(as_table(found, verdicts, now, markdown=form == MARKDOWN))
    else:
        output.progress(
            "this library deployed no endpoint here, and no managed test is on one: check --region and --profile"
        )


def as_table(
    found: Sequence[Listed], verdicts: Mapping[str, Verdict | None], now: datetime.datetime, *, markdown: bool
) -> str:
    """The endpoints, by name."""
    from shadow_ops.observe import tested

    rows = [("endpoint", "phase", "since", "production", "shadow", "verdict")]
    for one in found:
        production, shadow = one.versions
        since = "-" if one.live is None else durations.spoken(now - one.live.config.created)
        outcome, reason, first = _said(one, verdicts)
        said = "-" if outcome is None else f"{outcome}: {reason}"
        said += "" if first is None else f" (for {durations.spoken(now - first)})"
        phase = one.phase if one.experiment is None else f"{one.phase}; {tested.short(one.experiment)}"
        rows.append((one.name, phase, since, production or "-", shadow or "-", said))
    return output.table(rows, markdown=markdown)


def _judged(clients: Clients, one: Listed, now: datetime.datetime) -> Verdict | None:
    """The verdict; None where there is no shadow, or no policy that this release can read."""
    from shadow_ops.judge.live import judge_live

    said = one.declared
    if one.live is None or one.live.shadow is None or said is None or said.policy is None:
        return None
    return judge_live(clients, one.live, said.policy, said.promoted, now)[1]


def _said(
    one: Listed, verdicts: Mapping[str, Verdict | None]
) -> tuple[str | None, str | None, datetime.datetime | None]:
    """Verdict, reason, and since when: of now where it was asked for, else as the watch saw it last."""
    verdict = verdicts.get(one.name)
    if verdict is not None:
        return verdict.outcome.value, verdict.reason, None
    look = one.look if not verdicts else None
    return (None, None, None) if look is None else (look.verdict, look.reason, look.since)


def _verdict_as_json(one: Listed, verdicts: Mapping[str, Verdict | None]) -> dict[str, str | None]:
    outcome, reason, since = _said(one, verdicts)
    return {"verdict": outcome, "reason": reason, "verdict_since": None if since is None else since.isoformat()}
