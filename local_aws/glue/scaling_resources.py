"""CloudFormation handlers of the Application Auto Scaling types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.autoscaling.api import SERVICE
from local_aws.glue import types
from local_aws.glue.handler import Call, Created, HandlerError, request_of

_SEPARATOR = "|"


class ScalingResources:
    """Create, update and delete of scalable targets and scaling policies.

    Args:
        call: Calls Application Auto Scaling in the region of the stack that is deployed.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def handlers(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """Return the handlers per resource type, as ministack keeps them."""
        return {
            types.TARGET: {
                "create": lambda _logical_id, props, _stack: self._put_target({}, props),
                "update": lambda _id, old, new, _stack: self._put_target(old, new),
                "delete": lambda physical_id, _props: self._delete_target(physical_id),
            },
            types.POLICY: {
                "create": lambda _logical_id, props, _stack: self._put_policy(props),
                "update": lambda _arn, _old, new, _stack: self._put_policy(new),
                "delete": lambda _arn, props: self._delete_policy(props),
            },
        }

    def _put_target(self, old: dict[str, Any], props: dict[str, Any]) -> Created:
        wanted = dict(props)
        if isinstance(wanted.get("Tags"), list):
            wanted["Tags"] = {tag["Key"]: tag["Value"] for tag in wanted["Tags"]}
        request = request_of(
            SERVICE, "RegisterScalableTarget", wanted, types.TARGET, ("ScheduledActions", "RoleARN", "Id")
        )
        self._call("RegisterScalableTarget", request)
        identity = {key: request[key] for key in ("ServiceNamespace", "ScalableDimension", "ResourceId")}
        actions = {action["ScheduledActionName"]: action for action in props.get("ScheduledActions") or []}
        for gone in {a["ScheduledActionName"] for a in old.get("ScheduledActions") or []} - set(actions):
            self._call("DeleteScheduledAction", {**identity, "ScheduledActionName": gone})
        for action in actions.values():
            put = request_of(SERVICE, "PutScheduledAction", {**action, **identity}, types.TARGET)
            self._call("PutScheduledAction", put)
        parts = (identity["ResourceId"], identity["ScalableDimension"], identity["ServiceNamespace"])
        physical_id = _SEPARATOR.join(parts)
        return physical_id, {"Id": physical_id}

    def _delete_target(self, physical_id: str) -> None:
        self._delete("DeregisterScalableTarget", _identity(physical_id))

    def _put_policy(self, props: dict[str, Any]) -> Created:
        request = request_of(SERVICE, "PutScalingPolicy", _located(props), types.POLICY, ("ScalingTargetId",))
        arn = self._call("PutScalingPolicy", request)["PolicyARN"]
        return arn, {"Arn": arn}

    def _delete_policy(self, props: dict[str, Any]) -> None:
        located = _located(props)
        keys = ("PolicyName", "ServiceNamespace", "ScalableDimension", "ResourceId")
        self._delete("DeleteScalingPolicy", {key: located[key] for key in keys})

    def _delete(self, operation: str, request: dict[str, Any]) -> None:
        try:
            self._call(operation, request)
        except HandlerError as error:
            # Deleting what has gone already, with its endpoint or by a hand-over, is a success.
            if error.code != "ObjectNotFoundException":
                raise


def _identity(physical_id: str) -> dict[str, str]:
    resource_id, dimension, namespace = physical_id.split(_SEPARATOR)
    return {"ResourceId": resource_id, "ScalableDimension": dimension, "ServiceNamespace": namespace}


def _located(props: dict[str, Any]) -> dict[str, Any]:
    target = props.get("ScalingTargetId")
    return {**props, **_identity(target)} if target else props
