"""Counts of a comparison as CloudWatch metrics, for whoever compares complete hours regularly.

Pure: files in, metric data out. Who calls `agreement_of` has found and fetched the files, and calls PutMetricData with
what `metric_data` returns.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shadow_ops.contract.catalogue import dimensions
from shadow_ops.responses.compare import Comparer
from shadow_ops.responses.comparison import Comparison
from shadow_ops.responses.fetch import Window
from shadow_ops.responses.joining import Join, choose_key, key_of
from shadow_ops.responses.reading import records
from shadow_ops.responses.record import Record
from shadow_ops.responses.tally import SIDES, Tally

NAMESPACE = "ShadowTest"
COMPARED, AGREEING, UNJOINED = NAMES = ("ComparedAnswers", "AgreeingAnswers", "UnjoinedAnswers")
MOST_PAIRS = 20_000
"""So many pairs of an hour narrow its share down to half a percent; more cost memory and time for little."""

_HASHES = 1 << 32


@dataclass(frozen=True)
class Counts:
    """One hour's answers.

    Attributes:
        compared: Pairs compared.
        agreeing: Those that agree.
        unjoined: Answers of the side with fewer that are in no pair.
    """

    compared: int
    agreeing: int
    unjoined: int


def agreement_of(window: Window, how: Comparison, most_pairs: int = MOST_PAIRS) -> Counts:
    """Compare one complete hour, or a sample of it, by the standard library alone.

    The files are read twice: first to count. Of more than `most_pairs` only those are kept whose key's hash is small,
    the same ones on both sides, so that memory stays bounded and a sample joins as well as the whole.

    Args:
        window: The hour's files on this machine.
        how: How answers are compared.
        most_pairs: About how many pairs are compared at most.

    Raises:
        OSError: If a file can't be read.
    """
    key, _ = choose_key(_first(window.production, most_pairs), _first(window.shadow, most_pairs))
    larger = max(sum(1 for _ in records(files)) for files in (window.production, window.shadow))
    share = min(1.0, most_pairs / larger) if larger else 1.0

    def kept(files: Iterable[Record | None]) -> Iterator[Record | None]:
        for one in files:
            found = None if one is None else key_of(one, key)
            if found is None or zlib.crc32(found.encode("utf-8", "surrogatepass")) < share * _HASHES:
                yield one

    tally = Tally()
    join = Join(key, None, False, tally)
    production = join.keyed("production", window.hour, kept(records(window.production)))
    shadow = join.keyed("shadow", window.hour, kept(records(window.shadow)))
    comparer = Comparer(how)
    for pair in join.pairs(production, shadow):
        tally.add(pair, comparer.compare(pair.production, pair.shadow))
    join.finish()
    # With a sampled shadow most of production's answers have no partner, and should have none.
    answers = min(tally.answers(side) for side in SIDES)
    return Counts(tally.all.compared, tally.all.agreeing, answers - tally.all.compared)


def metric_data(
    counts: Counts, *, endpoint: str, variant: str, config: str, hour: datetime.datetime
) -> list[dict[str, Any]]:
    """What PutMetricData takes in `NAMESPACE`: each count by variant, and by variant and endpoint config.

    Args:
        counts: The hour's counts.
        endpoint: The endpoint's name.
        variant: The shadow variant's name.
        config: The endpoint config that served.
        hour: The hour, in UTC.
    """
    values = (counts.compared, counts.agreeing, counts.unjoined)
    return [
        {
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": one} for key, one in named.items()],
            "Timestamp": hour,
            "Value": float(value),
            "Unit": "Count",
        }
        for named in (dimensions(endpoint, variant), dimensions(endpoint, variant, config))
        for name, value in zip(NAMES, values, strict=True)
    ]


def _first(files: Iterable[Any], most: int) -> list[Record | None]:
    found: list[Record | None] = []
    for one in records(files):
        found.append(one)
        if len(found) == most:
            break
    return found
