"""Look again and again until a verdict is in, or the time is up."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from shadow_ops.cli import output
from shadow_ops.cli.durations import now, spoken
from shadow_ops.cli.errors import is_passing, of_aws
from shadow_ops.cli.text.verdict_text import one_line, what_was_judged
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Recording

# A verdict changes with each period that is complete; CloudWatch has nothing new between.
_LONGEST_PAUSE_SECONDS = 300
_SHORTEST_PAUSE_SECONDS = 2
_TICK_SECONDS = 1.0

Judged = tuple[Recording, Verdict]


class Display(Protocol):
    """Where a person follows."""

    def judged(self, judged: Judged) -> None:
        """A verdict so far."""

    def trouble(self, line: str) -> None:
        """Something that will be tried again."""

    def waiting(self, left: datetime.timedelta, until_next: datetime.timedelta) -> None:
        """Time goes by."""


@dataclass(frozen=True)
class Clock:
    """Time, so that tests need none.

    Attributes:
        now: Seconds that only go up.
        sleep: Waits for some seconds.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def watch(look: Callable[[], Judged], wait: datetime.timedelta, display: Display, clock: Clock) -> Judged:
    """Look until the verdict is PASS or FAIL, or the time is up.

    Trouble that passes, such as throttling, is shown and tried again; the first look must succeed, and the last one
    that succeeded counts.

    Args:
        look: Judges what there is.
        wait: How long to look at most.
        display: Where a person follows.
        clock: Time.

    Returns:
        The last recording and verdict.
    """
    end = clock.now() + wait.total_seconds()
    judged = look()
    while True:
        display.judged(judged)
        if judged[1].outcome is not Outcome.INCONCLUSIVE or not _pause(judged[0].period_seconds, end, display, clock):
            return judged
        try:
            judged = look()
        except Exception as error:
            if not is_passing(error):
                raise
            display.trouble(f"{of_aws(error) or error}; trying again")


@contextlib.contextmanager
def on_screen() -> Iterator[Display]:
    """A live display on a terminal, lines elsewhere; on standard error in both cases."""
    if not output.watched():
        yield _Lines()
        return
    with _live() as display:
        yield display


def _pause(period_seconds: int, end: float, display: Display, clock: Clock) -> bool:
    """Wait for the next period; False if the time is up."""
    pause = min(max(period_seconds, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
    following = min(clock.now() + pause, end)
    if clock.now() >= end:
        return False
    while (now := clock.now()) < following:
        display.waiting(datetime.timedelta(seconds=end - now), datetime.timedelta(seconds=following - now))
        clock.sleep(min(_TICK_SECONDS, following - now))
    return True


class _Lines:
    """Plain lines: one when the verdict so far changes."""

    def __init__(self) -> None:
        self._last = ""

    def judged(self, judged: Judged) -> None:
        recording, verdict = judged
        line = f"{len(recording.periods)} periods, {one_line(verdict)}"
        if line != self._last:
            output.progress(f"{now():%H:%M:%S} UTC  {line}")
        self._last = line

    def trouble(self, line: str) -> None:
        output.progress(line)

    def waiting(self, left: datetime.timedelta, until_next: datetime.timedelta) -> None:
        """Say nothing: a log has no use for a countdown."""


@contextlib.contextmanager
def _live() -> Iterator[Display]:
    # Loaded here, because only a terminal has a use for it.
    from rich.console import Console, Group
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    class Screen:
        def __init__(self, live: Live) -> None:
            self._live = live
            self._judged: Judged | None = None
            self._trouble = ""
            self._countdown = ""

        def judged(self, judged: Judged) -> None:
            self._judged, self._trouble = judged, ""
            self._draw()

        def trouble(self, line: str) -> None:
            self._trouble = line
            self._draw()

        def waiting(self, left: datetime.timedelta, until_next: datetime.timedelta) -> None:
            self._countdown = f"next look in {spoken(until_next)}, giving up in {spoken(left)} (ctrl-c ends it)"
            self._draw()

        def _draw(self) -> None:
            if self._judged is None:
                return
            recording, verdict = self._judged
            table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
            for finding in verdict.findings:
                outcome = "-" if finding.outcome is None else str(finding.outcome)
                style = output.COLOURS.get(outcome, "") if finding.gates else "dim"
                table.add_row(Text(outcome, style=style), Text(finding.rule.id), Text(finding.reason))
            parts: list[Any] = [Text(what_was_judged(recording), style="bold"), table]
            parts.append(Text(one_line(verdict), style=output.COLOURS[str(verdict.outcome)]))
            parts += [Text(line, style="dim") for line in (self._trouble, self._countdown) if line]
            self._live.update(Group(*parts), refresh=True)

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield Screen(live)
