"""A scheduled action that the service refuses to put again: its time has come, or it is nothing that was taken once."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.scaled import Scaled
from tests.ops.guard.world import ENDPOINT
from tests.ops.parameter_store import aws_error

NOW = datetime.datetime.now(datetime.UTC)
PAST, FUTURE = ((NOW + datetime.timedelta(days=days)).isoformat() for days in (-1, 1))
CRON = "cron(0 22 * * ? *)"


class Refusing:
    """Refuses a scheduled action for as long as it says a start, or always.

    Args:
        code: With this error.
        always: Whether it refuses one without a start, too.
    """

    def __init__(self, code: str, *, always: bool) -> None:
        self.code, self.always, self.put = code, always, list[dict[str, Any]]()

    def put_scheduled_action(self, **arguments: Any) -> None:  # noqa: ANN401 - of the API
        """Refuse it, or note it."""
        if self.always or "StartTime" in arguments:
            raise aws_error(self.code, "in the past", "PutScheduledAction")
        self.put.append(arguments)


@pytest.mark.parametrize(
    ("times", "schedule", "code", "always", "becomes"),
    [
        ({"EndTime": PAST}, CRON, "ValidationException", True, "left"),
        ({"EndTime": FUTURE}, CRON, "ValidationException", True, "raised"),
        ({}, "at(2020-01-01T00:00:00)", "ValidationException", True, "left"),
        ({}, CRON, "ValidationException", True, "raised"),
        ({"StartTime": PAST}, CRON, "ValidationException", False, "put"),
        ({"StartTime": PAST, "EndTime": FUTURE}, CRON, "ValidationException", False, "put"),
        ({"StartTime": FUTURE}, CRON, "ValidationException", False, "raised"),
        ({"StartTime": PAST, "EndTime": PAST}, CRON, "ValidationException", False, "left"),
        ({"EndTime": PAST}, CRON, "AccessDenied", True, "raised"),
    ],
)
def test_what_is_over_is_left_and_what_has_begun_goes_on(
    times: dict[str, str], schedule: str, code: str, always: bool, becomes: str
) -> None:
    """It goes on without its start, which lies in the past; whatever else is refused is told."""
    autoscaling = Refusing(code, always=always)
    scaling = Scaling(SimpleNamespace(autoscaling=autoscaling, cloudwatch=None), ENDPOINT)
    action = {"ScheduledActionName": "night", "Schedule": schedule, **times}
    live = Scaled("production", 1, 2)

    if becomes == "raised":
        with pytest.raises(ClientError):
            scaling.put(Scaled("production", 1, 2, schedules={"night": action}), live)
    else:
        scaling.put(Scaled("production", 1, 2, schedules={"night": action}), live)
    assert len(autoscaling.put) == (becomes == "put")
    for one in autoscaling.put:
        assert "StartTime" not in one
        assert one["Schedule"] == schedule
        assert one.get("EndTime") == (datetime.datetime.fromisoformat(times["EndTime"]) if "EndTime" in times else None)


@pytest.mark.parametrize(
    ("wanted", "live", "registered"),
    [
        ((1, 2, None), None, True),
        ((1, 2, None), (1, 2, None), False),
        ((2, 2, None), (1, 2, None), True),
        ((1, 3, None), (1, 2, None), True),
        ((1, 2, {"DynamicScalingInSuspended": True}), (1, 2, None), True),
        ((1, 2, {"DynamicScalingInSuspended": False}), (1, 2, None), False),
        ((1, 2, {"DynamicScalingInSuspended": False}), (1, 2, {"DynamicScalingInSuspended": True}), True),
        ((1, 2, None), (1, 2, {"DynamicScalingInSuspended": True}), False),
    ],
)
def test_only_what_differs_is_registered(wanted: Any, live: Any, registered: bool) -> None:  # noqa: ANN401 - three fields
    """What isn't said isn't changed, and what was never said is not suspended."""
    calls: list[dict[str, Any]] = []
    autoscaling = SimpleNamespace(register_scalable_target=lambda **arguments: calls.append(arguments))
    scaling = Scaling(SimpleNamespace(autoscaling=autoscaling, cloudwatch=None), ENDPOINT)
    scaling.put(Scaled("production", *wanted), None if live is None else Scaled("production", *live))

    assert bool(calls) is registered
    for one in calls:
        assert one.get("SuspendedState") == wanted[2]
