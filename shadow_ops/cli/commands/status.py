"""``shadow-test status``: what an endpoint serves, and what the code says."""

from __future__ import annotations

import click

from shadow_ops.cli import durations, output
from shadow_ops.cli.errors import FAILED, Failure
from shadow_ops.cli.options import JSON, MARKDOWN, aws, endpoint_given, formatted

_DRIFTED = 5


@click.command(
    "status",
    epilog="""\b
Examples:
  shadow-test status churn
  shadow-test status churn --fail-on-drift   for a nightly check

DRIFT marks where the endpoint isn't what the deployed stack says: another endpoint config serves, scaling is gone
or suspended, counts, sampling or capture were changed by hand, or a deployment left something behind.

Exit codes: 0; with --fail-on-drift 5 where something differs; 1 if something failed, 2 for bad input.""",
)
@endpoint_given
@click.option("--fail-on-drift", is_flag=True, help="Exit with 5 where the endpoint isn't what its stack says.")
@formatted
@aws
def command(endpoint: str, fail_on_drift: bool, form: str, profile: str | None, region: str | None) -> None:
    """Show what ENDPOINT serves: variants, models, instances, alarms, and what the code says against what serves."""
    from shadow_ops.aws.clients import Clients
    from shadow_ops.cli.text import status_text
    from shadow_ops.observe.deployed import ConfigGoneError, find
    from shadow_ops.observe.status import observe

    clients = Clients(profile, region)
    try:
        found = find(clients, endpoint)
    except ConfigGoneError as gone:
        # Nothing can be told of it but this, and that isn't what any stack says.
        raise Failure(f"{gone}", _DRIFTED if fail_on_drift else FAILED) from None
    output.warn(found.unread)
    observed = observe(clients, found)
    now = durations.now()
    if form == JSON:
        output.data_as_json(status_text.as_json(observed, now))
    else:
        output.data(status_text.as_text(observed, now, markdown=form == MARKDOWN))
    if fail_on_drift and observed.drifts:
        raise SystemExit(_DRIFTED)
