"""Child processes that never outlive the rehearsal, however it ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rehearsal.errors import RehearsalError

_LAST_LINES_SECONDS = 5


class StoppedError(BaseException):
    """The rehearsal was told to stop; not an Exception, so that nothing takes it for an error and goes on."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into `StoppedError`, once; later ones wait for the clean-up."""
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, _frame: FrameType | None) -> None:
        for name in names:
            signal.signal(name, signal.SIG_IGN)
        raise StoppedError(signal.Signals(number).name)

    before = {name: signal.signal(name, stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextlib.contextmanager
def work_folder(keep: Path | None = None) -> Iterator[Path]:
    """Yield a folder for the rehearsal's files, removed at the end.

    Args:
        keep: A folder to use and to leave, for who wants to look at templates, logs and captures.

    Raises:
        RehearsalError: If the folder to keep is not empty or cannot be made.
    """
    if keep is None:
        # Named before it is made: whoever stops the rehearsal in between leaves nothing either.
        folder = Path(tempfile.gettempdir()) / f"rehearsal-{secrets.token_hex(8)}"
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            _remove(folder)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        empty = not any(keep.iterdir())
    except OSError as error:
        raise RehearsalError(f"cannot use the folder {keep}: {error.strerror}; name another one") from error
    if not empty:
        raise RehearsalError(f"the folder {keep} is not empty: name a new one, so that nothing of yours is mixed up")
    yield keep.resolve()


def _remove(folder: Path) -> None:
    """Remove a folder; a child that was killed may still be writing its last line there."""
    until = time.monotonic() + _LAST_LINES_SECONDS
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > until:
            return
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str], grace_seconds: float) -> None:
    """End a process that leads its own group, and whatever it started in it.

    Args:
        process: The process. Its stdin is closed first, then it gets SIGTERM, then SIGKILL.
        grace_seconds: How long it may take to end in order.
    """
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    # Also when the leader has ended: what it started may still be there.
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_group(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Return whether a process ended by itself within some seconds."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
