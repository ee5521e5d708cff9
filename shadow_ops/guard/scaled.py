"""The scaling of one variant as a value: as it is registered, was recorded, or is declared in code."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

_POLICY_FIELDS = (
    "PolicyName",
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)
_SCHEDULE_FIELDS = ("ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
_TIMES = ("StartTime", "EndTime")


@dataclass(frozen=True)
class Scaled:
    """How a variant scales.

    Attributes:
        variant: Its name.
        minimum: Fewest instances.
        maximum: Most instances.
        suspended: What is suspended, as the API gives it. None where nothing is said, as in a declaration.
        policies: Scaling policies by name, each as PutScalingPolicy takes it.
        schedules: Scheduled actions by name, each as PutScheduledAction takes it; times as ISO text.
        step_alarms: For a step scaling policy, by its name: its ARN and the names of the alarms that call it. They are
            the user's own, and must call the new ARN once the policy is put again.
    """

    variant: str
    minimum: int
    maximum: int
    suspended: Mapping[str, bool] | None
    policies: Mapping[str, Mapping[str, Any]]
    schedules: Mapping[str, Mapping[str, Any]]
    step_alarms: Mapping[str, Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """The value as plain JSON."""
        return {
            "variant": self.variant,
            "min": self.minimum,
            "max": self.maximum,
            "suspended": None if self.suspended is None else dict(self.suspended),
            "policies": [dict(one) for one in self.policies.values()],
            "schedules": [dict(one) for one in self.schedules.values()],
            "step_alarms": {name: dict(one) for name, one in self.step_alarms.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scaled:
        """Read what `to_json` made, or a declaration."""
        return cls(
            variant=data["variant"],
            minimum=int(data["min"]),
            maximum=int(data["max"]),
            suspended=data.get("suspended"),
            policies={one["PolicyName"]: policy(one) for one in data.get("policies", ())},
            schedules={one["ScheduledActionName"]: schedule(one) for one in data.get("schedules", ())},
            step_alarms=data.get("step_alarms", {}),
        )

    def over(self, other: Scaled | None) -> Scaled:
        """This scaling, and what another one has beside it.

        Bounds, and what both have under the same name, are this one's. What is suspended is the other's where this one
        says nothing of it.
        """
        if other is None:
            return self
        return replace(
            self,
            suspended=other.suspended if self.suspended is None else self.suspended,
            policies={**other.policies, **self.policies},
            schedules={**other.schedules, **self.schedules},
            step_alarms={**other.step_alarms, **self.step_alarms},
        )

    def without(self, other: Scaled | None) -> Scaled:
        """This scaling less the policies and schedules whose names another one has."""
        if other is None:
            return self
        return replace(
            self,
            policies={name: one for name, one in self.policies.items() if name not in other.policies},
            schedules={name: one for name, one in self.schedules.items() if name not in other.schedules},
        )


def declared(text: str) -> dict[str, Scaled]:
    """The declared scaling by variant, from its JSON text."""
    return {one["variant"]: Scaled.from_json(one) for one in json.loads(text)}


def registered(
    variant: str,
    target: Mapping[str, Any],
    policies: Iterable[Mapping[str, Any]],
    schedules: Iterable[Mapping[str, Any]],
) -> Scaled:
    """A variant's scaling from what Application Auto Scaling describes."""
    listed = list(policies)
    return Scaled(
        variant=variant,
        minimum=target["MinCapacity"],
        maximum=target["MaxCapacity"],
        suspended=dict(target.get("SuspendedState") or {}),
        policies={one["PolicyName"]: policy(one) for one in listed},
        schedules={one["ScheduledActionName"]: schedule(one) for one in schedules},
        step_alarms={
            one["PolicyName"]: {"arn": one["PolicyARN"], "alarms": [alarm["AlarmName"] for alarm in one["Alarms"]]}
            for one in listed
            # The alarms of target tracking are the service's own: it makes new ones.
            if one["PolicyType"] == "StepScaling" and one.get("Alarms")
        },
    )


def policy(described: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a policy that putting it again takes."""
    return {name: described[name] for name in _POLICY_FIELDS if name in described}


def schedule(described: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a scheduled action that putting it again takes, with its times as ISO text."""
    fields = {name: described[name] for name in _SCHEDULE_FIELDS if described.get(name) is not None}
    for name in _TIMES:
        if isinstance(fields.get(name), datetime.datetime):
            fields[name] = fields[name].isoformat()
    return fields


def timed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A scheduled action with its times as boto3 takes them."""
    times = {name: datetime.datetime.fromisoformat(fields[name]) for name in _TIMES if name in fields}
    return {**fields, **times}
