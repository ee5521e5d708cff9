"""When an endpoint or its stack changed: give back what a guard that died had taken away. Pure functions."""

from __future__ import annotations

from dataclasses import replace

from shadow_ops.guard.counts import corrections
from shadow_ops.guard.decision import Go
from shadow_ops.guard.direction import is_over, went_beyond
from shadow_ops.guard.handover import close, undo_newer
from shadow_ops.guard.seen import Seen, Unread, known


def decide_noticed(seen: Seen) -> Go:
    """Recover if a deployment is over and left something open.

    One that is under way is left to its own next step, which knows better; one that has failed is left to whoever
    continues it: its resources are not called again, and would meet scaling that is in their way.
    """
    record, live = known(seen.pending, None), known(seen.live, None)
    if record is None or live is None or isinstance(seen.stack, Unread) or not is_over(seen.stack):
        return Go()
    if live.status != "InService":
        return Go()
    if live.config.name not in (record.source, record.target):
        if went_beyond(seen) and known(seen.owned, False) is True:
            # The record has the last failure only; what all of them had promoted the history knows.
            notes = (seen.history.why,) if isinstance(seen.history, Unread) else ()
            return Go(tuple(undo_newer(seen, record.stack, live.config.name)), notes=notes)
        return Go(notes=(f"{live.name} serves with {live.config.name}, which no deployment of this stack asked for",))
    scaled = known(seen.scaled, {})
    undone = live.config.name == record.source != record.target
    back = undone or record.back
    if record.done and undone:
        # Taken back for another resource's sake, and nobody could write it down.
        record = replace(record, done=False, taken=tuple(name for name in record.variants if name not in scaled))
    if record.done or known(seen.owned, False) is not True:
        return Go()
    notes = (f"{live.name}: a deployment left something behind; it is put right",)
    # CloudFormation may have rolled back without calling the step after the update.
    later = {**known(seen.recorded, {}), **scaled}
    counts = corrections(live, record, later, taking_back=True) if back else ()
    return Go((*counts, *close(live, seen, record, taken_back=back)), notes=notes)
