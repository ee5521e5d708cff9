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
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from benchmarks import gate_told
from benchmarks.gate_rivals import rank_test_fails, ratio_alarms
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge, ranks
from shadow_ops.judge.samples import samples_of
from shadow_ops.judge.soonest import latency_of
from shadow_ops.measure.recording import Recording
from tests.support.attacks import ATTACKS, Attack
from tests.support.traffic import START, Traffic, simulated

RESULTS = Path(__file__).with_name("gate.json")
BEFORE = Path(__file__).with_name("gate_before.json")
DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
POLICY = GatePolicy()
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
        if not arguments.only or arguments.only in gate_told.TITLE:
            kept |= {"calibration": gate_told.measured(workers, count)}
    if not arguments.only:
        kept |= speed()
    print(gate_told.text(kept), speed_text(kept), sep="\n")
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
        str(judge(gate_told.beginning(whole, hour), POLICY, intervals=False).outcome) if hour in asked else ""
        for hour in attack.hours
    ]
    production = [latency_of(one.production, "p99") or 0.0 for one in whole.periods]
    shadow = [latency_of(one.shadow, "p99") or 0.0 for one in whole.periods]
    each = max(1, 3600 // whole.period_seconds)
    ends = [len(gate_told.beginning(whole, hour).periods) for hour in attack.hours]
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
        attack.title,
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
    words = f"{gate_told.text(kept)}\n{speed_text(kept)}"
    return {
        "gate.md": table(kept, [one for one in ATTACKS if one.title in IN_SHORT]),
        "gate-measured.md": f"{words}\n\n{table(kept, ATTACKS)}",
    }


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
