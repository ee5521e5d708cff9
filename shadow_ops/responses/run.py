"""One comparison from beginning to end: find, choose, fetch, join, compare."""

from __future__ import annotations

import datetime
import importlib.util
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.engines import Differing, Engine, Task
from shadow_ops.responses.fetch import Fetcher
from shadow_ops.responses.find import HourOfFiles, find, sample
from shadow_ops.responses.hidden import NEITHER, Shown
from shadow_ops.responses.joining import Key, choose_key
from shadow_ops.responses.layout import Item
from shadow_ops.responses.local import Source, records
from shadow_ops.responses.redact import Redaction
from shadow_ops.responses.result import Read, Result
from shadow_ops.responses.since import since
from shadow_ops.responses.tally import Tally

_PROBED_HOURS = 5
_PROBED_BYTES = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be compared.

    Attributes:
        endpoint: The endpoint's name.
        source: Its folder of captured files.
        production: The production variant's name.
        shadow: The shadow variant's name.
        since: Beginning of the time.
        until: Its end.
        how: How answers are compared.
        everything: Whether all hours are read, not a sample.
        examples: How many pairs that differ most are kept.
        shown: What of customers' data may be shown.
        confidence_percent: How sure the intervals are.
        redaction: What is taken out before a file is kept. By default nothing.
        cache: Where files are kept.
    """

    endpoint: str
    source: Source
    production: str
    shadow: str
    since: datetime.datetime
    until: datetime.datetime
    how: Comparison
    everything: bool = False
    examples: int = 5
    shown: Shown = NEITHER
    confidence_percent: float = 95
    redaction: Redaction | None = None
    cache: Path


def compare(
    asked: Asked,
    engine: Engine,
    *,
    chosen: Callable[[Sequence[HourOfFiles]], None] = lambda _hours: None,
    fetched: Callable[[Item], None] = lambda _item: None,
    differing: Differing | None = None,
) -> Result:
    """Compare captured answers.

    Args:
        asked: What is compared.
        engine: What reads and joins.
        chosen: Called with the hours that will be read.
        fetched: Called with each file, from several threads.
        differing: Takes each pair that differs. By default nothing does.

    Raises:
        ClientError: If S3 refuses.
        OSError: If the cache can't be written, or a file can't be read.
    """
    found = find(asked.source, asked.production, asked.shadow, asked.since, asked.until)
    fetcher = Fetcher(asked.source, asked.cache, asked.redaction)
    hours = found if asked.everything or not found else sample(found, _bytes_per_record(fetcher, found))
    chosen(hours)
    tally = Tally(most_examples=asked.examples)
    if hours:
        tally.key = key = choose(fetcher, hours)
        fetcher = Fetcher(asked.source, asked.cache, asked.redaction, fetched)
        with tempfile.TemporaryDirectory(prefix="shadow-test-") as scratch:
            windows = since(fetcher.windows(hours), asked.since, Path(scratch), tally)
            taking = None if differing is None else _hiding(differing, asked.shown, key)
            engine.run(windows, Task(key, asked.how, tally, asked.shown.inputs, taking))
    return Result(_read(asked, found, hours), asked.how, tally, asked.confidence_percent, asked.shown)


def _hiding(take: Differing, shown: Shown, key: Key) -> Differing:
    return lambda example: take(shown.example(example, key))


def fast_engine() -> Engine | None:
    """The DuckDB engine; None if DuckDB isn't installed."""
    if importlib.util.find_spec("duckdb") is None:
        return None
    from shadow_ops.responses.engines.duck import DuckEngine

    return DuckEngine()


def choose(fetcher: Fetcher, hours: Sequence[HourOfFiles]) -> Key:
    """Choose what records are joined by, from the beginning of the first hour in which it can be told.

    Raises:
        ClientError: If S3 refuses.
        OSError: If the cache can't be written.
    """
    chosen: Key = "inferenceId"
    for hour in [one for one in hours if one.missing is None][:_PROBED_HOURS]:
        sides = [
            records(path for item in beginning(side) if (path := fetcher.file(item)) is not None)
            for side in (hour.production, hour.shadow)
        ]
        chosen, joins = choose_key(*sides)
        if joins:
            break
    return chosen


def beginning(items: Sequence[Item]) -> list[Item]:
    """The files of an hour's first minutes, a few megabytes of them; whole minutes, so that both sides' match."""
    chosen: list[Item] = []
    minute = ""
    for item in items:
        begun = item.key.rpartition("/")[2][:2]
        if chosen and begun != minute and sum(one.size for one in chosen) >= _PROBED_BYTES:
            break
        chosen.append(item)
        minute = begun
    return chosen


def _bytes_per_record(fetcher: Fetcher, hours: Sequence[HourOfFiles]) -> float:
    item = next(item for hour in hours for item in (*hour.production, *hour.shadow))
    path = fetcher.file(item)
    count = 0 if path is None else sum(1 for _ in records([path]))
    return item.size / count if count else 1000


def _read(asked: Asked, found: Sequence[HourOfFiles], hours: Sequence[HourOfFiles]) -> Read:
    return Read(
        endpoint=asked.endpoint,
        source=asked.source.name,
        variants=(asked.production, asked.shadow),
        first=f"{hours[0].hour:%Y-%m-%dT%H}" if hours else None,
        last=f"{hours[-1].hour:%Y-%m-%dT%H}" if hours else None,
        hours=len(hours),
        hours_found=len(found),
        one_sided=tuple((f"{one.hour:%Y-%m-%dT%H}", one.missing) for one in hours if one.missing is not None),
        files=sum(len(one.production) + len(one.shadow) for one in hours),
        bytes=sum(one.size for one in hours),
    )
