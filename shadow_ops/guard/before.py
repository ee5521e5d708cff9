"""Before the update: may it go on, and what must be out of its way.

Nothing is touched before everything that may refuse has been asked, and nothing is deregistered before it is recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from shadow_ops.aws import records
from shadow_ops.aws.endpoint import Config, LiveEndpoint, describe_config
from shadow_ops.aws.records import Entry, Pending, RecordTooLargeError
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard import endpoint as endpoints
from shadow_ops.guard.alarms import still_firing
from shadow_ops.guard.asking import ask
from shadow_ops.guard.change import Change, classify, refuse_demotion
from shadow_ops.guard.context import Context, give_back, is_rolling_back, write_history
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request

LOG = logging.getLogger(__name__)


def before(context: Context, request: Request) -> dict[str, str]:
    """Let an update through, or not.

    Returns:
        The attributes of the resource: ``KeepLiveCounts``, which the endpoint takes as RetainAllVariantProperties.

    Raises:
        Refusal: If it must not go on; nothing was changed then.
        ClientError: If a call is refused.
    """
    pending = context.pending()
    taking_back = is_rolling_back(context.clients, request, pending)
    try:
        live = endpoints.settled(context.clients, context.clock, context.endpoint)
        if live is None:
            return _first_creation(context, request, taking_back=taking_back)
        if taking_back:
            return _let_roll_back(context, request, live, pending)
    except Exception:
        if not taking_back:
            raise
        # A rollback that is refused leaves the stack stuck; the record stays open, and the next run recovers from it.
        LOG.exception("CloudFormation rolls back: going on regardless")
        return _attributes(keep=False)
    endpoints.refuse_unless_ready(live)
    return _let_update(context, request, live, pending)


def _first_creation(context: Context, request: Request, *, taking_back: bool) -> dict[str, str]:
    if request.asked.promotion and not taking_back:
        raise Refusal(
            f"there is no endpoint {context.endpoint}, so no shadow test is running on it; "
            "deploy its ShadowTestStack first"
        )
    records.forget(context.clients.ssm, context.endpoint, keep_history=True)
    return _answer(context, request, keep=False)


def _let_update(context: Context, request: Request, live: LiveEndpoint, pending: Pending | None) -> dict[str, str]:
    asked, serving = request.asked, live.config.name
    unfinished = None if pending is None or pending.done else pending
    if unfinished is not None:
        write_history(context, live, unfinished, taken_back=False)
    scaled = context.scaling.read(one.name for one in endpoints.variants(live))
    if unfinished is not None:
        # A guard died: what it had taken away counts as if it were there.
        missing = context.recorded(unfinished.taken)
        scaled = {**missing, **{name: one.over(missing.get(name)) for name, one in scaled.items()}}
    still_taken = () if unfinished is None else unfinished.taken
    record = Pending(
        id=request.id,
        stack=request.stack,
        started=context.clock.now(),
        source=serving,
        target=asked.config,
        variants=tuple(scaled),
        counts={one.name: one.desired_count for one in endpoints.variants(live) if one.desired_count is not None},
    )
    if asked.config == serving:
        _record(context, replace(record, taken=still_taken), scaled)
        if still_taken:
            context.save(give_back(context, live, replace(record, taken=still_taken)))
        return _attributes(keep=records.state(context.clients.ssm, context.endpoint).keep.get(serving, False))
    requested = describe_config(context.clients.sagemaker, asked.config)
    change = classify(asked, live, requested, records.history(context.clients.ssm, context.endpoint))
    refuse_demotion(asked, change)
    gate = ask(context.gate, asked, live, context.clock.now()) if change.kind == "promotion" else None
    firing = still_firing(context.clients, context.clock, asked.alarms)
    if firing:
        raise Refusal(
            f"SageMaker would take the update of {context.endpoint} back at once, because {', '.join(firing)} is in "
            "ALARM; wait until it is OK, or leave it out of the guardrails (Guardrails.alarm_names), then deploy again"
        )
    blocking = endpoints.blocking(live, requested, scaled.values())
    keep = endpoints.keeps_live_count(live, requested, asked.variant, scaled=_scales(asked, scaled))
    record = replace(
        record,
        taken=tuple(dict.fromkeys((*still_taken, *blocking))),
        keep=keep,
        entry=_entry(context, request, serving, change, gate),
    )
    _record(context, record, scaled)
    for name in blocking:
        context.scaling.deregister(name)
    return _answer(context, request, keep=keep)


def _let_roll_back(context: Context, request: Request, live: LiveEndpoint, pending: Pending | None) -> dict[str, str]:
    asked, serving = request.asked.config, live.config.name
    # A request of the deployment that is being rolled back, delivered late, is answered as if nothing had to be done.
    late = pending is not None and (pending.source, pending.target) == (serving, asked)
    if asked == serving or late:
        if pending is not None and not pending.done:
            write_history(context, live, pending, taken_back=True)
            context.save(replace(give_back(context, live, pending), done=True))
        return _attributes(keep=records.state(context.clients.ssm, context.endpoint).keep.get(asked, False))
    # A rollback is never refused; what fires even then, SageMaker decides about.
    still_firing(context.clients, context.clock, request.asked.alarms)
    requested = describe_config(context.clients.sagemaker, asked)
    scaled = context.scaling.read(one.name for one in endpoints.variants(live))
    blocking = endpoints.blocking(live, requested, scaled.values())
    scales = _scales(request.asked, scaled)
    keep = endpoints.keeps_live_count(live, requested, request.asked.variant, scaled=scales)
    _record_rollback(context, request, pending, live, requested, scaled, blocking)
    for name in blocking:
        context.scaling.deregister(name)
    return _answer(context, request, keep=keep)


def _scales(asked: Asked, scaled: Mapping[str, Scaled]) -> bool:
    """Whether production's count is scaling's business: it scales, or will once this deployment is through."""
    return asked.variant in scaled or asked.variant in asked.scaling


def _record_rollback(
    context: Context,
    request: Request,
    pending: Pending | None,
    live: LiveEndpoint,
    requested: Config,
    scaled: Mapping[str, Scaled],
    blocking: tuple[str, ...],
) -> None:
    if pending is not None and pending.source == requested.name:
        # The scaling from before the deployment is what has to come back, so it isn't written over.
        for name in blocking:
            if name not in (*pending.variants, *pending.taken):
                context.record_scaling(scaled[name])
        taken = tuple(dict.fromkeys((*pending.taken, *blocking)))
        context.save(replace(pending, taken=taken, done=False))
        return
    record = Pending(
        id=request.id,
        stack=request.stack,
        started=context.clock.now(),
        source=live.config.name,
        target=requested.name,
        variants=tuple(scaled),
        taken=blocking,
    )
    _record(context, record, scaled)


def _record(context: Context, record: Pending, scaled: Mapping[str, Scaled]) -> None:
    # The scaling first: the record that names it must never be without it.
    for one in scaled.values():
        try:
            context.record_scaling(one)
        except RecordTooLargeError as error:
            raise Refusal(
                f"the scaling of {context.endpoint}'s variant {one.variant} can't be recorded, so it could not be "
                f"restored ({error}); remove some of its {len(one.policies)} policies and {len(one.schedules)} "
                "scheduled actions, then deploy again"
            ) from None
    context.save(record)


def _entry(context: Context, request: Request, serving: str, change: Change, gate: str | None) -> Entry | None:
    if change.kind == "change":
        return None
    old, asked = request.old, request.asked
    known = old.version if old is not None and old.config == serving else None
    if change.since is not None and change.since.to_model == change.from_model:
        known = change.since.to_version
    return Entry(
        id=request.id,
        kind=change.kind,
        at=context.clock.now(),
        by=f"the stack {request.stack_name}",
        stack=request.stack,
        from_version=known,
        from_model=change.from_model,
        from_config=serving,
        to_version=asked.version,
        to_model=change.to_model,
        to_config=asked.config,
        gate=None if gate is None else gate[:1000],
        reason=asked.rollback if change.kind == "rollback" else None,
    )


def _answer(context: Context, request: Request, *, keep: bool) -> dict[str, str]:
    records.save_keep(context.clients.ssm, context.endpoint, request.asked.config, keep)
    return _attributes(keep=keep)


def _attributes(*, keep: bool) -> dict[str, str]:
    return {"KeepLiveCounts": "true" if keep else "false"}
