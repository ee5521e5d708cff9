"""Whether the library takes a file, before it is written: the library itself is asked, as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from shadow_ops.contract.problems import CannotTellError, InvalidValueError, shown

# It loads the CDK, which takes a second or two.
_SECONDS = 120
_REFUSED = 2
_HOME = str(Path(__file__).parents[2])


def check_taken(text: str, path: Path) -> None:
    """Hold a text to what `ShadowTest.from_file` holds a file to. What runs imports nothing that synthesizes.

    Args:
        text: What the file would hold.
        path: The file, which mistakes name, and whose folder local paths are relative to. It isn't read.

    Raises:
        InvalidValueError: With the library's own lines, if it would refuse the file.
        CannotTellError: If it couldn't be asked.
    """
    command = [sys.executable, "-P", "-X", "utf8", "-m", "shadow_constructs.values.toml", str(path)]
    places = os.pathsep.join(filter(None, (_HOME, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            command,
            input=text,
            env={**os.environ, "PYTHONPATH": places},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotTellError(f"{path} is as it was: the library hasn't read the change in {_SECONDS} s") from None
    if done.returncode == _REFUSED and done.stdout:
        raise InvalidValueError(tuple(done.stdout.splitlines()))
    if done.returncode != 0:
        why = shown((done.stderr.splitlines() or [f"exit code {done.returncode}"])[-1])
        raise CannotTellError(f"{path} is as it was: the library, which has to read the change, says {why}")


def check_change(before: str, after: str, path: Path, what: str) -> None:
    """Hold a change to it; a file that was wrong before is told as it stands.

    Args:
        before: What the file holds.
        after: What it would hold.
        path: The file.
        what: The change in a few words, such as "with v2 as its shadow".

    Raises:
        InvalidValueError: If the library would refuse the changed file.
        CannotTellError: If it couldn't be asked.
    """
    try:
        check_taken(after, path)
    except InvalidValueError as refused:
        check_taken(before, path)
        lines = (f"{what}, nothing is written: {line}" for line in refused.problems)
        raise InvalidValueError(tuple(lines)) from None
