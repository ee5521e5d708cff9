"""What is done next to conclude a managed test: a pure function of what was seen, asked again after each step."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import NoReturn

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.contract.scaled import Scaled
from shadow_ops.managed.handed import hand_over
from shadow_ops.managed.meanwhile import check_undone, concluded, is_outdated, was_concluded
from shadow_ops.managed.steps import (
    AskGate,
    Delete,
    Deregister,
    Done,
    Forget,
    GiveUp,
    Keep,
    Past,
    Remember,
    Restore,
    Seen,
    Step,
    Stop,
    Update,
    Wait,
    Wanted,
)
from shadow_ops.managed.stopping import check_compared, serving_on, stop_request

# Looks at which what was asked for may not show yet: SageMaker's answers lag behind its word.
_LATE_LOOKS = 12
_PREFIX = 40


def next_step(seen: Seen, wanted: Wanted, past: Past = Past()) -> Step:  # noqa: B008 - a frozen value
    """What is done next.

    Raises:
        CannotTellError: If what is asked for can't be done; this call has changed nothing yet.
    """
    experiment, live = seen.experiment, seen.live
    if seen.unread is not None and wanted.action != "cancel":
        _refuse(seen.unread)
    if experiment.status not in ("Created", "Running", "Completed", "Cancelled"):
        return Wait(f"{experiment.name} is {experiment.status}")
    if live.status in ("Failed", "UpdateRollbackFailed", "OutOfService"):
        _refuse(f"the endpoint {live.name} is {live.status}: {live.failure_reason or 'SageMaker says no reason'}")
    if live.status != "InService":
        return Wait(f"{live.name} is {live.status}")
    if past.asked == "stop" and experiment.status == "Running":
        if past.looks < _LATE_LOOKS:
            return Wait(f"{experiment.name} is about to end")
        why = experiment.reason or "SageMaker says no reason"
        sentence = f"SageMaker was asked to end {experiment.name}, and it is {experiment.status} still: {why}"
        return _back(seen, past, None if wanted.action == "promote" else sentence)
    if is_outdated(seen):
        return Forget()
    if wanted.action == "promote":
        return _promote(seen, wanted, past)
    if seen.kept is not None and not past.restored:
        # A promotion was broken off: what it took away is put back before anything else.
        return _restore(seen)
    if seen.kept is not None:
        return Forget()
    if experiment.status == "Created":
        if wanted.action == "cancel":
            return Delete(experiment.name)
        _refuse(f"{experiment.name} begins at {experiment.start:%Y-%m-%d %H:%M} UTC: until then it can be cancelled")
    if experiment.over:
        return _over(seen, wanted)
    check_undone(seen, wanted)
    if wanted.action == "retain" and seen.ours:
        _refuse(
            f"a stack of this library owns {live.name}, knows of no shadow that stays, and couldn't be deployed beside "
            "one: conclude with promote or remove; for a shadow that goes on, deploy a ShadowTestStack of the test"
        )
    if wanted.action != "retain" and experiment.shadow.name in seen.scaled:
        return Deregister(experiment.shadow.name)
    return Stop(stop_request(experiment, wanted, serving_on(experiment, live)))


def promoted_prefix(experiment: Experiment) -> str:
    """How the names of configs begin by which the shadow's model serves after a test that is over."""
    return f"{experiment.name[:_PREFIX].rstrip('-')}-{experiment.created:%y%m%d%H%M}-"


def is_promoted(experiment: Experiment, live: LiveEndpoint) -> bool:
    """Whether the shadow's model serves as production because of this test.

    By SageMaker's own promotion it has kept its variant's name; by an update after the test the config has its own.
    """
    if not experiment.over or live.shadow is not None:
        return False
    if [one.model_name for one in live.production] != [experiment.shadow.model]:
        return False
    named = live.production[0].name == experiment.shadow.name
    return named or live.config.name.startswith(promoted_prefix(experiment))


def promoted_on(experiment: Experiment, live: LiveEndpoint, wanted: Wanted) -> Instances:
    """What the promoted model shall serve on: as asked for, and of the same type never fewer than serve now.

    Raises:
        CannotTellError: If fewer of the same type are asked for in so many words.
    """
    serving, on = serving_on(experiment, live), experiment.shadow.instances
    if not isinstance(wanted.hardware, str):
        if wanted.hardware.instance_type == serving.instance_type and wanted.hardware.count < serving.count:
            _refuse(
                f"{serving.count} x {serving.instance_type} serve now, so the promoted model can't begin on "
                f"{wanted.hardware.count}: ask for at least {serving.count}, and lower the count afterwards"
            )
        return wanted.hardware
    if wanted.hardware == "production":
        return serving
    return replace(on, count=max(on.count, serving.count)) if on.instance_type == serving.instance_type else on


def _promote(seen: Seen, wanted: Wanted, past: Past) -> Step:
    experiment, live = seen.experiment, seen.live
    if seen.ours:
        return hand_over(seen, wanted, past)
    if is_promoted(experiment, live):
        return _promoted(seen, past)
    if experiment.status == "Cancelled":
        if seen.kept is not None or past.asked is not None:
            return _back(seen, past)
        _refuse(f"{experiment.name} is Cancelled: {experiment.reason or 'SageMaker says no reason'}")
    if was_concluded(seen, past):
        return _back(seen, past, concluded(seen))
    _check_endpoint(seen)
    on = promoted_on(experiment, live, wanted)
    if past.asked == "update":
        # It may not show yet, or SageMaker has rolled it back.
        late = past.looks < _LATE_LOOKS and live.failure_reason is None
        return Wait(f"{live.name} is about to be updated") if late else _back(seen, past)
    if past.because is None:
        return AskGate(on)
    name, tested = experiment.production.name, experiment.shadow.name
    changes_type = on.instance_type != live.production[0].instance_type
    # SageMaker refuses to remove a variant that scales, and to change its type (Developer Guide,
    # endpoint-scaling-update).
    if name in seen.scaled and (not experiment.over or changes_type):
        if not experiment.over:
            _check_watched(seen.scaled[name], name)
        if seen.kept is None or seen.kept.scaled != seen.scaled[name]:
            return Keep(seen.scaled[name])
        return Deregister(name)
    if experiment.over:
        return Update(experiment.shadow.model, on)
    if tested in seen.scaled:
        return Deregister(tested)
    return Stop(stop_request(experiment, replace(wanted, reason=wanted.reason or past.because), on))


def _check_endpoint(seen: Seen) -> None:
    live = seen.live
    check_compared(seen)
    if live.production[0].instance_type is None:
        _refuse(f"{live.name} is serverless, which no shadow test can be beside")


def _check_watched(scaled: Scaled, name: str) -> None:
    """Refuse to move scaling to another variant's name that follows the old one's metrics."""
    follows = [one for one, policy in scaled.policies.items() if f'"{name}"' in json.dumps(policy, default=str)]
    if follows or scaled.step_alarms:
        policies = ", ".join(follows or scaled.step_alarms)
        _refuse(
            f"the scaling policy {policies} follows metrics or alarms of the variant {name}, which SageMaker's "
            "promotion removes; wait for the test's scheduled end (then `promote` keeps the name), or take the policy "
            "away first"
        )


def _restore(seen: Seen) -> Step:
    assert seen.kept is not None
    name = seen.live.production[0].name
    return Restore(replace(seen.kept.scaled, variant=name))


def _back(seen: Seen, past: Past, sentence: str | None = None) -> Step:
    """What was asked for didn't come: scaling goes back, then it is said."""
    if seen.kept is not None:
        return Forget() if past.restored else _restore(seen)
    if sentence is not None:
        return GiveUp(sentence)
    why = seen.live.failure_reason or seen.experiment.reason or "SageMaker says no reason"
    served = ", ".join(str(one.model_name) for one in seen.live.production)
    return GiveUp(f"SageMaker didn't promote {seen.experiment.shadow.model}, {served} serves {seen.live.name}: {why}")


def _promoted(seen: Seen, past: Past) -> Step:
    experiment, live = seen.experiment, seen.live
    if seen.kept is not None:
        return Forget() if past.restored else _restore(seen)
    if not past.remembered:
        return Remember(past.because or experiment.reason)
    on = live.production[0]
    said = [f"{experiment.shadow.model} serves {live.name} on {on.current_count} x {on.instance_type}"]
    if on.name != experiment.production.name:
        said.append(
            f"its variant is named {on.name} now, before it was {experiment.production.name}: change alarms, "
            "dashboards and guardrails that name the old one"
        )
    said.append(
        "whoever manages this endpoint (CloudFormation, Terraform, a script) doesn't know: put "
        f"{experiment.shadow.model} into its code before its next deployment, which would put "
        f"{experiment.production.model} back"
    )
    return Done(tuple(said))


def _over(seen: Seen, wanted: Wanted) -> Step:
    experiment, live = seen.experiment, seen.live
    shadow = None if live.shadow is None else live.shadow.name
    ended = f"{experiment.name} is {experiment.status}{'' if experiment.reason is None else f': {experiment.reason}'}"
    served = ", ".join(str(one.model_name) for one in live.production)
    if is_promoted(experiment, live):
        _refuse(f"{ended}; {experiment.shadow.model} was promoted by it")
    if wanted.action == "retain":
        if shadow == experiment.shadow.name:
            return Done((ended, f"{shadow} goes on beside production"))
        _refuse(f"{ended}; there is no shadow any more that could be retained")
    if shadow is not None:
        _refuse(
            f"{ended}; {live.name} still has the shadow {shadow}, which only an update of the endpoint to a config "
            "without it removes"
        )
    unread = () if seen.unread is None else (seen.unread,)
    return Done((ended, f"{served} serves {live.name}, without a shadow", *unread))


def _refuse(sentence: str) -> NoReturn:
    raise CannotTellError(sentence)
