"""The scaling of one variant as a value: as it is declared in code, is registered, or was recorded."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shadow_ops.contract.typed import whole

_POLICY_FIELDS = (
    "PolicyName",
    "PolicyType",
    "StepScalingPolicyConfiguration",
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)
_SCHEDULE_FIELDS = ("ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
_METRICS = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
TIMES = ("StartTime", "EndTime")
"""The members of a scheduled action that are times."""


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
    suspended: Mapping[str, bool] | None = None
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    schedules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    step_alarms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The value as plain JSON; what there is nothing to say of is left out."""
        alarms = {name: dict(one) for name, one in self.step_alarms.items()}
        return {
            "variant": self.variant,
            "min": self.minimum,
            "max": self.maximum,
            **({} if self.suspended is None else {"suspended": dict(self.suspended)}),
            "policies": [dict(one) for one in self.policies.values()],
            "schedules": [dict(one) for one in self.schedules.values()],
            **({"step_alarms": alarms} if alarms else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scaled:
        """Read what `to_json` made, or a declaration."""
        return cls(
            variant=data["variant"],
            minimum=whole(data["min"]),
            maximum=whole(data["max"]),
            suspended=data.get("suspended"),
            policies={one["PolicyName"]: policy_fields(one) for one in data.get("policies", ())},
            schedules={one["ScheduledActionName"]: schedule_fields(one) for one in data.get("schedules", ())},
            step_alarms=data.get("step_alarms", {}),
        )

    def over(self, other: Scaled | None) -> Scaled:
        """This scaling, and what another one has beside it.

        Bounds, and what both have under the same name or follow the same metric by, are this one's. What is suspended
        is the other's where this one says nothing of it, and alarms are those of both.
        """
        if other is None:
            return self
        return replace(
            self,
            suspended=other.suspended if self.suspended is None else self.suspended,
            policies={**_beside(other.policies, self.policies), **self.policies},
            schedules={**other.schedules, **self.schedules},
            step_alarms=_alarms(self.step_alarms, other.step_alarms),
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

    def back_to(self, before: Scaled, made: Scaled | None) -> Scaled:
        """How it scaled before a deployment, with what people have changed since.

        A policy or schedule that the deployment changed is as before; of one that it left alone, what people made of it
        holds, and so does what they added, unless it follows the metric of one that is put back. Bounds are theirs
        where they are neither what was before nor what the deployment made of it; code suspends nothing, so what is
        suspended is theirs.

        Args:
            before: How it scaled before the deployment.
            made: How the deployment would have it scale; None if not at all.
        """
        if made is None:
            return self.over(before)
        bounds = (self.minimum, self.maximum)
        if bounds in ((before.minimum, before.maximum), (made.minimum, made.maximum)):
            bounds = (before.minimum, before.maximum)
        return replace(
            before,
            minimum=bounds[0],
            maximum=bounds[1],
            suspended=before.suspended if self.suspended is None else self.suspended,
            policies=_back(self.policies, before.policies, made.policies),
            schedules=_back(self.schedules, before.schedules, made.schedules),
            step_alarms=_alarms(self.step_alarms, before.step_alarms),
        )


_Named = Mapping[str, Mapping[str, Any]]


def tracked(policy: Mapping[str, Any]) -> object:
    """The metric that a target tracking policy follows; None for any other.

    A variant has one such policy for each metric: the service refuses to put a second one, until the first is removed.
    """
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration")
    found = [tracking.get(kind) for kind in _METRICS] if isinstance(tracking, Mapping) else []
    return next((one for one in found if one is not None), None)


def _beside(theirs: _Named, ours: _Named) -> _Named:
    """What can be there beside other policies, of those that have a name and a metric of their own."""
    followed = [metric for one in ours.values() if (metric := tracked(one)) is not None]
    return {name: one for name, one in theirs.items() if name in ours or tracked(one) not in followed}


def _back(now: _Named, before: _Named, made: _Named) -> _Named:
    changed = {name: one for name, one in before.items() if made.get(name) != one}
    left = {name: one for name, one in now.items() if name not in changed and (name in before or name not in made)}
    there = {**_beside(left, changed), **changed}
    return {**_beside(before, there), **there}


def _alarms(now: _Named, before: _Named) -> _Named:
    """An alarm that called a policy before calls it still, or its last ARN."""
    names = {
        name: sorted({alarm for one in (now, before) for alarm in one.get(name, {}).get("alarms", ())})
        for name in (*now, *before)
    }
    return {name: {"arn": (now.get(name) or before[name])["arn"], "alarms": alarms} for name, alarms in names.items()}


def policy_fields(described: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a policy that putting it again takes."""
    return {name: described[name] for name in _POLICY_FIELDS if name in described}


def schedule_fields(described: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a scheduled action that putting it again takes, with its times as ISO text."""
    fields = {name: described[name] for name in _SCHEDULE_FIELDS if described.get(name) is not None}
    for name in TIMES:
        if isinstance(fields.get(name), datetime.datetime):
            fields[name] = fields[name].isoformat()
    return fields
