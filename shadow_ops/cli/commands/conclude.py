"""``shadow-test conclude``: end a managed shadow test with promote, remove, retain or cancel."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shadow_ops.cli import durations, harmless, output
from shadow_ops.cli.errors import USAGE, Failure, of_aws
from shadow_ops.cli.hardware import HardwareType, check_listed
from shadow_ops.cli.options import aws, endpoint_given, experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError

if TYPE_CHECKING:
    from shadow_ops.aws.clients import Clients
    from shadow_ops.aws.experiment import Experiment
    from shadow_ops.contract.policy import GatePolicy
    from shadow_ops.managed.foreseen import Plan
    from shadow_ops.managed.steps import Seen, Wanted

_REFUSED = 3
_WHOLE_SHARE = 100
_ACTIONS = ("promote", "remove", "retain", "cancel")


@click.command(
    "conclude",
    epilog="""\b
Examples:
  shadow-test conclude churn promote --dry-run
  shadow-test conclude churn promote --hardware production
  shadow-test conclude churn promote --hardware ml.c7i.xlarge:3 --reason "p99 is far below"
  shadow-test conclude churn remove
  shadow-test conclude churn retain --yes      go on beside production, and pay for it

\b
promote   the shadow's model becomes production, if the gate says PASS or a reason is given
remove    production stays, the shadow goes
retain    both stay as they are, and the shadow is paid for
cancel    as remove, and the test counts as cancelled; one that hasn't begun is deleted

The same command again goes on where it was stopped, and changes nothing where all is done. After the scheduled end
`promote` updates the endpoint itself, and production's variant keeps its name. An endpoint that a stack of this library
owns is promoted by that: `promote` ends the test, puts the verdict on record, and says what to deploy.

Exit codes: 0; 1 if something failed, 2 for bad input, 3 if the gate doesn't let it through: nothing was changed.""",
)
@endpoint_given
@click.argument("action", type=click.Choice(_ACTIONS))
@click.option(
    "--hardware",
    type=HardwareType(),
    metavar="production|shadow|TYPE:COUNT",
    help="On what a promoted model serves.  [default: asked for on a terminal, else production's]",
)
@click.option("--unlisted-type", is_flag=True, help="Take a TYPE that this release doesn't list yet.")
@click.option(
    "--reason", metavar="TEXT", help="Why; on the record of a test that runs. It promotes whatever the gate says."
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Judge by this policy.  [default: that of the test's stack, else the defaults of a policy]",
)
@experiment
@click.option(
    "--yes", is_flag=True, help="Retain a shadow that is paid for, or undo by the end of the test what serves by now."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@aws
def command(
    endpoint: str,
    action: str,
    hardware: str | Instances | None,
    unlisted_type: bool,
    reason: str | None,
    policy_file: Path | None,
    name: str | None,
    yes: bool,
    dry_run: bool,
    profile: str | None,
    region: str | None,
) -> None:
    """End the managed shadow test of ENDPOINT: a ManagedShadowTestStack's, or whoever's.

    Plans first, then acts: a promotion asks the gate over the test's own measurements, takes scaling out of SageMaker's
    way and puts it back, waits, and looks at what serves.
    """
    from shadow_ops.aws.clients import Clients
    from shadow_ops.contract.policy import GatePolicy
    from shadow_ops.managed.conclude import Helm, conclude
    from shadow_ops.managed.gone import EndpointGoneError
    from shadow_ops.managed.named import named, never_made
    from shadow_ops.managed.promote import FURTHER, observe
    from shadow_ops.managed.steps import ACTIONS, Wanted

    chosen = next(one for one in ACTIONS if one == action)
    if chosen != "promote" and (hardware is not None or unlisted_type):
        raise Failure(f"--hardware is of a promotion; leave it out of {action}", USAGE)
    check_listed(hardware, unlisted=unlisted_type)
    if reason is not None:
        _check_reason(reason)
    policy = _policy(policy_file)
    clients = Clients(profile, region)
    try:
        experiment = named(clients.sagemaker, endpoint, name)
    except CannotTellError:
        none = never_made(clients.sagemaker, endpoint, name) if chosen == "cancel" else None
        if none is None:
            raise
        _say((none,))
        return
    wanted = Wanted(chosen, hardware or "production", reason, undo=yes)  # type: ignore[arg-type] # one of the two words, or instances
    helm = Helm(consent=_nobody, tell=_tell, now=durations.now)
    try:
        seen = observe(clients, experiment, durations.now())
    except EndpointGoneError as error:
        if chosen not in ("remove", "cancel"):
            raise
        _say(
            _without_endpoint(error.experiment, wanted) if dry_run else conclude(clients, experiment, wanted, helm).said
        )
        return
    plan = _plan(clients, seen, wanted)
    if plan.asks and hardware is None and not seen.ours:
        wanted = replace(wanted, hardware=_asked(seen, unlisted=unlisted_type))  # type: ignore[arg-type] # likewise
        plan = _plan(clients, seen, wanted)
    consent = _consent(clients, wanted, policy or seen.policy or GatePolicy())
    if dry_run:
        _foretell(seen, wanted, consent)
        return
    by = lambda: str(clients.sts.get_caller_identity()["Arn"])  # noqa: E731 - asked only where it goes on record
    _say(conclude(clients, experiment, wanted, replace(helm, consent=consent, further=FURTHER, by=by)).said)


def _plan(clients: Clients, seen: Seen, wanted: Wanted) -> Plan:
    """What is going to be done; what would be refused on the way is refused here, before anybody is asked."""
    from shadow_ops.managed.foreseen import foresee
    from shadow_ops.managed.promote import check_there
    from shadow_ops.managed.steps import Done

    plan = foresee(seen, wanted, durations.now())
    if wanted.action == "retain" and not wanted.undo and (plan.changes or not isinstance(plan.last, Done)):
        raise Failure(_cost(seen.experiment), USAGE)
    if plan.asks:
        check_there(clients.sagemaker, seen.experiment)
    return plan


def _foretell(seen: Seen, wanted: Wanted, consent: Callable[[Seen, Instances], str]) -> None:
    """Say what would be done, and end as that would."""
    from shadow_ops.cli.text import conclusion_text
    from shadow_ops.managed.foreseen import foresee
    from shadow_ops.managed.steps import GiveUp

    plan = foresee(seen, wanted, durations.now(), consent)
    _say(conclusion_text.lines(plan, wanted))
    if isinstance(plan.last, GiveUp):
        raise Failure(plan.last.why)


def _without_endpoint(experiment: Experiment, wanted: Wanted) -> Iterable[str]:
    from shadow_ops.cli.text.conclusion_text import NOTHING
    from shadow_ops.managed.foreseen import without_endpoint

    return (*without_endpoint(experiment, wanted), NOTHING)


def _nobody(_seen: Seen, _on: Instances) -> str:
    raise AssertionError("without its endpoint nothing is promoted")


def _check_reason(reason: str) -> None:
    from shadow_ops.contract.problems import Problems
    from shadow_ops.contract.sentences import check_reason

    problems = Problems("conclude")
    check_reason(problems, "--reason", reason, "say in a sentence why")
    problems.raise_if_any()


def _policy(path: Path | None) -> GatePolicy | None:
    from shadow_ops.cli.files import policy_from_file

    return None if path is None else policy_from_file(path)


def _cost(experiment: Experiment) -> str:
    from shadow_ops.cli.text.conclusion_text import hours

    on = experiment.shadow.instances
    return (
        f"{experiment.shadow.name} would go on beside production and be paid for: {on.count} x {on.instance_type}, "
        f"{hours(on)}, until somebody updates the endpoint; add --yes to retain it"
    )


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _asked(seen: Seen, *, unlisted: bool) -> str | Instances:
    """What the console asks before a promotion."""
    from shadow_ops.managed.stopping import serving_on

    if not _is_terminal():
        return "production"
    experiment = seen.experiment
    ours, tested = serving_on(experiment, seen.live), experiment.shadow.instances
    output.progress(
        f"production serves on {ours.count} x {ours.instance_type}, the shadow was tested on {tested.count} x "
        f"{tested.instance_type} with {experiment.sampling_percent} % of the requests"
    )
    found: str | Instances = click.prompt(
        "On what shall the promoted model serve", default="production", type=HardwareType(), err=True
    )
    check_listed(found, unlisted=unlisted)
    return found


def _consent(clients: Clients, wanted: Wanted, policy: GatePolicy) -> Callable[[Seen, Instances], str]:
    """Whether a promotion may be: by the gate, or by a reason."""

    def consent(seen: Seen, on: Instances) -> str:
        from shadow_ops.cli.text import verdict_text
        from shadow_ops.judge.verdict import Outcome
        from shadow_ops.managed.verdict import judge_experiment

        experiment = seen.experiment
        _check_share(experiment, wanted, on)
        try:
            recording, verdict = judge_experiment(clients, experiment, policy, on, durations.now())
        except Exception as error:
            failure = error if isinstance(error, CannotTellError) else of_aws(error)
            if wanted.reason is None or failure is None:
                raise
            return f"{wanted.reason} (the gate couldn't be asked: {failure})"
        output.progress(verdict_text.as_text(recording, verdict))
        if not policy.enforced:
            return f"not gated: {policy.not_enforced_because}"
        said = f"{verdict.outcome}: {verdict.reason}"
        if verdict.outcome is Outcome.PASS:
            return f"the gate says {said}"
        if wanted.reason is None:
            raise Failure(
                f"{experiment.shadow.model} is not promoted: the gate says {said}; wait, conclude with remove, or say "
                "why it shall be promoted all the same (--reason)",
                _REFUSED,
            )
        return f"{wanted.reason} (the gate said {said})"

    return consent


def _check_share(experiment: Experiment, wanted: Wanted, on: Instances) -> None:
    tested, ours = experiment.shadow.instances.instance_type, experiment.production.instances.instance_type
    of_the_shadow = wanted.hardware == "shadow" or (on.instance_type == tested != ours)
    if of_the_shadow and experiment.sampling_percent < _WHOLE_SHARE and wanted.reason is None:
        raise Failure(
            f"the shadow's hardware has carried {experiment.sampling_percent} % of the requests, not all; first "
            f"`shadow-test sampling {experiment.endpoint} 100` and wait for a verdict, or choose another --hardware, "
            "or say why (--reason)",
            USAGE,
        )


def _tell(step: str) -> None:
    output.progress(harmless.line(step))


def _say(lines: Iterable[str]) -> None:
    # Names and reasons are somebody else's texts: each line stays one.
    output.data("\n".join(harmless.line(one) for one in lines))
