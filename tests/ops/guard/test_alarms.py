"""An update doesn't begin while an alarm fires that would take it back; a way back with a reason does."""

from __future__ import annotations

import datetime
from dataclasses import replace

from tests.ops.guard.stack import Code, Stack
from tests.ops.guard.test_reasons import ANN, put

TESTING = Code(shadow="v2", alarms=("errors", "refunds"))


def started(calms_after: float) -> Stack:
    """A stack one of whose alarms fires, and calms down after some seconds."""
    stack = Stack()
    assert stack.deploy(TESTING).ok
    calm = stack.world.now + datetime.timedelta(seconds=calms_after)
    alarm = {"AlarmName": "refunds", "StateValue": "ALARM"}
    stack.world.alarms = {"errors": {"AlarmName": "errors", "StateValue": "OK"}, "refunds": alarm}

    def watched(_: str) -> None:
        alarm["StateValue"] = "OK" if stack.world.now >= calm else "ALARM"

    stack.world.watched = watched
    return stack


def test_an_alarm_that_has_not_been_looked_at_yet_is_waited_for() -> None:
    """One that calms down within three minutes holds nothing up."""
    stack = started(100)
    assert stack.deploy(replace(TESTING, shadow="v3")).ok


def test_fails_while_an_alarm_goes_on_firing() -> None:
    """After three minutes, with its name and what to do; nothing was touched."""
    stack = started(10_000)
    begin = stack.world.now

    result = stack.deploy(replace(TESTING, shadow="v3"))
    assert "because refunds is in ALARM" in result.reason
    # Three minutes forward, and as long for the way back, which nothing has to be done for.
    assert 180 <= (stack.world.now - begin).total_seconds() < 240


def test_a_way_back_with_a_reason_goes_through_whatever_fires() -> None:
    """The bad promotion is what it fires for."""
    stack = started(0)
    assert stack.deploy(TESTING.promoted()).ok
    stack.world.watched = None
    stack.world.alarms["refunds"]["StateValue"] = "ALARM"

    assert "-c rollback=" in stack.deploy(TESTING).reason
    assert stack.deploy(replace(TESTING, rollback="more refunds")).ok


def test_without_such_alarms_nothing_is_asked() -> None:
    """An endpoint without rollback alarms costs no call."""
    stack = Stack()
    assert stack.deploy(Code()).ok
    assert "cloudwatch:DescribeAlarms" not in stack.world.calls


def test_a_reason_on_record_is_not_used_up_for_what_an_alarm_would_take_back() -> None:
    """It leaves no alarm out, as a reason of the deployment's own does: that is said, and it counts later."""
    stack = started(0)
    assert stack.deploy(TESTING.promoted()).ok
    stack.world.watched = None
    stack.world.alarms["refunds"]["StateValue"] = "ALARM"
    (promotion,) = stack.history()
    put(stack, purpose="rollback", subject=promotion.id)
    before = stack.world.live

    refused = stack.deploy(TESTING)
    assert "SageMaker would roll this rollback of churn back at once, because refunds is in ALARM" in refused.reason
    assert '-c rollback="reason", which leaves your own alarms out' in refused.reason
    assert stack.world.live == before
    stack.world.alarms["refunds"]["StateValue"] = "OK"
    assert stack.deploy(TESTING).ok
    assert [one.reason_by for one in stack.history()] == [None, ANN]
