"""Alarms: what they look at is plain data (`specs`), made from the policy; the construct only renders it."""

from shadow_constructs.alarms.construct import EndpointAlarms
from shadow_constructs.alarms.spec import AlarmSpec
from shadow_constructs.alarms.specs import alarm_specs, rollback_alarm_specs

__all__ = ["AlarmSpec", "EndpointAlarms", "alarm_specs", "rollback_alarm_specs"]
