"""What a conclusion will do: the very steps that it takes, each seen from what the one before leaves.

One decision makes both the dry run and the real one; here SageMaker does what it is asked for, in thought.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shadow_ops.aws.endpoint import LiveEndpoint, LiveVariant
from shadow_ops.aws.experiment import Experiment, ModelVariant
from shadow_ops.contract.instances import Instances
from shadow_ops.managed import steps
from shadow_ops.managed.conclude import after, deleted
from shadow_ops.managed.decide import next_step
from shadow_ops.managed.promote import FURTHER
from shadow_ops.managed.promotion import RemoveShadow, Update, Withdraw
from shadow_ops.managed.record import Kept
from shadow_ops.managed.steps import Past, Seen, Step, Wanted
from shadow_ops.managed.stopping import promoted_prefix

# The longest plan has a dozen steps.
_MOST = 50


@dataclass(frozen=True)
class Plan:
    """What is going to be done.

    Attributes:
        steps: Each step, and what is seen before it. The last one is what stands then (`Done`, `GiveUp`), or a `Wait`
            after which anything may be the case.
        because: The gate's word or a person's, where one was asked.
    """

    steps: tuple[tuple[Seen, Step], ...]
    because: str = ""

    @property
    def last(self) -> Step:
        """How it ends."""
        return self.steps[-1][1]

    @property
    def changes(self) -> tuple[Step, ...]:
        """What changes anything."""
        return tuple(step for _, step in self.steps if isinstance(step, steps.Doing))

    @property
    def asks(self) -> bool:
        """Whether the gate is asked."""
        return any(isinstance(step, steps.AskGate) for _, step in self.steps)


def foresee(
    seen: Seen, wanted: Wanted, now: datetime.datetime, consent: Callable[[Seen, Instances], str] | None = None
) -> Plan:
    """What is going to be done.

    Args:
        seen: What was seen.
        wanted: What is asked for.
        now: The time.
        consent: Says whether a promotion may be, or raises; without it, as if it might.

    Raises:
        CannotTellError: If it can't be done, now or at a later step.
    """
    past, taken, because = Past(), list[tuple[Seen, Step]](), ""
    while len(taken) < _MOST:
        step = next_step(seen, wanted, past, FURTHER)
        taken.append((seen, step))
        match step:
            case steps.Done() | steps.GiveUp():
                return Plan(tuple(taken), because)
            case steps.Delete():
                return Plan((*taken, (seen, deleted(seen.experiment))))
            case steps.Wait():
                settled = _settled(seen, now)
                if settled is None:
                    return Plan(tuple(taken), because)
                seen = settled
            case steps.AskGate(on):
                because = "" if consent is None else consent(seen, on)
                past = replace(past, because=because, ran=past.ran or not seen.experiment.over)
            case _:
                past = FURTHER.after(past, seen, step, now) if isinstance(step, steps.ByPeople) else after(past, step)
                seen = _done(seen, step, now)
    raise AssertionError(f"{wanted.action} of {seen.experiment.name} has no end")


def _settled(seen: Seen, now: datetime.datetime) -> Seen | None:
    """What SageMaker is at, done; None where that is somebody's conclusion, or an update of the endpoint."""
    experiment, live = seen.experiment, seen.live
    if experiment.status not in ("Creating", "Starting", "Updating"):
        return None
    begins = experiment.status == "Creating" or (experiment.status == "Updating" and now < experiment.start)
    if not begins and live.shadow is None:
        live = replace(live, shadow=_serving(experiment.shadow))
    return replace(seen, experiment=replace(experiment, status="Created" if begins else "Running"), live=live)


def _done(seen: Seen, step: Step, now: datetime.datetime) -> Seen:
    experiment, live = seen.experiment, seen.live
    match step:
        case steps.Keep(scaled):
            return replace(seen, kept=Kept(experiment.name, experiment.created, scaled))
        case steps.Deregister(variant):
            return replace(seen, scaled={name: one for name, one in seen.scaled.items() if name != variant})
        case steps.Restore(wanted):
            return replace(seen, scaled={**seen.scaled, wanted.variant: wanted})
        case steps.Forget():
            return replace(seen, kept=None)
        case steps.Stop(request):
            return _ended(seen, request, now)
        case Update(model, on):
            promoted = _serving(ModelVariant(live.production[0].name, model, on))
            return replace(
                seen, live=_by(live, promoted, None, f"{promoted_prefix(experiment)}foreseen", now), right=None
            )
        case RemoveShadow():
            return replace(seen, live=_by(live, live.production[0], None, "foreseen", now), right=None)
        case Withdraw():
            return replace(seen, right=None)
    return seen


def _ended(seen: Seen, request: Mapping[str, Any], now: datetime.datetime) -> Seen:
    experiment = seen.experiment
    actions = request["ModelVariantActions"]
    variants = {one.name: one for one in (experiment.production, experiment.shadow)}
    desired = {
        one["VariantName"]: _desired(variants[one["VariantName"]], one) for one in request["DesiredModelVariants"]
    }
    promoted = actions[experiment.shadow.name] == "Promote"
    serves = desired[experiment.shadow.name if promoted else experiment.production.name]
    stays = desired[experiment.shadow.name] if actions[experiment.shadow.name] == "Retain" else None
    over = replace(
        experiment, status=request["DesiredState"], completed=now, reason=request.get("Reason", experiment.reason)
    )
    live = _by(seen.live, serves, stays, "foreseen", now)
    return replace(seen, experiment=over, live=live, right=None)


def _desired(variant: ModelVariant, asked: Mapping[str, Any]) -> LiveVariant:
    on = asked["InfrastructureConfig"]["RealTimeInferenceConfig"]
    return _serving(replace(variant, instances=Instances(on["InstanceType"], on["InstanceCount"])))


def _serving(variant: ModelVariant) -> LiveVariant:
    on = variant.instances
    return LiveVariant(variant.name, variant.model, on.instance_type, on.count, on.count, on.count, 1)


def _by(
    live: LiveEndpoint, production: LiveVariant, shadow: LiveVariant | None, config: str, now: datetime.datetime
) -> LiveEndpoint:
    return replace(live, production=(production,), shadow=shadow, config=replace(live.config, name=config, created=now))


def without_endpoint(experiment: Experiment, wanted: Wanted) -> tuple[str, ...]:
    """What would be done about a test whose endpoint is gone."""
    gone = f"the endpoint {experiment.endpoint} is gone"
    if experiment.over:
        return ("nothing is left to do:", f"{experiment.name} is {experiment.status}, and {gone}")
    if experiment.status == "Created":
        return (f"{experiment.name}, which hasn't begun, would be deleted; {gone}",)
    first = "" if experiment.status == "Running" else f"{experiment.name} is {experiment.status}: waited for; then "
    return (
        f"{first}{experiment.name} would be {wanted.state}; {gone}, and whether SageMaker ends a test without it isn't "
        "documented",
    )
