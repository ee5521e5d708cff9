"""The engine of the command line: DuckDB reads and joins.

A file with lines that are no records is read by the standard library instead, so that every engine counts the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from shadow_ops.contract.paths import Path as JsonPath
from shadow_ops.responses.compare import Comparer, Difference, side
from shadow_ops.responses.counted import SIDES, Pair
from shadow_ops.responses.engines import Task, duck_sql
from shadow_ops.responses.fetch import Window
from shadow_ops.responses.joining import shown_key
from shadow_ops.responses.labels import MOST_KINDS, named
from shadow_ops.responses.local import lines, written
from shadow_ops.responses.numbers import Numbers
from shadow_ops.responses.record import parse
from shadow_ops.responses.repeats import repeats
from shadow_ops.responses.segment import segmenter
from shadow_ops.responses.symptoms import SAMPLE
from shadow_ops.responses.tally import LOSSES, example

_AT_ONCE = 10_000
_MANY, _ONE_IN = 20_000, 256


class DuckEngine:
    """Holds what is compared of one hour in memory, about 150 bytes a pair."""

    def run(self, windows: Iterable[Window], task: Task) -> None:
        """Count all pairs of some hours; see `Engine.run`."""
        import duckdb

        with tempfile.TemporaryDirectory(prefix="shadow-test-") as scratch, duckdb.connect() as connection:
            connection.execute(f"SET preserve_insertion_order = false; SET temp_directory = '{scratch}'")
            run = _Run(connection, Path(scratch), task)
            for window in windows:
                run.window(window)
            run.finish()
            task.tally.unmet = run.unmet


class _Run:
    def __init__(
        self,
        connection: Any,  # noqa: ANN401 - DuckDB's connection; its package may not be installed
        scratch: Path,
        task: Task,
    ) -> None:
        self._connection, self._scratch, self._key, self._how = connection, scratch, task.key, task.how
        self._tally, self._requests, self._differing = task.tally, task.show_requests, task.differing
        how, self._comparer = task.how, Comparer(task.how)
        self._segment = segmenter(how, task.show_requests)
        if self._segment is not None:
            text = "VARCHAR"
            connection.create_function("segment", self._segment, [text, text], text, null_handling="special")
        # Numbers are compared where they are read, unless their answer is a label or a row; a part of them is nothing.
        self._numbers = how.classes in (None, "threshold") and how.top is None and how.answer is None
        self._before = self._hour = ""
        connection.execute(duck_sql.WAITING)

    def window(self, window: Window) -> None:
        self._tally.cut_off += window.cut_off
        self._tally.gone += window.gone
        if not window.follows:
            self.finish()
        self._before, self._hour = self._hour, window.hour
        self._group([window.production, window.shadow])
        self._count_losses()
        self._count_numbers()
        self._count_others()
        asked = duck_sql.REPEATED_OF_REQUESTS if self._key == "request" else duck_sql.REPEATED
        found = repeats(((one, _answer(n, t), times) for one, n, t, times in self._rows(asked)), self._comparer)
        self._tally.repeats.add(found.compared, found.agreeing)

    @property
    def unmet(self) -> frozenset[JsonPath]:
        """What may differ, and was in no answer."""
        return frozenset(self._comparer.unmet)

    def finish(self) -> None:
        for place, count in enumerate(self._rows(duck_sql.STILL_WAITING)[0]):
            self._tally.losses[SIDES[place]]["only here"] += count
        self._connection.execute(duck_sql.WAITING)

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._connection.execute(statement).fetchall()
        return found

    def _group(self, sides: Sequence[Sequence[Path]]) -> None:
        import duckdb

        try:
            self._try_to_group(sides)
            clean = not any(status == duck_sql.MALFORMED for status, *_ in self._rows(duck_sql.READ))
        except duckdb.Error:
            clean = False
        if not clean:
            self._try_to_group([self._cleaned(place, files) for place, files in enumerate(sides)])

    def _try_to_group(self, sides: Sequence[Sequence[Path]]) -> None:
        segments = self._segment is not None
        options = {"requests": self._requests, "segments": segments}
        parts = [
            duck_sql.side(place, duck_sql.files(files, self._key, segments=segments), self._key, **options)
            for place, files in enumerate(sides)
            if files
        ]
        records = " UNION ALL ".join(["SELECT * FROM waiting", *parts])
        if self._key == "request":
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE records AS {records}")
            records = "SELECT * FROM records"
        self._connection.execute(duck_sql.groups(records, **options))

    def _cleaned(self, place: int, files: Sequence[Path]) -> list[Path]:
        """The records of files as this library reads them, without the lines that are none."""
        clean = self._scratch / f"{SIDES[place]}.jsonl"
        with clean.open("wb") as out:
            for file in files:
                for line in lines(file):
                    record = parse(line)
                    if record is None:
                        self._tally.records[SIDES[place]] += 1
                        self._tally.losses[SIDES[place]]["malformed"] += 1
                        continue
                    out.write(written(record))
        return [clean]

    def _count_losses(self) -> None:
        for status, *counts in self._rows(duck_sql.READ):
            for place, count in enumerate(counts):
                self._tally.records[SIDES[place]] += count
                if status:
                    self._tally.losses[SIDES[place]][LOSSES[status - 1]] += count
        self._connection.execute(duck_sql.LEFT)
        for why, statement in (
            ("duplicate", duck_sql.DUPLICATES),
            ("inputs differ", duck_sql.DIFFERENT),
            ("only here", duck_sql.ONLY),
        ):
            for place, count in enumerate(self._rows(statement)[0]):
                self._tally.losses[SIDES[place]][why] += count
        self._connection.execute(duck_sql.WAITING)
        self._connection.execute(duck_sql.WAIT)

    def _count_numbers(self) -> None:
        if not self._numbers:
            return
        limit = self._how.threshold if self._how.classes == "threshold" else 0.5
        self._count_labels()
        unequal = 0
        for row in self._rows(duck_sql.cube(self._how)):
            earlier, segment, production, shadow, exact, within, bucket, count, *sums = row
            agreeing = production == shadow if self._how.classes == "threshold" else within
            counts = {"exact": count * exact, "within": count * within, "agreeing": count * agreeing}
            self._tally.count(self._hour_of(earlier), segment, count, **counts)
            found = Numbers(count, *sums)
            if bucket is not None:
                found.buckets[bucket] = count
            if (path := self._tally.numbers.place("$")) is not None:
                self._tally.numbers[path].merge(found)
            self._tally.turned((side(production, limit), side(shadow, limit)), count)
            if not within:
                self._tally.differed(("$", "number"), count)
                unequal += count
        if (more := SAMPLE - len(self._tally.sample)) > 0:
            self._tally.sample += [
                (repr(one), repr(other)) for one, other in self._rows(duck_sql.unequal_numbers(more))
            ]
        if unequal:
            # Of many numbers some are enough; but labels are few, however often they are given.
            many = unequal > _MANY and len({one for one, _ in self._tally.sample}) > SAMPLE // 10
            for plain, *times in self._rows(duck_sql.exchanged(self._how, _ONE_IN - 1 if many else 0)):
                self._tally.exchange.count(repr(plain), *times)
        most = None if self._differing is not None else self._tally.most_examples
        if most != 0:
            self._stream(duck_sql.differing_numbers(self._how, self._key, most), counted=False)

    def _count_labels(self) -> None:
        labels = self._tally.labels
        if not labels.takes("$"):
            return
        if self._rows(duck_sql.KINDS)[0][0] > MOST_KINDS:
            labels.close("$")
            return
        for production, shadow, count in self._rows(duck_sql.labels(MOST_KINDS + 1)):
            labels.count("$", named(production), named(shadow), count)

    def _count_others(self) -> None:
        self._tally.unchecked += self._rows(duck_sql.UNCHECKED)[0][0]
        # Of what is equal the numbers and classes count as well.
        for earlier, segment, plain, text, count in self._rows(duck_sql.equal(numbers=not self._numbers)):
            answer = _answer(plain, text)
            pair = Pair(self._hour_of(earlier), "", answer, answer, segment)
            self._tally.add(pair, self._comparer.compare(answer, answer), count)
        self._stream(duck_sql.different(numbers=not self._numbers), counted=True)

    def _stream(self, statement: str, *, counted: bool) -> None:
        found = self._connection.execute(statement)
        while rows := found.fetchmany(_AT_ONCE):
            for earlier, segment, key, request, pn, pt, sn, st in rows:
                shown = shown_key(self._key, key)
                answers = _answer(pn, pt), _answer(sn, st)
                pair = Pair(self._hour_of(earlier), shown, *answers, segment, request)
                difference: Difference = self._comparer.compare(*answers)
                if counted:
                    self._tally.add(pair, difference)
                elif not difference.agrees:
                    self._tally.keep(example(pair, difference))
                if self._differing is not None and not difference.agrees:
                    self._differing(example(pair, difference))

    def _hour_of(self, earlier: bool) -> str:
        return self._before if earlier else self._hour


def _answer(plain: float | None, text: str | None) -> str:
    return repr(plain) if plain is not None else text or ""
