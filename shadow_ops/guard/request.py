"""One request of CloudFormation, read from the event of a custom resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadow_ops.contract.asked import Asked
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.guard.refusal import Refusal


@dataclass(frozen=True)
class Request:
    """One request of CloudFormation.

    Attributes:
        kind: ``Create``, ``Update`` or ``Delete``.
        id: CloudFormation's id of the request.
        stack: ARN of the stack.
        asked: What shall be.
        old: What was before; None unless `kind` is ``Update``, or if it can't be read.
        resource: The logical id of the guard's resource.
    """

    kind: str
    id: str
    stack: str
    asked: Asked
    old: Asked | None
    resource: str = ""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read an event of a custom resource.

        Raises:
            Refusal: If a property is missing.
        """
        try:
            asked = Asked.from_properties(event["ResourceProperties"])
        except InvalidValueError as error:
            raise Refusal("; ".join(error.problems)) from None
        return cls(
            kind=event["RequestType"],
            id=event["RequestId"],
            stack=event["StackId"],
            asked=asked,
            old=_old(event.get("OldResourceProperties")),
            resource=event.get("LogicalResourceId", ""),
        )

    @property
    def stack_name(self) -> str:
        """The stack's name, for people."""
        parts = self.stack.split("/")
        return parts[1] if len(parts) > 1 else self.stack


def _old(properties: Mapping[str, Any] | None) -> Asked | None:
    if properties is None:
        return None
    try:
        return Asked.from_properties(properties)
    except InvalidValueError:
        # A resource of an older version of this library, whose properties were others: nothing is known of before.
        return None
