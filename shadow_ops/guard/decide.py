"""The guard's decisions: one pure function of a request and of what was seen."""

from __future__ import annotations

from shadow_ops.guard.decide_after import decide_after
from shadow_ops.guard.decide_before import decide_before
from shadow_ops.guard.decide_delete import decide_delete
from shadow_ops.guard.decide_noticed import decide_noticed
from shadow_ops.guard.decide_rollback import decide_rollback
from shadow_ops.guard.decision import Decision, Refuse, Wait
from shadow_ops.guard.direction import is_over, is_rolling_back, refuse_stale
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, in_trouble


def decide(request: Request | None, seen: Seen) -> Decision:
    """Decide.

    Args:
        request: The request of CloudFormation; None for an event.
        seen: The world at one moment, after the last wait.

    Returns:
        What to do. It is carried out at once, or forgotten: after a wait everything is looked at anew.
    """
    if request is None:
        return decide_noticed(seen)
    try:
        if request.kind == "Delete":
            return decide_delete(request, seen)
        if isinstance(seen.stack, str) and is_over(seen.stack):
            refuse_stale(request, seen)
        if seen.patient and in_trouble(seen):
            # Least of all a rollback goes on by half of what there is, if the trouble passes by itself.
            return Wait("services")
        back = is_rolling_back(request, seen) and not (seen.began_forward and isinstance(seen.stack, str))
        if request.asked.step == "after":
            return decide_after(request, seen, taking_back=back)
        return decide_rollback(request, seen) if back else decide_before(request, seen)
    except Refusal as refusal:
        return Refuse(str(refusal))
