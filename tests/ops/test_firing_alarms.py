"""An update doesn't begin while an alarm fires that would take it back."""

from __future__ import annotations

import datetime
from typing import Any

from shadow_ops.guard.alarms import still_firing
from shadow_ops.guard.clients import Clients


class _Clock:
    def __init__(self) -> None:
        self.slept = 0.0

    def now(self) -> datetime.datetime:
        return datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def remaining(self) -> float:
        return 900 - self.slept


class _CloudWatch:
    """An alarm that fires for some seconds of the clock."""

    def __init__(self, clock: _Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self.calls = 0

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 takes it
        self.calls += 1
        assert asked == {"AlarmNames": ["one", "two"], "StateValue": "ALARM"}
        firing = self._clock.slept < self._seconds
        return {"MetricAlarms": [{"AlarmName": "two"}] if firing else [], "CompositeAlarms": []}


def _clients(cloudwatch: object) -> Clients:
    return Clients(sagemaker=None, autoscaling=None, ssm=None, cloudformation=None, cloudwatch=cloudwatch)


def test_an_alarm_that_has_not_been_looked_at_yet_is_waited_for() -> None:
    """One that calms down within three minutes holds nothing up."""
    clock = _Clock()
    assert still_firing(_clients(_CloudWatch(clock, 40)), clock, ("one", "two")) == ()
    assert 40 <= clock.slept < 45


def test_an_alarm_that_goes_on_firing_is_named() -> None:
    """After three minutes the wait ends, and the alarm is known by its name."""
    clock = _Clock()
    assert still_firing(_clients(_CloudWatch(clock, 10_000)), clock, ("one", "two")) == ("two",)
    assert 180 <= clock.slept < 185


def test_without_such_alarms_nothing_is_asked() -> None:
    """An endpoint without rollback alarms costs no call."""
    clock = _Clock()
    cloudwatch = _CloudWatch(clock, 0)
    assert still_firing(_clients(cloudwatch), clock, ()) == ()
    assert cloudwatch.calls == 0
