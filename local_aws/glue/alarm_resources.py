"""CloudFormation handlers of metric alarms, with metric math, and of composite alarms."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local_aws import ACCOUNT_ID
from local_aws.errors import ServiceError
from local_aws.glue import private
from local_aws.glue.alarms import CloudWatchAlarms
from local_aws.glue.handler import Created, current_region, fail

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
REPLACING = {ALARM: ("AlarmName",), COMPOSITE: ("AlarmName",)}


class AlarmResources:
    """Create, update and delete of alarms.

    Args:
        alarms: The local CloudWatch's alarms.
    """

    def __init__(self, alarms: CloudWatchAlarms) -> None:
        self._alarms = alarms
        self._module = private.module("services.cloudwatch")

    def handlers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """Return the handlers per resource type, as ministack keeps them."""
        return {
            ALARM: {
                "create": lambda logical_id, props, stack: self._put(_name(props, stack, logical_id), props),
                "update": lambda name, _old, new, _stack: self._put(name, new),
                "delete": self._delete,
            },
            COMPOSITE: {
                "create": lambda logical_id, props, stack: self._put_composite(_name(props, stack, logical_id), props),
                "update": lambda name, _old, new, _stack: self._put_composite(name, new),
                "delete": lambda name, _props: self._delete_composite(name),
            },
        }

    def _put(self, name: str, props: dict[str, Any]) -> Created:
        wanted = {key: value for key, value in props.items() if key != "Tags"}
        try:
            self._alarms.put({**wanted, "AlarmName": name})
        except ServiceError as error:
            fail(error.message, "InvalidRequest")
        self._module.cloudformation_set_metric_alarm_tags(name, props.get("Tags") or [])
        return name, {"Arn": _arn(name)}

    def _delete(self, name: str, _props: dict[str, Any]) -> None:
        self._module.cloudformation_delete_metric_alarm(name, refuse_dependents=True)

    def _put_composite(self, name: str, props: dict[str, Any]) -> Created:
        answer = self._module._put_composite_alarm({}, {**props, "AlarmName": name}, False, True)
        if answer[0] >= 400:
            fail(json.loads(answer[2]).get("message", "refused"), "InvalidRequest")
        suppressor = {key: value for key, value in props.items() if key.startswith("ActionsSuppressor")}
        self._module._composite_alarms[name].update(suppressor)
        return name, {"Arn": _arn(name)}

    def _delete_composite(self, name: str) -> None:
        self._module._composite_alarms.pop(name, None)


def _name(props: dict[str, Any], stack: str, logical_id: str) -> str:
    given = props.get("AlarmName")
    made = private.module("services.cloudformation.provisioners")._physical_name(stack, logical_id, max_len=255)
    return str(given or made)


def _arn(name: str) -> str:
    return f"arn:aws:cloudwatch:{current_region()}:{ACCOUNT_ID}:alarm:{name}"
