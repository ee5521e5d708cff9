"""When one of the guard's resources is deleted: leave nothing of ours, break nothing, never stand in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.records import Pending, is_aside
from shadow_ops.guard.counts import corrections
from shadow_ops.guard.decision import Decision, Deregister, Forget, Go, Prove, RecordScaling, SaveRecord, Step, Wait
from shadow_ops.guard.direction import fingerprint, goes, is_over
from shadow_ops.guard.handover import closed, give_back, scaling_after, scaling_steps, write_history
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread, in_trouble, known, variants


def decide_delete(request: Request, seen: Seen) -> Decision:
    """Decide what to clean up. The history stays in any case, and so does whatever isn't this stack's.

    - The stack goes: scaling that the code declares is recorded and deregistered before the endpoint goes, because
      whoever deletes the endpoint may lack the right to. If the endpoint is still there afterwards, the stack retained
      it, and its scaling is given back.
    - The stack stays, and the guard was taken out of the template: what is still taken away is given back, and what
      the code declared ends, unless the stack scales it by resources of its own.
    - The stack stays, and a deployment in which the guard was new is taken back: counts and scaling are as before it.
    - The stack stays, and has another guard for the endpoint: all is left to that one.
    """
    if seen.patient and in_trouble(seen):
        # Nobody comes later who would do what can't be done now.
        return Wait("services")
    if request.asked.step == "after":
        # Once the stack has gone this is a copy, and nobody would give back what it takes away.
        going = isinstance(seen.stack, str) and goes(seen.stack) and not is_over(seen.stack)
        return _before_the_endpoint_goes(request, seen) if going else Go(regardless=True)
    return _last_of_all(request, seen)


def _before_the_endpoint_goes(request: Request, seen: Seen) -> Decision:
    live, scaled, before = known(seen.live, None), known(seen.scaled, {}), known(seen.pending, None)
    ours = [name for name in scaled if name in request.asked.scaling]
    if all(name.endswith("/lock") or is_aside(name) for name in known(seen.own_records, ())):
        # A copy that came after the end: the records are forgotten already, and with them what was taken away.
        return Go(regardless=True)
    if live is None or known(seen.owned, False) is not True or not ours or isinstance(seen.pending, Unread):
        return Go(regardless=True)
    # What a first try of this request had taken away already is on record, and stays there.
    gone = before.taken if before is not None and before.id == request.id else ()
    record = Pending(
        id=request.id,
        stack=request.stack,
        started=seen.now,
        source=live.config.name,
        target=live.config.name,
        variants=tuple(dict.fromkeys((*gone, *ours))),
        taken=tuple(dict.fromkeys((*gone, *ours))),
        counts={one.name: one.desired_count for one in variants(live) if one.desired_count is not None},
    )
    steps: list[Step] = [RecordScaling(scaled[name]) for name in ours]
    # Not regardless: what isn't on record, or could not be given back to an endpoint that stays, isn't taken away.
    proof = Prove(tuple(scaled[name] for name in ours))
    return Go((*steps, proof, SaveRecord(record), *(Deregister(name) for name in ours)))


def _last_of_all(request: Request, seen: Seen) -> Decision:
    for read in (seen.live, seen.heir):
        if isinstance(read, Unread):
            # Whether it still serves, or is guarded, isn't known; records that stay hurt nobody.
            return Go(regardless=True, notes=(f"{read.why}; the guard's records were left",))
    live, record = known(seen.live, None), known(seen.pending, None)
    steps: list[Step] = []
    if live is None and record is not None and record.done:
        # What was given back once the endpoint could not be deleted would outlive it.
        steps = [Deregister(name) for name in record.variants if name in request.asked.scaling]
    if live is not None and live.status not in ("Deleting", "Failed"):
        if isinstance(seen.recorded, Unread) and record is not None and record.taken:
            return Go(regardless=True, notes=(f"{seen.recorded.why}; the guard's records were left",))
        if isinstance(seen.stack, str) and not goes(seen.stack) and known(seen.owned, False):
            back = "ROLLBACK" in seen.stack
            if seen.heir is True and not back:
                return Go(regardless=True)
            steps = [*(_as_before(request, seen, live, record) if back else _ended(request, seen, live, record))]
        elif record is not None and not record.done and live.config.name in (record.source, record.target):
            # This is the endpoint that was recorded, and not one that somebody else has made since.
            steps = [*give_back(live, seen, record)]
    # Not regardless: records are forgotten once what they hold is given back.
    return Go(tuple(steps) if seen.heir is True else (*steps, Forget(known(seen.own_records, ()))))


def _as_before(request: Request, seen: Seen, live: LiveEndpoint, record: Pending | None) -> Iterator[Step]:
    """Take back what the deployment did that made this resource; whatever came before it isn't this resource's."""
    made_it = record is not None and record.was == fingerprint(None) and record.target == request.asked.config
    if record is None or not made_it or isinstance(seen.scaled, Unread):
        return
    # Where somebody's config served before, CloudFormation goes back to the code's, which is on no record.
    if record.entry is not None and live.config.name == record.target:
        return
    declared = request.asked.scaling
    wanted = scaling_after(live, seen, record, {}, declared, restoring=True)
    scaled = {name: one for name, one in wanted.items() if one is not None}
    yield from corrections(live, record, scaled, taking_back=True)
    yield from scaling_steps(wanted, seen.scaled, declared)
    yield from write_history(live, seen, record, taken_back=True)
    yield closed(live, seen, record, taken_back=True)


def _ended(request: Request, seen: Seen, live: LiveEndpoint, record: Pending | None) -> Iterator[Step]:
    """End the scaling that the code declared; what people added, and what CloudFormation scales by now, goes on."""
    if isinstance(seen.scaled, Unread) or isinstance(seen.native, Unread):
        return
    native, declared = seen.native, request.asked.scaling
    still = {name: one for name, one in declared.items() if name in native}
    open_record = None if record is None or record.done else record
    yield from scaling_steps(
        scaling_after(live, seen, open_record, still, declared, restoring=False), seen.scaled, declared
    )
