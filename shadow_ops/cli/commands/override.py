"""``shadow-test override``: a person's reason on record, for the guard to take once."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from shadow_ops.cli import durations, output
from shadow_ops.cli.options import JSON, MARKDOWN, TEXT, aws, endpoint_given, formatted
from shadow_ops.contract.reasons import PURPOSES, Purpose

if TYPE_CHECKING:
    from shadow_ops.aws.clients import Clients
    from shadow_ops.contract.reasons import Reason

_SHORTEST, _LONGEST = datetime.timedelta(minutes=1), datetime.timedelta(days=60)


@click.command(
    "override",
    epilog="""\b
Examples:
  shadow-test override churn --reason "the sale starts today, p99 may be 5 % slower"
  shadow-test override churn --for rollback --reason "complaints since noon" --expires 2h
  shadow-test override churn                what is on record
  shadow-test override churn --withdraw     nobody may use it any more

The next deployment that needs it uses it, once, also if that deployment fails afterwards. It counts for nothing but
what it was written for: this shadow beside this production, or the promotion that is rolled back. Whoever deploys from
a machine can give the reason at once instead: cdk deploy churn-promotion -c override_gate="why".

Exit codes: 0; 1 if something failed or there is nothing that it could be for, 2 for bad input.""",
)
@endpoint_given
@click.option("--reason", metavar="TEXT", help="Why; it stays in the history, with your name.")
@click.option(
    "--for",
    "purpose",
    type=click.Choice(PURPOSES),
    default="promotion",
    show_default=True,
    help="What it lets through.",
)
@click.option(
    "--expires",
    type=durations.Duration(held=False),
    default="24h",
    show_default=True,
    metavar="DURATION",
    help="For how long it counts, 1m to 60d.",
)
@click.option("--withdraw", is_flag=True, help="Take what nobody has used off the record.")
@formatted
@aws
def command(
    endpoint: str,
    reason: str | None,
    purpose: Purpose,
    expires: datetime.timedelta,
    withdraw: bool,
    form: str,
    profile: str | None,
    region: str | None,
) -> None:
    """Put a reason on record for ENDPOINT: to promote its shadow whatever the gate says, or to roll a promotion back.

    For pipelines, whose templates are frozen. Without --reason it shows what is on record, as it does afterwards in
    another format than text.
    """
    from shadow_ops.aws import reasons
    from shadow_ops.aws.clients import Clients
    from shadow_ops.cli.errors import USAGE, Failure

    if reason is not None and withdraw:
        raise Failure("--reason and --withdraw exclude each other; give one of them", USAGE)
    if reason is None:
        for name in ("expires", *(() if withdraw else ("purpose",))):
            if click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT:
                option = {"purpose": "for"}.get(name, name)
                raise Failure(f"--{option} belongs to a reason; give one with --reason TEXT", USAGE)
    clients, now = Clients(profile, region), durations.now()
    try:
        if reason is not None:
            _put(clients, endpoint, purpose, reason, now, expires)
        elif withdraw:
            _withdraw(clients, endpoint, purpose)
    except reasons.ReasonGoneError as error:
        raise Failure(f"{endpoint}: {error}") from None
    found, damaged = reasons.readable(clients.ssm, endpoint)
    # A person has read what was done; whoever asks for a form gets what is on record now.
    if form != TEXT or (reason is None and not withdraw):
        _show(found, endpoint, now, form)
    if damaged:
        fix = "look at it in Parameter Store, then delete it: until then the guard takes none"
        raise Failure("\n".join(f"{one}; {fix}" for one in damaged))


def _put(
    clients: Clients, endpoint: str, purpose: Purpose, text: str, now: datetime.datetime, expires: datetime.timedelta
) -> None:
    from shadow_ops.aws import giving_reasons
    from shadow_ops.contract.problems import Problems
    from shadow_ops.contract.sentences import check_reason
    from shadow_ops.observe.reasoned import reason_for

    problems = Problems("override")
    check_reason(problems, "--reason", text, "say in a sentence why")
    if not _SHORTEST <= expires <= _LONGEST:
        fix = "a deployment has to begin meanwhile; write a new reason when it is over"
        problems.add("--expires", "be from 1m to 60d", durations.exactly(expires), fix)
    problems.raise_if_any()
    made = reason_for(clients, endpoint, purpose, text, now, now + expires)
    giving_reasons.put(clients.ssm, endpoint, made)
    what = (
        f"{made.version} may be promoted, whatever the gate says"
        if purpose == "promotion"
        else (f"the promotion that replaced {made.version} may be rolled back")
    )
    output.progress(
        f"{endpoint}: {what}, once, until {made.expires:%Y-%m-%d %H:%M} UTC; on record by {made.by}",
        f"run the pipeline or deploy again; `shadow-test override {endpoint} --withdraw` takes it off the record",
    )


def _withdraw(clients: Clients, endpoint: str, purpose: Purpose) -> None:
    from shadow_ops.aws import giving_reasons, reasons
    from shadow_ops.cli.errors import Failure

    found = [one for one in reasons.readable(clients.ssm, endpoint)[0] if one.purpose == purpose]
    unused = [one for one in found if one.used is None]
    if not unused:
        what = "the reason for a {} has been used" if found else "no reason for a {} is on record"
        raise Failure(f"{endpoint}: {what.format(purpose)}, there is nothing to withdraw")
    for one in unused:
        if not giving_reasons.withdraw(clients.ssm, endpoint, one):
            raise Failure(f"{endpoint}: a deployment has used it at this very moment; `shadow-test history {endpoint}`")
        output.progress(f"{endpoint}: the reason for a {purpose} is withdrawn ({one.text})")


def _show(found: Sequence[Reason], endpoint: str, now: datetime.datetime, form: str) -> None:
    if form == JSON:
        output.data_as_json([{**one.to_json(), "state": _state(one, now)} for one in found])
    elif found:
        rows = [("since (UTC)", "for", "version", "until (UTC)", "state", "by", "because")]
        for one in found:
            times = (f"{at:%Y-%m-%d %H:%M}" for at in (one.at, one.expires))
            since, until = times
            rows.append((since, one.purpose, one.version, until, _state(one, now), one.by, one.text))
        output.data(output.table(rows, markdown=form == MARKDOWN))
    else:
        output.progress(f"no reason is on record for {endpoint}")


def _state(reason: Reason, now: datetime.datetime) -> str:
    """``used``, ``expired`` or ``open``."""
    return "used" if reason.used is not None else "expired" if now >= reason.expires else "open"
