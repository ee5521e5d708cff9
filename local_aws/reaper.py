"""Kills what the local AWS has started once the local AWS is gone, however it went.

Model servers end by themselves when their pipe closes. A Lambda function in the middle of an invocation does not; this
process waits on a pipe as well and then kills every process that carries the run's mark in its environment.
Run as ``python -m local_aws.reaper MARK``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

MARK_VARIABLE = "LOCAL_AWS_RUN"
_PASSES = 3


def marked(mark: str, proc: Path = Path("/proc")) -> list[int]:
    """Return the process ids, other than this one's, whose environment carries the mark."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    found = []
    for entry in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) != os.getpid() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def main() -> None:
    """Wait for stdin to close, then kill."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    # A process may have been forking while the first pass looked.
    for _ in range(_PASSES):
        for pid in marked(sys.argv[1]):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
