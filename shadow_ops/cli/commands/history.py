"""``shadow-test history``: promotions and ways back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shadow_ops.cli import output
from shadow_ops.cli.options import JSON, MARKDOWN, aws, endpoint_given, formatted

if TYPE_CHECKING:
    from shadow_ops.aws.history import Entry


@click.command(
    "history",
    epilog="""\b
Examples:
  shadow-test history churn
  shadow-test history churn --format json | jq '.[-1].gate'    what the gate said last""",
)
@endpoint_given
@formatted
@aws
def command(endpoint: str, form: str, profile: str | None, region: str | None) -> None:
    """Show the promotions of ENDPOINT and the ways back, with the verdict or the reason of each.

    Those of an endpoint that is deleted stay readable.
    """
    from shadow_ops.aws.clients import Clients
    from shadow_ops.aws.history import history

    entries = history(Clients(profile, region).ssm, endpoint)
    if form == JSON:
        output.data_as_json([entry.to_json() for entry in entries])
    elif entries:
        output.data(as_table(entries, markdown=form == MARKDOWN))
    else:
        output.progress(f"nothing was promoted on {endpoint}, or rolled back")


def as_table(entries: Sequence[Entry], *, markdown: bool) -> str:
    """The history, the oldest first."""
    rows = [("when (UTC)", "what", "from", "to", "by", "because")]
    for entry in entries:
        because = entry.gate if entry.reason is None else entry.reason
        person = "" if entry.reason_by is None else f" (on record by {entry.reason_by})"
        undone = "" if entry.undone is None else f" (rolled back by CloudFormation, {entry.undone:%Y-%m-%d %H:%M})"
        rows.append(
            (
                f"{entry.at:%Y-%m-%d %H:%M}",
                entry.kind,
                _named(
                    entry.from_version or entry.from_model or entry.from_config,
                    entry,
                    entry.from_variant,
                    entry.spoken[0],
                ),
                _named(entry.to_version, entry, entry.to_variant, entry.spoken[1]),
                entry.by,
                f"{because or '-'}{person}{undone}",
            )
        )
    return output.table(rows, markdown=markdown)


def _named(version: str, entry: Entry, variant: str | None, instances: str) -> str:
    """A version, with its hardware where that is all that changed, and its variant where that was renamed."""
    what = f"{version} on {instances}" if entry.of_hardware else version
    return what if entry.from_variant == entry.to_variant else f"{what} as {variant}"
