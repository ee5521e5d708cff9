"""``shadow-test responses``: captured answers of both variants, compared pair by pair."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from shadow_ops.cli import durations, output
from shadow_ops.cli.durations import Duration
from shadow_ops.cli.errors import USAGE, Failure
from shadow_ops.cli.options import JSON, MARKDOWN, FiniteRange, WholeRange, aws, endpoint_given, formatted
from shadow_ops.contract.comparison import Classes, Comparison

if TYPE_CHECKING:
    from shadow_ops.responses.engines import Engine
    from shadow_ops.responses.result import Result

_EXIT_CODES = {"PASS": 0, "FAIL": 3, "INCONCLUSIVE": 4}
# Nobody asks for one pair in a hundred: 0.99 is a share that was meant as percent.
_PERCENT = FiniteRange(1, 100, min_open=True, max_open=True)
_ENGINES = ("auto", "duckdb", "stdlib", "athena")


@click.command(
    "responses",
    epilog="""\b
Examples:
  shadow-test responses churn --since 24h
  shadow-test responses churn --classes threshold --threshold 0.4   who is treated otherwise?
  shadow-test responses churn --by 2                 by the second column of the requests
  shadow-test responses churn --min-agreement 99 && cdk deploy churn-promotion
  shadow-test responses churn --ignore '$.request_id' --ignore '$.predictions[*].id'
  shadow-test responses churn --export differing.csv --show-inputs
  shadow-test responses churn --from ./captured/churn    files on this machine, no AWS

Records are joined by the InferenceId that the caller sends; without one by the eventId, or by the request itself. The
requests of each pair are held together: what was asked different things is no pair.

What callers sent and got is customers' data. Requests and ids are shown with --show-inputs alone; numbers are shown,
and other answers, and labels and members that fewer than ten answers have, with --show-answers alone. Files are kept,
readable by you alone, in a cache; what --redact names is hashed before that.

Exit codes: 0 done or PASS; with --min-agreement 3 FAIL, 4 INCONCLUSIVE; 1 if something failed, 2 for bad input.""",
)
@endpoint_given
@click.option("--since", type=Duration(), help="How far back to look: 90m, 24h, 2d.  [default: since the test began]")
@click.option(
    "--all", "everything", is_flag=True, help="Read each hour of that time, not a sample of 2 GB or 2 M pairs."
)
@click.option("--atol", type=float, default=1e-6, show_default=True, help="How far numbers may lie apart.")
@click.option("--rtol", type=float, default=1e-6, show_default=True, help="... and as a share of production's number.")
@click.option("--classes", type=click.Choice(get_args(Classes)), help="Compare classes instead of numbers.")
@click.option("--threshold", type=float, default=0.5, show_default=True, help="Where the positive class begins.")
@click.option("--answer", metavar="PATH", help="The part of a JSON answer that is compared.")
@click.option(
    "--ignore", metavar="PATH", multiple=True, help="A part of it that may differ, from there on; repeatable."
)
@click.option("--top", type=WholeRange(1, 10**6), help="Compare lists as rankings, by so many first elements.")
@click.option("--min-overlap", type=float, default=1, show_default=True, help="Share of words or elements in common.")
@click.option("--by", metavar="PART", help="Count by a part of the request: a column from 1, or a path.")
@click.option("--min-agreement", type=_PERCENT, metavar="PERCENT", help="Judge: so many must agree.")
@click.option("--examples", type=WholeRange(0, 10**4), default=5, show_default=True, help="Pairs that differ most.")
@click.option("--show-inputs", is_flag=True, help="Show what was asked, and the ids that callers gave.")
@click.option("--show-answers", is_flag=True, help="Show answers that aren't numbers, and what few of them have.")
@click.option("--redact", metavar="PART", multiple=True, help="Hash a part before it is kept or shown; as --by.")
@click.option(
    "--export", type=click.Path(dir_okay=False, path_type=Path), help="Write pairs that differ: .csv, .parquet."
)
@click.option("--force", is_flag=True, help="Let --export replace a file.")
@click.option(
    "--from", "place", metavar="PLACE", help="An s3:// folder or a local one that holds the variants' folders."
)
@click.option("--production", metavar="NAME", help="The production variant.  [default: as the endpoint]")
@click.option("--shadow", metavar="NAME", help="The shadow variant.  [default: as the endpoint]")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Where captured files are kept.")
@click.option("--engine", type=click.Choice(_ENGINES), default="auto", show_default=True, help="What reads and joins.")
@click.option("--athena-table", metavar="DATABASE.TABLE", help="What --engine athena reads: CaptureTable names it.")
@click.option("--athena-workgroup", metavar="NAME", default="primary", show_default=True, help="Of its queries.")
@formatted
@aws
def command(
    endpoint: str,
    since: datetime.timedelta | None,
    everything: bool,
    min_agreement: float | None,
    examples: int,
    show_inputs: bool,
    show_answers: bool,
    redact: tuple[str, ...],
    export: Path | None,
    force: bool,
    place: str | None,
    production: str | None,
    shadow: str | None,
    cache: Path | None,
    engine: str,
    athena_table: str | None,
    athena_workgroup: str,
    form: str,
    profile: str | None,
    region: str | None,
    **how: Any,  # noqa: ANN401 - the options that `Comparison` takes, under its names
) -> None:
    """Compare the captured answers of ENDPOINT's production and shadow variant, pair by pair.

    Says how many pairs there are and why others are none, how many agree, what differs and where.
    """
    from shadow_ops.aws.clients import Clients
    from shadow_ops.cli.captured import Place, asked, progress, warn_of_missed, warn_of_unmet
    from shadow_ops.responses.export import exported
    from shadow_ops.responses.hidden import Shown
    from shadow_ops.responses.run import compare

    by, context = how.pop("by"), click.get_current_context()
    said = [name for name in how if context.get_parameter_source(name) is not ParameterSource.DEFAULT]
    wanted = Comparison(**how, by=by) if said else None
    _check_export(export, force)
    if (engine == "athena") != (athena_table is not None):
        raise click.UsageError("--engine athena and --athena-table DATABASE.TABLE belong together")
    if engine != "athena" and context.get_parameter_source("athena_workgroup") is not ParameterSource.DEFAULT:
        raise click.UsageError("--athena-workgroup belongs to --engine athena")
    chosen = _engine(engine, export)
    where = Place(endpoint, place, production, shadow, since, durations.now())
    question = asked(
        where,
        Clients(profile, region),
        cache,
        how=wanted,
        by=by,
        athena=None if athena_table is None else (athena_table, athena_workgroup),
        everything=everything,
        examples=examples,
        shown=Shown(show_inputs, show_answers),
        redact=redact,
    )
    with contextlib.ExitStack() as stack:
        differing = None if export is None else stack.enter_context(exported(Path(os.path.realpath(export))))
        watching = stack.enter_context(progress())
        result = compare(question, chosen, chosen=watching.begin, fetched=watching.fetched, differing=differing)
    warn_of_missed(question)
    warn_of_unmet(result)
    if export is not None:
        output.progress(f"wrote the pairs that differ to {export}")
    _show(result, min_agreement, form)


def _check_export(export: Path | None, force: bool) -> None:
    from shadow_ops.cli.files import check_writable
    from shadow_ops.responses.export import SUFFIXES

    if export is None:
        if force:
            raise click.UsageError("--force belongs to --export FILE")
        return
    if export.suffix not in SUFFIXES:
        raise Failure(f"{export} must end in {' or '.join(SUFFIXES)}", USAGE)
    check_writable(export, replace=force)


def _engine(name: str, export: Path | None) -> Engine:
    from shadow_ops.responses.engines.stdlib import StdlibEngine
    from shadow_ops.responses.run import fast_engine

    fast = fast_engine()
    missing = "DuckDB isn't installed: pip install duckdb"
    if fast is None:
        if name == "duckdb" or (export is not None and export.suffix == ".parquet"):
            raise Failure(missing, USAGE)
        if name == "auto":
            output.progress(f"{missing}; until then it takes a dozen times longer")
    return StdlibEngine() if fast is None or name == "stdlib" else fast


def _show(result: Result, min_agreement: float | None, form: str) -> None:
    from shadow_ops.cli.text import responses_text
    from shadow_ops.responses.agreement import verdict

    judged = None if min_agreement is None else verdict(result.agreement, result.joined_percent, min_agreement)
    if form == JSON:
        said = {} if judged is None else {"verdict": judged[0], "reason": judged[1]}
        output.data_as_json({**said, **result.to_json()})
    else:
        output.data(responses_text.as_text(result, judged, markdown=form == MARKDOWN))
    if judged is not None:
        click.get_current_context().exit(_EXIT_CODES[judged[0]])
