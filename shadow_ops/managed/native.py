"""Before a template makes or changes a managed test itself: what CloudFormation's handler would drop in silence.

The handler (its source is published) takes a change only while the test is Created or Running, and of a running one
description, schedule and share alone. Any other status makes an update that succeeds and does nothing. So the function
of the test looks first: what would be dropped waits, or is refused with what to do instead.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import NoReturn

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.managed.steps import Wait

# Between this look and the handler's lie the resources that CloudFormation deploys in between.
_NEAR = datetime.timedelta(minutes=10)
_SECOND = datetime.timedelta(seconds=1)
_LEAVE_OUT = "or leave native out: the function then takes what serves when the test begins"


def check_beginning(asked: ManagedAsked, name: str, live: LiveEndpoint, now: datetime.datetime) -> None:
    """Check that a test may begin as the template says it.

    Raises:
        CannotTellError: If it would begin at once, which the handler may take for a failure, or if it would take
            instances from production.
    """
    if asked.starts is None or asked.starts < now + _NEAR:
        _refuse(
            f"{name} would begin {_at(asked.starts)}, and CloudFormation takes a test that begins while it is made for "
            f"a failure; write starts= later than {_at(now + _NEAR)}"
        )
    [serving] = live.production
    on = asked.native
    assert on is not None
    count = max(serving.current_count or 0, serving.desired_count or 0)
    if serving.instance_type != on.instance_type or count > on.count:
        _refuse(
            f"{live.name} serves on {count} x {serving.instance_type}, and the test would put production on {on.count} "
            f"x {on.instance_type}: write into the code what serves, {_LEAVE_OUT}"
        )


def check_scaling(asked: ManagedAsked, scaled: Collection[str]) -> None:
    """Check that production's count can't grow before the test begins.

    Args:
        asked: What the template says.
        scaled: Variants that scale.

    Raises:
        CannotTellError: If production scales.
    """
    if asked.production in scaled:
        _refuse(
            f"{asked.production} of {asked.endpoint} scales, and a test in the template begins on the count that is "
            f"written there, whatever serves by then: take its scaling away before, {_LEAVE_OUT}"
        )


def when_changed(asked: ManagedAsked, old: ManagedAsked, mine: Experiment, now: datetime.datetime) -> Wait | None:
    """Whether a change may go on to CloudFormation's handler.

    Args:
        asked: What the template says.
        old: What it said before.
        mine: The test, created or running.
        now: The time.

    Returns:
        What is waited for, or None.

    Raises:
        CannotTellError: If the handler would drop the change, or undo one that people have made.
    """
    if mine.end - now < _NEAR:
        _refuse(f"{mine.name} ends at {_at(mine.end)}: a change may come too late, and nobody would say so")
    if mine.status == "Created" and mine.start - now < _NEAR:
        return Wait(f"{mine.name} begins at {_at(mine.start)}, and while it starts a change is dropped")
    share, end = mine.sampling_percent, mine.end
    if share not in (old.sampling_percent, asked.sampling_percent):
        _refuse(
            f"somebody has set the share of {mine.name} to {share} %, and this update would put it back: write "
            f"sampling_percent={share} first"
        )
    if all(abs(end - mine.start - datetime.timedelta(seconds=one.seconds)) > _SECOND for one in (old, asked)):
        _refuse(
            f"somebody has moved the end of {mine.name} to {_at(end)}, and this update would put it back: write "
            f"duration={end - mine.start!r} first"
        )
    if mine.status == "Running" and asked.starts is not None and abs(mine.start - asked.starts) > _SECOND:
        _refuse(
            f"{mine.name} was started early, at {_at(mine.start)}, and an update would say its old start, which a "
            f"running test refuses; to change the share: shadow-test sampling {mine.endpoint}"
        )
    return None


def _at(time: datetime.datetime | None) -> str:
    return "at once" if time is None else f"{time.astimezone(datetime.UTC):%Y-%m-%d %H:%M} UTC"


def _refuse(sentence: str) -> NoReturn:
    raise CannotTellError(sentence)
