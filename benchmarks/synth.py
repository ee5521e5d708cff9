"""How long synthesis takes with the library, against literal L1 resources that emit the same templates.

Run it with ``make bench``, or ``python -m benchmarks.synth --help``. Each figure is a process of its own, the two
sides take turns, and the ratio is of the medians: of the seconds on the clock, and of those that the processors were
at work, which other programs disturb less. Before timing, both sides' templates are compared: the same
resources, properties, conditions, mappings and outputs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk

SIDES = ("library", "floor")
Build = Callable[[cdk.App, str], None]


def main() -> int:
    """Compare the two sides and print a table; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 50, 100], help="endpoints per app")
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each side (after one that isn't timed)")
    parser.add_argument("--one", nargs=3, metavar=("SIDE", "COUNT", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        side, count, out = arguments.one
        synthesize(side, int(count), Path(out))
        return 0
    # Made anew each time: the library's templates of yesterday are no measure.
    from benchmarks import floor

    floor.write()
    difference = first_difference()
    if difference is not None:
        print(f"the two sides don't emit the same: {difference}", file=sys.stderr)
        return 1
    print("Both sides emit the same templates.\n")
    print("endpoints  library s        floor s  ratio  |  processor:  library s        floor s  ratio")
    for count in arguments.counts:
        print(row(count, arguments.runs), flush=True)
    return 0


def row(count: int, runs: int) -> str:
    """Time both sides in turn and format one line of the table."""
    seconds: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    for run in range(runs + 1):
        for side in SIDES:
            measured = timed(side, count)
            if run > 0:  # the first run warms the disk cache
                seconds[side].append(measured)
    whole, busy = ({side: statistics.median(one[at] for one in seconds[side]) for side in SIDES} for at in (0, 1))
    cells = [f"{count:9d}"]
    for figures in (whole, busy):
        library, floor = figures["library"], figures["floor"]
        cells.append(f"{library:9.2f}  {floor:13.2f}  {library / floor:5.2f}")
    return f"{cells[0]}  {cells[1]}  |  {'':10s}{cells[2]}"


def timed(side: str, count: int) -> tuple[float, float]:
    """Seconds that a process and the CDK's take, and that they are at work."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "benchmarks.synth", "--one", side, str(count), out]
        start, before = time.perf_counter(), os.times()
        subprocess.run(command, check=True, capture_output=True)
        whole, after = time.perf_counter() - start, os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return whole, busy


def synthesize(side: str, count: int, out: Path) -> None:
    """Build and synthesize an app of one side."""
    build = library() if side == "library" else literals()
    app = cdk.App(outdir=str(out), analytics_reporting=False)
    for number in range(count):
        build(app, "churn" if number == 0 else f"churn-{number}")
    app.synth()


def first_difference() -> str | None:
    """Where the two sides' templates differ, or None."""
    templates: dict[str, dict[str, Any]] = {}
    for side in SIDES:
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-m", "benchmarks.synth", "--one", side, "1", out]
            subprocess.run(command, check=True, capture_output=True)
            templates[side] = {
                path.name: comparable(json.loads(path.read_text())) for path in Path(out).glob("*.template.json")
            }
    for name, library in templates["library"].items():
        floor = templates["floor"].get(name)
        if floor is None:
            return f"{name} is only in the library's app"
        for part in library.keys() | floor.keys():
            if library.get(part) != floor.get(part):
                return f"{part} of {name}"
    return None


def comparable(template: dict[str, Any]) -> dict[str, Any]:
    """A template without metadata and descriptions of where constructs stand."""
    for resource in template["Resources"].values():
        resource.pop("Metadata", None)
    return template


def library() -> Build:
    """What a user of the library writes."""
    from shadow_constructs import Container, Hardware, Model, PromotionStack, ShadowTest, ShadowTestStack, Variant

    def build(app: cdk.App, name: str) -> None:
        v1, v2 = (
            Model(
                version=version,
                container=Container.xgboost("3.0-5"),
                artifact=f"s3://my-models/churn/{version}/model.tar.gz",
            )
            for version in ("v1", "v2")
        )
        test = ShadowTest(
            endpoint_name=name,
            production=Variant(model=v1, hardware=Hardware("ml.m5.xlarge", count=2)),
            shadow=Variant(model=v2, hardware=Hardware("ml.m5.xlarge")),
            sampling_percent=50,
        )
        ShadowTestStack(app, f"{name}-shadow", test=test)
        PromotionStack(app, f"{name}-promotion", test=test)

    return build


def literals() -> Build:
    """What they would write without it."""
    from benchmarks import floor

    def build(app: cdk.App, name: str) -> None:
        for which in floor.STACKS:
            floor.stack(app, which, name)

    return build


if __name__ == "__main__":
    raise SystemExit(main())
