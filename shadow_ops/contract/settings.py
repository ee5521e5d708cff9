"""What a deployed endpoint tells the guard and the command line about itself, in one SSM parameter of its stack.

The template makes the parameter ``/shadow-test/<endpoint>/settings``; the guard keeps its own records beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError


def prefix(endpoint_name: str) -> str:
    """Where everything about an endpoint lies in SSM Parameter Store."""
    return f"/shadow-test/{endpoint_name}"


def settings_name(endpoint_name: str) -> str:
    """Name of the parameter that the template makes."""
    return f"{prefix(endpoint_name)}/settings"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the code says of an endpoint.

    Attributes:
        endpoint_config: The endpoint config that must be serving.
        production_variant: The production variant's name.
        production_version: The production model's version, as named in the code.
        production_label: That version and its hardware, for people.
        shadow_variant: The shadow variant's name; None without a shadow, as are the next two.
        shadow_version: The shadow model's version.
        shadow_label: That version and its hardware, for people.
        sampling_percent: Share of the requests that is copied to the shadow; 0 without one.
        promoted_type: Instance type that a promotion would serve on; None without a shadow.
        promoted_count: Its instances after a promotion, likewise.
        capture_uri: Folder of the endpoint's captured data, or None.
        dashboard: The dashboard's name, or None.
        alarms: Names of the alarms about this endpoint, the composite one included.
        policy: The policy of the test.
    """

    endpoint_config: str
    production_variant: str
    production_version: str
    production_label: str
    shadow_variant: str | None = None
    shadow_version: str | None = None
    shadow_label: str | None = None
    sampling_percent: float = 0
    promoted_type: str | None = None
    promoted_count: int | None = None
    capture_uri: str | None = None
    dashboard: str | None = None
    alarms: tuple[str, ...] = ()
    policy: GatePolicy

    def to_text(self) -> str:
        """The settings as JSON text; values may hold CDK tokens, which stay whole."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in values.items() if value is not None}
        return json.dumps({**given, "policy": self.policy.to_json()}, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str, where: str) -> Settings:
        """Read settings.

        Args:
            text: What `to_text` made.
            where: Named in mistakes, such as the parameter.

        Raises:
            InvalidValueError: If it isn't such a text.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            policy = GatePolicy.from_json(data.pop("policy"), f"{where}: policy")
            return cls(**{**data, "alarms": tuple(data.get("alarms", ())), "policy": policy})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if isinstance(error, InvalidValueError):
                raise
            fix = "deploy the stack again with this version of the library"
            raise InvalidValueError((f"{where}: not the settings of an endpoint ({error}); {fix}",)) from None
