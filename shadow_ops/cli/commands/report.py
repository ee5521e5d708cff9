"""``shadow-test report``: the test on one page, in one file."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadow_ops.cli import durations, output
from shadow_ops.cli.options import FiniteRange, aws, endpoint_or_none

if TYPE_CHECKING:
    from shadow_ops.aws.clients import Clients
    from shadow_ops.report.contents import Report
    from shadow_ops.responses.result import Result

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "report",
    epilog="""\b
Examples:
  shadow-test report churn --output report.html
  shadow-test report churn --output report.html --force --price 0.23
  shadow-test report --replay seen.json --output report.html      a recording: no AWS

The page needs nothing from anywhere: no scripts, fonts or pictures. It holds the verdict with its reasons, both
variants over time, the captured answers compared, capacity and cost; no request and no answer itself, and of labels
and members' names those that at least ten answers have.""",
)
@endpoint_or_none
@click.option(
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The page to write, such as report.html.",
)
@click.option("--force", is_flag=True, help="Replace the file.")
@click.option("--answers/--no-answers", default=True, help="Compare captured answers, too.  [default: where there are]")
@click.option("--redact", metavar="PART", multiple=True, help="Hash a part of requests and answers before it is kept.")
@click.option("--price", type=FiniteRange(0, 10**6, min_open=True), help="Of one instance and hour, in any currency.")
@click.option("--replay", "replay_file", type=_FILE, help="Report on a file of `gate --record` instead of an endpoint.")
@aws
def command(
    endpoint: str | None,
    file: Path,
    force: bool,
    answers: bool,
    redact: tuple[str, ...],
    price: float | None,
    replay_file: Path | None,
    profile: str | None,
    region: str | None,
) -> None:
    """Write a page about the shadow test of ENDPOINT that anybody can open: a manager, an auditor, a colleague.

    The verdict in it is that of `shadow-test gate` at this moment, by the same judge and policy.
    """
    if (endpoint is None) == (replay_file is None):
        raise click.UsageError("name an endpoint, or a recording with --replay FILE")
    from shadow_ops.cli import harmless
    from shadow_ops.cli.files import check_writable, write_new
    from shadow_ops.report.page import page

    check_writable(file, replace=force, reads=(replay_file,))
    if replay_file is not None:
        report = _replayed(replay_file, price)
    else:
        assert endpoint is not None
        report = _live(endpoint, answers, redact, price, profile, region)
    write_new(file, page(report, harmless.line), replace=force)
    output.progress(f"{report.verdict.outcome}; wrote {file}")


def _replayed(path: Path, price: float | None) -> Report:
    from shadow_ops.contract.policy import GatePolicy
    from shadow_ops.judge.noted import judge_aloud
    from shadow_ops.measure.recording_file import load
    from shadow_ops.report.contents import Report

    seen = load(path)
    verdict = judge_aloud(seen, seen.policy or GatePolicy())
    why = "This page was made from a recording, which holds no answers."
    return Report(recording=seen, verdict=verdict, made=durations.now(), no_answers=why, price=price)


def _live(
    endpoint: str, answers: bool, redact: tuple[str, ...], price: float | None, profile: str | None, region: str | None
) -> Report:
    from shadow_ops.aws.clients import Clients
    from shadow_ops.judge.live import judge_live
    from shadow_ops.judge.noted import noted
    from shadow_ops.observe.deployed import find_with_shadow
    from shadow_ops.report.contents import Report

    clients, now = Clients(profile, region), durations.now()
    found = find_with_shadow(clients, endpoint)
    output.warn(found.unread)
    output.progress("reading the metrics")
    policy = found.policy(None)
    recording, verdict = judge_live(clients, found.live, policy, found.promoted, now)
    verdict = noted(verdict, recording, policy)
    labels: dict[str, str] = {}
    if found.declared is not None and found.declared.shadow is not None:
        labels = {"production": found.declared.production[0].label, "shadow": found.declared.shadow.label}
    compared, why = None, "Answers were left out (--no-answers)."
    if answers and found.live.config.capture_uri is None:
        why = "The endpoint captures no answers, so they can't be compared; Capture() in the test makes it."
    elif answers:
        compared = _answers(endpoint, clients, redact, now)
    return Report(
        recording=recording,
        verdict=verdict,
        made=now,
        labels=labels,
        answers=compared,
        no_answers=why,
        price=price,
    )


def _answers(endpoint: str, clients: Clients, redact: tuple[str, ...], now: datetime.datetime) -> Result:
    from shadow_ops.cli.captured import Place, asked, progress, warn_of_missed, warn_of_unmet
    from shadow_ops.responses.engines.stdlib import StdlibEngine
    from shadow_ops.responses.run import compare, fast_engine

    question = asked(Place(endpoint, None, None, None, None, now), clients, None, redact=redact, examples=0)
    with progress() as watching:
        engine = fast_engine() or StdlibEngine()
        found = compare(question, engine, chosen=watching.begin, fetched=watching.fetched)
    warn_of_missed(question)
    warn_of_unmet(found)
    return found
