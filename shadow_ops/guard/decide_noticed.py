"""When an endpoint or its stack changed: give back what a guard that died had taken away. Pure functions."""

from __future__ import annotations

from dataclasses import replace

from shadow_ops.aws.records import Pending
from shadow_ops.guard.counts import corrections
from shadow_ops.guard.decision import Close, Go, Refuse, Scale
from shadow_ops.guard.direction import is_over, went_beyond
from shadow_ops.guard.handover import close, undo_newer
from shadow_ops.guard.seen import Seen, Unread, known


def decide_noticed(seen: Seen) -> Go | Refuse:
    """Recover if a deployment is over and left something open.

    One that is under way is left to its own next step, which knows better; one that has failed is left to whoever
    continues it: its resources are not called again, and would meet scaling that is in their way. A deletion that has
    failed is over: its next try doesn't call again what has answered.

    What can't be told for now, or is open and can't be told at all, is refused, so that the event comes again.
    """
    record = seen.pending
    if isinstance(seen.stack, str) and not (is_over(seen.stack) or seen.stack == "DELETE_FAILED"):
        return Go()
    if isinstance(record, Unread):
        return _later(record, None)
    if record is None:
        return Go()
    for read in (seen.stack, seen.live, seen.owned):
        if isinstance(read, Unread):
            return _without_config(seen, record, read) if read.serving else _later(read, record)
    live = known(seen.live, None)
    if live is None or live.status != "InService":
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
    steps = (*counts, *close(live, seen, record, taken_back=back))
    unread = [one for one in (seen.scaled, seen.recorded) if isinstance(one, Unread) and not one.damaged]
    return Refuse(unread[0].why, steps) if unread else Go(steps, notes=notes)


def _later(read: Unread, record: Pending | None) -> Go | Refuse:
    """Have the event come again, if that may help."""
    again = read.passing or (not read.damaged and (record is None or not record.done))
    return Refuse(read.why) if again else Go(notes=(read.why,))


def _without_config(seen: Seen, record: Pending, live: Unread) -> Go | Refuse:
    """Give back what was taken away to variants whose config is gone: a rollback was continued past the endpoint."""
    for read in (seen.owned, seen.scaled, seen.recorded):
        if isinstance(read, Unread):
            return _later(read, record)
    if record.done or seen.owned is not True:
        return Go()
    recorded, scaled = known(seen.recorded, {}), known(seen.scaled, {})
    back = (recorded[name] for name in record.taken if name in live.serving and name in recorded)
    steps = [Scale(one if (now := scaled.get(one.variant)) is None else now.over(one), now) for one in back]
    return Go((*steps, Close(replace(record, taken=(), done=True, lost=(*record.lost, live.why)))), notes=(live.why,))
