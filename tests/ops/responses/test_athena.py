"""Answers that Athena reads are counted as those that are fetched; here its text runs where it came from, in DuckDB."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.problems import CannotTellError, InvalidValueError
from shadow_ops.responses.athena import AthenaSource, query, transpiled
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.engines import Task
from shadow_ops.responses.engines.stdlib import StdlibEngine
from shadow_ops.responses.fetch import Fetcher
from shadow_ops.responses.find import find
from shadow_ops.responses.layout import Item
from shadow_ops.responses.run import choose
from shadow_ops.responses.source import S3Source
from shadow_ops.responses.tally import Tally
from tests.ops.responses.captured import END, START, Said, tallied, write
from tests.ops.responses.fake_s3 import FakeS3
from tests.ops.responses.odd import ODD
from tests.ops.responses.test_engines import QUICK, SAID, counts


class FakeAthena:
    """Runs a text of Athena's on the files of a folder, back in DuckDB's own dialect, and puts the result into S3."""

    def __init__(self, root: Path, s3: FakeS3) -> None:
        self._root, self._s3, self._numbers = root, s3, itertools.count()
        self.failing: str | None = None

    def start_query_execution(self, QueryString: str, WorkGroup: str) -> dict[str, str]:  # noqa: N803 - boto3's names
        assert WorkGroup == "primary"
        [text] = sqlglot.transpile(QueryString, read="athena", write="duckdb")
        # Several hours are asked for at once, and none may get another's result.
        name = f"results/{next(self._numbers)}.csv"
        where = {
            one.this.name: one.expression.this
            for one in sqlglot.parse_one(QueryString, read="athena").find_all(sqlglot.exp.EQ)
        }
        files = f"{self._root}/{where['variant']}/{where['day']}/{int(where['hour']):02}/*.jsonl"
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("CREATE SCHEMA shadow")
            connection.execute(
                f"CREATE VIEW shadow.captured AS SELECT line, 'churn' AS endpoint, '{where['variant']}' AS variant, "
                f"'{where['day']}' AS day, {where['hour']} AS hour FROM (SELECT unnest(string_split(content, chr(10))) "
                f"AS line FROM read_text('{files}'))"
            )
            found = connection.execute(text)
            rows = [[one[0] for one in found.description], *found.fetchall()]
        out = io.StringIO(newline="")
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([_cell(one) for one in row] for row in rows)
        self._s3.objects[name] = out.getvalue().encode()
        return {"QueryExecutionId": name}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        state = (
            {"State": "SUCCEEDED"} if self.failing is None else {"State": "FAILED", "StateChangeReason": self.failing}
        )
        place = {"OutputLocation": f"s3://captures/{QueryExecutionId}"}
        return {"QueryExecution": {"Status": state, "ResultConfiguration": place}}


def _cell(value: object) -> object:
    """As Athena writes it: nothing for what is absent, flags in small letters."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def source_of(root: Path) -> AthenaSource:
    """A folder's files in S3, with a table over them."""
    files = {f"churn/{one.relative_to(root).as_posix()}": one.read_bytes() for one in root.rglob("*.jsonl")}
    s3 = FakeS3(files)
    return AthenaSource(FakeAthena(root, s3), S3Source(s3, "captures", "churn"), "shadow.captured", "churn")


def by_athena(root: Path) -> Tally:
    """The counts of what Athena reads."""
    source = source_of(root)
    hours = find(source, *SIDES, START, END)
    tally = Tally(most_examples=5)
    with tempfile.TemporaryDirectory() as cache:
        fetcher = Fetcher(source, Path(cache))
        tally.key = key = choose(fetcher, hours)
        StdlibEngine().run(fetcher.windows(hours), Task(key, Comparison(), tally))
    return tally


# Athena's own reading of bytes that are no UTF-8, only AWS can tell.
SOME = st.lists(st.one_of(SAID, ODD), min_size=1, max_size=8)


@settings(max_examples=8, deadline=None, phases=QUICK)
@given(st.tuples(SOME, SOME), st.lists(st.one_of(SAID, ODD), max_size=6))
def test_what_athena_reads_is_counted_the_same(
    sides: tuple[list[Said | bytes], list[Said | bytes]], same: list[Said | bytes]
) -> None:
    """Whatever the lines hold, records or not, all counts are those of the files themselves."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for side, said in zip(SIDES, sides, strict=True):
            write(root, side, [*said, *same])
        assert counts(by_athena(root)) == counts(tallied(root, StdlibEngine()))


USUAL = Said("a", "0.5", 'x, "y"\n\\ \u00e9', event="e").line().replace(b"\\u00e9", "\u00e9".encode())


@pytest.mark.parametrize(
    ("line", "by_athena_itself"),
    [
        (USUAL, True),
        (USUAL.replace(b'"eventId": "e", ', b'"eventId":"e","customAttributes":["{}"],'), True),
        (USUAL.replace(b"x, ", b"\\u0078, "), False),
        (USUAL.replace("\u00e9".encode(), b"\\u00e9"), False),
        (USUAL.replace(b"{", b'{"more": NaN, ', 1), False),
        (USUAL.replace(b'"mode"', b'"data": "0", "mode"', 1), False),
    ],
)
def test_a_request_is_the_same_however_its_line_is_written(tmp_path: Path, line: bytes, by_athena_itself: bool) -> None:
    """Of a usual line Athena makes the hash; another comes whole and is hashed here, to the same hash."""
    write(tmp_path, "production", [USUAL])
    write(tmp_path, "shadow", [line])
    source = source_of(tmp_path)
    (item,) = source.files("shadow/2026/11/24/08/")
    content = source.read(item)
    assert b"x, " not in content
    assert (b"eventVersion" in content) is by_athena_itself
    assert by_athena(tmp_path).all.compared == 1


@pytest.mark.parametrize("requests", [True, False])
def test_its_text_is_athenas(requests: bool) -> None:
    """It is read by the dialect of Athena's engine, Trino, and a request that isn't needed stays where it is."""
    text = transpiled(query("shadow.captured", "churn", "shadow", "2026/11/24", 8, requests=requests))
    assert sqlglot.transpile(text, read="trino", write="trino") == [text]
    assert ("TO_HEX(MD5(TO_UTF8(" in text) is not requests


def test_fails_in_athenas_own_words(tmp_path: Path) -> None:
    """A table that isn't there, a workgroup without a place for results."""
    write(tmp_path, "shadow", [Said("a", "0.5")])
    source = source_of(tmp_path)
    source.athena.failing = "TABLE_NOT_FOUND"
    [item] = source.files("shadow/2026/11/24/08/")
    assert isinstance(item, Item)
    with pytest.raises(CannotTellError, match=r"Athena: TABLE_NOT_FOUND; is shadow\.captured a table"):
        source.read(item)


@pytest.mark.parametrize("table", ["captured", "A.b", "a.b; DROP TABLE x", "a.b.c"])
def test_fails_on_a_table_that_is_none(table: str) -> None:
    """Nothing of it is put into a query."""
    with pytest.raises(InvalidValueError, match=r"'table' must be database\.table"):
        AthenaSource(None, S3Source(None, "b", "p"), table, "churn")
