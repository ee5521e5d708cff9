"""Count one stretch of captured answers: what the watch publishes, by the standard library alone, in bounded memory."""

from __future__ import annotations

import datetime
import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.compare import Comparer
from shadow_ops.responses.counted import SIDES, Counted
from shadow_ops.responses.joining import Join, choose_key
from shadow_ops.responses.layout import HOUR, Item, folder, time_of, whole_hours
from shadow_ops.responses.reading import nonblank, unpacked
from shadow_ops.responses.record import Record, parse, time_in
from shadow_ops.responses.repeats import repeats

if TYPE_CHECKING:
    from shadow_ops.responses.local import Source

MOST_BYTES = 32_000_000
"""So much of an hour is read, both sides together, and the minutes of the hour that are read are drawn."""

LARGEST_FILE = 64_000_000
"""A file above it is not read: it would take the function's memory."""

_MINUTE = datetime.timedelta(minutes=1)
# A file is written about once a minute, and holds what came before or after the time in its name: nobody says which.
_AROUND = 2 * _MINUTE


@dataclass(frozen=True)
class Time:
    """A stretch of time, or the part of it that is counted.

    Attributes:
        start: Its beginning.
        end: Its end.
    """

    start: datetime.datetime
    end: datetime.datetime

    def __contains__(self, time: datetime.datetime) -> bool:
        """Whether a time lies in it."""
        return self.start <= time < self.end


@dataclass(frozen=True)
class Counts:
    """What a stretch holds.

    Attributes:
        time: What of the stretch was read.
        records: Records of production and of the shadow.
        compared: Pairs compared.
        agreeing: Those that agree.
        unjoined: Records of the side with fewer that are in no pair, or all if no pair has the part that is compared.
        repeated: Production's answers to repeated requests.
        steady: Those that are as its usual answer.
    """

    time: Time
    records: tuple[int, int]
    compared: int = 0
    agreeing: int = 0
    unjoined: int = 0
    repeated: int = 0
    steady: int = 0


def count(source: Source, variants: Sequence[str], stretch: Time, how: Comparison) -> Counts:
    """Compare the answers of a stretch, or of some minutes of it where it is too large.

    Args:
        source: The endpoint's folder.
        variants: Names of production and of the shadow.
        stretch: Within one hour or a few.
        how: How answers are compared.

    Raises:
        ClientError: If S3 refuses.
    """
    hours = whole_hours(stretch.start, stretch.end)
    listed = [[item for hour in hours for item in source.files(folder(one, hour))] for one in variants]
    time, chosen = _chosen(listed, stretch)
    # The hour of a folder is that of its records; only of a part of it each record's own time decides.
    is_whole = time.start == hours[0] and time.end == hours[-1] + HOUR if hours else True
    sides = [list(_records(source, items, None if is_whole else time)) for items in chosen]
    counted = Counted()
    key, _ = choose_key(*sides)
    join = Join(key, None, False, counted)
    keyed = [join.keyed(side, "", records) for side, records in zip(SIDES, sides, strict=True)]
    comparer = Comparer(how)
    for pair in join.pairs(*keyed):
        counted.add(pair, comparer.compare(pair.production, pair.shadow))
    join.finish()
    found = repeats(join.answered, comparer)
    # With a sampled shadow most of production's answers have no partner, and should have none.
    pairs, unjoined = counted.all.compared, max(0, counted.due - counted.joined)
    records = len(sides[0]), len(sides[1])
    return Counts(time, records, pairs, counted.all.agreeing, unjoined, found.compared, found.agreeing)


def newest(source: Source, variant: str, now: datetime.datetime, begun: datetime.datetime) -> datetime.datetime | None:
    """When a variant's newest captured file was written, as its name says; None if there is none.

    Args:
        source: The endpoint's folder.
        variant: Its name.
        now: The time.
        begun: How far back to look, a day at most.
    """
    for hour in reversed(whole_hours(max(begun, now - datetime.timedelta(days=1)), now)):
        times = [time for item in source.files(folder(variant, hour)) if (time := time_of(item)) is not None]
        if times:
            return max(times)
    return None


def _chosen(listed: Sequence[list[Item]], stretch: Time) -> tuple[Time, list[list[Item]]]:
    """What of a stretch is read: minutes drawn from it, always the same, whose files are not too large together."""
    size = sum(item.size for items in listed for item in items)
    time = stretch
    length = stretch.end - stretch.start
    if size > MOST_BYTES and length > _MINUTE:
        many = max(1, int(length / _MINUTE * MOST_BYTES / size))
        first = random.Random(stretch.start.isoformat()).randrange(max(1, length // _MINUTE - many))
        time = Time(stretch.start + first * _MINUTE, stretch.start + (first + many) * _MINUTE)
    around = Time(time.start - _AROUND, time.end + _AROUND)
    return time, [[item for item in items if _may_hold(item, around) and item.size <= LARGEST_FILE] for items in listed]


def _may_hold(item: Item, around: Time) -> bool:
    time = time_of(item)
    return time is None or time in around


def _records(source: Source, items: Sequence[Item], time: Time | None) -> Iterator[Record | None]:
    for item in items:
        try:
            content = source.read(item)
        except FileNotFoundError:
            continue
        if item.key.endswith(".gz"):
            content, _ = unpacked(content)
        for line in nonblank(io.BytesIO(content)):
            record = parse(line)
            if record is None:
                if time is None:
                    yield None
                continue
            made = time_in(record)
            if time is None or made is None or made in time:
                # A request takes most of the memory, and only its likeness counts.
                asked = None if record.request is None else hashlib.md5(record.request.encode(), usedforsecurity=False)
                yield record._replace(request=None if asked is None else asked.hexdigest())
