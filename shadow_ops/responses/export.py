"""Write the pairs that differ to a file: CSV, or Parquet with DuckDB."""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shadow_ops.responses.engines import Differing
from shadow_ops.responses.tally import Example

SUFFIXES = (".csv", ".parquet")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), in whatever width, behind spaces too.
_FORMULA = ("=", "+", "-", "@")
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
_LINE = 1 << 26
_HEADER = ("key", "hour", "production", "shadow", "request", "segment", "differences")


@contextmanager
def exported(path: Path) -> Iterator[Differing]:
    """A file that takes pairs one by one; it is there when all are written, whole or not at all.

    Args:
        path: The file, ``.csv`` or ``.parquet``; one that is there is replaced. In CSV, cells that a spreadsheet would
            take for a formula begin with an apostrophe.

    Raises:
        OSError: If it can't be written.
    """
    try:
        handle, scratch = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        # Of the file that was asked for, not of the one that would have become it.
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            # Quoted, so that no other separator makes a cell of a part.
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            longest = writer.writerow(_HEADER)

            def take(example: Example) -> None:
                parts = json.dumps([list(part) for part in example.parts], ensure_ascii=False)
                cells = (*example[1:7], parts)
                nonlocal longest
                longest = max(longest, writer.writerow(map(_as_text, cells) if path.suffix == ".csv" else cells))

            yield take
        if path.suffix == ".parquet":
            _as_parquet(scratch, longest)
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)


def _as_text(cell: str) -> str:
    """A cell that a spreadsheet shows, and never runs: what callers send is anybody's text; a number stays one."""
    if not cell or _NUMBER.fullmatch(cell):
        return cell
    first = next((one for one in cell if unicodedata.category(one) not in _UNSEEN), "")
    is_formula = unicodedata.normalize("NFKC", first).startswith(_FORMULA)
    return f"'{cell}" if is_formula or unicodedata.category(cell[0]) == "Cc" else cell


def _as_parquet(path: str, longest: int) -> None:
    import duckdb

    # Its letters have four bytes at most.
    line = max(_LINE, 4 * longest)
    quoted, packed = (name.replace("'", "''") for name in (path, f"{path}.parquet"))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{quoted}', all_varchar = true, header = true, delim = ',', quote = '\"', "
            f"escape = '\"', allow_quoted_nulls = false, max_line_size = {line})) "
            f"TO '{packed}' (FORMAT parquet, COMPRESSION zstd)"
        )
    Path(f"{path}.parquet").replace(path)
