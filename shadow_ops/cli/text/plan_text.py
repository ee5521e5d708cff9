"""How long a test will take, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shadow_ops.cli import output
from shadow_ops.judge.opinion import lasting
from shadow_ops.judge.plan import Plan, RulePlan
from shadow_ops.judge.until import LONGEST_MINUTES
from shadow_ops.measure.recording import Recording


@dataclass(frozen=True)
class Seen:
    """What the plan is made from.

    Attributes:
        endpoint: The endpoint's name.
        production: The production variant's name.
        recording: What production did.
        instances: How many the shadow has, or would have.
        price: Of one of them in an hour, or None.
    """

    endpoint: str
    production: str
    recording: Recording
    instances: int
    price: float | None


def as_text(seen: Seen, plans: Sequence[Plan], *, markdown: bool) -> str:
    """The plan for people."""
    periods = len(seen.recording.periods)
    head = f"{seen.endpoint}: from {periods:,} periods of {seen.production}, {seen.recording.period_seconds} s each"
    if periods == 0 or not plans[0].rules:
        return f"{head}\n\nproduction has no data of these days, so nothing can be told; look at more with --days"
    rows: list[tuple[str, ...]] = [("equal holds / worse fails, at", *(f"{one.sampling_percent:g} %" for one in plans))]
    by_rule = zip(*(one.rules for one in plans), strict=True)
    rows += [(each[0].rule.id, *(_cell(one) for one in each)) for each in by_rule]
    rows.append(("an equal shadow passes", *(_told(one.minutes) for one in plans)))
    rows.append(("copies", *("" if one.copies is None else f"{one.copies:,.0f}" for one in plans)))
    rows.append(("instance-hours", *("" if hours is None else f"{hours:,.0f}" for hours in _hours(seen, plans))))
    if seen.price is not None:
        price = seen.price
        rows.append(("cost", *("" if one is None else f"{one * price:,.2f}" for one in _hours(seen, plans))))
    table = output.table(rows, markdown=markdown, right=range(1, len(plans) + 1))
    lines = [head, "", table]
    fixes = [
        f"{one.rule.id} at {plan.sampling_percent:g} %: {one.fix}" for plan in plans for one in plan.rules if one.fix
    ]
    if fixes:
        lines += [
            "",
            f"Can't be decided in {LONGEST_MINUTES // 1440} days at this traffic:",
            *(f"  {one}" for one in fixes),
        ]
    if any(not one.waits for plan in plans for one in plan.rules):
        lines += ["", "(in brackets: a PASS doesn't wait for it)"]
    return "\n".join(lines)


def as_json(seen: Seen, plans: Sequence[Plan]) -> dict[str, Any]:
    """The plan as plain JSON values."""
    return {
        "endpoint": seen.endpoint,
        "periods": len(seen.recording.periods),
        "instances": seen.instances,
        "plans": [
            {
                "sampling_percent": one.sampling_percent,
                "minutes": one.minutes,
                "copies": one.copies,
                "instance_hours": hours,
                "cost": None if hours is None or seen.price is None else hours * seen.price,
                "rules": [
                    {
                        "rule": rule.rule.id,
                        "equal_minutes": rule.equal_minutes,
                        "worse_minutes": rule.worse_minutes,
                        "waits": rule.waits,
                        "fix": rule.fix,
                    }
                    for rule in one.rules
                ],
            }
            for one, hours in zip(plans, _hours(seen, plans), strict=True)
        ],
    }


def _cell(one: RulePlan) -> str:
    text = f"{_told(one.equal_minutes)} / {_told(one.worse_minutes)}"
    return text if one.waits else f"({text})"


def _told(minutes: float | None) -> str:
    return "never" if minutes is None else lasting(minutes)


def _hours(seen: Seen, plans: Sequence[Plan]) -> list[float | None]:
    return [None if one.minutes is None else one.minutes / 60 * seen.instances for one in plans]
