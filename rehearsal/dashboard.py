"""``python -m rehearsal.dashboard``: see the comparison dashboard with real data before deploying it to AWS."""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rehearsal import processes, steps
from rehearsal.cdk import Cdk
from rehearsal.drawn import OUT, draw_latest
from rehearsal.errors import RehearsalError
from rehearsal.example import CONTEXT
from rehearsal.local import LocalAws
from rehearsal.narration import Narrator
from rehearsal.picture import Paths
from rehearsal.stage import ENDPOINT, RATE, Stage

_STEPS = 5
_TRAFFIC_SECONDS = 40
# Enough to be seen beside a model that answers within a few milliseconds.
_SLOWER_MS = 6


def play(folder: Path, narrator: Narrator, out: Path, seconds: float = _TRAFFIC_SECONDS) -> Paths:
    """Deploy the example, send requests to it and draw its dashboard.

    Args:
        folder: For files of the rehearsal.
        narrator: Tells it.
        out: Where page and picture go.
        seconds: How long requests are sent.

    Raises:
        RehearsalError: If something can't be done, or the stack has no dashboard.
    """
    with LocalAws(folder) as local:
        stage = Stage(narrator, local, Cdk(local.endpoint_url, folder, context=CONTEXT), folder)
        for step in (steps.train, steps.bootstrap, steps.deploy):
            step(stage)
        narrator.step(f"Send requests for {seconds:g} s, with the shadow {_SLOWER_MS} ms slower")
        local.fault("slow", endpoint=ENDPOINT, variant="shadow", milliseconds=_SLOWER_MS)
        start = datetime.datetime.now(datetime.UTC)
        with narrator.waiting("sending"), stage.traffic("seen", rate=RATE) as traffic:
            time.sleep(seconds)
        narrator.seen(f"{traffic.tally.sent} requests were sent, {len(traffic.tally.failures)} failed")
        narrator.step("Draw the dashboard")
        paths = draw_latest(stage, out, start)
    narrator.seen(f"the dashboard lies in {paths.page} and {paths.image.name} beside it")
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Those of the process by default.

    Returns:
        0 if the dashboard was drawn, 1 if not, 130 if it was stopped.
    """
    parser = argparse.ArgumentParser(prog="python -m rehearsal.dashboard", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where the two files go (%(default)s)")
    parser.add_argument("--seconds", type=float, default=_TRAFFIC_SECONDS, help="how long to send (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        with processes.stoppable(), processes.work_folder() as folder:
            play(folder, Narrator(_STEPS), options.out, options.seconds)
    except RehearsalError as error:
        print(f"\ndashboard: {error}", file=sys.stderr)
        return 1
    except processes.StoppedError as stopped:
        print(f"\ndashboard: stopped by {stopped}; nothing is left running", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
