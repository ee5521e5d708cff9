"""The dashboard of what is on the stage, drawn from its real data."""

from __future__ import annotations

import datetime
from pathlib import Path

from rehearsal import environment
from rehearsal.errors import RehearsalError
from rehearsal.picture import Paths, draw
from rehearsal.picture.drawing import names
from rehearsal.stage import ENDPOINT, Stage

OUT = environment.PROJECT / ".rehearsal" / "dashboard"
"""Where page and picture go by default; not under version control."""

# The local AWS has a point per second; five of them make a percentile.
_PERIOD_SECONDS = 5


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
