"""``python -m rehearsal.pipeline_demo``: a pipeline that promotes by a verdict, on this machine, in some minutes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rehearsal import pipeline_steps, steps
from rehearsal.cdk import Cdk
from rehearsal.command import run
from rehearsal.local import LocalAws
from rehearsal.narration import Narrator
from rehearsal.pipeline_steps import Delivery
from rehearsal.stage import Stage

_SETTING = (steps.train, steps.bootstrap)


def play(folder: Path, narrator: Narrator) -> None:
    """Play the demo from start to end.

    Args:
        folder: For its files.
        narrator: Tells it.

    Raises:
        RehearsalError: If something cannot be done, or is not as the demo says.
    """
    narrator.say(
        "A rehearsal of a pipeline that waits for a shadow test's verdict, on a local AWS that listens on this machine "
        "only. No AWS account is used, nothing is billed."
    )
    with LocalAws(folder) as local:
        stage = Stage(narrator, local, Cdk(local.endpoint_url, folder), folder)
        for set_up in _SETTING:
            set_up(stage)
        delivery = Delivery(stage, folder / "churn.toml")
        for step in pipeline_steps.STEPS:
            step(delivery)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Those of the process by default.

    Returns:
        0 if all was as promised, 1 if not, 130 if it was stopped.
    """
    description = "Rehearse a pipeline on this machine: FAIL, a person's reason, again, rolled back, PASS, fold."
    return run("pipeline_demo", description, len(_SETTING) + len(pipeline_steps.STEPS), play, arguments)


if __name__ == "__main__":
    sys.exit(main())
