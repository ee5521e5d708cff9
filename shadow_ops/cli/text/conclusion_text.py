"""What a conclusion of a managed test would do, for ``--dry-run``: which variant stays, and which goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadow_ops.contract.instances import Instances
from shadow_ops.managed import steps
from shadow_ops.managed.foreseen import Plan
from shadow_ops.managed.meanwhile import undone
from shadow_ops.managed.promotion import PutOnRecord, Remember, RemoveShadow, Update, Withdraw
from shadow_ops.managed.steps import Seen, Step, Wanted
from shadow_ops.managed.stopping import is_retained, serving_on

NOTHING = "nothing was changed (--dry-run)"


def lines(plan: Plan, wanted: Wanted) -> tuple[str, ...]:
    """What would be done, step by step.

    Args:
        plan: The steps.
        wanted: What is asked for.
    """
    said: list[str] = []
    for number, (seen, step) in enumerate(plan.steps):
        last = number == len(plan.steps) - 1
        if isinstance(step, steps.AskGate):
            said.append(plan.because)
        elif isinstance(step, steps.Wait) and last:
            said.append(
                f"{step.said}: that would be waited for, and then be looked what is left to do{_then(seen, wanted)}"
            )
        elif isinstance(step, steps.Done) and all(isinstance(one, Remember) for one in plan.changes):
            said += ["nothing is left to do:", *step.said]
        else:
            said += _would(plan, seen, step, wanted)
    return (*said, NOTHING)


def _then(seen: Seen, wanted: Wanted) -> str:
    ends = wanted.action == "promote" and seen.experiment.status == "Stopping"
    return "; if somebody has ended it otherwise, and not its schedule, a promotion is refused" if ends else ""


def _would(plan: Plan, seen: Seen, step: Step, wanted: Wanted) -> list[str]:
    """What a step would do; nothing of what only goes on and off the record for a moment."""
    experiment, live = seen.experiment, seen.live
    match step:
        case steps.Wait(said):
            return [f"{said}: that would be waited for"]
        case steps.Stop(request):
            return _end(seen, wanted, request["DesiredModelVariants"][0]["InfrastructureConfig"])
        case steps.Delete(name):
            return [f"{name}, which hasn't begun, would be deleted", _production(seen)]
        case Update(_, on):
            promoted = f"{_model(seen, 1)} would serve on {on.count} x {on.instance_type}"
            name = experiment.production.name
            stays = f"{name} stays in name: {promoted}, by an update of the endpoint, and {_model(seen, 0)} goes"
            return [stays, *_shadow_goes(seen)]
        case RemoveShadow():
            first = f"{wanted.action}: {experiment.name} of {experiment.endpoint}, which is {experiment.status}"
            return [first, _production(seen), *_shadow_goes(seen)]
        case steps.Deregister(variant):
            return [f"the scaling of {variant} would go"]
        case steps.Restore(scaled):
            broken = plan.steps[0][0].kept is not None
            why = ", which a promotion that was broken off took away" if broken else ""
            return [f"{scaled.variant} would scale again from {scaled.minimum} to {scaled.maximum}{why}"]
        case Remember():
            return ["the promotion would go into the history, if it isn't there"]
        case PutOnRecord():
            on = seen.promoted or serving_on(experiment, live)
            promoted = f"{_model(seen, 1)} would serve on {on.count} x {on.instance_type}"
            return [f"{promoted}, by its stack, which may promote it then (cdk deploy {live.name}-promotion)"]
        case Withdraw(right):
            model = experiment.shadow.model
            return [f"what lets its stack promote {model} would go off the record: {right.text}", _production(seen)]
    return []


def _end(seen: Seen, wanted: Wanted, infrastructure: Mapping[str, Any]) -> list[str]:
    experiment = seen.experiment
    production, shadow = experiment.production, experiment.shadow
    if wanted.action == "promote" and seen.ours:
        return [
            f"{experiment.name} would be ended, and production retained",
            _production(seen),
            *_shadow_goes(seen),
        ]
    if wanted.action == "promote":
        on, on_now = infrastructure["RealTimeInferenceConfig"], serving_on(experiment, seen.live)
        promoted = f"{_model(seen, 1)} would serve on {on['InstanceCount']} x {on['InstanceType']}"
        return [
            f"{shadow.name} stays, as production: {promoted}, by SageMaker's own promotion",
            f"{production.name} goes: {_model(seen, 0)} on {on_now.count} x {on_now.instance_type}",
        ]
    first = f"{wanted.action}: {experiment.name} of {experiment.endpoint}, which is {experiment.status}"
    what = undone(seen)
    goes = _shadow_goes(seen)
    if wanted.action == "retain":
        paid = shadow.instances
        on_paid = f"{paid.count} x {paid.instance_type}, {hours(paid)}"
        goes = [f"{shadow.name} stays, and is paid for: {_model(seen, 1)} on {on_paid}"]
    return [*([] if what is None else [what]), f"{first}, would be {wanted.state}", _production(seen), *goes]


def hours(on: Instances) -> str:
    """What instances are billed for."""
    return f"{24 * on.count} instance-hours a day"


def _production(seen: Seen) -> str:
    on = serving_on(seen.experiment, seen.live)
    return f"{seen.experiment.production.name} stays: {_model(seen, 0)} on {on.count} x {on.instance_type}"


def _shadow_goes(seen: Seen) -> list[str]:
    experiment, live = seen.experiment, seen.live
    if live.shadow is None:
        return []
    on = experiment.shadow.instances
    by = ", by an update of the endpoint: it was retained" if is_retained(experiment, live) else ""
    return [f"{experiment.shadow.name} goes: {_model(seen, 1)} on {on.count} x {on.instance_type}{by}"]


def _model(seen: Seen, which: int) -> str:
    """A model by its name in SageMaker, and by its version where the code says another one."""
    model = (seen.experiment.production, seen.experiment.shadow)[which].model
    version = model if seen.versions is None else seen.versions[which]
    return model if version == model else f"{version} ({model})"
