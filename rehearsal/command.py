"""The command line of a rehearsal that tells a story: its options, how it ends, its exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rehearsal import processes
from rehearsal.errors import RehearsalError
from rehearsal.narration import Narrator


def run(
    name: str,
    description: str,
    steps: int,
    play: Callable[[Path, Narrator], None],
    arguments: Sequence[str] | None,
) -> int:
    """Play a story.

    Args:
        name: Of its module in this package.
        description: What it does, for its help.
        steps: How many steps it has.
        play: Plays it, in a folder for its files.
        arguments: The arguments after the program's name. Those of the process by default.

    Returns:
        0 if all was as promised, 1 if not, 130 if it was stopped.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m rehearsal.{name}",
        description=description,
        epilog="Everything stops by itself at the end, and with Ctrl-C. Exit code 1 says that something was not "
        "as the demo promises.",
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep templates, models and logs in this new folder")
    options = parser.parse_args(arguments)
    narrator = Narrator(steps)
    try:
        with processes.stoppable(), processes.work_folder(options.keep) as folder:
            play(folder, narrator)
    except RehearsalError as error:
        print(f"\n{name}: {error}", file=sys.stderr)
        return 1
    except processes.StoppedError as stopped:
        print(f"\n{name}: stopped by {stopped}; nothing is left running", file=sys.stderr)
        return 130
    narrator.say("")
    narrator.seen(f"all was as promised, in {narrator.seconds:.0f} s; the local AWS has stopped")
    return 0
