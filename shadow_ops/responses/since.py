"""Leave out what was captured before the time that is asked for, in the hour in which that time begins.

Captured files are found by the hour; a test that began at half past shares its first hour with the test before it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.fetch import Window
from shadow_ops.responses.local import lines
from shadow_ops.responses.record import parse, time_in
from shadow_ops.responses.tally import Tally


def since(windows: Iterable[Window], begin: datetime.datetime, scratch: Path, tally: Tally) -> Iterator[Window]:
    """The same windows; in the one that the time lies in, files without what is older.

    Args:
        windows: Hours, in order.
        begin: The time. SageMaker writes a record's with whole seconds, so that of the same second stays.
        scratch: A folder for the files that are written anew.
        tally: Counts what is left out.
    """
    first, exact = f"{begin.astimezone(datetime.UTC):%Y-%m-%dT%H}", begin.replace(microsecond=0)
    for window in windows:
        if window.hour != first or (begin.minute, begin.second) == (0, 0):
            yield window
            continue
        sides = [
            tuple(_written(name, getattr(window, name), exact, scratch, tally)) if getattr(window, name) else ()
            for name in SIDES
        ]
        yield replace(window, production=sides[0], shadow=sides[1])


def _written(side: str, files: Sequence[Path], begin: datetime.datetime, scratch: Path, tally: Tally) -> Iterator[Path]:
    path = scratch / f"{side}.jsonl"
    with path.open("wb") as out:
        for file in files:
            for line in lines(file):
                if _is_older(line, begin):
                    tally.older[side] += 1
                else:
                    out.write(line + b"\n")
    yield path


def _is_older(line: bytes, begin: datetime.datetime) -> bool:
    """Whether a record says that it is; one that doesn't say when it was made is kept."""
    record = parse(line)
    time = None if record is None else time_in(record)
    return time is not None and time < begin
