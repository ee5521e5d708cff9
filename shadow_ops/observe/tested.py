"""What SageMaker's own test of an endpoint is at, until when, and what then is to do."""

from __future__ import annotations

import datetime
from typing import Any

from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.parameters import DamagedRecordError
from shadow_ops.managed import ramp
from shadow_ops.managed.ramp_words import spoken
from shadow_ops.managed.stopping import is_promoted, is_retained

Asked = tuple[ramp.Ramp, ramp.Course] | str
_TIME = "%Y-%m-%d %H:%M UTC"


def as_json(experiment: Experiment) -> dict[str, Any]:
    """The test as plain JSON values."""
    completed = experiment.completed
    return {
        "name": experiment.name,
        "status": experiment.status,
        "reason": experiment.reason,
        "starts": experiment.start.isoformat(),
        "ends": experiment.end.isoformat(),
        "completed": None if completed is None else completed.isoformat(),
        "sampling_percent": experiment.sampling_percent,
    }


def short(experiment: Experiment) -> str:
    """The test in a few words."""
    if experiment.over:
        return f"managed test {experiment.status}"
    if experiment.status == "Created":
        return f"managed test from {experiment.start:{_TIME}}"
    return f"managed test {experiment.status} until {experiment.end:{_TIME}}"


def ramp_of(ssm: Client, experiment: Experiment | None) -> Asked | None:
    """The ramp of the test's share; a sentence where it can't be read, None where there is none.

    Raises:
        ClientError: If a call is refused.
    """
    if experiment is None:
        return None
    try:
        found = ramp.read(ssm, experiment.endpoint)
    except DamagedRecordError as error:
        return f"can't be read ({error}); begin it anew: shadow-test sampling {experiment.endpoint} --ramp ..."
    return found if found is not None and found[0].experiment == experiment.name else None


def lines(experiment: Experiment, live: LiveEndpoint, asked: Asked | None, now: datetime.datetime) -> list[str]:
    """What people should know of it, with the command that comes next.

    Args:
        experiment: The test.
        live: What its endpoint serves.
        asked: What `ramp_of` has found.
        now: The time.
    """
    said = [f"managed test: {experiment.name} {_of_status(experiment, live)}"]
    if asked is None:
        return said
    return [*said, f"ramp: {asked if isinstance(asked, str) else _of_ramp(*asked, experiment, live, now)}"]


def _of_status(experiment: Experiment, live: LiveEndpoint) -> str:
    conclude, share = f"shadow-test conclude {live.name}", f"{experiment.sampling_percent} % of the requests"
    end = f"{experiment.end:{_TIME}}"
    if experiment.status == "Created":
        return (
            f"begins at {experiment.start:{_TIME}} and will copy {share} until {end}; to call it off: {conclude} cancel"
        )
    if experiment.status == "Running" and live.config.name != experiment.config:
        return (
            f"is Running until {end}, and {live.name} serves by another config, so it measures nothing: somebody has "
            f"updated the endpoint, or made it anew; its end puts {experiment.production.model} back; to end it: "
            f"{conclude} remove"
        )
    if experiment.status == "Running":
        return (
            f"copies {share} until {end}; then production serves alone as before, and nothing is promoted by itself; "
            f"sooner: {conclude} promote|remove"
        )
    if not experiment.over:
        return f"is {experiment.status}: wait"
    if is_retained(experiment, live):
        return (
            f"is {experiment.status}, and its shadow was retained: it goes on beside production, and is paid for; to "
            f"take it out: {conclude} remove; to promote it: {conclude} promote"
        )
    ended = f"is {experiment.status} since {experiment.completed or experiment.modified:{_TIME}}"
    if is_promoted(experiment, live):
        return f"{ended}, and its candidate serves: put that into the code, then destroy the test's stack"
    if experiment.status == "Cancelled":
        return f"{ended} ({experiment.reason or 'SageMaker says no reason'}): destroy its stack"
    return (
        f"{ended}, and production serves as before; to promote its candidate: {conclude} promote; to leave it: destroy "
        "its stack"
    )


def _of_ramp(
    asked: ramp.Ramp, course: ramp.Course, experiment: Experiment, live: LiveEndpoint, now: datetime.datetime
) -> str:
    said = f"{spoken(asked)}, asked for by {asked.by}"
    if course.ended is not None:
        return f"{said}; it has ended: {course.ended}"
    if experiment.over:
        return f"{said}; the test is over"
    taken = experiment.sampling_percent in dict(course.taken)
    further = [one for one in asked.steps if one > experiment.sampling_percent]
    if not taken or not further:
        return said
    made = live.config.created if live.config.name == experiment.config else None
    due = ramp.since(asked, experiment, made) + asked.every
    when = "at the watch's next look" if due <= now else f"from {due:{_TIME}}"
    return f"{said}; {further[0]} % {when}, unless the gate says FAIL"
