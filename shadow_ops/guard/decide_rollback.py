"""Before an update that takes a deployment back. It goes through, whatever can't be read. Pure functions.

What holds it up is what SageMaker refuses an update for anyway: an endpoint that is still changing, a config that was
deleted by hand, scaling in the way that can't be taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard import decision
from shadow_ops.guard.beyond import gone_back_to
from shadow_ops.guard.counts import keeps_counts_back, remembered
from shadow_ops.guard.decide_before import ALARM_PATIENCE
from shadow_ops.guard.decision import Decision, Go, Step, Wait, keep_answer
from shadow_ops.guard.direction import fingerprint, goes_to_the_past, is_foreign, is_ours
from shadow_ops.guard.handover import back_to, blocking, close, remembering
from shadow_ops.guard.managed import as_asked
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen, Unread, known, variants


def decide_rollback(request: Request, seen: Seen) -> Decision:
    """Decide about an update that goes back.

    Raises:
        Refusal: If the endpoint is still changing, as long as a custom resource may take; if what it goes back to is
            gone, or scaling would be in the update's way: SageMaker would refuse it, and continuing calls what failed.
    """
    asked, live = request.asked, seen.live
    if isinstance(live, Unread):
        return _blindly(request, seen, f"{live.why}; the rollback is prepared by what is on record")
    if live is None:
        return _go(attributes=keep_answer(keep=False), notes=(f"there is no endpoint {asked.endpoint} any more",))
    if live.status in PASSING_STATES:
        if seen.patient:
            return Wait("endpoint")
        raise Refusal(
            f"{live.name} is still {live.status}, and what it will serve then isn't known; once it is InService, "
            "continue the rollback (aws cloudformation continue-update-rollback)"
        )
    if not is_ours(request, seen):
        note = f"{live.name} is no resource of this stack: it was left alone"
        return _untouched(request, seen, notes=(note,))
    live, record = as_asked(request, live, seen), known(seen.pending, None)
    notes = (
        (f"{seen.pending.why}: scaling is brought back from what is there",) if isinstance(seen.pending, Unread) else ()
    )
    # To a config that was made after the one that serves, nobody goes back, unless people have put an older one there.
    came_from = None if request.old is None else request.old.config
    late = asked.config not in known(seen.keeps, {}) or came_from == live.config.name
    late = late and isinstance(seen.asked, Config) and not goes_to_the_past(seen)
    if record is not None:
        # One that was made again by hand under its name is younger than its deployment, which the record tells.
        late = late and (record.source, record.target) != (asked.config, live.config.name)
        late = late or (record.source, record.target) == (live.config.name, asked.config)
    if asked.config == live.config.name or late:
        # Nothing happened, or this is a request of the deployment that is being taken back, delivered late.
        steps: tuple[Step, ...] = tuple(_where_the_record_is_gone(request, seen, live, record))
        if record is not None and not record.done:
            steps = (*steps, *close(live, seen, record, taken_back=True))
        return _untouched(request, seen, steps, notes)
    if record is not None and record.target == asked.config and is_foreign(live, record):
        note = f"{live.name} serves {live.config.name}, which no deployment of this stack asked for: it was left alone"
        return _untouched(request, seen, notes=(*notes, note))
    requested = seen.asked
    if requested is None:
        raise Refusal(
            f"{asked.config}, the endpoint config that the rollback of {live.name} goes back to, has been deleted, and "
            "SageMaker can't update to it; nothing was touched: create a config of that name again, then continue the "
            "rollback (aws cloudformation continue-update-rollback)"
        )
    if isinstance(requested, Unread):
        return _blindly(request, seen, f"the config {asked.config} can't be read")
    if known(seen.firing, ()) and seen.patient and seen.now - seen.waiting.get("alarms", seen.now) < ALARM_PATIENCE:
        return Wait("alarms")
    return _update_back(request, seen, live, requested, record, notes)


def _where_the_record_is_gone(
    request: Request, seen: Seen, live: LiveEndpoint, record: Pending | None
) -> Iterator[Step]:
    """Give back what may have been taken away: as recorded where that is left, else as the code declares it."""
    damaged = isinstance(seen.pending, Unread) and seen.pending.damaged
    if isinstance(seen.scaled, Unread) or isinstance(seen.recorded, Unread):
        return
    taken = () if record is None or record.done else record.taken
    for name in (one.name for one in variants(live)):
        declared, recorded = request.asked.scaling.get(name), seen.recorded.get(name)
        wanted = (recorded or declared) if damaged else declared if name in taken and recorded is None else None
        if wanted is not None and name not in seen.scaled:
            yield decision.Scale(wanted, None)


def _reached(request: Request, record: Pending | None) -> bool:
    """Whether the endpoint may have been updated since it served what is asked for.

    The last deployment that was let through leads elsewhere; several may, where failures were left without a rollback.
    """
    return record is not None and record.target != request.asked.config


def _untouched(request: Request, seen: Seen, steps: tuple[Step, ...] = (), notes: tuple[str, ...] = ()) -> Go:
    """Answer as before for this config, so that an endpoint that the deployment hasn't reached is not touched.

    One that it may have reached keeps its live counts: where little is known, that is what costs no instance.
    """
    live, config, keeps = known(seen.live, None), request.asked.config, known(seen.keeps, {})
    reached = _reached(request, known(seen.pending, None))
    if (reached or isinstance(seen.pending, Unread)) and (live is None or live.config.name != config):
        # Only what the endpoint has certainly been given is remembered.
        serving = None if live is None else live.config.name
        known_now = remembering(steps, remembered(keeps, serving, config, keep=True)) if reached else steps
        return _go(known_now, keep_answer(keep=True), notes)
    return _go(steps, keep_answer(keep=keeps.get(config, False)), notes)


def _blindly(request: Request, seen: Seen, note: str) -> Go:
    """Take away whatever scales, if it is on record and the endpoint was updated: it could hold the rollback up."""
    record, scaled = known(seen.pending, None), known(seen.scaled, {})
    in_the_way = scaled or (isinstance(seen.scaled, Unread) and _may_scale(request, None))
    if isinstance(seen.pending, Unread) and in_the_way:
        raise Refusal(
            f"{note}; but {seen.pending.why}, and scaling may be in the update's way; once either can be read, "
            "continue the rollback (aws cloudformation continue-update-rollback)"
        )
    if record is None or not _reached(request, record) or not is_ours(request, seen):
        return _untouched(request, seen, notes=(note,))
    if isinstance(seen.scaled, Unread) and _may_scale(request, record):
        raise _scaling_would(seen.scaled)
    if record.source != request.asked.config:
        # It goes back beyond that deployment.
        kept = tuple(_fresh(request, seen, record.target, tuple(scaled), {*scaled, *request.asked.scaling}))
    else:
        on_record = (*record.variants, *record.taken)
        recorded = on_record if isinstance(seen.recorded, Unread) else seen.recorded
        new = [name for name in scaled if name not in recorded or name not in on_record]
        open_again = replace(record, taken=tuple(dict.fromkeys((*record.taken, *scaled))), done=False)
        kept = (*(decision.RecordScaling(scaled[name]) for name in new), decision.SaveRecord(open_again))
    return _untouched(request, seen, (*kept, *_taken_away(seen, record, tuple(scaled), kept)), (note,))


def _taken_away(
    seen: Seen, record: Pending | None, names: tuple[str, ...], kept: tuple[Step, ...]
) -> Iterator[decision.Deregister]:
    """Take scaling out of the update's way, after the steps that put on record what isn't there yet."""
    scaled, recorded = known(seen.scaled, {}), known(seen.recorded, {})
    written = {one.scaled.variant: one.scaled for one in kept if isinstance(one, decision.RecordScaling)}
    for name in names:
        new = name in written or record is None or name not in record.taken
        on_record = written.get(name, recorded.get(name))
        yield decision.Deregister(name, new, vital=True, seen=scaled[name], kept=on_record)


def _update_back(
    request: Request,
    seen: Seen,
    live: LiveEndpoint,
    requested: Config,
    record: Pending | None,
    notes: tuple[str, ...],
) -> Decision:
    if isinstance(seen.scaled, Unread):
        _refuse_where_scaling_would(request, seen.scaled, live, requested, record)
        notes = (*notes, f"{seen.scaled.why}: scaling is left as it is")
    scaled = known(seen.scaled, {})
    taken = blocking(live, requested, scaled)
    keep = keeps_counts_back(live, requested, {*scaled, *request.asked.scaling}, record)
    keeps = remembered(known(seen.keeps, {}), live.config.name, request.asked.config, keep=keep)
    kept = tuple(_record(request, seen, live, requested, record, scaled, taken))
    steps = (*kept, *_taken_away(seen, record, taken, kept))
    return _go(remembering(steps, keeps), keep_answer(keep=keep), notes)


def _refuse_where_scaling_would(
    request: Request, why: Unread, live: LiveEndpoint, requested: Config, record: Pending | None
) -> None:
    """Fail here where SageMaker would refuse: continuing a rollback calls again what has failed, and only that.

    Raises:
        Refusal: If a variant that may scale changes its instance type, or goes.
    """
    if blocking(live, requested, _may_scale(request, record)):
        raise _scaling_would(why)


def _may_scale(request: Request, record: Pending | None) -> set[str]:
    before = {} if request.old is None else request.old.scaling
    return {*request.asked.scaling, *before, *(() if record is None else (*record.variants, *record.taken))}


def _scaling_would(why: Unread) -> Refusal:
    return Refusal(
        f"{why.why}; SageMaker updates the endpoint only once its scaling is out of the way, so continue the rollback "
        "when that is put right (aws cloudformation continue-update-rollback)"
    )


def _record(
    request: Request,
    seen: Seen,
    live: LiveEndpoint,
    requested: Config,
    record: Pending | None,
    scaled: Mapping[str, Scaled],
    taken: tuple[str, ...],
) -> Iterator[Step]:
    recorded, declared = known(seen.recorded, {}), request.asked.scaling
    if record is not None and (record.source == requested.name or record.was == fingerprint(request.asked)):
        # Where somebody's config served before, CloudFormation goes back to the code's all the same.
        record = replace(record, source=requested.name)
        # The scaling from before the deployment is what has to come back, so it isn't written over.
        failed = {} if request.old is None else request.old.scaling
        for name in taken:
            gone = name not in recorded and not isinstance(seen.recorded, Unread)
            if gone or name not in (*record.variants, *record.taken):
                yield decision.RecordScaling(scaled[name])
            elif name in recorded:
                kept = back_to(scaled[name], recorded[name], declared.get(name), failed.get(name))
                yield from (decision.RecordScaling(kept),) if kept != recorded[name] else ()
        # What is gone from the record, but declared, comes back as declared.
        lost = [name for name in record.taken if name not in recorded and name not in scaled and name in declared]
        yield from (decision.RecordScaling(declared[name]) for name in lost)
        yield decision.SaveRecord(replace(record, taken=tuple(dict.fromkeys((*record.taken, *taken))), done=False))
        return
    if isinstance(seen.pending, Unread) and not seen.pending.damaged:
        # What may not be read now is not written over: it is looked at by the next event.
        if taken:
            raise _scaling_would(seen.pending)
        return
    there = {str(one["VariantName"]) for one in (*requested.production, *requested.shadow)}
    yield from _fresh(request, seen, live.config.name, taken, there)


def _fresh(request: Request, seen: Seen, target: str, taken: tuple[str, ...], there: Collection[str]) -> Iterator[Step]:
    """A record of the way back itself, where none tells of what is taken back.

    Args:
        request: The request.
        seen: What was seen.
        target: The config that serves, as far as is known.
        taken: The variants that scale and are taken away.
        there: The variants of the config that is gone back to. Those that scale no more scale as recorded or declared.
    """
    recorded, declared, scaled = known(seen.recorded, {}), request.asked.scaling, known(seen.scaled, {})
    gone = [name for name in {**declared, **recorded} if name in there and name not in scaled]
    yield from (decision.RecordScaling(scaled[name]) for name in taken)
    yield from (decision.RecordScaling(declared[name]) for name in gone if name not in recorded)
    came_to = [one for one in known(seen.history, ()) if one.undone is None and one.to_config == target]
    record = gone_back_to(known(seen.pending, None), request)
    yield decision.SaveRecord(
        Pending(
            id=request.id,
            stack=request.stack,
            started=seen.now,
            source=request.asked.config,
            target=target,
            taken=(*taken, *gone),
            # Whoever had updated the endpoint before to a config of their own had counts that the code never knew.
            counts=record.counts if record is not None and record.target == target else {},
            was="" if record is None else record.was,
            earlier={} if record is None else record.earlier,
            entry=came_to[-1] if came_to else None,
        )
    )


def _go(steps: tuple[Step, ...] = (), attributes: Mapping[str, str] | None = None, notes: tuple[str, ...] = ()) -> Go:
    return Go(steps, attributes or {}, regardless=True, notes=notes)
