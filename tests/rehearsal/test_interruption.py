"""Whenever the demo is stopped, it leaves no process and no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from rehearsal import environment

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes through /proc")

_MARK = "REHEARSAL_TEST_MARK"


def _marked(mark: str) -> list[str]:
    """Return the command line of each process that descends from the demo, by a mark in its environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if f"{_MARK}={mark}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("number", "after", "seconds"),
    [
        pytest.param(signal.SIGINT, "A rehearsal of", 0.1, id="ctrl-c-at-the-start"),
        pytest.param(signal.SIGINT, "cdk deploy churn-shadow ...", 6.0, id="ctrl-c-during-a-deployment"),
        pytest.param(signal.SIGTERM, "training two XGBoost models ...", 0.3, id="sigterm-during-the-training"),
        pytest.param(signal.SIGKILL, "training two XGBoost models ...", 0.3, id="killed"),
    ],
)
def test_a_stopped_demo_leaves_nothing(number: signal.Signals, after: str, seconds: float, tmp_path: Path) -> None:
    """Ctrl-C or SIGTERM in the middle ends every process and removes every file; even killed, no process stays."""
    mark = uuid.uuid4().hex
    demo = subprocess.Popen(
        [sys.executable, "-m", "rehearsal.demo"],
        cwd=environment.PROJECT,
        env={**os.environ, _MARK: mark, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert demo.stdout is not None
        while after not in (line := demo.stdout.readline()):
            assert line, "the demo ended before it could be stopped"
        time.sleep(seconds)
        demo.send_signal(number)
        _, errors = demo.communicate(timeout=30)
    finally:
        demo.kill()
    deadline = time.monotonic() + 15
    while _marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _marked(mark) == []
    if number is not signal.SIGKILL:
        assert demo.returncode == 130
        assert f"stopped by {number.name}; nothing is left running" in errors
        assert "Traceback" not in errors
        assert list(tmp_path.iterdir()) == []
