"""Bring captured files to this machine, several at once, each once."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shadow_ops.responses.find import THREADS, HourOfFiles
from shadow_ops.responses.layout import HOUR, Item
from shadow_ops.responses.local import Source
from shadow_ops.responses.reading import nonblank, unpacked
from shadow_ops.responses.redact import Redaction


@dataclass(frozen=True)
class Window:
    """One hour's captured files on this machine.

    Attributes:
        hour: Such as ``2026-11-24T20``, in UTC.
        production: Production's files.
        shadow: The shadow's.
        cut_off: How many files were packed and are cut off: what could be unpacked of them is there.
        gone: How many files were deleted since they were found.
        follows: Whether it begins where the window before ended.
    """

    hour: str
    production: tuple[Path, ...]
    shadow: tuple[Path, ...]
    cut_off: int = 0
    gone: int = 0
    follows: bool = False


@dataclass(frozen=True)
class Fetcher:
    """Fetches files into a cache, from where a run that was broken off goes on.

    Attributes:
        source: Where from.
        cache: The folder; made if need be, readable by its owner alone.
        redaction: What is taken out before a file is kept. By default nothing.
        fetched: Called with each file that was asked for, from several threads.
    """

    source: Source
    cache: Path
    redaction: Redaction | None = None
    fetched: Callable[[Item], None] = lambda _item: None

    def windows(self, hours: Iterable[HourOfFiles]) -> Iterator[Window]:
        """Fetch hour by hour; the next hour is fetched while one is looked at.

        Raises:
            ClientError: If S3 refuses.
            OSError: If the cache can't be written.
        """
        with ThreadPoolExecutor(THREADS) as pool:
            waiting: tuple[HourOfFiles, list[Future[Path | None]]] | None = None
            before: HourOfFiles | None = None
            for hour in hours:
                asked = hour, [pool.submit(self.file, item) for item in (*hour.production, *hour.shadow)]
                if waiting is not None:
                    yield _window(*waiting, before)
                    before = waiting[0]
                waiting = asked
            if waiting is not None:
                yield _window(*waiting, before)

    def file(self, item: Item) -> Path | None:
        """Where a file lies on this machine, after it was fetched; None if it is gone.

        Raises:
            ClientError: If S3 refuses.
            OSError: If the cache can't be written.
        """
        packed = item.key.endswith(".gz")
        found = self._kept(item, packed)
        self.fetched(item)
        return found

    def _kept(self, item: Item, packed: bool) -> Path | None:
        place = self.source.in_place(item)
        if place is not None and not packed and self.redaction is None:
            return place
        # Size and version tell a file from another of the same name; and S3 knows names that no folder may have.
        is_plain = _PLAIN.fullmatch(item.key) and len(item.key) <= _LONGEST
        name = item.key if is_plain else f"+/{hashlib.sha256(item.key.encode()).hexdigest()}"
        whole, cut = (self.cache / f"{name}.{item.size}{item.version}{mark}.jsonl" for mark in ("", _CUT))
        for path in (whole, cut):
            if _is_complete(path):
                return path
        try:
            content, complete = self.source.read(item), True
        except FileNotFoundError:
            return None
        if packed:
            content, complete = unpacked(content)
        if self.redaction is not None:
            content = b"".join(map(self.redaction.line, nonblank(io.BytesIO(content))))
        path = whole if complete else cut
        _write(path, content)
        return path


_CUT = ".cut-off"
_PLAIN = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._=-]{0,149}/)*[A-Za-z0-9][A-Za-z0-9._=-]{0,149}")
_LONGEST = 512
_END = b"\n\n"
"""No file that lost its end, as where a machine lost its power, has an empty line there."""


def _window(hour: HourOfFiles, files: list[Future[Path | None]], before: HourOfFiles | None) -> Window:
    paths = [one.result() for one in files]
    production, shadow = paths[: len(hour.production)], paths[len(hour.production) :]
    return Window(
        hour=f"{hour.hour:%Y-%m-%dT%H}",
        production=tuple(path for path in production if path is not None),
        shadow=tuple(path for path in shadow if path is not None),
        cut_off=sum(path is not None and path.stem.endswith(_CUT) for path in paths),
        gone=sum(path is None for path in paths),
        follows=before is not None and before.hour + HOUR == hour.hour,
    )


def _is_complete(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            return file.read() == _END
    except OSError:
        # It isn't there, or shorter than that.
        return False


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.write(_END)
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)
