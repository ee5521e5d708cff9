"""Take what nobody should see out of captured records before anything is kept or shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shadow_ops.contract.paths import Json, Path, column_of, has, parse_path, path_text
from shadow_ops.responses.answer import number, read_json
from shadow_ops.responses.csv_rows import rows_of, text_of
from shadow_ops.responses.local import written
from shadow_ops.responses.record import parse

_UNREADABLE = b'{"redacted":"not a record"}\n'


@dataclass
class Seen:
    """What has been met so far.

    Attributes:
        records: Records that were redacted.
        found: Columns and paths that were in any.
    """

    records: int = 0
    found: set[int | Path] = field(default_factory=set)


@dataclass(frozen=True)
class Redaction:
    """What is replaced by a hash: equal values stay equal, so that requests still join, and can't be read.

    A payload in which the named parts can't be looked for is hashed whole: no row of CSV with that many columns, no
    JSON, no text at all. Of answers this is so for paths alone, and numbers stay: they have no members.

    Attributes:
        columns: Columns of CSV requests, counted from 1.
        paths: Paths in JSON requests and answers.
        key: A secret; without it nobody can try out which value a hash stands for.
        seen: What has been met so far.
    """

    columns: tuple[int, ...] = ()
    paths: tuple[Path, ...] = ()
    key: bytes = field(default=b"", repr=False)
    seen: Seen = field(default_factory=Seen, repr=False, compare=False)

    @staticmethod
    def of(parts: Sequence[str], key: bytes) -> Redaction:
        """Read columns and paths, such as ``("3", "$.customer.name")``.

        Raises:
            InvalidValueError: If one is neither.
        """
        columns = [column_of(part, "redact") for part in parts]
        paths = [parse_path(part, "redact") for part, column in zip(parts, columns, strict=True) if column is None]
        return Redaction(tuple(column for column in columns if column is not None), tuple(paths), key)

    def missed(self) -> tuple[str, ...]:
        """Parts that were in no record, where records were met: a typo leaves readable what was to be hidden."""
        if not self.seen.records:
            return ()
        columns = (str(one) for one in self.columns if one not in self.seen.found)
        return (*columns, *(path_text(one) for one in self.paths if one not in self.seen.found))

    def line(self, line: bytes) -> bytes:
        """A line of a captured file with what is read of it, redacted; of one that is no record nothing is kept."""
        record = parse(line)
        if record is None:
            return _UNREADABLE
        self.seen.records += 1
        return written(
            record._replace(
                request=self._data(record.request, record.request_encoding, self._request),
                answer=self._data(record.answer, record.encoding, self._answer),
            )
        )

    def _data(self, text: str | None, encoding: str, redacted: Callable[[str], str]) -> str | None:
        if text is None:
            return None
        if encoding != "BASE64":
            return redacted(text)
        try:
            plain = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            # Bytes that can't be looked into: all of them may be what must not be seen.
            return base64.b64encode(self._hash(text).encode()).decode()
        return base64.b64encode(redacted(plain).encode()).decode()

    def _request(self, text: str) -> str:
        found = _members(text)
        if found is not None:
            return self._in_members(found) if self.paths else self._hash(text)
        # A list or an object that is cut off, or behind a mark, would be taken for a row.
        is_row = not text.lstrip("\ufeff\0 \t\r\n").startswith(("{", "["))
        return self._in_rows(text) if is_row and self.columns and () not in self.paths else self._hash(text)

    def _answer(self, text: str) -> str:
        found = _members(text)
        if not self.paths:
            return text
        if found is not None:
            return self._in_members(found)
        return text if _are_numbers(text) and () not in self.paths else self._hash(text)

    def _in_members(self, value: Any) -> str:  # noqa: ANN401 - plain JSON values
        self.seen.found.update(path for path in self.paths if has(value, path))
        for path in self.paths:
            value = _replaced(value, path, self._hash)
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    def _in_rows(self, text: str) -> str:
        rows = rows_of(text)
        if rows is None or any(row and len(row) < max(self.columns) for row in rows):
            return self._hash(text)
        self.seen.found.update(self.columns)
        hidden = [[self._hash(cell) if at in self.columns else cell for at, cell in enumerate(row, 1)] for row in rows]
        return text_of(hidden) + ("\n" if text.endswith(("\n", "\r")) else "")

    def _hash(self, value: Any) -> str:  # noqa: ANN401 - plain JSON values
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        return "#" + hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]


def _members(text: str) -> Any:  # noqa: ANN401 - plain JSON values
    """The object or list that a text is in JSON; None if it is none."""
    try:
        value = read_json(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _are_numbers(text: str) -> bool:
    rows = rows_of(text)
    return rows is not None and all(number(cell.strip()) is not None for row in rows for cell in row)


def _replaced(value: Json, path: Path, change: Callable[[Json], Json]) -> Json:
    """The value with what lies at a path changed; where there is nothing, nothing changes."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str) and step in value:
        return {**value, step: _replaced(value[step], rest, change)}
    if isinstance(value, list) and not isinstance(step, str):
        return [_replaced(one, rest, change) if step in (None, at) else one for at, one in enumerate(value)]
    return value
