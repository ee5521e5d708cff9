"""Take what nobody should see out of captured records before anything is kept or shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shadow_ops.contract.paths import Path, column_of, parse_path, replaced
from shadow_ops.responses.record import parse, written

_UNREADABLE = b'{"redacted":"not a record"}\n'


@dataclass(frozen=True)
class Redaction:
    """What is replaced by a hash: equal values stay equal, so that requests still join, and can't be read.

    Attributes:
        columns: Columns of CSV requests, counted from 1.
        paths: Paths in JSON requests and answers.
        key: A secret; without it nobody can try out which value a hash stands for.
    """

    columns: tuple[int, ...] = ()
    paths: tuple[Path, ...] = ()
    key: bytes = field(default=b"", repr=False)

    @staticmethod
    def of(parts: Sequence[str], key: bytes) -> Redaction:
        """Read columns and paths, such as ``("3", "$.customer.name")``.

        Raises:
            InvalidValueError: If one is neither.
        """
        columns = [column_of(part, "redact") for part in parts]
        paths = [parse_path(part, "redact") for part, column in zip(parts, columns, strict=True) if column is None]
        return Redaction(tuple(column for column in columns if column is not None), tuple(paths), key)

    def line(self, line: bytes) -> bytes:
        """A line of a captured file with what is read of it, redacted; of one that is no record nothing is kept."""
        record = parse(line)
        if record is None:
            return _UNREADABLE
        return written(
            record._replace(
                request=self._data(record.request, record.request_encoding, self.columns),
                answer=self._data(record.answer, record.encoding, ()),
            )
        )

    def _data(self, text: str | None, encoding: str, columns: tuple[int, ...]) -> str | None:
        if text is None:
            return None
        if encoding != "BASE64":
            return self._text(text, columns)
        try:
            plain = base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            # Bytes that can't be looked into: all of them may be what must not be seen.
            return base64.b64encode(self._hash(text).encode()).decode()
        return base64.b64encode(self._text(plain, columns).encode()).decode()

    def _text(self, text: str, columns: tuple[int, ...]) -> str:
        if text.lstrip().startswith(("{", "[", '"')):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                return self._hash(text)
            for path in self.paths:
                value = replaced(value, path, self._hash)
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return "\n".join(self._row(line, columns) for line in text.split("\n")) if columns else text

    def _row(self, line: str, columns: tuple[int, ...]) -> str:
        cells = line.split(",")
        return ",".join(self._hash(cell) if at in columns else cell for at, cell in enumerate(cells, 1))

    def _hash(self, value: Any) -> str:  # noqa: ANN401 - plain JSON values
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        return "#" + hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]
