"""When an endpoint or its stack changed, and every hour: give back what a guard that died had taken away. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from shadow_ops.aws.records import Pending
from shadow_ops.guard.counts import corrections
from shadow_ops.guard.decision import Close, Go, Refuse, SaveRecord, Scale, Step
from shadow_ops.guard.direction import at_rest, went_beyond
from shadow_ops.guard.handover import close, undo_newer
from shadow_ops.guard.seen import Seen, Unread, known, variants


def decide_noticed(seen: Seen) -> Go | Refuse:
    """Recover if a deployment is over and left something open.

    One that is under way is left to its own next step, which knows better; one that has failed is left to whoever
    continues it: its resources are not called again, and would meet scaling that is in their way. A deletion that has
    failed is over: its next try doesn't call again what has answered.

    What can't be read is never taken for nothing to do: it is refused, so that the event comes again.
    """
    record = seen.pending
    if isinstance(seen.stack, str) and not at_rest(seen.stack):
        return Go()
    if isinstance(record, Unread):
        return Refuse(record.why)
    if record is None:
        return Go()
    for read in (seen.stack, seen.live, seen.owned):
        if isinstance(read, Unread):
            # A rollback was continued past the endpoint, whose config is gone.
            return _as_recorded(seen, record, read.serving, read.why) if read.serving else Refuse(read.why)
    live = known(seen.live, None)
    if live is None or live.status != "InService":
        return Go()
    if went_beyond(seen) and known(seen.owned, False) is True:
        # The record has the last failure only; what all of them had promoted the history knows.
        if isinstance(seen.history, Unread):
            return Refuse(seen.history.why)
        return Go(tuple(undo_newer(seen, record.stack, live.config.name)))
    if live.config.name not in (record.source, record.target):
        other = f"{live.name} serves with {live.config.name}, which no deployment of this stack asked for"
        return _as_recorded(seen, record, [one.name for one in variants(live)], other)
    scaled = known(seen.scaled, {})
    undone = live.config.name == record.source != record.target
    back = undone or record.back
    opened: tuple[Step, ...] = ()
    if record.done and undone:
        # Taken back for another resource's sake, and nobody could write it down. Once one scales by half, only the
        # record tells.
        record = replace(record, done=False, taken=tuple(name for name in record.variants if name not in scaled))
        opened = (SaveRecord(record),)
    if record.done or known(seen.owned, False) is not True:
        return Go()
    notes = (f"{live.name}: a deployment left something behind; it is put right",)
    # CloudFormation may have rolled back without calling the step after the update.
    later = {**known(seen.recorded, {}), **scaled}
    counts = corrections(live, record, later, taking_back=True) if back else ()
    steps = (*opened, *counts, *close(live, seen, record, taken_back=back))
    unread = [one for one in (seen.scaled, seen.recorded) if isinstance(one, Unread)]
    return Refuse(unread[0].why, steps) if unread else Go(steps, notes=notes)


def _as_recorded(seen: Seen, record: Pending, serving: Collection[str], why: str) -> Go | Refuse:
    """Give back what was taken away, whatever serves now: somebody's config, or one that is gone."""
    if record.done or not record.taken or seen.owned in (False, None):
        return Go(notes=(why,))
    for read in (seen.owned, seen.scaled, seen.recorded):
        if isinstance(read, Unread):
            return Refuse(read.why)
    recorded, scaled = known(seen.recorded, {}), known(seen.scaled, {})
    back = (recorded[name] for name in record.taken if name in serving and name in recorded)
    steps = [Scale(one if (now := scaled.get(one.variant)) is None else now.over(one), now) for one in back]
    over = replace(record, taken=(), done=not record.surplus, lost=(*record.lost, why))
    return Go((*steps, Close(over)), notes=(why,))
