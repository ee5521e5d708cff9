"""``python -m benchmarks.download``: captured answers fetched from the local AWS's S3, the cache empty and then full.

The local S3 answers from one process on the same processor, so this is what the library's own side can do, not what
Amazon S3 gives.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.captured import write
from rehearsal.local import LocalAws
from shadow_ops.responses.fetch import Fetcher
from shadow_ops.responses.find import THREADS, find
from shadow_ops.responses.source import S3Source

_BUCKET, _FOLDER, _DAY = "captures", "churn", datetime(2026, 11, 24, tzinfo=UTC)


def upload(local: LocalAws, root: Path) -> None:
    """Put a folder of captured files into S3."""
    s3 = local.client("s3")
    s3.create_bucket(Bucket=_BUCKET)

    def put(file: Path) -> None:
        s3.put_object(Bucket=_BUCKET, Key=f"{_FOLDER}/{file.relative_to(root).as_posix()}", Body=file.read_bytes())

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(put, root.rglob("*.jsonl")))


def fetch(local: LocalAws, cache: Path) -> tuple[float, int]:
    """Seconds that finding and fetching all files takes, and how many they are."""
    began = time.perf_counter()
    source = S3Source(local.client("s3"), _BUCKET, _FOLDER)
    hours = find(source, "production", "shadow", _DAY, _DAY + timedelta(days=1))
    files = sum(len(one.production) + len(one.shadow) for one in Fetcher(source, cache).windows(hours))
    return time.perf_counter() - began, files


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--hours", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="captured-") as folder:
        root, cache = Path(folder) / "files", Path(folder) / "cache"
        size = write(root, options.pairs, options.hours, 60) / 1e6
        with LocalAws(Path(folder)) as local:
            upload(local, root)
            for what in ("empty", "full"):
                seconds, files = fetch(local, cache)
                print(f"cache {what}: {files:,} files, {size:,.0f} MB in {seconds:.1f} s, {size / seconds:,.0f} MB/s")


if __name__ == "__main__":
    main()
