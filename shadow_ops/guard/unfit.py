"""Declared scaling that the service would refuse once the fleet is swapped: refused before. Pure functions.

What code says is checked where it is written; here it is checked again, because tokens are known only now.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shadow_ops.contract.asked import Asked
from shadow_ops.contract.problems import shown
from shadow_ops.contract.scaled import TIMES, Scaled, tracked
from shadow_ops.contract.scaling_model import Number, Struct, policy_mistakes
from shadow_ops.contract.schedules import comes_due, schedule_mistake, time_zone_mistake
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, known

_SAID = 3
_LONGEST_NAME = 256
# API shape ScalableTargetAction.
_ACTION = Struct({name: Number(0, 2**31 - 1, whole=True) for name in ("MinCapacity", "MaxCapacity")})


def refuse_unfit(asked: Asked, old: Asked | None) -> None:
    """Refuse scaling that can't be registered. What was declared before, too, has been taken by the service already.

    Raises:
        Refusal: With the variant, the policy or scheduled action, and what is wrong with it.
    """
    before = {} if old is None else old.scaling
    found = [one for name, scaled in asked.scaling.items() for one in _mistakes(scaled, before.get(name))]
    if found:
        raise Refusal(
            f"the scaling of {asked.endpoint} would be refused by Application Auto Scaling after the update, or do "
            f"nothing: {_some(found)}; nothing was touched, correct it and deploy again"
        )


def past(asked: Asked, old: Asked | None, seen: Seen) -> tuple[str, ...]:
    """Schedules that will do nothing any more, a line each, but for those that were declared, or are there, already."""
    before = [*({} if old is None else old.scaling).values(), *known(seen.scaled, {}).values()]
    return tuple(
        f"{scaled.variant}, schedule {name}: {schedule['Schedule']} {schedule.get('Timezone', 'UTC')} lies in the past"
        for scaled in asked.scaling.values()
        for name, schedule in scaled.schedules.items()
        if all(one.schedules.get(name) != schedule for one in before) and not comes_due(schedule, seen.now)
    )


def refuse_past(request: Request, seen: Seen) -> None:
    """Refuse a schedule that would do nothing, and say nothing of it, unless a person goes back to it.

    Raises:
        Refusal: With each of them.
    """
    found = past(request.asked, request.old, seen)
    if found and request.asked.rollback is None:
        raise Refusal(
            f"the scaling of {request.asked.endpoint} would do nothing at times that are over: {_some(found)}; nothing "
            "was touched, take it out or correct it, and deploy again"
        )


def _some(found: Sequence[str]) -> str:
    more = f"; and {len(found) - _SAID} more" if len(found) > _SAID else ""
    return f"{'; '.join(found[:_SAID])}{more}"


def _mistakes(scaled: Scaled, before: Scaled | None) -> Iterator[str]:
    known_policies = {} if before is None else before.policies
    known_schedules = {} if before is None else before.schedules
    if not 0 <= scaled.minimum <= scaled.maximum:
        yield f"{scaled.variant} can't scale from {scaled.minimum} to {scaled.maximum}"
    for name, policy in scaled.policies.items():
        if policy != known_policies.get(name):
            yield from _name_mistakes("policy", name, ())
            yield from (f"{scaled.variant}, policy {name}: {one}" for one in policy_mistakes(policy))
    followed = [tracked(policy) for policy in scaled.policies.values()]
    for number, (name, metric) in enumerate(zip(scaled.policies, followed, strict=True)):
        if metric is not None and metric in followed[:number]:
            yield f"{scaled.variant}, policy {name}: tracks a metric that another one tracks, the service takes one"
    for name, schedule in scaled.schedules.items():
        if schedule != known_schedules.get(name):
            yield from _name_mistakes("schedule", name, (":", "/", "|"))
            yield from (f"{scaled.variant}, schedule {name}: {one}" for one in _schedule_mistakes(schedule))


def _name_mistakes(what: str, name: object, without: tuple[str, ...]) -> Iterator[str]:
    """API members PolicyName and ScheduledActionName, by their lengths and patterns."""
    if not (isinstance(name, str) and name.isprintable() and 1 <= len(name) <= _LONGEST_NAME):
        yield f"the name of a {what} has 1 to {_LONGEST_NAME} printable characters, unlike {shown(name)}"
    elif without and (name.strip(" ") != name or any(one in name for one in without)):
        yield f"the name of a {what} has none of {' '.join(without)}, and no space at its ends, unlike {shown(name)}"


def _schedule_mistakes(schedule: Mapping[str, Any]) -> Iterator[str]:
    when, zone = str(schedule.get("Schedule", "")), schedule.get("Timezone")
    wrong = schedule_mistake(when)
    if wrong is not None:
        yield f"{wrong}, not {when!r}"
    wrong = None if zone is None else time_zone_mistake(str(zone))
    if wrong is not None:
        yield f"{wrong}, not {zone!r}"
    for member in TIMES:
        if member in schedule and not _is_time(schedule[member]):
            yield f"{member} must be a time such as 2026-12-24T18:00:00+00:00, not {shown(schedule[member])}"
    action = schedule.get("ScalableTargetAction") or {}
    found = list(_ACTION.mistakes("ScalableTargetAction", action, lambda _: True))
    found += [f"{name} has no value" for name in _ACTION.members if not found and action.get(name, 0) is None]
    yield from found
    lowest, highest = (None, None) if found else (action.get("MinCapacity"), action.get("MaxCapacity"))
    if lowest is not None and highest is not None and lowest > highest:
        yield f"its minimum {lowest} is above its maximum {highest}"


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.datetime.fromisoformat(value) is not None
    except ValueError:
        return False
