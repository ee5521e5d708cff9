"""A ramp in words, and whether its test lasts long enough. Read by the command line only."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.ramp import Ramp

FEWEST, MOST = 2, 20
"""How many shares a ramp has."""

SHORTEST = datetime.timedelta(minutes=15)
"""How long each share is looked at at least: the watch's usual pace."""


def check_steps(
    steps: Sequence[int], every: datetime.timedelta, experiment: Experiment, now: datetime.datetime
) -> None:
    """Check that a ramp comes to its last share before the test ends.

    Raises:
        CannotTellError: If it doesn't.
    """
    takes = every * (len(steps) - 1)
    left = experiment.end - max(now, experiment.start)
    if takes >= left:
        raise CannotTellError(
            f"the ramp comes to {steps[-1]} % after {_spoken(takes)}, and {experiment.name} ends in {_spoken(left)} "
            f"({experiment.end:%Y-%m-%d %H:%M} UTC): take fewer steps, or another --every"
        )


def spoken(ramp: Ramp) -> str:
    """A ramp in words."""
    return f"{', '.join(map(str, ramp.steps))} % every {_spoken(ramp.every)}"


def _spoken(time: datetime.timedelta) -> str:
    minutes = max(0, round(time.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    return " ".join(f"{count} {unit}" for count, unit in ((hours, "h"), (rest, "min")) if count) or "0 min"
