"""Promote where a stack of this library owns the endpoint: the test ends, its verdict goes on record for the stack.

SageMaker's own promotion would rename production's variant, without a bake and an alarm that rolls it back, and leave
the stack behind.
"""

from __future__ import annotations

from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.meanwhile import concluded, was_concluded
from shadow_ops.managed.retained import next_without
from shadow_ops.managed.steps import AskGate, Deregister, Done, GiveUp, Past, PutOnRecord, Seen, Step, Stop, Wanted
from shadow_ops.managed.stopping import check_compared, is_retained, serving_on, stop_request

_BY_STACK = "promoted by its stack"


def hand_over(seen: Seen, wanted: Wanted, past: Past) -> Step:
    """What is done next.

    Raises:
        CannotTellError: If it can't be promoted; this call has changed nothing yet.
    """
    experiment, live = seen.experiment, seen.live
    if _is_promoted(seen):
        return Done((f"{experiment.shadow.model} serves {live.name}",))
    if experiment.status == "Cancelled":
        why = f"{experiment.name} is Cancelled: {experiment.reason or 'SageMaker says no reason'}"
        if past.asked is not None:
            return GiveUp(why)
        raise CannotTellError(why)
    if was_concluded(seen, past) and not (experiment.reason or "").startswith(_BY_STACK):
        return GiveUp(concluded(seen))
    if wanted.hardware != "production":
        raise CannotTellError(
            f"the stack of {live.name} says on what a promotion serves: write ShadowTest(promote_on=...) instead of "
            "--hardware"
        )
    check_compared(seen)
    if past.because is None:
        return AskGate(seen.promoted or serving_on(experiment, live))
    if not experiment.over:
        if experiment.shadow.name in seen.scaled:
            return Deregister(experiment.shadow.name)
        end = Wanted("remove", reason=f"{_BY_STACK}: {past.because}")
        return Stop(stop_request(experiment, end, serving_on(experiment, live)))
    if is_retained(experiment, live):
        return next_without(seen, past)
    if past.until is None:
        return PutOnRecord(f"managed test {experiment.name}: {past.because}")
    return Done(
        (
            f"{experiment.name} is over, production is as before, and {experiment.shadow.model} may be promoted until "
            f"{past.until:%Y-%m-%d %H:%M} UTC",
            f"deploy the PromotionStack now, such as: cdk deploy {live.name}-promotion",
        )
    )


def _is_promoted(seen: Seen) -> bool:
    """Whether the stack has promoted: by the model, and of a test of hardware alone by what serves it."""
    experiment, live = seen.experiment, seen.live
    if not experiment.over or live.shadow is not None:
        return False
    if [one.model_name for one in live.production] != [experiment.shadow.model]:
        return False
    on = (seen.promoted or experiment.shadow.instances).instance_type
    before = experiment.production
    return (
        experiment.shadow.model != before.model
        or live.production[0].instance_type == on != before.instances.instance_type
    )
