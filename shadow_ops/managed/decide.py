"""What is done next to conclude a managed test: a pure function of what was seen, asked again after each step."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed import steps
from shadow_ops.managed.meanwhile import check_undone, is_outdated
from shadow_ops.managed.steps import Past, Seen, Step, Wanted
from shadow_ops.managed.stopping import LATE_LOOKS, serving_on, stop_request


def next_step(
    seen: Seen,
    wanted: Wanted,
    past: Past = Past(),  # noqa: B008 - a frozen value
    further: steps.Further | None = None,
) -> Step:
    """What is done next.

    Args:
        seen: What was seen.
        wanted: What somebody asks for.
        past: What this call has come to.
        further: What only people ask for; a function of ours has none, and can't promote.

    Raises:
        CannotTellError: If what is asked for can't be done; this call has changed nothing yet.
    """
    experiment, live = seen.experiment, seen.live
    if seen.unread is not None and wanted.action != "cancel":
        refuse(seen.unread)
    if experiment.status not in ("Created", "Running", "Completed", "Cancelled"):
        return steps.Wait(f"{experiment.name} is {experiment.status}")
    if live.status in ("Failed", "UpdateRollbackFailed", "OutOfService"):
        refuse(f"the endpoint {live.name} is {live.status}: {live.failure_reason or 'SageMaker says no reason'}")
    if live.status != "InService":
        return steps.Wait(f"{live.name} is {live.status}")
    if past.asked == "stop" and experiment.status == "Running":
        if past.looks < LATE_LOOKS:
            return steps.Wait(f"{experiment.name} is about to end")
        why = experiment.reason or "SageMaker says no reason"
        sentence = f"SageMaker was asked to end {experiment.name}, and it is {experiment.status} still: {why}"
        return back(seen, past, None if wanted.action == "promote" else sentence)
    if is_outdated(seen):
        return steps.Forget()
    if wanted.action == "promote":
        assert further is not None
        return further.promote(seen, wanted, past)
    if seen.kept is not None and not past.restored:
        # A promotion was broken off: what it took away is put back before anything else.
        return restore(seen)
    if seen.kept is not None:
        return steps.Forget()
    if experiment.status == "Created":
        if wanted.action == "cancel":
            return steps.Delete(experiment.name)
        refuse(
            f"{experiment.name} begins at {experiment.start:%Y-%m-%d %H:%M} UTC: until then it can be cancelled, by "
            f"shadow-test conclude {live.name} cancel"
        )
    if experiment.over:
        if further is not None:
            return further.over(seen, wanted, past)
        left = "" if live.shadow is None else f"; {live.name} has the shadow {live.shadow.name}"
        said = f"{experiment.name} is {experiment.status}: {experiment.reason or 'no reason is said'}{left}"
        return steps.Done((said, *(() if seen.unread is None else (seen.unread,))))
    check_undone(seen, wanted)
    if wanted.action == "retain" and seen.ours:
        refuse(
            f"a stack of this library owns {live.name}, knows of no shadow that stays, and couldn't be deployed beside "
            "one: conclude with promote or remove; for a shadow that goes on, deploy a ShadowTestStack of the test"
        )
    if wanted.action != "retain" and experiment.shadow.name in seen.scaled:
        return steps.Deregister(experiment.shadow.name)
    return steps.Stop(stop_request(experiment, wanted, serving_on(experiment, live)))


def restore(seen: Seen) -> Step:
    """Scaling that was taken away goes back to production."""
    assert seen.kept is not None
    name = seen.live.production[0].name
    return steps.Restore(replace(seen.kept.scaled, variant=name))


def back(seen: Seen, past: Past, sentence: str | None = None) -> Step:
    """What was asked for didn't come: scaling goes back, then it is said."""
    if seen.kept is not None:
        return steps.Forget() if past.restored else restore(seen)
    if sentence is not None:
        return steps.GiveUp(sentence)
    why = seen.live.failure_reason or seen.experiment.reason or "SageMaker says no reason"
    served = ", ".join(str(one.model_name) for one in seen.live.production)
    return steps.GiveUp(
        f"SageMaker didn't promote {seen.experiment.shadow.model}, {served} serves {seen.live.name}: {why}"
    )


def refuse(sentence: str) -> NoReturn:
    """Say why it can't be done."""
    raise CannotTellError(sentence)
