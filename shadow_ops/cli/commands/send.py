"""``shadow-test send``: send requests to an endpoint."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadow_ops.aws.clients import Clients
from shadow_ops.cli import durations, output
from shadow_ops.cli.errors import INTERRUPTED, Failure
from shadow_ops.cli.options import JSON, MARKDOWN, FiniteRange, aws, endpoint_given, formatted

if TYPE_CHECKING:
    from shadow_ops.sending import Plan, Sender, Tally

_LINE_EVERY_SECONDS = 10
# API member InvokeEndpointInput.InferenceId takes 64 characters; a number is put behind.
_LONGEST_PREFIX = 48
# API member InvokeEndpointInput.ContentType.
_LONGEST_TYPE = 1024
# Both go out as headers, where a line end would begin another one.
_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def _header(longest: int) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    def checked(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and (len(value) > longest or _HEADER.fullmatch(value) is None):
            must = f"1 to {longest:,} printable ASCII characters, the first and the last of them no space"
            raise click.BadParameter(f"{value!r} must be {must}")
        return value

    return checked


@click.command(
    "send",
    epilog="""\b
Examples:
  shadow-test send churn payloads.csv
  shadow-test send churn payloads.csv --repeat 10 --rate 50 --concurrency 4
  shadow-test send churn requests.jsonl --id-prefix replay-7
  shadow-test send digits --body pictures/ --content-type image/png

A file holds one request per line: of CSV without a header line, or of JSON. With --body each file is one request, of
any type. Each gets an InferenceId, the prefix and
a number, by which captured answers of both variants can be joined. The requests are answered by production and count
in its metrics and its bill, as any others do.

Exit codes: 0 all were answered, 1 one failed, 130 interrupted.""",
)
@endpoint_given
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--body",
    "bodies",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="A file that is one request, or a folder of them; instead of FILE, and as often as you like.",
)
@click.option(
    "--repeat", type=click.IntRange(1, 10**9), default=1, show_default=True, help="How often the file is sent."
)
@click.option(
    "--rate",
    type=FiniteRange(0.001, 100_000),
    help="Requests a second.  [default: no pause]",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 256), default=4, show_default=True, help="Requests under way at once."
)
@click.option(
    "--content-type",
    callback=_header(_LONGEST_TYPE),
    metavar="TYPE",
    help="Such as text/csv.  [default: by the file's name]",
)
@click.option("--id-prefix", callback=_header(_LONGEST_PREFIX), metavar="TEXT", help="Begins each InferenceId.")
@formatted
@aws
def command(
    endpoint: str,
    file: Path | None,
    bodies: tuple[Path, ...],
    repeat: int,
    rate: float | None,
    concurrency: int,
    content_type: str | None,
    id_prefix: str | None,
    form: str,
    profile: str | None,
    region: str | None,
) -> None:
    """Send the requests in FILE, or each --body, to ENDPOINT, and say how long they took and which failed."""
    from shadow_ops.cli import payloads
    from shadow_ops.sending import Plan, Sender

    if (file is None) == (not bodies):
        raise click.UsageError("name a FILE with one request per line, or one --body or more, and not both")
    read = payloads.read(file, content_type) if file is not None else payloads.read_bodies(bodies, content_type)
    now = durations.now()
    prefix = id_prefix or f"shadow-test-{now:%Y%m%dT%H%M%S}"
    plan = Plan(endpoint, read.bodies, read.content_type, repeat, rate, concurrency, prefix)
    clients = Clients(profile, region)
    _check_endpoint(clients, endpoint)
    if read.left_out:
        names = ", ".join(read.left_out[:3]) + (" and others" if len(read.left_out) > 3 else "")
        output.progress(f"left out, as they are no files: {names}")
    output.progress(_planned(plan, file or bodies[0]))
    sender = Sender(clients.runtime(concurrency), plan)
    tally, interrupted = _run(sender, plan)
    _show(plan, tally, form)
    if interrupted:
        output.progress(f"interrupted: {tally.sent:,} of {plan.requests:,} requests were sent")
        click.get_current_context().exit(INTERRUPTED)
    if tally.hopeless is not None:
        raise tally.hopeless
    if tally.broken is not None:
        raise tally.broken
    if tally.failed:
        raise Failure(f"{tally.failed:,} of {tally.sent:,} requests failed")
    if tally.sent < plan.requests:
        raise Failure(f"only {tally.sent:,} of {plan.requests:,} requests were sent")


def _check_endpoint(clients: Clients, endpoint: str) -> None:
    """Find a mistyped name before anything is sent; who may only invoke goes on."""
    from botocore.exceptions import ClientError

    from shadow_ops.aws.denied import is_denied
    from shadow_ops.observe.deployed import check_exists

    try:
        check_exists(clients, endpoint)
    except ClientError as error:
        if not is_denied(error):
            raise


def _planned(plan: Plan, file: Path) -> str:
    pace = "as fast as the answers come" if plan.rate is None else f"{plan.rate:g} a second"
    lasting = "" if plan.rate is None else f", {plan.requests / plan.rate:,.0f} s"
    return (
        f"sending {plan.requests:,} requests to {plan.endpoint}: {len(plan.bodies):,} of {file.name} x {plan.repeat}, "
        f"{plan.content_type}, {pace}, {plan.concurrency} at once{lasting}; InferenceIds {plan.id_prefix}-0 and on"
    )


def _run(sender: Sender, plan: Plan) -> tuple[Tally, bool]:
    with _progress(plan) as show:
        try:
            return sender.run(show), False
        except KeyboardInterrupt:
            return sender.stop(), True


@contextlib.contextmanager
def _progress(plan: Plan) -> Iterator[Callable[[Tally], None]]:
    if not output.watched():
        yield _lines(plan)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=plan.requests)
        yield lambda tally: bar.update(task, completed=tally.sent, description=f"{tally.failed:,} failed")


def _lines(plan: Plan) -> Callable[[Tally], None]:
    import time

    following = time.monotonic() + _LINE_EVERY_SECONDS

    def show(tally: Tally) -> None:
        nonlocal following
        if time.monotonic() >= following:
            following = time.monotonic() + _LINE_EVERY_SECONDS
            output.progress(f"{tally.sent:,} of {plan.requests:,} sent, {tally.failed:,} failed")

    return show


def _show(plan: Plan, tally: Tally, form: str) -> None:
    from shadow_ops.cli.text import sent_text

    if form == JSON:
        output.data_as_json(sent_text.as_json(plan, tally))
    else:
        output.data(sent_text.as_text(plan, tally, markdown=form == MARKDOWN))
