"""Join both variants' records of one hour, and of the hour before what had no partner yet.

A request at the end of an hour may be answered by one variant in the next; so what has no partner waits one hour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from shadow_ops.responses.answer import number
from shadow_ops.responses.counted import SIDES, Counted, Pair
from shadow_ops.responses.record import Record, decoded, is_stream

Key = Literal["inferenceId", "eventId", "request"]
_COVERED = 0.99
_OVERLAPPING = 0.5


class Keyed(NamedTuple):
    """A record that can be joined.

    Attributes:
        key: What it is joined by.
        asked: Hash of the request; None if it wasn't captured.
        answer: The answer's text.
        hour: Its hour.
        segment: The request's segment, if segments were asked for.
        request: The request, if it may be shown.
    """

    key: str
    asked: int | None
    answer: str
    hour: str
    segment: str | None
    request: str | None


def choose_key(production: Iterable[Record | None], shadow: Iterable[Record | None]) -> tuple[Key, bool]:
    """Choose what records are joined by: the caller's id, else SageMaker's, else what was asked.

    Args:
        production: Some of production's records.
        shadow: The shadow's of the same time.

    Returns:
        The key, and whether any record of one side has a partner by it.
    """
    sides = [[one for one in side if one is not None] for side in (production, shadow)]
    for key, covered, overlapping in (("inferenceId", _COVERED, 0.0), ("eventId", 0.0, _OVERLAPPING)):
        keys = [[found for one in side if (found := key_of(one, key)) is not None] for side in sides]
        common = len(set(keys[0]) & set(keys[1]))
        least = min(len(set(one)) for one in keys)
        enough = all(len(one) >= covered * len(side) for one, side in zip(keys, sides, strict=True))
        if enough and common > 0 and common >= overlapping * least:
            return key, True  # type: ignore[return-value] # the literal of the tuple above
    asked = [{one.request for one in side if one.request is not None} for side in sides]
    return "request", bool(asked[0] & asked[1])


def key_of(record: Record, key: str) -> str | None:
    """What a record is joined by."""
    if key == "inferenceId":
        return record.inference_id
    return record.event_id if key == "eventId" else record.request


class Join:
    """Joins hour by hour.

    Args:
        key: What records are joined by.
        segment: Tells a request's segment.
        show_requests: Whether pairs hold the request.
        tally: Where what is in no pair is counted.
    """

    def __init__(
        self, key: Key, segment: Callable[[str | None, str | None], str] | None, show_requests: bool, tally: Counted
    ) -> None:
        self._key = key
        self._segment = segment
        self._show = show_requests
        self._tally = tally
        self._waiting: dict[str, list[Keyed]] = {side: [] for side in SIDES}
        self.answered: list[tuple[int, str, int]] = []
        """What production was asked in the hour that was joined last, its answer, and 1."""

    def keyed(self, side: str, hour: str, records: Iterable[Record | None]) -> list[Keyed]:
        """The records of a side that can be joined; the others are counted."""
        found: list[Keyed] = []
        losses: Counter[str] = Counter()
        read = 0
        for record in records:
            read += 1
            answer = None
            if record is None:
                losses["malformed"] += 1
            elif record.answer is None:
                losses["no answer"] += 1
            elif is_stream(record.content_type):
                losses["stream"] += 1
            elif (answer := decoded(record.answer, record.encoding)) is None:
                losses["undecodable"] += 1
            elif (key := key_of(record, self._key)) is None:
                losses["without key"] += 1
            else:
                plain = number(answer)
                text = answer if plain is None else repr(plain)
                segment = None if self._segment is None else self._segment(record.request, record.request_encoding)
                asked = None if record.request is None else hash(record.request)
                found.append(Keyed(key, asked, text, hour, segment, record.request if self._show else None))
        self._tally.records[side] += read
        self._tally.losses[side].update(losses)
        return found

    def pairs(self, production: list[Keyed], shadow: list[Keyed]) -> Iterator[Pair]:
        """Join what waits and what is new; what has no partner waits, or has waited long enough."""
        new = dict(zip(SIDES, (production, shadow), strict=True))
        fresh = {id(one) for side in SIDES for one in new[side]}
        self.answered = []
        groups: dict[tuple[str, int | None], tuple[list[Keyed], list[Keyed]]] = defaultdict(lambda: ([], []))
        for place, side in enumerate(SIDES):
            for one in (*self._waiting[side], *new[side]):
                groups[one.key, one.asked][place].append(one)
        left: dict[str, tuple[list[Keyed], list[Keyed]]] = defaultdict(lambda: ([], []))
        for (key, asked), (ones, others) in groups.items():
            # A key that came twice may be one answer that was written twice; but a request is no such key.
            if asked is not None and (len(ones) == 1 or self._key == "request"):
                self.answered += [(asked, one.answer, 1) for one in ones if id(one) in fresh]
            if len(ones) == len(others) == 1:
                yield self._pair(ones[0], others[0])
            elif len(ones) > 1 or len(others) > 1:
                self._lose("duplicate", ones, others)
            else:
                left[key][0].extend(ones)
                left[key][1].extend(others)
        self._waiting = {side: [] for side in SIDES}
        for ones, others in left.values():
            if ones and others:
                self._lose("inputs differ", ones, others)
                continue
            for side, some in zip(SIDES, (ones, others), strict=True):
                for one in some:
                    if id(one) in fresh:
                        self._waiting[side].append(one)
                    else:
                        self._tally.losses[side]["only here"] += 1

    def finish(self) -> None:
        """Nothing follows: what waits has no partner."""
        for side in SIDES:
            self._tally.losses[side]["only here"] += len(self._waiting[side])
            self._waiting[side] = []

    def _pair(self, production: Keyed, shadow: Keyed) -> Pair:
        return Pair(
            hour=production.hour,
            key=shown_key(self._key, production.key),
            production=production.answer,
            shadow=shadow.answer,
            segment=production.segment,
            request=production.request,
            checked=production.asked is not None,
        )

    def _lose(self, why: str, *sides: list[Keyed]) -> None:
        for side, some in zip(SIDES, sides, strict=True):
            self._tally.losses[side][why] += len(some)


def shown_key(key: Key, value: str) -> str:
    """A key for people; of a request nothing is told."""
    return "(request)" if key == "request" else value
