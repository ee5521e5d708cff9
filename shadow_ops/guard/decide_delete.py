"""When one of the guard's resources is deleted: leave nothing of ours, break nothing, never stand in the way. Pure."""

from __future__ import annotations

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.records import Pending, is_aside
from shadow_ops.guard.decision import Decision, Deregister, Forget, Go, Prove, RecordScaling, SaveRecord, Step
from shadow_ops.guard.direction import goes, is_over
from shadow_ops.guard.handover import give_back
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread, known, variants


def decide_delete(request: Request, seen: Seen) -> Decision:
    """Decide what to clean up. The history stays in any case, and so does whatever isn't this stack's.

    - The stack goes: scaling that the code declares is recorded and deregistered before the endpoint goes, because
      whoever deletes the endpoint may lack the right to. If the endpoint is still there afterwards, the stack retained
      it, and its scaling is given back.
    - The stack stays, so only the guard was taken out of the template, or another endpoint replaced this one: the
      endpoint keeps scaling, and what is still taken away is given back.
    """
    if request.asked.step == "after":
        # Once the stack has gone this is a copy, and nobody would give back what it takes away.
        going = isinstance(seen.stack, str) and goes(seen.stack) and not is_over(seen.stack)
        return _before_the_endpoint_goes(request, seen) if going else Go(regardless=True)
    return _last_of_all(seen)


def _before_the_endpoint_goes(request: Request, seen: Seen) -> Decision:
    live, scaled = known(seen.live, None), known(seen.scaled, {})
    ours = [name for name in scaled if name in request.asked.scaling]
    if all(name.endswith("/lock") or is_aside(name) for name in seen.own_records):
        # A copy that came after the end: the records are forgotten already, and with them what was taken away.
        return Go(regardless=True)
    if live is None or known(seen.owned, False) is not True or not ours or isinstance(seen.pending, Unread):
        return Go(regardless=True)
    record = Pending(
        id=request.id,
        stack=request.stack,
        started=seen.now,
        source=live.config.name,
        target=live.config.name,
        variants=tuple(ours),
        taken=tuple(ours),
        counts={one.name: one.desired_count for one in variants(live) if one.desired_count is not None},
    )
    steps: list[Step] = [RecordScaling(scaled[name]) for name in ours]
    # Not regardless: what isn't on record, or could not be given back to an endpoint that stays, isn't taken away.
    return Go((*(Prove(scaled[name]) for name in ours), *steps, SaveRecord(record), *(Deregister(n) for n in ours)))


def _last_of_all(seen: Seen) -> Decision:
    if isinstance(seen.live, Unread):
        # Whether it still serves isn't known; records that stay hurt nobody.
        return Go(regardless=True, notes=(f"{seen.live.why}; the guard's records were left",))
    record = known(seen.pending, None)
    steps: list[Step] = []
    if seen.live is not None and record is not None and not record.done and _is_the_same(seen.live, record):
        if record.taken and isinstance(seen.recorded, Unread):
            return Go(regardless=True, notes=(f"{seen.recorded.why}; the guard's records were left",))
        steps = [*give_back(seen.live, seen, record)]
    # Not regardless: records are forgotten once what they hold is given back.
    return Go((*steps, Forget(seen.own_records)))


def _is_the_same(live: LiveEndpoint, record: Pending) -> bool:
    """Whether this endpoint is the one that was recorded, and not one that somebody else has made since."""
    return live.status not in ("Deleting", "Failed") and live.config.name in (record.source, record.target)
