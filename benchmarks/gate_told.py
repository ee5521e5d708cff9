"""How far the times hold that `shadow-test plan` and a verdict tell, of simulated tests."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.plan import plan
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording
from tests.support.attacks import constant
from tests.support.traffic import Course, Now, Traffic, simulated, usual

TITLE = "the time that is told"
SOON = GatePolicy(min_duration_minutes=60)


@dataclass(frozen=True)
class Told:
    """Tests that are asked how much longer they take.

    Attributes:
        title: What they are, and when they are asked.
        traffic: The endpoint.
        asked: When, in hours since the test began.
        shadow: How the shadow serves.
    """

    title: str
    traffic: Traffic
    asked: float
    shadow: Course = usual


TOLD = (
    Told("equal, 6 a minute, 10", Traffic(6), 10),
    Told("equal, 15 a minute, 8", Traffic(15), 8),
    Told("equal, 60 a minute, 3", Traffic(60), 3),
    Told("equal, 300 a minute, 2.5", Traffic(), 2.5),
    Told("all +15 %, 60 a minute, 1.5", Traffic(60), 1.5, constant(Now(latency=1.15))),
    Told("all +15 %, 300 a minute, 1.2", Traffic(), 1.2, constant(Now(latency=1.15))),
)


def beginning(whole: Recording, hours: float) -> Recording:
    """What had been seen after so many hours."""
    return replace(whole, periods=whole.periods[: math.floor(hours * 3600 / whole.period_seconds + 1e-9)])


def measured(workers: Any, count: int) -> dict[str, Any]:  # noqa: ANN401 - multiprocessing's pool has no public type
    """How many tests are over by the time that was told: by `plan` beforehand, and by the verdict on the way."""
    rows = {}
    for number, one in enumerate(TOLD):
        found = workers.starmap(_told, [(number, seed) for seed in range(count)])
        planned, going = ([pair[place] for pair in found if pair[place] is not None] for place in (0, 1))
        rows[one.title] = {
            "tests": [len(planned), len(going)],
            "planned": round(sum(planned) / max(1, len(planned)), 4),
            "to_go": round(sum(going) / max(1, len(going)), 4),
        }
    return rows


def _told(number: int, seed: int) -> tuple[bool | None, bool | None]:
    case = TOLD[number]
    whole = simulated(case.traffic, case.asked * 8 + 12, 8000 + seed, shadow=case.shadow)
    said = judge(beginning(whole, case.asked), SOON, intervals=False)
    going = planned = None
    if said.outcome is Outcome.INCONCLUSIVE and said.minutes_to_go is not None:
        going = _is_over(whole, case.asked, case.asked + said.minutes_to_go / 60)
    if case.shadow is usual:
        (told,) = plan(simulated(case.traffic, 48, 4000 + seed), SOON, (100,))
        hours = None if told.minutes is None else (told.minutes + SOON.warm_up_minutes * 5 / 6) / 60
        planned = None if hours is None else _is_over(simulated(case.traffic, hours + 1, 6000 + seed), 1.0, hours)
    return planned, going


def _is_over(whole: Recording, first: float, last: float) -> bool:
    """Whether there is a verdict at any of ten times."""
    looks = [first + (last - first) * part / 10 for part in range(1, 11)]
    return any(judge(beginning(whole, one), SOON, intervals=False).outcome is not Outcome.INCONCLUSIVE for one in looks)


def text(kept: dict[str, Any]) -> str:
    """How far the times that are told hold."""
    rows = kept.get("calibration", {})
    if not rows:
        return ""
    heads = ("an hour of measured time is wanted, asked at hour", "by the plan", "tests", "by the time to go", "tests")
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for title, found in rows.items():
        planned = f"{found['planned']:.0%}" if found["tests"][0] else ""
        lines.append(f"| {title} | {planned} | {found['tests'][0]} | {found['to_go']:.0%} | {found['tests'][1]} |")
    return "\n".join(
        [
            f"Over by the time that was told: {_over(rows, 0, 'planned')} by `shadow-test plan`, "
            f'{_over(rows, 1, "to_go")} by "about ... to go".',
            "",
            *lines,
        ]
    )


def _over(rows: dict[str, Any], place: int, name: str) -> str:
    tests = sum(one["tests"][place] for one in rows.values())
    return f"{sum(one[name] * one['tests'][place] for one in rows.values()) / max(1, tests):.0%} of {tests}"
