"""What a conclusion of a managed test would do, for ``--dry-run``: which variant stays, and which goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shadow_ops.contract.instances import Instances
from shadow_ops.managed.decide import next_step
from shadow_ops.managed.meanwhile import undone
from shadow_ops.managed.promote import FURTHER
from shadow_ops.managed.promotion import Remember
from shadow_ops.managed.steps import (
    AskGate,
    Delete,
    Deregister,
    Done,
    Forget,
    GiveUp,
    Past,
    Restore,
    Seen,
    Wait,
    Wanted,
)
from shadow_ops.managed.stopping import is_retained, serving_on

_NOTHING = "nothing was changed (--dry-run)"


def lines(seen: Seen, wanted: Wanted, consent: Callable[[Seen, Instances], str]) -> tuple[str, ...]:
    """What would be done.

    Args:
        seen: What was seen.
        wanted: What is asked for.
        consent: Says whether a promotion may be, or raises.

    Raises:
        CannotTellError: If it can't be done.
    """
    said: list[str] = []
    step = next_step(seen, wanted, further=FURTHER)
    if isinstance(step, Restore | Forget):
        said.append("what a promotion that was broken off has taken of production's scaling would be put back first")
        seen = replace(seen, kept=None)
        step = next_step(seen, wanted, further=FURTHER)
    if isinstance(step, Remember):
        said.append("the promotion would go into the history, if it isn't there")
        step = next_step(seen, wanted, Past(remembered=True), FURTHER)
    if isinstance(step, Done):
        return (*said, "nothing is left to do:", *step.said, *([_NOTHING] if said else []))
    if isinstance(step, Wait):
        return (*said, f"{step.said}: that would be waited for, and then be looked what is left to do", _NOTHING)
    if isinstance(step, GiveUp):
        return (*said, step.why, _NOTHING)
    if isinstance(step, AskGate):
        said += [consent(seen, step.instances), *_promotion(seen, step.instances)]
    elif isinstance(step, Delete):
        said += [f"{step.name}, which hasn't begun, would be deleted", _production(seen)]
    else:
        said += _end(seen, wanted)
    if isinstance(step, Deregister):
        said.append(f"the scaling of {step.variant} would go")
    return (*said, _NOTHING)


def _promotion(seen: Seen, on: Instances) -> list[str]:
    experiment, live = seen.experiment, seen.live
    production, shadow = experiment.production, experiment.shadow
    promoted = f"{_model(seen, 1)} would serve on {on.count} x {on.instance_type}"
    if seen.ours:
        ended = [] if experiment.over else [f"{experiment.name} would be ended, and production retained"]
        by = f"{promoted}, by its stack, which may promote it then (cdk deploy {live.name}-promotion)"
        return [*ended, _production(seen), *_shadow_goes(seen), by]
    scaled = production.name in seen.scaled
    scaling = [f"the scaling of {production.name} would be taken away and put back"] if scaled else []
    if experiment.over:
        stays = f"{production.name} stays in name: {promoted}, by an update of the endpoint, and {_model(seen, 0)} goes"
        return [stays, *_shadow_goes(seen), *scaling]
    on_now = serving_on(experiment, live)
    return [
        f"{shadow.name} stays, as production: {promoted}, by SageMaker's own promotion",
        f"{production.name} goes: {_model(seen, 0)} on {on_now.count} x {on_now.instance_type}",
        *scaling,
    ]


def _end(seen: Seen, wanted: Wanted) -> list[str]:
    experiment = seen.experiment
    first = f"{wanted.action}: {experiment.name} of {experiment.endpoint}, which is {experiment.status}"
    ends = "" if experiment.over else f", would be {wanted.state}"
    what = None if experiment.over else undone(seen)
    if wanted.action == "retain":
        on = experiment.shadow.instances
        shadow = [
            f"{experiment.shadow.name} stays, and is paid for: {_model(seen, 1)} on {on.count} x {on.instance_type}"
        ]
    else:
        shadow = _shadow_goes(seen)
    return [*([] if what is None else [what]), f"{first}{ends}", _production(seen), *shadow]


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
