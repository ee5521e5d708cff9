"""When a step took longer than the lock: what it did after somebody else was through is put right. Pure functions.

No service takes a call on the condition that a lock is still had, so a call that was on its way may come through once
another request, a rollback above all, has looked at the endpoint and gone.
"""

from __future__ import annotations

from dataclasses import replace

from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.counts import corrections
from shadow_ops.guard.decide_noticed import decide_noticed
from shadow_ops.guard.decision import (
    AddEntry,
    Deregister,
    Go,
    Prove,
    SaveRecord,
    Scale,
    SetCounts,
    Step,
    Trim,
    UndoEntry,
)
from shadow_ops.guard.direction import is_over
from shadow_ops.guard.handover import scaling_steps
from shadow_ops.guard.seen import Seen, known


def decide_overtaken(step: Step, seen: Seen) -> Go:
    """Decide what must be put right.

    Args:
        step: The last step that was begun.
        seen: What was seen since, with the lock.
    """
    live, record = known(seen.live, None), known(seen.pending, None)
    match step:
        case AddEntry(entry) if live is not None and live.config.name != entry.to_config:
            return Go((UndoEntry(entry.id, seen.now, there=True),))
        case Deregister() | Trim() | SetCounts() if record is not None:
            # Whoever is at it puts right what the record says is open; if the stack is at rest, it is done here.
            opened = replace(record, done=False, taken=tuple(dict.fromkeys((*record.taken, *_taken(step)))))
            noticed = decide_noticed(replace(seen, pending=opened))
            return Go((SaveRecord(opened), *noticed.steps))
        case Scale() | Prove() if (
            live is not None and record is not None and record.back and is_over(known(seen.stack, ""))
        ):
            scaled, before = known(seen.scaled, {}), known(seen.recorded, {})
            put = {one.variant: one for one in (step.live if isinstance(step, Prove) else (step.wanted,))}
            as_before = {name: before.get(name) if name in record.variants else None for name in put}
            back = scaling_steps(as_before, scaled, put)
            return Go((*back, *corrections(live, record, {**scaled, **before}, taking_back=True)))
        case _:
            return Go()


def _taken(step: Deregister | Trim | SetCounts) -> tuple[str, ...]:
    match step:
        case Deregister(variant) | Trim(live=Scaled(variant=variant)):
            return (variant,)
        case _:
            return ()
