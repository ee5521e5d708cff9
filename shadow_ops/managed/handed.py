"""What only people ask for, but SageMaker's promotion: first of all that by the stack that owns the endpoint.

The test ends there, and its verdict goes on record for the stack.

SageMaker's own promotion would rename production's variant, without a bake and an alarm that rolls it back, and leave
the stack behind.
"""

from __future__ import annotations

import datetime

from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed import steps
from shadow_ops.managed.decide import refuse
from shadow_ops.managed.promotion import PutOnRecord, RemoveShadow, Withdraw
from shadow_ops.managed.steps import Past, Seen, Step, Wanted
from shadow_ops.managed.stopping import LATE_LOOKS, is_promoted, is_retained, serving_on, stop_request

_BY_STACK = "handed to its stack"


def hand_over(seen: Seen, wanted: Wanted, past: Past) -> Step:
    """What is done next.

    Raises:
        CannotTellError: If it can't be promoted; this call has changed nothing yet.
    """
    experiment, live = seen.experiment, seen.live
    if is_promoted(experiment, live, seen.promoted):
        return steps.Done((f"{experiment.shadow.model} serves {live.name}",))
    if experiment.status == "Cancelled":
        if past.asked is not None:
            return steps.GiveUp(cancelled(seen))
        raise CannotTellError(cancelled(seen))
    if was_concluded(seen, past) and not (experiment.reason or "").startswith(_BY_STACK):
        return steps.GiveUp(concluded(seen))
    if wanted.hardware != "production":
        raise CannotTellError(
            f"the stack of {live.name} says on what a promotion serves: write ShadowTest(promote_on=...) instead of "
            "--hardware"
        )
    check_compared(seen)
    if past.because is None and seen.right is not None and experiment.over and not is_retained(experiment, live):
        return _may_be(seen, seen.right.expires, f", as is on record already: {seen.right.text}")
    if past.because is None:
        return steps.AskGate(seen.promoted or serving_on(experiment, live))
    if not experiment.over:
        if experiment.shadow.name in seen.scaled:
            return steps.Deregister(experiment.shadow.name)
        end = Wanted("remove", reason=f"{_BY_STACK}: {past.because}")
        return steps.Stop(stop_request(experiment, end, serving_on(experiment, live)))
    if is_retained(experiment, live):
        return next_without(seen, past)
    if past.until is None:
        return PutOnRecord(f"managed test {experiment.name}: {past.because}")
    return _may_be(seen, past.until)


def _may_be(seen: Seen, until: datetime.datetime, more: str = "") -> steps.Done:
    experiment = seen.experiment
    return steps.Done(
        (
            f"{experiment.name} is over, production is as before, and {experiment.shadow.model} may be promoted until "
            f"{until:%Y-%m-%d %H:%M} UTC{more}",
            f"deploy the PromotionStack now, such as: cdk deploy {experiment.endpoint}-promotion",
        )
    )


def next_without(seen: Seen, past: Past) -> Step:
    """What is done next to take out a shadow that somebody has retained after its test."""
    experiment, live = seen.experiment, seen.live
    if experiment.shadow.name in seen.scaled:
        return steps.Deregister(experiment.shadow.name)
    if past.asked != "update":
        return RemoveShadow()
    if past.looks < LATE_LOOKS and live.failure_reason is None:
        return steps.Wait(f"{live.name} is about to be updated")
    why = live.failure_reason or "SageMaker says no reason"
    return steps.GiveUp(f"SageMaker didn't take the shadow {experiment.shadow.name} out of {live.name}: {why}")


def check_compared(seen: Seen) -> None:
    """Check that what serves is what the shadow was compared with.

    Raises:
        CannotTellError: If it isn't, or nothing was measured yet.
    """
    experiment, live = seen.experiment, seen.live
    if experiment.status == "Created":
        raise CannotTellError(
            f"{experiment.name} begins at {experiment.start:%Y-%m-%d %H:%M} UTC: nothing was measured that could "
            f"promote {experiment.shadow.model}"
        )
    serving = [(one.name, one.model_name) for one in live.production]
    if serving != [(experiment.production.name, experiment.production.model)]:
        names = ", ".join(f"{model} as {name}" for name, model in serving)
        raise CannotTellError(
            f"{live.name} serves {names} now, and {experiment.name} has compared {experiment.shadow.model} with "
            f"{experiment.production.model}: test it beside what serves"
        )
    if experiment.over and live.shadow is not None and not is_retained(experiment, live):
        raise CannotTellError(
            f"{live.name} has the shadow {live.shadow.name}, which isn't that of {experiment.name}: take it out first"
        )


def was_concluded(seen: Seen, past: Past) -> bool:
    """Whether somebody has ended the test since this call was allowed to promote, and not its schedule."""
    experiment = seen.experiment
    early = experiment.completed is None or experiment.completed < experiment.end
    return past.ran and experiment.status == "Completed" and early


def cancelled(seen: Seen) -> str:
    """The sentence about a test that was cancelled, by people or by SageMaker, and can't be promoted."""
    experiment, live = seen.experiment, seen.live
    served = ", ".join(str(one.model_name) for one in live.production)
    out = "" if live.shadow is None else f"; its shadow goes by: shadow-test conclude {live.name} remove"
    return (
        f"{experiment.name} is Cancelled: {experiment.reason or 'SageMaker says no reason'}; so "
        f"{experiment.shadow.model} isn't promoted by it, and {served} serves {live.name}{out}; to promote it, test it "
        "again"
    )


def concluded(seen: Seen) -> str:
    """The sentence about that."""
    experiment, live = seen.experiment, seen.live
    served = ", ".join(str(one.model_name) for one in live.production)
    return (
        f"{experiment.name} was concluded meanwhile (by whom and why, its record says: "
        f"{experiment.reason or 'nothing'}), so {experiment.shadow.model} isn't promoted, and {served} serves "
        f"{live.name}"
    )


def over(seen: Seen, wanted: Wanted, past: Past) -> Step:
    """What is done next about a test that is over, whatever but a promotion is asked for.

    Raises:
        CannotTellError: If it isn't as asked for, and can't become so.
    """
    experiment, live = seen.experiment, seen.live
    shadow = None if live.shadow is None else live.shadow.name
    ended = f"{experiment.name} is {experiment.status}{'' if experiment.reason is None else f': {experiment.reason}'}"
    served = ", ".join(str(one.model_name) for one in live.production)
    if is_promoted(experiment, live, seen.promoted):
        refuse(
            f"{ended}; {experiment.shadow.model} was promoted and serves {live.name}, so there is nothing left to "
            f"{wanted.action}"
        )
    if is_retained(experiment, live):
        if wanted.action == "remove":
            return next_without(seen, past)
        out = f"to take it out: shadow-test conclude {live.name} remove"
        if wanted.action == "retain":
            return steps.Done((ended, f"{shadow} goes on beside production, and is paid for; {out}"))
        refuse(f"{ended}; its shadow {shadow} was retained; {out}")
    if shadow is not None:
        refuse(
            f"{ended}; {live.name} has the shadow {shadow}, which isn't that of this test, and which an update of the "
            "endpoint to a config without it takes out"
        )
    if wanted.action == "retain":
        refuse(f"{ended}; there is no shadow any more that could be retained, {served} serves {live.name} alone")
    if seen.right is not None:
        return Withdraw(seen.right)
    said = [ended, f"{served} serves {live.name}, without a shadow"]
    if past.asked is None and experiment.status != wanted.state:
        said[0] += f" (it was over before, and can't be {wanted.state} any more)"
    if past.remembered:
        said.append(f"what let its stack promote {experiment.shadow.model} is off the record: it can't any more")
    if past.asked != "stop" and wanted.reason is not None:
        said.append("the reason is on no record: SageMaker takes none for a test that is over")
    return steps.Done((*said, *(() if seen.unread is None else (seen.unread,))))
