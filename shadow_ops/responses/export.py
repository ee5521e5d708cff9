"""Write the pairs that differ to a file: CSV, or Parquet with DuckDB."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shadow_ops.responses.engines import Differing
from shadow_ops.responses.tally import Example

SUFFIXES = (".csv", ".parquet")
_HEADER = ("key", "hour", "production", "shadow", "request", "segment", "differences")


@contextmanager
def exported(path: Path) -> Iterator[Differing]:
    """A file that takes pairs one by one; it is there when all are written, whole or not at all.

    Args:
        path: The file, ``.csv`` or ``.parquet``; one that is there is replaced.

    Raises:
        OSError: If it can't be written.
    """
    handle, scratch = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADER)

            def take(example: Example) -> None:
                parts = json.dumps([list(part) for part in example.parts], ensure_ascii=False)
                writer.writerow((*example[1:7], parts))

            yield take
        if path.suffix == ".parquet":
            _as_parquet(scratch)
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)


def _as_parquet(path: str) -> None:
    import duckdb

    quoted, packed = (name.replace("'", "''") for name in (path, f"{path}.parquet"))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{quoted}', all_varchar = true, header = true, delim = ',', quote = '\"', "
            f"escape = '\"', max_line_size = 67108864)) TO '{packed}' (FORMAT parquet, COMPRESSION zstd)"
        )
    Path(f"{path}.parquet").replace(path)
