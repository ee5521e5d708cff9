"""``shadow-test gate``: judge a shadow, live or from a recording."""

from __future__ import annotations

import datetime
import itertools
from pathlib import Path

import click

from shadow_ops.cli import durations, output
from shadow_ops.cli.durations import Duration, spoken
from shadow_ops.cli.options import JSON, MARKDOWN, aws, endpoint_or_none, formatted
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Recording

_EXIT_CODES = {Outcome.PASS: 0, Outcome.FAIL: 3, Outcome.INCONCLUSIVE: 4}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "gate",
    epilog="""\b
Examples:
  shadow-test gate churn
  shadow-test gate churn --wait 26h && cdk deploy churn-promotion
  shadow-test gate churn --format markdown >> "$GITHUB_STEP_SUMMARY"
  shadow-test gate churn --record seen.json       keep what was judged
  shadow-test gate --replay seen.json             judge it again: no AWS, the same verdict
  shadow-test gate --replay seen.json --policy stricter.json

\b
A policy file holds what differs from the defaults:
  {"rules": [{"kind": "latency", "percentile": 99, "max_increase_percent": 5},
             {"kind": "error_rate", "errors": "5xx", "max_increase_points": 0.1}],
   "min_duration_minutes": 1440, "confidence_percent": 95}

Exit codes: 0 PASS, 3 FAIL, 4 INCONCLUSIVE; 1 if something failed, 2 for bad input.""",
)
@endpoint_or_none
@click.option("--wait", type=Duration(), help="Look until it is PASS or FAIL, so long at most: 90s, 30m, 24h, 2d.")
@click.option("--policy", "policy_file", type=_FILE, help="Judge by this policy instead of the endpoint's own.")
@click.option(
    "--record",
    "record_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the samples that were judged to a file.",
)
@click.option("--force", is_flag=True, help="Let --record replace a file.")
@click.option("--replay", "replay_file", type=_FILE, help="Judge a file of --record instead of an endpoint.")
@formatted
@aws
def command(
    endpoint: str | None,
    wait: datetime.timedelta | None,
    policy_file: Path | None,
    record_file: Path | None,
    force: bool,
    replay_file: Path | None,
    form: str,
    profile: str | None,
    region: str | None,
) -> None:
    """Judge whether the shadow of ENDPOINT is fit to be promoted.

    Reads both variants' metrics since the test began and says PASS, FAIL or INCONCLUSIVE, with a line of reason and
    the numbers for each rule: the same judge, over the same policy, that a promotion asks. Missing data never passes.
    It may be asked as often as one likes; looking early doesn't make the verdict less reliable.
    """
    _check_usage(endpoint, wait, record_file, force, replay_file, policy_file)
    policy = None if policy_file is None else _policy(policy_file)
    if replay_file is not None:
        recording, verdict = _replayed(replay_file, policy)
    else:
        assert endpoint is not None
        seen: list[Recording] = []
        try:
            recording, verdict = _live(endpoint, wait, policy, profile, region, seen)
        except (Exception, KeyboardInterrupt):
            # What was read in a day of waiting isn't lost with what ends it.
            if record_file is not None and seen:
                _write(record_file, seen[-1], force)
            raise
        if recording.policy is not None and not recording.policy.enforced:
            output.progress(f"promotions of {endpoint} are not gated: {recording.policy.not_enforced_because}")
    if record_file is not None:
        _write(record_file, recording, force)
    _show(recording, verdict, form)
    click.get_current_context().exit(_EXIT_CODES[verdict.outcome])


def _check_usage(
    endpoint: str | None,
    wait: datetime.timedelta | None,
    record: Path | None,
    force: bool,
    replay: Path | None,
    policy: Path | None,
) -> None:
    if replay is not None:
        for given, what in ((endpoint, "an endpoint"), (wait, "--wait"), (record, "--record")):
            if given is not None:
                raise click.UsageError(f"--replay judges a file, so {what} has no meaning beside it")
    elif endpoint is None:
        raise click.UsageError("name an endpoint, or a recording with --replay FILE")
    if record is None and force:
        raise click.UsageError("--force belongs to --record FILE")
    if record is not None:
        from shadow_ops.cli.files import check_writable

        check_writable(record, replace=force, reads=(policy,))


def _policy(path: Path) -> GatePolicy:
    from shadow_ops.cli.files import policy_from_file

    return policy_from_file(path)


def _replayed(path: Path, policy: GatePolicy | None) -> tuple[Recording, Verdict]:
    # Nothing of AWS is loaded for this.
    from shadow_ops.judge.noted import judge_aloud
    from shadow_ops.measure.recording_file import load

    recording = load(path)
    return recording, judge_aloud(recording, policy or recording.policy or GatePolicy())


def _live(
    endpoint: str,
    wait: datetime.timedelta | None,
    policy: GatePolicy | None,
    profile: str | None,
    region: str | None,
    seen: list[Recording],
) -> tuple[Recording, Verdict]:
    from shadow_ops.aws.clients import Clients
    from shadow_ops.aws.endpoint import describe
    from shadow_ops.cli.watching import Clock, on_screen, watch
    from shadow_ops.contract.problems import CannotTellError
    from shadow_ops.judge.live import judge_live
    from shadow_ops.judge.noted import noted
    from shadow_ops.observe.deployed import find_with_shadow

    clients = Clients(profile, region)

    output.warn(find_with_shadow(clients, endpoint).unread)

    times: list[datetime.datetime] = []

    def look() -> tuple[Recording, Verdict]:
        # Found anew each time: a shadow that is replaced meanwhile is another test.
        if times and describe(clients.sagemaker, endpoint) is None:
            raise CannotTellError(
                f"{endpoint} was deleted while its test was watched; the last look was at {times[-1]:%H:%M} UTC"
            )
        found = find_with_shadow(clients, endpoint)
        times.append(durations.now())
        by = found.policy(policy)
        recording, verdict = judge_live(clients, found.live, by, found.promoted, times[-1])
        seen.append(recording)
        return recording, noted(verdict, recording, by)

    if wait is None:
        return look()
    output.progress(f"watching {endpoint} for {spoken(wait)} at most, until the verdict is PASS or FAIL")
    judged = look()
    _say_if_too_short(judged, policy, wait, times[0])
    looks = itertools.chain([lambda: judged], itertools.repeat(look))
    with on_screen() as display:
        return watch(lambda: next(looks)(), wait, display, Clock())


def _say_if_too_short(
    judged: tuple[Recording, Verdict], policy: GatePolicy | None, wait: datetime.timedelta, begun: datetime.datetime
) -> None:
    """Say at once, not after a day, that the time is too short for a PASS."""
    from shadow_ops.judge.soonest import soonest_pass
    from shadow_ops.measure.metric_source import settle_seconds

    recording, verdict = judged
    policy = policy or recording.policy or GatePolicy()
    soonest = soonest_pass(recording, policy, begun, settle_seconds(policy))
    if verdict.outcome is Outcome.INCONCLUSIVE and soonest > begun + wait:
        output.progress(
            f"it can't pass before {soonest:%Y-%m-%d %H:%M} UTC, in {spoken(soonest - begun)}: the policy wants "
            f"{spoken(datetime.timedelta(minutes=policy.min_duration_minutes))} of measurements after the warm-up; "
            "it may fail sooner"
        )


def _write(path: Path, recording: Recording, force: bool) -> None:
    from shadow_ops.cli.files import write_new
    from shadow_ops.measure.recording_file import dumps

    write_new(path, dumps(recording), replace=force)
    output.progress(f"recorded {len(recording.periods)} periods in {path}")


def _show(recording: Recording, verdict: Verdict, form: str) -> None:
    from shadow_ops.cli.text import verdict_text

    if form == JSON:
        output.data_as_json(verdict_text.as_json(recording, verdict))
    elif form == MARKDOWN:
        output.data(verdict_text.as_markdown(recording, verdict))
    else:
        output.data(verdict_text.as_text(recording, verdict))
