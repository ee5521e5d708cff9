"""Declared scaling that the service would refuse once the fleet is swapped: refused before. Pure functions.

What code says is checked where it is written; here it is checked again, because tokens are known only now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shadow_ops.contract.asked import Asked
from shadow_ops.contract.scaled import Scaled
from shadow_ops.contract.scaling_model import policy_mistakes
from shadow_ops.contract.schedules import schedule_mistake, time_zone_mistake
from shadow_ops.guard.refusal import Refusal

_SAID = 3


def refuse_unfit(asked: Asked, old: Asked | None) -> None:
    """Refuse scaling that can't be registered. What was declared before, too, has been taken by the service already.

    Raises:
        Refusal: With the variant, the policy or scheduled action, and what is wrong with it.
    """
    before = {} if old is None else old.scaling
    found = [one for name, scaled in asked.scaling.items() for one in _mistakes(scaled, before.get(name))]
    if found:
        more = f"; and {len(found) - _SAID} more" if len(found) > _SAID else ""
        raise Refusal(
            f"the scaling of {asked.endpoint} would be refused by Application Auto Scaling after the update: "
            f"{'; '.join(found[:_SAID])}{more}; nothing was touched, correct it and deploy again"
        )


def _mistakes(scaled: Scaled, before: Scaled | None) -> Iterator[str]:
    known_policies = {} if before is None else before.policies
    known_schedules = {} if before is None else before.schedules
    if not 0 <= scaled.minimum <= scaled.maximum:
        yield f"{scaled.variant} can't scale from {scaled.minimum} to {scaled.maximum}"
    for name, policy in scaled.policies.items():
        if policy != known_policies.get(name):
            yield from (f"{scaled.variant}, policy {name}: {one}" for one in policy_mistakes(policy))
    for name, schedule in scaled.schedules.items():
        if schedule != known_schedules.get(name):
            yield from (f"{scaled.variant}, schedule {name}: {one}" for one in _schedule_mistakes(schedule))


def _schedule_mistakes(schedule: Mapping[str, Any]) -> Iterator[str]:
    when, zone = str(schedule.get("Schedule", "")), schedule.get("Timezone")
    wrong = schedule_mistake(when)
    if wrong is not None:
        yield f"{wrong}, not {when!r}"
    wrong = None if zone is None else time_zone_mistake(str(zone))
    if wrong is not None:
        yield f"{wrong}, not {zone!r}"
    action = schedule.get("ScalableTargetAction") or {}
    lowest, highest = action.get("MinCapacity"), action.get("MaxCapacity")
    if lowest is not None and highest is not None and int(lowest) > int(highest):
        yield f"its minimum {lowest} is above its maximum {highest}"
