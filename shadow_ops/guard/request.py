"""What CloudFormation asks of the guard, read from the properties of the custom resource."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.scaled import Scaled, declared
from shadow_ops.measure.recording import Instances


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The properties of one of the guard's two resources.

    Attributes:
        step: ``before`` or ``after``.
        endpoint: The endpoint's name.
        config: The endpoint config that shall serve.
        variant: The production variant's name.
        version: The production model's version.
        shadow_version: The shadow model's version; None without a shadow.
        promotion: Whether this is the deployment of a `PromotionStack`.
        override: Why the gate shall be overruled, or None.
        rollback: Why a promotion shall be taken back, or None.
        policy: JSON text of the policy.
        promoted: JSON text of the instances that a promotion would serve on, or None.
        scaling: JSON text of the declared scaling.
        alarms: Names of the alarms that take an update back.
        requester: Who deploys, or None.
    """

    step: str
    endpoint: str
    config: str
    variant: str
    version: str
    shadow_version: str | None
    promotion: bool
    override: str | None
    rollback: str | None
    policy: str
    promoted: str | None
    scaling: str
    alarms: tuple[str, ...]
    requester: str | None

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> Asked:
        """Read the properties.

        Raises:
            Refusal: If one is missing.
        """
        try:
            return cls(
                step=properties["Step"],
                endpoint=properties["EndpointName"],
                config=properties["EndpointConfigName"],
                variant=properties["ProductionVariant"],
                version=properties["ProductionVersion"],
                shadow_version=properties.get("ShadowVersion") or None,
                promotion=properties.get("Promotion", "false") == "true",
                override=properties.get("OverrideGate") or None,
                rollback=properties.get("RollbackReason") or None,
                policy=properties.get("Policy", "{}"),
                promoted=properties.get("Promoted") or None,
                scaling=properties.get("Scaling", "[]"),
                alarms=tuple(json.loads(properties.get("RollbackAlarms", "[]"))),
                requester=properties.get("Requester") or None,
            )
        except KeyError as error:
            raise Refusal(f"the guard's resource lacks the property {error}; synthesize the stack again") from None

    def gate_policy(self) -> GatePolicy:
        """The policy.

        Raises:
            Refusal: If it isn't one.
        """
        try:
            return GatePolicy.from_json(json.loads(self.policy))
        except InvalidValueError as error:
            raise Refusal("; ".join(error.problems)) from None
        except ValueError as error:
            raise Refusal(f"the guard's policy is no JSON: {error}; synthesize the stack again") from None

    def promoted_instances(self) -> Instances | None:
        """What a promotion would serve on; None if the code doesn't say."""
        if self.promoted is None:
            return None
        data = json.loads(self.promoted)
        return Instances(instance_type=data["instance_type"], count=int(data["count"]))

    def declared_scaling(self) -> dict[str, Scaled]:
        """The scaling that the code declares, by variant."""
        return declared(self.scaling)


@dataclass(frozen=True)
class Request:
    """One request of CloudFormation.

    Attributes:
        kind: ``Create``, ``Update`` or ``Delete``.
        id: CloudFormation's id of the request.
        stack: ARN of the stack.
        asked: What shall be.
        old: What was before; None unless `kind` is ``Update``.
    """

    kind: str
    id: str
    stack: str
    asked: Asked
    old: Asked | None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read an event of a custom resource.

        Raises:
            Refusal: If a property is missing.
        """
        return cls(
            kind=event["RequestType"],
            id=event["RequestId"],
            stack=event["StackId"],
            asked=Asked.from_properties(event["ResourceProperties"]),
            old=_old(event.get("OldResourceProperties")),
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
    except Refusal:
        # A resource of an older version of this library, whose properties were others: nothing is known of before.
        return None
