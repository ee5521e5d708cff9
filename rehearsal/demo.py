"""``python -m rehearsal.demo``: a shadow test's whole life, on this machine, in a few minutes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal import steps
from rehearsal.cdk import Cdk
from rehearsal.command import run
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
    description = "Rehearse a shadow test on this machine: deploy, compare, promote, roll back, destroy."
    return run("demo", description, steps.COUNT, play, arguments)


if __name__ == "__main__":
    sys.exit(main())
