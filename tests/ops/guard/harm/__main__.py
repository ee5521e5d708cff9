"""Run many schedules and print what came of them: ``python -m tests.ops.guard.harm --schedules 50000``."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter

from tests.ops.guard.harm.schedule import Report, run


def main() -> int:
    """Run them.

    Returns:
        0 if nothing was wrong.
    """
    parser = argparse.ArgumentParser(prog="harm", description="Random schedules against the guard.")
    parser.add_argument("--schedules", type=int, default=50_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=10, help="violations to print")
    parser.add_argument("--processes", type=int, default=None, help="how many work side by side (default: one a core)")
    options = parser.parse_args()
    start, happened, wrong, calls = time.monotonic(), Counter[str](), list[Report](), 0
    seeds = range(options.first_seed, options.first_seed + options.schedules)
    with multiprocessing.Pool(options.processes, initializer=_prepare) as pool:
        for report in pool.imap_unordered(run, seeds, chunksize=100):
            happened.update(report.happened)
            calls += report.calls
            if report.violations:
                wrong.append(report)
    seconds = time.monotonic() - start
    print(
        f"{options.schedules} schedules, {calls} calls of the guard, {seconds:.0f} s, seeds {seeds[0]} to {seeds[-1]}"
    )
    print(", ".join(f"{name} {count}" for name, count in sorted(happened.items())))
    print(f"{len(wrong)} schedules with a violation")
    for one in sorted(wrong, key=lambda report: report.seed)[: options.show]:
        print(f"  seed {one.seed}: {one.violations[0][:400]}")
    return 1 if wrong else 0


def _prepare() -> None:
    logging.getLogger("shadow_ops").setLevel(logging.CRITICAL)
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "guard"


if __name__ == "__main__":
    sys.exit(main())
