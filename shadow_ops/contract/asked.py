"""What a template asks of the guard, as the properties of the guard's two custom resources.

`shadow_ops.contract.properties` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.scaled import Scaled
from shadow_ops.contract.text import from_ascii
from shadow_ops.contract.versions import FORMAT, check_known, format_of, newer

Step = Literal["before", "after"]

_KNOWN = (
    *("Version", "Step", "EndpointName", "EndpointConfigName", "ProductionVariant", "ProductionVersion", "Scaling"),
    *(
        "ShadowVersion",
        "OtherVersions",
        "Promotion",
        "OverrideGate",
        "RollbackReason",
        "Policy",
        "Promoted",
        "RollbackAlarms",
        "TestedModel",
    ),
)
# Not ours: CloudFormation's own properties of a custom resource.
_CLOUDFORMATION = ("ServiceToken", "ServiceTimeout")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one of the guard's two resources asks.

    The step after the update is told what must serve and scale, and nothing of what only the step before it decides by:
    a changed policy doesn't run it.

    Attributes:
        step: ``before`` or ``after`` the update.
        endpoint: The endpoint's name.
        config: The endpoint config that shall serve.
        variant: The production variant's name.
        version: The production model's version.
        scaling: The declared scaling by variant.
        shadow_version: The shadow model's version; None without a shadow.
        others: The versions of the models of further production variants, by their variants' names.
        promotion: Whether this is the deployment of a `PromotionStack`.
        override: Why the gate shall be overruled, or None.
        rollback: Why a promotion shall be taken back, or None.
        policy: The policy of the test. None if this release can't read it.
        promoted: What a promotion serves on: while a candidate is tested, or while one is promoted. None if the code
            doesn't say.
        alarms: Names of the alarms that take an update back.
        tested: The SageMaker model that a managed test takes from this stack; None without one. A candidate that
            changes is a deployment of the endpoint's for the guard, though its config doesn't change.
        unread: What this release could not read of it, a line each. Empty where all is known.
    """

    step: Step
    endpoint: str
    config: str
    variant: str
    version: str
    scaling: Mapping[str, Scaled] = field(default_factory=dict)
    shadow_version: str | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    promotion: bool = False
    override: str | None = None
    rollback: str | None = None
    policy: GatePolicy | None = field(default_factory=GatePolicy)
    promoted: Instances | None = None
    alarms: tuple[str, ...] = ()
    tested: str | None = None
    unread: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> Self:
        """Read the properties, whichever release of the library made them.

        Raises:
            InvalidValueError: In one line, if something is missing or isn't what it has to be.
        """
        version = FORMAT
        try:
            version = format_of(properties, "Version")
            return cls._read(properties, version)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            if version > FORMAT:
                raise InvalidValueError((newer("the guard's resource", version),)) from None
            if isinstance(error, InvalidValueError):
                raise
            what = f"lacks {error}" if isinstance(error, KeyError) else f"can't be read ({error})"
            fix = "synthesize the stack again"
            raise InvalidValueError((f"the guard's resource {what}; {fix}",)) from None

    @classmethod
    def _read(cls, properties: Mapping[str, Any], version: int) -> Self:
        where = "the guard's resource"
        unread = [newer(where, version)] if version > FORMAT else []
        check_known(properties, (*_KNOWN, *_CLOUDFORMATION), where, unread)
        step = properties["Step"]
        if step not in ("before", "after"):
            raise ValueError(f"its step is {step!r}")
        promoted = properties.get("Promoted")
        return cls(
            step=step,
            endpoint=properties["EndpointName"],
            config=properties["EndpointConfigName"],
            variant=properties["ProductionVariant"],
            version=properties["ProductionVersion"],
            scaling={one["variant"]: Scaled.from_json(one) for one in json.loads(properties.get("Scaling", "[]"))},
            shadow_version=properties.get("ShadowVersion") or None,
            others={str(name): str(one) for name, one in json.loads(properties.get("OtherVersions", "{}")).items()},
            promotion=properties.get("Promotion", "false") == "true",
            override=from_ascii(properties.get("OverrideGate") or "") or None,
            rollback=from_ascii(properties.get("RollbackReason") or "") or None,
            policy=GatePolicy.deployed(json.loads(properties.get("Policy", "{}")), "the guard's policy", unread),
            promoted=None if not promoted else Instances.from_json(json.loads(promoted)),
            alarms=tuple(json.loads(properties.get("RollbackAlarms", "[]"))),
            tested=properties.get("TestedModel") or None,
            unread=tuple(unread),
        )
