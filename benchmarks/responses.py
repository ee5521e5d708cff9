"""``python -m benchmarks.responses``: comparing captured answers, against DuckDB alone and against parsing alone.

Everything is measured in one run, in processes of their own, in turn; the medians' ratios are what counts, since every
machine is another. Processor seconds are given beside wall-clock seconds, because another program may be running.

The bare query is one that a person would write by hand, for the same join, losses and counts. The aim is 1.1 times its
processor time; measured was 1.21 at a million pairs, and 1.04 times its time. What ours does beside it: putting the
pairs that differ most in one order, choosing the key, and seeing whether answers or labels were exchanged.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.captured import write
from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.engines import Engine
from shadow_ops.responses.engines.duck import DuckEngine
from shadow_ops.responses.engines.stdlib import StdlibEngine
from shadow_ops.responses.local import FolderSource
from shadow_ops.responses.run import Asked, compare

# What a person would write by hand: the same members, the same losses told apart, the same join with the requests held
# together, the same counts.
_BARE = """
WITH r AS ({production} UNION ALL {shadow}), good AS (FROM r WHERE loss IS NULL),
p AS (FROM good WHERE side = 0), s AS (FROM good WHERE side = 1),
twice AS (SELECT key FROM (SELECT key FROM p GROUP BY key HAVING count(*) > 1
  UNION ALL SELECT key FROM s GROUP BY key HAVING count(*) > 1)),
again AS (SELECT sum(n) AS times, max(n) AS usual FROM (SELECT asked, answer, count(*) AS n FROM p GROUP BY ALL)
  GROUP BY asked HAVING sum(n) > 1),
j AS (SELECT p.key AS pk, s.key AS sk, p.asked = s.asked AS same, TRY_CAST(p.answer AS DOUBLE) AS a,
  TRY_CAST(s.answer AS DOUBLE) AS b FROM p FULL OUTER JOIN s ON p.key = s.key)
SELECT count(*), (SELECT count(*) FROM twice), count(*) FILTER (NOT same), count(*) FILTER (sk IS NULL),
  count(*) FILTER (pk IS NULL), count(*) FILTER (a = b), count(*) FILTER (abs(b - a) <= 1e-6 + 1e-6 * abs(a)),
  count(*) FILTER (a >= 0.5 AND b < 0.5), count(*) FILTER (a < 0.5 AND b >= 0.5), avg(b - a), stddev_samp(b - a),
  max(abs(b - a)), approx_quantile(abs(b - a), 0.99), corr(a, b), (SELECT histogram(side || loss) FROM r),
  (SELECT (sum(times) - count(*), sum(usual) - count(*)) FROM again) FROM j"""
_SIDE = """SELECT {place} AS side, eventMetadata.inferenceId AS key, hash(captureData.endpointInput.data) AS asked,
  CASE WHEN o.encoding = 'BASE64' THEN TRY(decode(from_base64(o.data))) ELSE o.data END AS answer,
  CASE WHEN captureData IS NULL THEN 'malformed' WHEN coalesce(o.data, '') = '' THEN 'no answer'
    WHEN contains(o.observedContentType, 'event') THEN 'stream' WHEN answer IS NULL THEN 'undecodable'
    WHEN key IS NULL THEN 'without key' END AS loss
  FROM (SELECT *, captureData.endpointOutput AS o FROM read_json('{root}/{side}/**/*.jsonl',
  format = 'newline_delimited', ignore_errors = true, columns = {{eventMetadata: 'STRUCT(inferenceId VARCHAR)',
  captureData: 'STRUCT(endpointInput STRUCT(data VARCHAR),
    endpointOutput STRUCT(data VARCHAR, encoding VARCHAR, observedContentType VARCHAR))'}}))"""


def ours(engine: Engine) -> Callable[[Path], int]:
    """The whole comparison, as the command line does it."""

    def run(root: Path) -> int:
        day = datetime(2026, 11, 24, tzinfo=UTC)
        asked = Asked(
            endpoint="churn",
            source=FolderSource(root),
            production="production",
            shadow="shadow",
            since=day,
            until=day.replace(day=25),
            how=Comparison(),
            everything=True,
            cache=root / "cache",
        )
        return compare(asked, engine).tally.all.compared

    return run


def bare(root: Path) -> int:
    """One query in DuckDB."""
    import duckdb

    sides = {
        side: _SIDE.format(root=root, side=side, place=place) for place, side in enumerate(("production", "shadow"))
    }
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        row = connection.execute(_BARE.format(**sides)).fetchone()
    assert row is not None
    return int(row[0] - row[3] - row[4])


def parsing(root: Path) -> int:
    """Parse each line with simdjson, and nothing else."""
    import simdjson

    parser, lines = simdjson.Parser(), 0
    for file in root.rglob("*.jsonl"):
        for line in file.read_bytes().splitlines():
            parser.parse(line)
            lines += 1
    return lines


TASKS: dict[str, Callable[[Path], int]] = {
    "responses": ours(DuckEngine()),
    "bare DuckDB": bare,
    "simdjson, parsing alone": parsing,
    "responses, standard library": ours(StdlibEngine()),
}


def measured(task: str, root: Path) -> dict[str, float]:
    """Seconds and memory of a task in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.responses", "--task", task, "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run_task(task: str, root: Path) -> None:
    """Do a task and say what it took."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    count = TASKS[task](root)
    after, seconds = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"count": count, "wall": seconds, "cpu": processor, "mb": after.ru_maxrss / 1000}))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--hours", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--root", type=Path, help="a folder written before; by default one is made")
    parser.add_argument("--only", action="append", choices=list(TASKS), help="measure these alone")
    parser.add_argument("--task", choices=list(TASKS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task is not None:
        run_task(options.task, options.root)
        return
    with tempfile.TemporaryDirectory(prefix="captured-") as folder:
        root = options.root or Path(folder)
        if not (root / "production").is_dir():
            size = write(root, options.pairs, options.hours, 60)
            print(f"{options.pairs:,} pairs in {options.hours} hours, {size / 1e9:.2f} GB")
        tasks = options.only or list(TASKS)
        runs = [{task: measured(task, root) for task in tasks} for _ in range(options.rounds)]
    rows = {
        task: {name: statistics.median(run[task][name] for run in runs) for name in runs[0][task]} for task in tasks
    }
    print(f"{'':30}{'wall s':>8}{'cpu s':>8}{'MB':>8}{'x bare, wall':>14}{'x bare, cpu':>13}{'count':>12}")
    base = rows.get("bare DuckDB")
    for task, row in rows.items():
        ratios = [row[name] / base[name] if base else float("nan") for name in ("wall", "cpu")]
        print(
            f"{task:30}{row['wall']:8.2f}{row['cpu']:8.2f}{row['mb']:8.0f}{ratios[0]:14.2f}{ratios[1]:13.2f}"
            f"{row['count']:12,.0f}"
        )


if __name__ == "__main__":
    main()
