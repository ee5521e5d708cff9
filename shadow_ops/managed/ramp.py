"""A ramp: the share of a managed test rises step by step, as long as the gate doesn't say FAIL.

Two parameters, so that nobody writes over what another one has said: who asks writes ``…/ramp``, and the test's
function, after each look of the watch, ``…/ramp-course``. Which step it is at, SageMaker itself says.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.looks import Look
from shadow_ops.contract.managed import course_name, ramp_name
from shadow_ops.contract.typed import damage, whole

_VERSION = 1
_LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """What somebody has asked for.

    Attributes:
        id: Of this ramp; what was done for another one is no part of it.
        experiment: The managed test.
        steps: Shares in whole percent, rising.
        every: How long each share is looked at.
        by: Who asked for it.
        at: When.
    """

    id: str
    experiment: str
    steps: tuple[int, ...]
    every: datetime.timedelta
    by: str
    at: datetime.datetime

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "version": _VERSION,
            "id": self.id,
            "experiment": self.experiment,
            "steps": list(self.steps),
            "every_seconds": round(self.every.total_seconds()),
            "by": self.by,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` made.

        Raises:
            DamagedRecordError: If it isn't that, or a newer release's.
        """
        try:
            _check_version(data)
            steps = tuple(whole(one) for one in data["steps"])
            if not steps or list(steps) != sorted(set(steps)) or not 1 <= steps[0] <= steps[-1] <= 100:
                raise ValueError(f"{steps} are no rising shares")
            texts = {name: _text(data[name]) for name in ("id", "experiment", "by")}
            every = datetime.timedelta(seconds=whole(data["every_seconds"]))
            return cls(**texts, steps=steps, every=every, at=parameters.time_of(data["at"]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise parameters.DamagedRecordError(f"no ramp of a share ({damage(error)})") from None


@dataclass(frozen=True, kw_only=True)
class Course:
    """What has come of a ramp.

    Attributes:
        ramp: Id of the ramp.
        taken: Its shares so far, and since when each was copied.
        raised: The share that it has asked SageMaker for last; None before the first time. Another one is somebody's.
        ended: Why it goes no further; None while it does.
    """

    ramp: str
    taken: tuple[tuple[int, datetime.datetime], ...] = ()
    raised: int | None = None
    ended: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        taken = [{"percent": percent, "since": since.isoformat()} for percent, since in self.taken]
        return {"version": _VERSION, "ramp": self.ramp, "taken": taken, "raised": self.raised, "ended": self.ended}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` made.

        Raises:
            DamagedRecordError: If it isn't that, or a newer release's.
        """
        try:
            _check_version(data)
            taken = tuple((whole(one["percent"]), parameters.time_of(one["since"])) for one in data["taken"])
            ended = None if data.get("ended") is None else _text(data["ended"])
            raised = None if data.get("raised") is None else whole(data["raised"])
            return cls(ramp=_text(data["ramp"]), taken=taken, raised=raised, ended=ended)
        except (KeyError, TypeError, ValueError) as error:
            raise parameters.DamagedRecordError(f"no course of a ramp ({damage(error)})") from None


@dataclass(frozen=True)
class Raise:
    """The next share is due."""

    percent: int


Next = Raise | Course
"""What is done: another share, or another course on record."""


def next_step(
    ramp: Ramp,
    course: Course,
    experiment: Experiment,
    since: datetime.datetime,
    look: Look | None,
    now: datetime.datetime,
) -> Next | None:
    """What is done after a look of the watch; None for nothing. Asked anew, it says the same until that is done.

    Args:
        ramp: What was asked for.
        course: What has come of it.
        experiment: The test.
        since: Since when it copies the share that it copies.
        look: What the watch saw last.
        now: The time.
    """
    share = experiment.sampling_percent
    if course.ended is not None:
        return None
    if experiment.over:
        return replace(course, ended=f"the test is {experiment.status}")
    if experiment.status != "Running":
        return None
    at = course.taken[-1][0] if course.taken else None
    own = (ramp.steps[0],) if at is None else (at, course.raised)
    if share not in own or share not in ramp.steps:
        return replace(course, ended=f"somebody has set the share to {share} %")
    if share != at:
        return replace(course, taken=(*course.taken, (share, since)))
    if share == ramp.steps[-1]:
        return replace(course, ended=f"it has come to {share} %")
    # What was seen before the share was what it is, says nothing of it.
    if look is None or look.config != experiment.config or look.at < since:
        return None
    if look.verdict == "FAIL":
        return replace(course, ended=f"FAIL at {share} %: {look.reason}"[:_LONGEST_REASON])
    if now < since + ramp.every:
        return None
    return Raise(ramp.steps[ramp.steps.index(share) + 1])


def since(asked: Ramp, experiment: Experiment, made: datetime.datetime | None) -> datetime.datetime:
    """Since when a test copies its share: whatever modifies it has the share looked at for its time anew.

    Args:
        asked: The ramp.
        experiment: The test.
        made: When the config of the run was made; None before.
    """
    return max(experiment.modified, asked.at, made or asked.at)


def read(ssm: Client, endpoint: str) -> tuple[Ramp, Course] | None:
    """The ramp of an endpoint's managed test and what has come of it; None if nobody has asked for one.

    Raises:
        DamagedRecordError: If it can't be read.
        ClientError: If a call is refused.
    """
    found = parameters.read(ssm, ramp_name(endpoint))
    if found is None:
        return None
    ramp, said = Ramp.from_json(found), parameters.read(ssm, course_name(endpoint))
    course = Course(ramp=ramp.id) if said is None else Course.from_json(said)
    return ramp, course if course.ramp == ramp.id else Course(ramp=ramp.id)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _check_version(data: Mapping[str, Any]) -> None:
    if data["version"] != _VERSION:
        raise ValueError(f"version {data['version']!r} is not known here: upgrade shadow-test")
