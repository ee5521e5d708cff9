"""Where captured files lie: ``<variant>/yyyy/mm/dd/hh/`` below an endpoint's folder, in UTC."""

from __future__ import annotations

import datetime
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
