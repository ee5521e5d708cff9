"""``shadow-test compare``: production and shadow side by side."""

from __future__ import annotations

import datetime

import click

from shadow_ops.cli import durations, output
from shadow_ops.cli.durations import Duration
from shadow_ops.cli.options import JSON, MARKDOWN, aws, endpoint_given, formatted


@click.command(
    "compare",
    epilog="""\b
Examples:
  shadow-test compare churn                       since the test began
  shadow-test compare churn --since 2h
  shadow-test compare churn --format json | jq '.metrics[] | select(.name == "ModelLatency")'

Latencies are in milliseconds, errors a share of the requests, CPU and GPU a share of the whole instance, whatever its
number of cores. A shadow gets fewer requests than production; that share has a line of its own. The line "sure" has
the interval that the gate computed from pairs of periods: how far apart the variants lie, as surely as the policy
asks. It may differ from the plain difference above it, which has no pairs. Percentiles of
counts are those over time.""",
)
@endpoint_given
@click.option(
    "--since", type=Duration(), help="How far back to look: 90s, 30m, 24h, 2d.  [default: since the test began]"
)
@formatted
@aws
def command(
    endpoint: str, since: datetime.timedelta | None, form: str, profile: str | None, region: str | None
) -> None:
    """Show every metric of ENDPOINT's production and shadow variant side by side.

    Nothing older than the test itself is shown, whatever --since says.
    """
    from shadow_ops.aws.clients import Clients
    from shadow_ops.cli.text.compared_text import as_table
    from shadow_ops.observe.compared import compare
    from shadow_ops.observe.deployed import find_with_shadow

    clients = Clients(profile, region)
    found = find_with_shadow(clients, endpoint)
    output.warn(found.unread)
    now = durations.now()
    start = found.live.began if since is None else max(found.live.began, now - since)
    compared = compare(clients.cloudwatch, found, start, now)
    if form == JSON:
        output.data_as_json(compared.to_json())
    else:
        output.data(as_table(compared, markdown=form == MARKDOWN))
