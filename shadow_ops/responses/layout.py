"""Where captured files lie: ``<variant>/yyyy/mm/dd/hh/`` below an endpoint's folder, in UTC."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import NamedTuple

HOUR = datetime.timedelta(hours=1)
SUFFIXES = (".jsonl", ".jsonl.gz")


class Item(NamedTuple):
    """One captured file.

    Attributes:
        key: Its place below the source.
        size: In bytes.
        version: Tells it from another of the same name and size, where files may change.
    """

    key: str
    size: int
    version: str = ""


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


def whole_hours(since: datetime.datetime, until: datetime.datetime) -> list[datetime.datetime]:
    """The hours that a time touches, in order."""
    first = since.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)
    count = max(0, -((first - until) // HOUR))
    return [first + number * HOUR for number in range(count)]


def folder(variant: str, hour: datetime.datetime) -> str:
    """The folder of a variant's hour, with a slash at its end."""
    return f"{variant}/{hour:%Y/%m/%d/%H}/"


def time_of(item: Item) -> datetime.datetime | None:
    """When a file was written, as its name ``mm-ss-mmm-…`` in its hour's folder says; None if it doesn't."""
    *_, year, month, day, hour, name = ("", "", "", "", *item.key.split("/"))
    try:
        minute, second = name.split("-")[:2]
        numbers = [int(one) for one in (year, month, day, hour, minute, second)]
        return datetime.datetime(*numbers, tzinfo=datetime.UTC)  # type: ignore[misc,arg-type] # six numbers
    except ValueError:
        return None
