"""Tells a person what is going on: numbered steps, facts, and the seconds of what takes long."""

from __future__ import annotations

import contextlib
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

_WIDTH = 96
_TICK_SECONDS = 0.5
# Where nothing can be overwritten, such as in a CI log, a line now and then is enough.
_PLAIN_TICK_SECONDS = 10.0


class Narrator:
    """Writes the story.

    Args:
        steps: How many steps it has.
        out: Where to. Colours and overwritten lines only appear on a terminal.
    """

    def __init__(self, steps: int, out: TextIO = sys.stdout) -> None:
        self._steps = steps
        self._step = 0
        self._out = out
        self._terminal = out.isatty()
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the story has taken."""
        return time.monotonic() - self._began

    def step(self, title: str) -> None:
        """Begin a step."""
        self._step += 1
        heading = f"[{self._step}/{self._steps}] {title}"
        self._write(f"\n{self._style('1', heading)}\n")

    def say(self, text: str) -> None:
        """Write a sentence or two."""
        for line in textwrap.wrap(" ".join(text.split()), _WIDTH - 2):
            self._write(f"  {line}\n")

    def seen(self, text: str) -> None:
        """Write something that was seen to be so."""
        first, *rest = textwrap.wrap(" ".join(text.split()), _WIDTH - 5)
        self._write(f"  {self._style('32', '->')} {first}\n")
        for line in rest:
            self._write(f"     {line}\n")

    def quote(self, text: str) -> None:
        """Write something as it came, set apart."""
        for line in text.splitlines():
            self._write(f"    | {line}\n")

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows, the first of which names the columns; numbers are set right."""
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for number, row in enumerate(rows):
            first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            line = "   ".join([row[0].ljust(len(first)), *others])
            self._write(f"     {self._style('2', line) if number == 0 else line}\n")

    @contextlib.contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show what is being waited for, and the seconds, until the block is done."""
        began, done = time.monotonic(), threading.Event()
        if not self._terminal:
            self._write(f"  {text} ...\n")
        ticker = threading.Thread(target=self._tick, args=(text, began, done), daemon=True)
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()
            if self._terminal:
                self._write("\r\x1b[K")
        lead = f"{text}: done" if self._terminal else "done"
        self._write(f"  {lead} in {time.monotonic() - began:.1f} s\n")

    def _tick(self, text: str, began: float, done: threading.Event) -> None:
        while not done.wait(_TICK_SECONDS if self._terminal else _PLAIN_TICK_SECONDS):
            seconds = f"{time.monotonic() - began:.0f} s"
            self._write(f"\r\x1b[K  {text} ... {seconds}" if self._terminal else f"  ... {seconds}\n")

    def _style(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._terminal else text

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
