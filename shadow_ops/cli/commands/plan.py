"""``shadow-test plan``: how long a test will take, before it or while it runs."""

from __future__ import annotations

import datetime

import click

from shadow_ops.cli import durations, output
from shadow_ops.cli.options import JSON, MARKDOWN, FiniteRange, aws, endpoint_given, formatted

_MOST_DAYS = 63


def _samplings(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[float, ...]:
    try:
        found = tuple(float(one) for one in value.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < one <= 100 for one in found):
        raise click.BadParameter(f"{value!r} must be percentages above 0 and up to 100: write 10,50,100")
    return found


@click.command(
    "plan",
    epilog="""\b
Examples:
  shadow-test plan churn
  shadow-test plan churn --sampling 25,100 --days 14
  shadow-test plan churn --instances 1 --price 0.23

The times are medians: half of the tests take longer. An equal candidate holds after the first, one that is worse by
twice what is allowed fails after the second. Noise is how production differs from itself from one period to the next;
that of another instance type may differ.""",
)
@endpoint_given
@click.option(
    "--sampling", default="10,25,50,100", callback=_samplings, show_default=True, help="Percentages of the requests."
)
@click.option(
    "--days",
    type=click.IntRange(1, _MOST_DAYS),
    default=7,
    show_default=True,
    help="How many days of production to look at.",
)
@click.option(
    "--instances",
    type=click.IntRange(1, 10_000),
    help="Instances of the shadow.  [default: as it has, else as production]",
)
@click.option("--price", type=FiniteRange(0, 10**6, min_open=True), help="Of one instance and hour, in any currency.")
@formatted
@aws
def command(
    endpoint: str,
    sampling: tuple[float, ...],
    days: int,
    instances: int | None,
    price: float | None,
    form: str,
    profile: str | None,
    region: str | None,
) -> None:
    """Tell how long a shadow test of ENDPOINT will take, from production's own traffic and noise.

    For each rule of the policy and each sampling percentage: how long it takes to tell an equal candidate from a worse
    one. It may be asked before there is a shadow; then the policy is the stack's, or the default one.
    """
    from shadow_ops.aws.clients import Clients
    from shadow_ops.cli.text import plan_text
    from shadow_ops.contract.policy import GatePolicy
    from shadow_ops.judge.plan import plan
    from shadow_ops.measure.metric_source import Subject, record
    from shadow_ops.observe.deployed import find

    for one in sampling:
        if one < 1:
            output.progress(
                f"--sampling {one:g} means {one:g} % of the requests; for {one * 100:g} % write {one * 100:g}"
            )
    clients = Clients(profile, region)
    found = find(clients, endpoint)
    declared = None if found.declared is None else found.declared.policy
    policy = declared or GatePolicy()
    production = found.live.production[0]
    subject = Subject(
        endpoint=endpoint,
        production_variant=production.name,
        # Production alone is looked at: there may be no shadow yet.
        shadow_variant=production.name,
        sampling_percent=100,
    )
    now = durations.now()
    since = now - datetime.timedelta(days=days)
    recording = record(clients.cloudwatch, subject, policy, since=since, now=now, choose=lambda _rate, _policy: 300)
    plans = plan(recording, policy, sampling)
    variant = found.live.shadow or production
    count = instances or variant.current_count or variant.initial_count or 1
    seen = plan_text.Seen(endpoint, production.name, recording, count, price)
    if form == JSON:
        output.data_as_json(plan_text.as_json(seen, plans))
    else:
        output.data(plan_text.as_text(seen, plans, markdown=form == MARKDOWN))
