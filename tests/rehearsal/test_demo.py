"""The demo keeps its promises, and a reader can follow it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from rehearsal import environment


def test_the_demo_runs_from_start_to_end(tmp_path: Path) -> None:
    """It deploys, compares, promotes, goes back and destroys, tells each step, and keeps its files where asked."""
    kept = tmp_path / "kept"
    demo = subprocess.run(
        [sys.executable, "-m", "rehearsal.demo", "--keep", str(kept)],
        cwd=environment.PROJECT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert (demo.returncode, demo.stderr) == (0, "")
    story = re.sub(r"\s+", " ", demo.stdout)
    steps = re.findall(r"\[(\d+)/(\d+)\]", story)
    assert [int(number) for number, _ in steps] == list(range(1, int(steps[0][1]) + 1))
    for promise in (
        "all 400 answers came from the variant 'production'; none failed",
        "One pair, joined by its InferenceId",
        "requests during the promotion, 0 failed",
        "the very model that was tested",
        "requests during the rollback, 0 failed",
        "the gate says FAIL: p50 latency",
        "refused, with the reason; the endpoint was not touched and the shadow test runs on",
        "PASS: the command line asks the same judge",
        "pairs agree in their class (threshold)",
        "open .rehearsal/report.html in a browser",
        "open .rehearsal/dashboard/dashboard.html",
        "promotion v1 v2 the stack churn PASS:",
        "to go back deploy with -c rollback=",
        "nothing is left: no endpoint, endpoint config, model, role, function or bucket",
        "all was as promised",
    ):
        assert promise in story
    assert "\x1b" not in demo.stdout
    assert (kept / "cdk.out" / "churn-promotion.template.json").exists()


def test_help_says_what_it_does() -> None:
    """--help names what is rehearsed, the option, and what the exit code means."""
    command = [sys.executable, "-m", "rehearsal.demo", "--help"]
    text = subprocess.run(command, cwd=environment.PROJECT, capture_output=True, text=True, check=True).stdout
    text = re.sub(r"\s+", " ", text)
    assert "deploy, compare, promote, roll back, destroy" in text
    assert "--keep DIR" in text
    assert "Exit code 1" in text
