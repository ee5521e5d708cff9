"""What the gate says of simulated tests on which a gate is easily wrong (tests/support/attacks.py has each kind).

The judge is the one that ships, asked by the default policy at the times that a kind names. Beside it: a threshold on
the ratio of the last hour's mean p99, and an unpaired rank test over the last three hours as Kayenta uses it (own
implementation), asked at the same times. What an earlier release said is in ``gate_before.json``.

Run it with ``python -m benchmarks.gate``; ``--quick`` takes a minute or two and shows the shape only. ``--write`` keeps
the figures in ``gate.json`` and puts the tables into docs/gate.md and docs/gate-measured.md.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from benchmarks.gate_rivals import rank_test_fails, ratio_alarms
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge, ranks
from shadow_ops.judge.grain import latency_of
from shadow_ops.judge.plan import plan
from shadow_ops.judge.samples import samples_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording
from tests.support.attacks import ATTACKS, Attack, constant
from tests.support.traffic import START, Course, Now, Traffic, simulated, usual

RESULTS = Path(__file__).with_name("gate.json")
BEFORE = Path(__file__).with_name("gate_before.json")
DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
POLICY = GatePolicy()
SOON = GatePolicy(min_duration_minutes=60)
CALIBRATION = "the time that is told"
IN_SHORT = (
    "equal, 6 a minute",
    "equal, 60 a minute",
    "equal, 4 % errors",
    "equal, nine hours a day",
    "equal, drift 5 %/0.95",
    "good for a week, then x1.5, an hour later",
    "all +10 %, 60 a minute",
    "p99 +10 %, found",
    "x1.5 for 1 h a day",
    "cold start of 60 min at x2",
    "15 % of the copies lost for 70 min, hours ago",
    "production has an hour of 25 % errors, shadow x18",
)
"""What docs/gate.md shows."""
_ALLOWED, _RANK_TEST_PERIODS = 1.05, 36
# A rule without so much evidence against the shadow can't fail it; where none has, the judge needn't be asked.
_CAN_FAIL = 1.5
_MORE_ERRORS = 3


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


@dataclass(frozen=True)
class Run:
    """One test: what was said at each time, and what the others said at any."""

    said: tuple[str, ...]
    ratio: bool
    rank_test: bool


def main() -> int:
    """Print the table; returns 1 if an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=40, help="simulated tests per kind (default 40)")
    parser.add_argument("--quick", action="store_true", help="4 tests per kind")
    parser.add_argument("--only", default="", help="kinds whose title has this text")
    parser.add_argument("--write", action="store_true", help="keep the figures, and write the tables into docs")
    parser.add_argument("--processes", type=int, default=2, help="how many work side by side (default 2)")
    arguments = parser.parse_args()
    kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"attacks": {}}
    count = 4 if arguments.quick else arguments.tests
    with multiprocessing.get_context("fork").Pool(arguments.processes) as workers:
        for place, attack in enumerate(ATTACKS):
            if arguments.only not in attack.title:
                continue
            runs = workers.starmap(one_run, [(place, seed) for seed in range(count)], chunksize=1)
            kept["attacks"][attack.title] = figures(attack, runs)
            print(row(attack, kept["attacks"][attack.title], before()), flush=True)
            if arguments.write:
                RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        if not arguments.only or arguments.only in CALIBRATION:
            kept |= {"calibration": calibration(workers, count)}
    if not arguments.only:
        kept |= speed()
    print(calibration_text(kept), speed_text(kept), sep="\n")
    if arguments.write:
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        for page, written in pages(kept).items():
            text = (DOCS / page).read_text(encoding="utf-8")
            start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
            (DOCS / page).write_text(f"{text[:start]}\n{written}\n{text[end:]}", encoding="utf-8")
    missed = [
        one.title for one in ATTACKS if one.title in kept["attacks"] and not reached(one, kept["attacks"][one.title])
    ]
    print(f"aims missed: {'; '.join(missed) or 'none'}")
    return 1 if missed else 0


def one_run(place: int, seed: int) -> Run:
    """Judge one test of a kind at each of its times."""
    attack = ATTACKS[place]
    whole = attack.recording(seed * 1009 + place)
    asked = set(attack.hours) if attack.want != "ever fail" else {attack.hours[-1], *hours_that_may_fail(attack, whole)}
    said = [
        str(judge(beginning(whole, hour), POLICY, intervals=False).outcome) if hour in asked else ""
        for hour in attack.hours
    ]
    production = [latency_of(one.production, "p99") or 0.0 for one in whole.periods]
    shadow = [latency_of(one.shadow, "p99") or 0.0 for one in whole.periods]
    each = max(1, 3600 // whole.period_seconds)
    ends = [len(beginning(whole, hour).periods) for hour in attack.hours]
    ratio = any(
        ratio_alarms(production[end - each : end], shadow[end - each : end], _ALLOWED, each)
        for end in ends
        if end >= each
    )
    three_hours = [slice(end - _RANK_TEST_PERIODS, end) for end in ends if end >= _RANK_TEST_PERIODS]
    # Every hour for a day, and as often over longer tests.
    some = three_hours[:: max(1, len(three_hours) // 24)]
    ranked = any(rank_test_fails(production[part], shadow[part], _ALLOWED) for part in some)
    return Run(tuple(said), ratio, ranked)


def beginning(whole: Recording, hours: float) -> Recording:
    """What had been seen after so many hours."""
    return replace(whole, periods=whole.periods[: math.floor(hours * 3600 / whole.period_seconds + 1e-9)])


def hours_that_may_fail(attack: Attack, whole: Recording) -> Iterator[float]:
    """When any rule has evidence against the shadow at all: at other times nobody needs to ask."""
    fine = samples_of(whole, POLICY).fine
    starts = [one.start for one in fine.periods]
    ends = [(hour, bisect_left(starts, START + timedelta(hours=hour))) for hour in attack.hours]
    courses = []
    for statistic in ("p50", "p90", "p99", "avg"):
        both = zip(*fine.latencies("ModelLatency", statistic), strict=True)
        logs = (math.log(shadow / production) if production and shadow else -1.0 for production, shadow in both)
        courses.append(list(ranks.course(logs, math.log(_ALLOWED))))
    theirs, ours = (list(accumulate(one or 0 for one in side)) for side in fine.numbers("Invocation5XXErrors"))
    for hour, end in ends:
        if end and (
            any(one[end - 1] >= _CAN_FAIL for one in courses) or ours[end - 1] > 1.1 * theirs[end - 1] + _MORE_ERRORS
        ):
            yield hour


def figures(attack: Attack, runs: Sequence[Run]) -> dict[str, Any]:
    """Shares of the tests."""
    word = attack.want.split()[-1].upper()
    hits = sum(word in run.said if attack.want.startswith("ever") else run.said[-1] == word for run in runs)
    return {
        "tests": len(runs),
        "share": round(hits / len(runs), 4),
        "pass_at_last": round(sum(run.said[-1] == "PASS" for run in runs) / len(runs), 4),
        "ratio": round(sum(run.ratio for run in runs) / len(runs), 4),
        "rank_test": round(sum(run.rank_test for run in runs) / len(runs), 4),
    }


def reached(attack: Attack, found: dict[str, Any]) -> bool:
    """Whether the aim holds of what was measured."""
    return bool(found["share"] <= attack.aim if attack.at_most else found["share"] >= attack.aim)


def before() -> dict[str, Any]:
    """What an earlier release said, by title."""
    return dict(json.loads(BEFORE.read_text(encoding="utf-8"))["attacks"]) if BEFORE.exists() else {}


def row(attack: Attack, found: dict[str, Any], earlier: dict[str, Any]) -> str:
    """One line of the table."""
    asked = f"{attack.hours[-1]:g}"
    if len(attack.hours) > 1:
        each = attack.hours[1] - attack.hours[0]
        asked = f"{'hourly' if each == 1 else f'every {each:g} h'} to {asked}"
    was = earlier.get(attack.title)
    cells = (
        f"{attack.title}{' *' if found.get('earlier') else ''}",
        f"{found['tests']}",
        asked,
        attack.want.upper() if not attack.want.startswith("ever") else f"ever {attack.want.split()[1].upper()}",
        "" if was is None else f"{was['share']:.0%}",
        f"{found['share']:.1%}" if 0 < found["share"] < 0.02 else f"{found['share']:.0%}",
        f"{'≤' if attack.at_most else '≥'} {attack.aim:.0%}" + ("" if reached(attack, found) else ", missed"),
        f"{found['ratio']:.0%}",
        f"{found['rank_test']:.0%}",
    )
    return f"| {' | '.join(cells)} |"


def table(kept: dict[str, Any], attacks: Sequence[Attack]) -> str:
    """Some of it, in Markdown."""
    heads = ("test", "tests", "asked at hour", "counted", "before", "now", "aim", "ratio alarms", "rank test fails")
    lines = [
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
        *(row(one, kept["attacks"][one.title], before()) for one in attacks if one.title in kept["attacks"]),
    ]
    return "\n".join(lines)


def pages(kept: dict[str, Any]) -> dict[str, str]:
    """The tables of the pages: the lines that tell most, and all of them."""
    words = f"{calibration_text(kept)}\n{speed_text(kept)}"
    return {
        "gate.md": table(kept, [one for one in ATTACKS if one.title in IN_SHORT]),
        "gate-measured.md": f"{words}\n\n{table(kept, ATTACKS)}",
    }


def calibration(workers: Any, count: int) -> dict[str, Any]:  # noqa: ANN401 - multiprocessing's pool has no public type
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


def calibration_text(kept: dict[str, Any]) -> str:
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


def speed() -> dict[str, float]:
    """Seconds of one core that a verdict takes."""
    return {
        "week_seconds": _seconds(simulated(Traffic(), 168, 1)),
        "month_of_minutes_seconds": _seconds(simulated(Traffic(per_minute=60, seconds=60), 720, 1)),
    }


def _seconds(recording: Recording) -> float:
    taken = []
    for _ in range(3):
        start = time.process_time()
        judge(recording, POLICY)
        taken.append(time.process_time() - start)
    return round(min(taken), 2)


def speed_text(kept: dict[str, Any]) -> str:
    """What a verdict takes."""
    if "week_seconds" not in kept:
        return ""
    return (
        f"A verdict over a week took {kept['week_seconds']} s of one core, over 30 days of periods of a minute "
        f"{kept['month_of_minutes_seconds']} s (the aim is 2 s; what else the machine did is in it)."
    )


if __name__ == "__main__":
    sys.exit(main())
