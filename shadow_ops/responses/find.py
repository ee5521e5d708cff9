"""Find the captured files of a time, hour by hour, and choose which hours are read."""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shadow_ops.responses.layout import Item, folder, whole_hours
from shadow_ops.responses.local import FolderSource, Source

THREADS = 16
SAMPLE_BYTES = 2_000_000_000
SAMPLE_PAIRS = 2_000_000


@dataclass(frozen=True)
class HourOfFiles:
    """The captured files of one hour.

    Attributes:
        hour: Its beginning, in UTC.
        production: Production's files, in order.
        shadow: The shadow's.
    """

    hour: datetime.datetime
    production: tuple[Item, ...]
    shadow: tuple[Item, ...]

    @property
    def size(self) -> int:
        """Bytes of both sides."""
        return sum(item.size for item in (*self.production, *self.shadow))

    @property
    def missing(self) -> str | None:
        """The side without any file, ``production`` or ``shadow``; None if both have some."""
        if self.production and self.shadow:
            return None
        return "shadow" if self.production else "production"


def find(
    source: Source, production: str, shadow: str, since: datetime.datetime, until: datetime.datetime
) -> tuple[HourOfFiles, ...]:
    """Find the captured files of the hours that a time touches.

    Args:
        source: The endpoint's folder.
        production: The production variant's name.
        shadow: The shadow variant's name.
        since: Beginning of the time.
        until: Its end.

    Returns:
        The hours in which either side has files, in order.

    Raises:
        ClientError: If listing is refused.
    """
    hours = whole_hours(since, until)
    wanted = [folder(variant, hour) for hour in hours for variant in (production, shadow)]
    with ThreadPoolExecutor(THREADS) as pool:
        listed = list(pool.map(lambda one: tuple(source.files(one)), wanted))
    found = (HourOfFiles(hour, *listed[2 * place : 2 * place + 2]) for place, hour in enumerate(hours))
    return tuple(one for one in found if one.size or one.production or one.shadow)


def span(source: FolderSource, variants: Sequence[str]) -> tuple[datetime.datetime, datetime.datetime] | None:
    """The time that a folder has captured files of, from the first hour to the end of the last; None without any."""
    hours = set()
    for variant in variants:
        for path in (source.root / variant).glob("[0-9]*/[0-9]*/[0-9]*/[0-9]*"):
            try:
                parts = [int(part) for part in path.parts[-4:]]
                hours.add(datetime.datetime(parts[0], parts[1], parts[2], parts[3], tzinfo=datetime.UTC))
            except ValueError:
                continue
    return (min(hours), max(hours) + datetime.timedelta(hours=1)) if hours else None


def sample(
    hours: Sequence[HourOfFiles],
    bytes_per_record: float,
    *,
    most_bytes: float = SAMPLE_BYTES,
    most_pairs: float = SAMPLE_PAIRS,
) -> tuple[HourOfFiles, ...]:
    """Choose hours uniformly until there is enough; the same hours each time, so that a cache serves again.

    Args:
        hours: All hours that were found.
        bytes_per_record: About how long a record is.
        most_bytes: No further hour is taken above this, both sides together; one hour is always taken.
        most_pairs: Likewise, the pairs that the bytes amount to.

    Returns:
        The hours chosen, in order.
    """
    most = min(most_bytes, most_pairs * 2 * bytes_per_record)
    shuffled = list(hours)
    random.Random(0).shuffle(shuffled)
    chosen: list[HourOfFiles] = []
    taken = 0
    for one in shuffled:
        if chosen and taken + one.size > most:
            break
        chosen.append(one)
        taken += one.size
    return tuple(sorted(chosen, key=lambda one: one.hour))
