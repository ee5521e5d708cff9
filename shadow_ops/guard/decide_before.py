"""Before an update: may it go on, and what must be out of its way. Pure functions.

Nothing is touched before everything that may refuse has been asked, and nothing is deregistered before it is recorded.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.history import Entry
from shadow_ops.aws.records import Pending, scaling_name
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard import decision
from shadow_ops.guard.asking import consent, policy_of
from shadow_ops.guard.beyond import earlier
from shadow_ops.guard.change import classify, entry_of, refuse_other_models
from shadow_ops.guard.counts import in_code, keeps_live_counts, remembered
from shadow_ops.guard.decision import AskGate, Decision, Go, Step, Wait, keep_answer
from shadow_ops.guard.direction import fingerprint, refuse_stale
from shadow_ops.guard.handover import blocking, blocking_back, give_back, history_so_far, remembering, write_history
from shadow_ops.guard.managed import as_asked, measured, refuse_before_a_test, refuse_while_tested
from shadow_ops.guard.on_record import Why, refuse_demotion, why
from shadow_ops.guard.ready import refuse_not_ours, refuse_two_owners, refuse_unless_ready
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.renamed import refuse_lossy_rename
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen, known, need, variants
from shadow_ops.guard.served import labels
from shadow_ops.guard.unfit import past, refuse_past, refuse_unfit

ALARM_PATIENCE = datetime.timedelta(minutes=3)
"""How long an alarm is waited for. One that is pointed at a new fleet keeps its state until it is looked at again (API
operation PutMetricAlarm), up to a minute later: whoever goes back because production fails must not be taken back by
that very failure."""


def decide_before(request: Request, seen: Seen) -> Decision:
    """Decide about an update that goes forward.

    Raises:
        Refusal: If it must not go on; nothing is touched then.
    """
    need(seen.stack)
    refuse_stale(request, seen)
    refuse_unfit(request.asked, request.old)
    live = need(seen.live)
    if live is None:
        return _first_creation(request, seen)
    refuse_not_ours(request, seen, live)
    if live.status in PASSING_STATES and seen.patient:
        return Wait("endpoint")
    refuse_two_owners(request, need(seen.native))
    refuse_unless_ready(live)
    refuse_while_tested(request, live, known(seen.pending, None))
    refuse_before_a_test(request, live, need(seen.tested))
    serves, live = live.config.name, as_asked(request, live, seen)
    record = need(seen.pending)
    if request.asked.config == live.config.name:
        other = f"{live.name} serves {serves}, which the code doesn't know; this deployment leaves that as it is"
        decision = _unchanged(request, seen, live, record)
        return decision if serves == live.config.name else replace(decision, notes=(*decision.notes, other))
    requested = need(seen.asked)
    if requested is None:
        raise Refusal(
            f"the endpoint config {request.asked.config} that {live.name} shall serve isn't there; deploy again"
        )
    return _update(request, seen, live, requested, record)


def _first_creation(request: Request, seen: Seen) -> Decision:
    asked, old = request.asked, request.old
    if request.kind == "Update" and old is not None and old.endpoint == asked.endpoint:
        raise Refusal(
            f"there is no endpoint {asked.endpoint} any more: something else than the stack {request.stack_name} "
            "deleted it, and CloudFormation can't update what isn't there; delete the stack, then deploy it again"
        )
    if asked.promotion:
        raise Refusal(
            f"there is no endpoint {asked.endpoint}, so no shadow test is running on it; "
            "deploy its ShadowTestStack first"
        )
    if request.kind == "Update":
        refuse_other_models(request, need(seen.left), need(seen.asked))
    refuse_past(request, seen)
    record = Pending(
        id=request.id, stack=request.stack, started=seen.now, source=asked.config, target=asked.config, done=True
    )
    return Go(remembering((decision.SaveRecord(record),), {asked.config: False}), keep_answer(keep=False))


def _unchanged(request: Request, seen: Seen, live: LiveEndpoint, record: Pending | None) -> Go:
    """The config serves already: scaling may change, which the next step does and a rollback takes back."""
    keeps, config = need(seen.keeps), live.config.name
    if request.kind == "Update" and config not in keeps:
        raise Refusal(
            f"what was answered for {live.name}'s config {config} about live counts is gone (the parameters state and "
            "pending below /shadow-test were deleted), and another answer would have CloudFormation update the "
            "endpoint to the config that it has; change what it serves in the same deployment, such as a count"
        )
    refuse_past(request, seen)
    # Where the guard is new, the endpoint's update may come all the same, with the config that it has.
    keep = keeps.get(config, True)
    steps = [*_record(request, seen, live, record)]
    if record is not None and record.taken and not record.done:
        steps += give_back(live, seen, record)
        saved = [one.record for one in steps if isinstance(one, decision.SaveRecord)]
        steps += [decision.Close(replace(one, taken=(), done=True)) for one in saved]
    return Go(remembering(tuple(steps), remembered(keeps, config, config, keep=keep)), keep_answer(keep=keep))


def _update(request: Request, seen: Seen, live: LiveEndpoint, requested: Config, record: Pending | None) -> Decision:
    asked = request.asked
    history = history_so_far(live, seen, record)
    before = known(seen.left, None)
    configs = (live.config, requested, *(() if before is None else (before,)))
    # Without a test and without a promotion nothing can be brought to users, or brought back.
    contents = need(seen.contents) if live.config.shadow or history or asked.promotion else known(seen.contents, {})
    named = labels(request, configs, history)
    change = classify(asked, live, requested, history, named, contents, measured(seen, live, request))
    reason = why(request, seen, live, change)
    refuse_demotion(request, change, reason)
    if change.kind != "rollback":
        refuse_past(request, seen)
    scaled = _scaled(seen, record)
    scaling = {*scaled, *asked.scaling}
    initial = _initial(request, seen, live)
    refuse_lossy_rename(asked, request.old, live, requested, scaled, initial)
    gate = None
    if change.kind == "promotion":
        policy = policy_of(asked)
        if not policy.enforced:
            gate, reason = f"not enforced: {policy.not_enforced_because}", Why()
        elif live.shadow is None and reason.record is not None:
            # Measured by a managed test, whose verdict is what lies on record.
            gate = reason.text
        elif seen.judged is None:
            return AskGate()
        else:
            gate, reason = consent(asked, seen.judged, reason)
    notes: tuple[str, ...] = ()
    firing = need(seen.firing)
    if firing:
        if seen.patient and seen.now - seen.waiting.get("alarms", seen.now) < ALARM_PATIENCE:
            return Wait("alarms")
        names = ", ".join(firing)
        if change.kind != "rollback" and asked.rollback is None:
            raise Refusal(
                f"SageMaker would take the update of {asked.endpoint} back at once, because {names} is in ALARM; "
                "wait until it is OK, or leave it out of the guardrails (Guardrails.alarm_names), then deploy again"
            )
        if asked.rollback is None:
            raise Refusal(
                f"SageMaker would roll this rollback of {asked.endpoint} back at once, because {names} is in ALARM, "
                'and a reason on record would be used up for it; deploy with -c rollback="reason", which leaves your '
                "own alarms out of that update, or wait until it is OK; nothing was touched"
            )
        notes = (f"{names} is in ALARM; going back all the same, though SageMaker may take this update back for it",)
    notes = (*notes, *past(asked, request.old, seen))
    keep = keeps_live_counts(live, requested, scaling, initial)
    taken = blocking(live, requested, scaled)
    if request.kind == "Create":
        _refuse_no_way_back(live, {*taken, *blocking_back(live, requested, scaling)})
    notes = (*notes, *_unneeded(asked, change.kind, gate, alarms=firing))
    entry = entry_of(change, request, live.config.name, seen.now, gate, reason.text)
    if entry is not None:
        entry = replace(entry, reason_by=reason.by)
    there = tuple(one for name, one in need(seen.scaled).items() if name in taken)
    steps = (
        *reason.taken(request),
        *_record(request, seen, live, record, target=asked.config, keep=keep, taken=taken, entry=entry),
        *((decision.Prove(there),) if there else ()),
        *(decision.Deregister(one.variant) for one in there),
    )
    # A guard that is new takes what serves for the code's.
    known_now = {**need(seen.keeps), **({live.config.name: keep} if request.kind == "Create" else {})}
    keeps = remembered(known_now, live.config.name, asked.config, keep=keep)
    return Go(remembering(steps, keeps), keep_answer(keep=keep), notes=notes)


def _unneeded(asked: Asked, kind: str, gate: str | None, *, alarms: Collection[str]) -> Iterator[str]:
    """What to say of a reason that came with the deployment and wasn't asked for: nothing else keeps it."""
    if asked.rollback is not None and kind != "rollback" and not alarms:
        yield f"nothing is taken back, so the reason for a rollback isn't in the history: {asked.rollback}"
    if asked.override is not None and (gate is None or not gate.startswith("overruled: ")):
        why = "nothing is promoted" if gate is None else f"the gate says {gate}"
        yield f"{why}, so the reason to overrule it isn't in the history: {asked.override}"


def _refuse_no_way_back(live: LiveEndpoint, names: Collection[str]) -> None:
    """Refuse what CloudFormation could not take back without the guard, which it made in this very deployment."""
    if names:
        raise Refusal(
            f"the guard is new on {live.name}, so CloudFormation wouldn't ask it on a way back, and SageMaker would "
            f"refuse to go back while {' and '.join(sorted(names))} scales; first deploy the guard alone, then this "
            "change"
        )


def _scaled(seen: Seen, record: Pending | None) -> Mapping[str, Scaled]:
    """How the variants scale; what a guard that died had taken away counts as if it were there."""
    scaled = need(seen.scaled)
    if record is None or record.done:
        return scaled
    missing = {name: one for name, one in need(seen.recorded).items() if name in record.taken}
    return {**missing, **{name: one.over(missing.get(name)) for name, one in scaled.items()}}


def _initial(request: Request, seen: Seen, live: LiveEndpoint) -> dict[str, int]:
    # Where a deployment failed and was left so, what serves is what the code asked for before that one.
    old, ours = request.old, {live.config.name} & {*known(seen.keeps, {})}
    return in_code(live, seen.left, other=old is not None and old.config != live.config.name and not ours)


def _record(
    request: Request,
    seen: Seen,
    live: LiveEndpoint,
    before: Pending | None,
    *,
    target: str | None = None,
    keep: bool = False,
    taken: tuple[str, ...] = (),
    entry: Entry | None = None,
) -> Iterator[Step]:
    """Put on record what is there, and what an earlier deployment that never ended came to."""
    scaled = _scaled(seen, before)
    open_before = None if before is None or before.done else before
    if open_before is not None:
        yield from write_history(live, seen, open_before, taken_back=False)
    # The scaling first: the record that names it must never be without it.
    yield from (decision.RecordScaling(one) for one in scaled.values())
    stale = [name for name in need(seen.recorded) if name not in scaled]
    if stale:
        yield decision.Forget(tuple(scaling_name(live.name, name) for name in stale))
    counts = {one.name: one.desired_count for one in variants(live) if one.desired_count is not None}
    still = () if open_before is None else tuple(name for name in open_before.taken if name in scaled)
    yield decision.SaveRecord(
        Pending(
            id=request.id,
            stack=request.stack,
            started=seen.now,
            source=live.config.name,
            target=live.config.name if target is None else target,
            variants=tuple(scaled),
            taken=tuple(dict.fromkeys((*still, *taken))),
            counts=counts,
            initial=_initial(request, seen, live),
            keep=keep,
            was=fingerprint(request.old),
            earlier=earlier(before, request, counts),
            entry=entry,
            # Where nothing is taken away and nothing else will serve, there is nothing to finish.
            done=target is None and not still,
        )
    )
