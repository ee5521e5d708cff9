"""After an update: does the config serve that was asked for, and is everything back that was out of the way. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled, tracked
from shadow_ops.guard.beyond import declared_since, gone_back_to, is_beyond
from shadow_ops.guard.counts import corrections
from shadow_ops.guard.decision import Close, Decision, Go, RecordScaling, Refuse, SaveRecord, Scale, Step, Wait
from shadow_ops.guard.direction import fingerprint, is_of, is_ours, refuse_stale
from shadow_ops.guard.handover import close, closed, scaling_after, scaling_steps, undo_since, write_history
from shadow_ops.guard.managed import as_asked
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen, Unread, known, need, variants

# CloudFormation lists what it has just made a moment later.
_LISTING_PATIENCE = datetime.timedelta(minutes=1)


def decide_after(request: Request, seen: Seen, *, taking_back: bool) -> Decision:
    """Decide what is left to do once the endpoint's update is through.

    Args:
        request: The request.
        seen: What was seen.
        taking_back: Whether CloudFormation rolls back. Then nothing that can't be read holds it up.

    Raises:
        Refusal: If what serves isn't what was asked for, or can't be told.
    """
    if not taking_back:
        refuse_stale(request, seen)
        _ = need(seen.live), need(seen.pending), need(seen.scaled), need(seen.recorded)
    live = seen.live
    if isinstance(live, Unread):
        return _reopen(request, seen, f"{live.why}; scaling comes back once it can be read")
    if live is None:
        gone = f"there is no endpoint {request.asked.endpoint} any more; something else than this deployment deleted it"
        if taking_back:
            return _leave(gone)
        raise Refusal(gone)
    if not _is_ours(request, seen, taking_back=taking_back):
        since = seen.waiting.get("ownership", seen.now)
        if seen.patient and seen.now - since < _LISTING_PATIENCE:
            return Wait("ownership")
        sentence = f"{live.name} is no resource of the stack {request.stack_name}: it was left alone"
        if taking_back:
            return _leave(sentence)
        raise Refusal(sentence)
    if live.status in PASSING_STATES and seen.patient:
        return Wait("endpoint")
    live = as_asked(request, live, seen)
    found = known(seen.pending, None)
    record = found if found is not None and request.asked.config in (found.source, found.target) else None
    if taking_back and _moved(request):
        return Go(
            tuple(close(live, seen, record, taken_back=False)) if record and not record.done else (), regardless=True
        )
    record = gone_back_to(record, request) if taking_back else record
    problem = _problem(live, request.asked.config, taking_back=taking_back)
    if problem is not None:
        if live.status != "InService" or record is None:
            return Refuse(problem)
        steps = close(live, seen, record, taken_back=taking_back)
        return Refuse(problem, tuple(_saying(problem, one) if taking_back else one for one in steps))
    if taking_back and live.status not in (*PASSING_STATES, "InService"):
        why = f" ({live.failure_reason})" if live.failure_reason else ""
        return _reopen(request, seen, f"{live.name} is {live.status}{why}; scaling comes back once it is InService")
    if live.status in PASSING_STATES:
        return _leave(f"{live.name} is still {live.status}; its scaling comes back once it is InService")
    return _finish(request, seen, live, record, taking_back=taking_back)


def _saying(problem: str, step: Step) -> Step:
    """A step that closes the record says there what people have to do, for `shadow-test status`."""
    return Close(replace(step.record, lost=(*step.record.lost, problem))) if isinstance(step, Close) else step


def _moved(request: Request) -> bool:
    """Whether another endpoint was to replace this one, which was not touched then."""
    return request.old is not None and request.old.endpoint != request.asked.endpoint


def _is_ours(request: Request, seen: Seen, *, taking_back: bool) -> bool:
    return is_ours(request, seen) if taking_back else need(seen.owned)


def _finish(request: Request, seen: Seen, live: LiveEndpoint, record: Pending | None, *, taking_back: bool) -> Decision:
    new = request.asked.scaling
    same = request.old is not None and request.old.endpoint == request.asked.endpoint
    old = declared_since(record if taking_back else None, request) if same else {}
    # Where CloudFormation's word is missing, the record says whether this is what the deployment came from.
    sure = isinstance(seen.stack, str) or (record is not None and record.was == fingerprint(request.asked))
    its_record = record is not None and not taking_back and is_of(record, request)
    # What is on record is what was before the last of several failures: then it is the code that is gone back to.
    restoring = taking_back and sure and not is_beyond(record, request)
    wanted = scaling_after(live, seen, record, new, old, restoring=restoring, its_record=its_record)
    steps: list[Step] = []
    notes: tuple[str, ...] = ()
    left: tuple[Step, ...] = ()
    if isinstance(seen.scaled, Unread):
        notes = (f"{seen.scaled.why}: scaling is as it is",)
        if taking_back:
            steps += [] if record is None else _gone_from_record(request, seen, record)
            left = tuple(_without_record(request, seen, unrecorded=record is not None))
    else:
        if taking_back and record is not None and not isinstance(seen.recorded, Unread):
            # What is gone from the record is on it before it is put: if that fails, a later event finds it.
            gone = [name for name in wanted if name not in seen.scaled and name not in seen.recorded]
            steps += [RecordScaling(one) for name in gone if (one := wanted[name]) is not None]
        steps += scaling_steps(wanted, seen.scaled, old)
        notes = tuple(_gives_way(wanted, seen, old)) if not taking_back else ()
    if record is None:
        if isinstance(seen.pending, Unread):
            notes = (*notes, f"{seen.pending.why}: what else the deployment changed can't be taken back")
        if taking_back:
            steps += undo_since(seen, request)
        return Go((*steps, *left), regardless=taking_back, notes=notes)
    scaled: dict[str, Scaled] = {name: one for name, one in wanted.items() if one is not None}
    # Counts before scaling, which may begin to change them.
    steps = [*corrections(live, record, scaled, taking_back=taking_back), *steps]
    steps += write_history(live, seen, record, taken_back=taking_back)
    if taking_back:
        steps += undo_since(seen, request)
    steps.append(closed(live, seen, record, taken_back=taking_back))
    return Go((*steps, *left), regardless=taking_back, notes=notes)


def _gives_way(wanted: Mapping[str, Scaled | None], seen: Seen, old: Mapping[str, Scaled]) -> Iterator[str]:
    """What people have put, and the code has now by another name: the service takes one policy for each metric."""
    for name, one in wanted.items():
        if one is None:
            continue
        was = [found[name] for found in (known(seen.scaled, {}), known(seen.recorded, {})) if name in found]
        theirs = {policy: fields for before in was for policy, fields in before.without(old.get(name)).policies.items()}
        for policy, fields in theirs.items():
            mine = [other for other, put in one.policies.items() if tracked(put) == tracked(fields) is not None]
            if mine and policy not in mine:
                yield f"the policy {policy} of {name} gives way to the code's {mine[0]}, which tracks the same metric"


def _reopen(request: Request, seen: Seen, note: str) -> Go:
    """Leave the rest of a rollback to the next event, which finds it in the record; without one do what can be done."""
    if not is_ours(request, seen) or _moved(request):
        return _leave(note)
    record = known(seen.pending, None)
    steps: list[Step] = []
    # One that was taken back to its end is of an earlier deployment.
    if record is not None and record.source == request.asked.config and not (record.done and record.back):
        taken = tuple(dict.fromkeys((*record.taken, *record.variants)))
        steps += [*_gone_from_record(request, seen, record), SaveRecord(replace(record, done=False, taken=taken))]
    steps += _without_record(request, seen, unrecorded=bool(steps))
    steps += undo_since(seen, request)
    return Go(tuple(steps), regardless=True, notes=(note,))


def _gone_from_record(request: Request, seen: Seen, record: Pending) -> Iterator[Step]:
    """Have what scaled, is declared and is gone from the record come back as declared, by the next event."""
    if not isinstance(seen.recorded, Unread):
        for name, one in request.asked.scaling.items():
            if name in (*record.taken, *record.variants) and name not in seen.recorded:
                yield RecordScaling(one)


def _without_record(request: Request, seen: Seen, *, unrecorded: bool) -> Iterator[Step]:
    """Have what is declared, and doesn't scale as far as can be told, scale as recorded, else as declared."""
    recorded, before = known(seen.recorded, {}), {} if request.old is None else request.old.scaling
    # Where nobody can say what scales, what the other deployment didn't declare will have been taken away by it.
    scaled = before if isinstance(seen.scaled, Unread) else seen.scaled
    for name, one in request.asked.scaling.items():
        if name not in scaled:
            yield Scale(recorded.get(name, one), None, unrecorded)


def _leave(note: str) -> Go:
    return Go(regardless=True, notes=(note,))


def _problem(live: LiveEndpoint, asked: str, *, taking_back: bool) -> str | None:
    why = f" ({live.failure_reason})" if live.failure_reason else ""
    if live.status in PASSING_STATES:
        if taking_back:
            return None
        still = f"{live.name} is still {live.status}, as long as this deployment can wait{why}"
        return f"{still}; deploy again when it is InService"
    if live.status == "UpdateRollbackFailed" and taking_back:
        return (
            f"{live.name} is {live.status}{why}: its instances run different configs; have AWS Support bring it back, "
            "then continue the rollback (aws cloudformation continue-update-rollback)"
        )
    if live.config.name != asked and taking_back:
        # CloudFormation would go on to delete the config that serves, and SageMaker updates no endpoint without it.
        return (
            f"SageMaker has rolled the rollback of {live.name} to {asked} back itself: {live.config.name} serves"
            f"{why or '; SageMaker gives no reason, see the endpoint in its console'}; update it by hand (aws "
            f"sagemaker update-endpoint --endpoint-name {live.name} --endpoint-config-name {asked} "
            "--retain-all-variant-properties), and once it is InService continue the rollback (aws cloudformation "
            "continue-update-rollback); skip nothing, or CloudFormation deletes the config that serves"
        )
    if live.status != "InService" and not taking_back:
        return f"{live.name} is {live.status} after the update{why}"
    if live.config.name != asked:
        return (
            f"SageMaker took the update of {live.name} back: the config {asked} was asked for, "
            f"{live.config.name} serves{why or '; SageMaker gives no reason, see the endpoint in its console'}"
        )
    for one in variants(live):
        if one.current_count == 0 and one.desired_count != 0 and not taking_back:
            return f"the variant {one.name} of {live.name} has no instance in service after the update{why}"
    return None
