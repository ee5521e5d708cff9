"""One comparison from beginning to end: find, choose, fetch, join, compare."""

from __future__ import annotations

from collections.abc import Sequence

from shadow_ops.responses.fetch import Fetcher
from shadow_ops.responses.joining import Key, choose_key
from shadow_ops.responses.layout import HourOfFiles, Item
from shadow_ops.responses.reading import records

_PROBED_HOURS = 5
_PROBED_BYTES = 4_000_000


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
