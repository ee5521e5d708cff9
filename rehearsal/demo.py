"""``python -m rehearsal.demo``: a shadow test's whole life, on this machine, in a few minutes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal import processes, steps
from rehearsal.cdk import Cdk
from rehearsal.errors import RehearsalError
from rehearsal.example import SHORT_POLICY, with_policy
from rehearsal.local import LocalAws
from rehearsal.narration import Narrator
from rehearsal.stage import Stage


def play(folder: Path, narrator: Narrator) -> None:
    """Play the demo from start to end.

    Args:
        folder: For its files.
        narrator: Tells it.

    Raises:
        RehearsalError: If something cannot be done, or is not as the demo says.
    """
    narrator.say(
        "A rehearsal of a SageMaker shadow test: the real CDK command line deploys app.py to a local AWS, which "
        "stands in for the real one and listens on this machine only. No AWS account is used, nothing is billed."
    )
    with LocalAws(folder) as local:
        narrator.seen(f"the local AWS runs at {local.endpoint_url} after {narrator.seconds:.1f} s")
        stage = Stage(
            narrator, local, Cdk(local.endpoint_url, folder, context=with_policy(folder, SHORT_POLICY)), folder
        )
        for step in steps.STEPS:
            step(stage)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Those of the process by default.

    Returns:
        0 if all was as promised, 1 if not, 130 if it was stopped.
    """
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.demo",
        description="Rehearse a shadow test on this machine: deploy, compare, promote, roll back, destroy.",
        epilog="Everything stops by itself at the end, and with Ctrl-C. Exit code 1 says that something was not "
        "as the demo promises.",
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep templates, models and logs in this new folder")
    options = parser.parse_args(arguments)
    narrator = Narrator(steps.COUNT)
    try:
        with processes.stoppable(), processes.work_folder(options.keep) as folder:
            play(folder, narrator)
    except RehearsalError as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    except processes.StoppedError as stopped:
        print(f"\ndemo: stopped by {stopped}; nothing is left running", file=sys.stderr)
        return 130
    narrator.say("")
    narrator.seen(f"all was as promised, in {narrator.seconds:.0f} s; the local AWS has stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
