"""``python -m rehearsal.dashboard``: see the comparison dashboard with real data before deploying it to AWS."""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rehearsal import environment, processes, steps
from rehearsal.cdk import Cdk
from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws
from rehearsal.narration import Narrator
from rehearsal.picture import Paths, draw
from rehearsal.picture.drawing import names
from rehearsal.stage import ENDPOINT, MODEL_BUCKET, Stage

OUT = environment.PROJECT / ".rehearsal" / "dashboard"
"""Where page and picture go by default; not under version control."""

_CONTEXT = {
    "endpoint_name": ENDPOINT,
    "v1_artifact": f"s3://{MODEL_BUCKET}/churn/v1/model.tar.gz",
    "v2_artifact": f"s3://{MODEL_BUCKET}/churn/v2/model.tar.gz",
    "sampling_percent": "50",
    "delete_captures_with_stack": "true",
}
_STEPS = 5
_TRAFFIC_SECONDS = 40
# Enough to be seen beside a model that answers within a few milliseconds.
_SLOWER_MS = 6
# The local AWS has a point per second; five of them make a percentile.
_PERIOD_SECONDS = 5


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
        stage = Stage(narrator, local, Cdk(local.endpoint_url, folder, context=_CONTEXT), folder)
        for step in (steps.train, steps.bootstrap, steps.deploy):
            step(stage)
        narrator.step(f"Send requests for {seconds:g} s, with the shadow {_SLOWER_MS} ms slower")
        local.fault("slow", endpoint=ENDPOINT, variant="shadow", milliseconds=_SLOWER_MS)
        start = datetime.datetime.now(datetime.UTC)
        with narrator.waiting("sending"), stage.traffic("seen", pause_seconds=0.01) as traffic:
            time.sleep(seconds)
        narrator.seen(f"{traffic.tally.sent} requests were sent, {len(traffic.tally.failures)} failed")
        narrator.step("Draw the dashboard")
        paths = draw_latest(stage, out, start)
    narrator.seen(f"the dashboard lies in {paths.page} and {paths.image.name} beside it")
    return paths


def draw_latest(stage: Stage, out: Path, start: datetime.datetime) -> Paths:
    """Draw the dashboard that the stage's deployment has made, from a time on until now.

    Raises:
        RehearsalError: If there is none.
    """
    cloudwatch = stage.local.client("cloudwatch")
    found = [name for name in names(cloudwatch) if name.startswith(ENDPOINT)]
    if not found:
        raise RehearsalError(f"the stack of '{ENDPOINT}' has no dashboard: is it Dashboard.off()?")
    end = datetime.datetime.now(datetime.UTC)
    return draw(cloudwatch, found[0], out, start=start, end=end, period_seconds=_PERIOD_SECONDS)


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
