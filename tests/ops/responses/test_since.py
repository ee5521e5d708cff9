"""A test that began within an hour is judged by its own answers, not by those of the shadow before it."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from shadow_ops.contract.comparison import Comparison
from shadow_ops.responses.engines import Engine
from shadow_ops.responses.engines.duck import DuckEngine
from shadow_ops.responses.engines.stdlib import StdlibEngine
from shadow_ops.responses.local import FolderSource
from shadow_ops.responses.result import Result
from shadow_ops.responses.run import Asked, compare
from tests.ops.responses.captured import START, Said, write

ENGINES = pytest.mark.parametrize("engine", [StdlibEngine(), DuckEngine()], ids=["stdlib", "duckdb"])


def at(minute: int, second: int = 0, hour: int = 0) -> datetime.datetime:
    """A time after the first hour's beginning."""
    return START + datetime.timedelta(hours=hour, minutes=minute, seconds=second)


def said(time: datetime.datetime, answer: str, hour: int = 0) -> Said:
    """An answer of that time."""
    return Said(f"id-{time:%H%M%S}", answer, hour=hour, time=f"{time:%Y-%m-%dT%H:%M:%SZ}")


def result(root: Path, engine: Engine, begin: datetime.datetime) -> Result:
    """Compare what lies in a folder from a time on."""
    source = FolderSource(root)
    until = START + datetime.timedelta(hours=3)
    asked = Asked(
        endpoint="churn",
        source=source,
        production="production",
        shadow="shadow",
        since=begin,
        until=until,
        how=Comparison(),
        cache=root / "cache",
    )
    return compare(asked, engine)


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    """An hour in which a bad shadow gave way to a good one at half past, and the hour after it."""
    times = [at(10), at(29, 59), at(30), at(30, 1), at(50), at(5, hour=1)]
    production = [said(time, "0.5", hour=time.hour - START.hour) for time in times]
    answers = ["0.9", "0.9", "0.5", "0.5", "0.5", "0.5"]
    write(tmp_path, "production", production)
    write(tmp_path, "shadow", [replace(one, answer=answer) for one, answer in zip(production, answers, strict=True)])
    return tmp_path


@ENGINES
def test_what_another_shadow_answered_before_the_test_is_not_read(captured: Path, engine: Engine) -> None:
    """To the second: what came in the second of its beginning is the test's."""
    found = result(captured, engine, at(30).replace(microsecond=400_000))
    assert (found.tally.all.compared, found.tally.all.agreeing) == (4, 4)
    assert found.tally.older == {"production": 2, "shadow": 2}
    assert found.tally.records == {"production": 4, "shadow": 4}
    assert found.to_json()["records_older"] == {"production": 2, "shadow": 2}


@ENGINES
def test_a_whole_hour_is_read_whole(captured: Path, engine: Engine) -> None:
    """Where the time is the hour's beginning, nothing is older."""
    found = result(captured, engine, START)
    assert (found.tally.all.compared, found.tally.all.agreeing) == (6, 4)
    assert set(found.tally.older.values()) == {0}


@ENGINES
def test_a_record_that_says_no_time_is_kept(tmp_path: Path, engine: Engine) -> None:
    """So is a line that is no record: it is counted as what it is."""
    for side in ("production", "shadow"):
        write(tmp_path, side, [Said("a", "0.5", time="soon"), Said("b", "0.5", time=""), b"{cut off"])
    found = result(tmp_path, engine, at(30))
    assert (found.tally.all.compared, set(found.tally.older.values())) == (2, {0})
    assert found.tally.losses["shadow"]["malformed"] == 1
