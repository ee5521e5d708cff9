"""Scaling around an update: what is in its way, and how each variant scales after it. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from shadow_ops.aws.endpoint import Config, LiveEndpoint
from shadow_ops.aws.history import Entry, since
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard import decision
from shadow_ops.guard.decision import Step
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread, known, need, variants


def blocking(live: LiveEndpoint, requested: Config, scaled: Iterable[str]) -> tuple[str, ...]:
    """Names of the variants whose scaling makes SageMaker refuse an update.

    It refuses to change the instance type of a scaled variant, and to remove one (SageMaker Developer Guide,
    endpoint-scaling-update). That it means shadow variants as well is an inference.
    """
    asked = {one["VariantName"]: one for one in (*requested.production, *requested.shadow)}
    types = {one.name: one.instance_type for one in variants(live)}
    names = [name for name in scaled if name in types]
    return tuple(name for name in names if name not in asked or asked[name].get("InstanceType") != types[name])


def blocking_back(live: LiveEndpoint, requested: Config, scaling: Collection[str]) -> tuple[str, ...]:
    """The same for the way back, once the update is through: those that scale by then."""
    types = {one.name: one.instance_type for one in variants(live)}
    asked = (*requested.production, *requested.shadow)
    names = [one["VariantName"] for one in asked if types.get(one["VariantName"]) != one.get("InstanceType")]
    return tuple(name for name in names if name in scaling)


def give_back(live: LiveEndpoint, seen: Seen, record: Pending) -> Iterator[Step]:
    """Make every variant that was deregistered, and still is there, scale as recorded."""
    scaled, found = known(seen.scaled, {}), known(seen.recorded, {})
    for one in variants(live):
        recorded = found.get(one.name)
        if one.name in record.taken and recorded is not None:
            # Somebody may have registered it by hand meanwhile; what he did holds.
            now = scaled.get(one.name)
            yield decision.Scale(recorded if now is None else now.over(recorded), now)


def close(live: LiveEndpoint, seen: Seen, record: Pending, *, taken_back: bool) -> Iterator[Step]:
    """Finish a deployment that is over: scaling, history, record."""
    yield from give_back(live, seen, record)
    yield from _without_surplus(seen, record)
    yield from write_history(live, seen, record, taken_back=taken_back)
    yield closed(live, seen, record, taken_back=taken_back)


def _without_surplus(seen: Seen, record: Pending) -> Iterator[Step]:
    for name, one in known(seen.scaled, {}).items():
        policies = tuple(policy for policy in one.policies if f"{name}/policies/{policy}" in record.surplus)
        schedules = tuple(schedule for schedule in one.schedules if f"{name}/schedules/{schedule}" in record.surplus)
        if name in record.surplus:
            yield decision.Deregister(name)
        elif policies or schedules:
            yield decision.Trim(one, policies, schedules)


def closed(live: LiveEndpoint, seen: Seen, record: Pending, *, taken_back: bool) -> decision.Close:
    """The last step of a deployment: what could not be read is left open, what is gone for good is said.

    One that was taken back to its end asks for nothing any more but what it came from.
    """
    if isinstance(seen.recorded, Unread) or isinstance(seen.scaled, Unread):
        left = (*record.taken, *(record.variants if taken_back else ()))
        return decision.Close(replace(record, done=False, taken=tuple(dict.fromkeys(left))))
    names = {one.name for one in variants(live)}
    lost = tuple(
        f"the scaling of {name} was taken away for the update, and its record is gone or damaged"
        for name in record.taken
        if name in names and name not in seen.recorded and name not in seen.scaled
    )
    # What `Before` has left to people, where it gave back itself, is so still.
    said = record.lost if record.done and not taken_back else ()
    over = replace(record, taken=(), surplus=(), done=True, lost=(*said, *lost))
    if taken_back and live.config.name == record.source:
        over = replace(over, target=record.source, entry=None, back=True)
    return decision.Close(over)


def write_history(live: LiveEndpoint, seen: Seen, record: Pending, *, taken_back: bool) -> Iterator[Step]:
    """Bring the history up to what a deployment came to."""
    entry = record.entry
    if entry is None:
        return
    if live.config.name == record.target and not taken_back:
        yield decision.AddEntry(replace(entry, at=seen.now))
    elif live.config.name == record.source:
        yield decision.UndoEntry(entry.id, seen.now)


def undo_since(seen: Seen, request: Request) -> Iterator[Step]:
    """Take back all that the history says of deployments since the config that is gone back to was made.

    There may be several, where failures were left without a rollback; and the record of the last one may be gone. Where
    the endpoint can't be looked at, it is what came after the first one that led away from that config.
    """
    config = request.asked.config
    left = {config} if request.old is None else {config, request.old.config}
    yield from undo_newer(seen, request.stack, config, left)


def undo_newer(seen: Seen, stack: str, config: str, left: Collection[str] = ()) -> Iterator[Step]:
    """The same for a config and a stack; without the endpoint, what led to one of the configs ``left`` came first."""
    live = known(seen.live, None)
    # A config of somebody's may be of any age.
    since = live.config.created if live is not None and live.config.name == config else None
    for entry in known(seen.history, ()):
        if entry.undone is not None or entry.stack != stack or entry.to_config == config:
            continue
        if since is None and (entry.from_config == config or entry.to_config in left):
            since = entry.at
        if since is not None and entry.at >= since:
            yield decision.UndoEntry(entry.id, seen.now, there=True)


def history_so_far(live: LiveEndpoint, seen: Seen, record: Pending | None) -> tuple[Entry, ...]:
    """The history of this endpoint, and what a deployment came to whose end nobody has written down yet.

    Raises:
        Refusal: If it can't be read.
    """
    entries = since(need(seen.history), live.created)
    entry = None if record is None or record.done else record.entry
    if record is None or entry is None or live.config.name not in (record.source, record.target):
        return entries
    others = tuple(one for one in entries if one.id != entry.id)
    return (*others, entry) if live.config.name == record.target else others


def remembering(steps: tuple[Step, ...], keeps: Mapping[str, bool]) -> tuple[Step, ...]:
    """The same steps, and what was answered for endpoint configs in both places where it is looked for."""
    told = (
        replace(one, record=replace(one.record, keeps=keeps))
        if isinstance(one, decision.SaveRecord | decision.Close)
        else one
        for one in steps
    )
    return (*told, decision.RememberKeep(keeps))


def scaling_after(
    live: LiveEndpoint,
    seen: Seen,
    record: Pending | None,
    new: Mapping[str, Scaled],
    old: Mapping[str, Scaled],
    *,
    restoring: bool,
    its_record: bool = False,
) -> dict[str, Scaled | None]:
    """How each variant shall scale after an update; None where it shall not.

    Args:
        live: The endpoint.
        seen: What else was seen.
        record: The deployment; None if nothing is known of it.
        new: What the code declares.
        old: What it declared before.
        restoring: Whether the deployment is rolled back: then each variant scales as before it.
        its_record: Whether the record was written for this very deployment, not for an earlier one.
    """
    scaled, found = known(seen.scaled, {}), known(seen.recorded, {})
    wanted: dict[str, Scaled | None] = {}
    for name in (one.name for one in variants(live)):
        now = scaled.get(name)
        taken = record is not None and name in record.taken
        restored = record is not None and restoring and name in record.variants
        recorded = found.get(name) if taken or restored else None
        if restored and recorded is not None:
            wanted[name] = back_to(now, recorded, new.get(name), old.get(name))
        else:
            was = recorded if now is None else now.over(recorded)
            # What didn't scale before the deployment is put as the code says, also by a guard that had died over it.
            new_here = record is not None and its_record and name not in record.variants
            wanted[name] = _wanted(was, new.get(name), old.get(name), anew=new_here)
    return wanted


def back_to(now: Scaled | None, recorded: Scaled, declared: Scaled | None, failed: Scaled | None) -> Scaled:
    """How a variant shall scale after a rollback: as before the deployment; what people have done meanwhile holds.

    Args:
        now: How it scales.
        recorded: How it did before.
        declared: What the code said before.
        failed: What the code says that is taken back.
    """
    return recorded if now is None else now.back_to(recorded, _wanted(recorded, failed, declared, anew=False))


def scaling_steps(
    wanted: Mapping[str, Scaled | None], live: Mapping[str, Scaled], old: Mapping[str, Scaled]
) -> Iterator[Step]:
    """The steps from how variants scale to how they shall."""
    for name, one in wanted.items():
        now = live.get(name)
        if one is not None:
            yield decision.Scale(one, now)
        elif now is not None:
            yield decision.Deregister(name)
        ours = old.get(name)
        if one is not None and now is not None and ours is not None:
            policies = tuple(name for name in ours.policies if name not in one.policies and name in now.policies)
            schedules = tuple(name for name in ours.schedules if name not in one.schedules and name in now.schedules)
            if policies or schedules:
                yield decision.Trim(now, policies, schedules)


def _wanted(was: Scaled | None, new: Scaled | None, old: Scaled | None, *, anew: bool) -> Scaled | None:
    """How a variant shall scale.

    Args:
        was: How it scaled before the deployment; None if it didn't.
        new: How the code wants it to, or None.
        old: How the code wanted it to before this deployment, or None.
        anew: Whether it is put as the code says even where the code says what it said before.
    """
    if new is None:
        if was is None or old is None:
            return was
        rest = was.without(old)
        # What others hung on a target that isn't declared any more keeps it alive.
        return rest if rest.policies or rest.schedules else None
    if was is None:
        return new
    # Where the code says what it said before, what people changed by hand since stays.
    return was if new == old and not anew else new.over(was.without(old))
