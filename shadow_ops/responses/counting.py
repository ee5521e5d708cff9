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
from shadow_ops.responses.joining import Join, Key, choose_key, key_of
from shadow_ops.responses.layout import HOUR, Item, folder, time_of, whole_hours
from shadow_ops.responses.reading import nonblank, unpacked
from shadow_ops.responses.record import Record, parse, time_in
from shadow_ops.responses.repeats import repeats

if TYPE_CHECKING:
    from shadow_ops.responses.local import Source

MOST_BYTES = 64_000_000
"""So much is read, of both sides and all files that may hold what is counted."""

# A file is written about once a minute, and holds what came before or after the time in its name: nobody says which.
_MINUTE = datetime.timedelta(minutes=1)
_SHORTEST = datetime.timedelta(seconds=20)
_TRIED = 3
_PACKED = 10


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
        is_unread: Whether nothing was read, as no part is small enough.
    """

    time: Time
    records: tuple[int, int]
    compared: int = 0
    agreeing: int = 0
    unjoined: int = 0
    repeated: int = 0
    steady: int = 0
    is_unread: bool = False


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
    found = _chosen(listed, stretch)
    if found is None:
        return Counts(stretch, (0, 0), is_unread=True)
    time, chosen = found
    # The hour of a folder is that of its records; only of a part of it each record's own time decides.
    is_whole = time.start == hours[0] and time.end == hours[-1] + HOUR if hours else True
    sides = [list(_records(source, items)) for items in chosen]
    counted = Counted()
    key, _ = choose_key(*sides)
    if not is_whole:
        sides = _within(sides, time, key)
    join = Join(key, None, False, counted)
    keyed = [join.keyed(side, "", records) for side, records in zip(SIDES, sides, strict=True)]
    comparer = Comparer(how)
    for pair in join.pairs(*keyed):
        counted.add(pair, comparer.compare(pair.production, pair.shadow))
    join.finish()
    noise = repeats(join.answered, comparer)
    # With a sampled shadow most of production's answers have no partner, and should have none.
    pairs, unjoined = counted.all.compared, max(0, counted.due - counted.joined)
    records = len(sides[0]), len(sides[1])
    return Counts(time, records, pairs, counted.all.agreeing, unjoined, noise.compared, noise.agreeing)


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


def _chosen(listed: Sequence[list[Item]], stretch: Time) -> tuple[Time, Sequence[list[Item]]] | None:
    """What of a stretch is read: a part drawn from it, always the same, with all files that may hold it."""
    size = sum(_size(item) for items in listed for item in items)
    if size <= MOST_BYTES:
        return stretch, listed
    draw, length = random.Random(stretch.start.isoformat()), stretch.end - stretch.start
    window = min(length, max(1, int(length / _MINUTE * MOST_BYTES / size)) * _MINUTE)
    while True:
        step = min(window, _MINUTE)
        places = range((length - window) // step + 1)
        for place in draw.sample(places, len(places) if window <= _SHORTEST else min(_TRIED, len(places))):
            time = Time(stretch.start + place * step, stretch.start + place * step + window)
            # The other side's clock may be another.
            beyond = _MINUTE + min(_MINUTE, window / 2)
            around = Time(time.start - beyond, time.end + beyond)
            chosen = [[item for item in items if _may_hold(item, around)] for items in listed]
            if all(chosen) and sum(_size(item) for items in chosen for item in items) <= MOST_BYTES:
                return time, chosen
        if window <= _SHORTEST:
            return None
        window = window // _MINUTE // 2 * _MINUTE or _SHORTEST


def _size(item: Item) -> int:
    return item.size * (_PACKED if item.key.endswith(".gz") else 1)


def _may_hold(item: Item, around: Time) -> bool:
    time = time_of(item)
    return time is None or time in around


def _within(sides: Sequence[list[Record | None]], time: Time, key: Key) -> list[list[Record | None]]:
    """What production answered in a time, on both sides, and what the shadow alone did."""

    def inside(one: Record) -> bool:
        made = time_in(one)
        return made is None or made in time

    production, shadow = ([one for one in side if one is not None] for side in sides)
    asked: dict[str | None, bool] = {}
    for one in production:
        by = key_of(one, key)
        asked[by] = asked.get(by, False) or inside(one)
    asked.pop(None, None)
    return [
        [one for one in production if inside(one)],
        [one for one in shadow if asked.get(key_of(one, key), inside(one))],
    ]


def _records(source: Source, items: Sequence[Item]) -> Iterator[Record | None]:
    for item in items:
        try:
            content = source.read(item)
        except FileNotFoundError:
            continue
        if item.key.endswith(".gz"):
            content, _ = unpacked(content, MOST_BYTES)
        for record in map(parse, nonblank(io.BytesIO(content))):
            # A request takes most of the memory, and only its likeness counts.
            asked = record and record.request and hashlib.md5(record.request.encode(), usedforsecurity=False)
            yield record._replace(request=asked.hexdigest()) if record and asked else record
