"""The alarms that take an update back: none may be firing when the update begins.

An alarm that is pointed at a new fleet keeps its state until it is looked at again (API operation PutMetricAlarm), up
to a minute later. Whoever goes back because production fails would otherwise be taken back by that very failure.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadow_ops.guard.clients import Clients, Clock

_PATIENCE_SECONDS = 180
_PAUSE_SECONDS = 2
# API member DescribeAlarmsInput.AlarmNames takes a hundred names; guardrails take ten.


def still_firing(clients: Clients, clock: Clock, names: Sequence[str]) -> tuple[str, ...]:
    """Wait until none of the alarms fires, for three minutes at most.

    Args:
        clients: The services.
        clock: Time.
        names: The alarms' names.

    Returns:
        Those that fire even then.

    Raises:
        ClientError: If the call is refused.
    """
    waited = 0.0
    while True:
        firing = _firing(clients, names)
        if not firing or waited >= _PATIENCE_SECONDS or clock.remaining() < _PAUSE_SECONDS:
            return firing
        clock.sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS


def _firing(clients: Clients, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    found = clients.cloudwatch.describe_alarms(AlarmNames=list(names), StateValue="ALARM")
    return tuple(sorted(one["AlarmName"] for one in found.get("MetricAlarms", ())))
