"""What a conclusion looks at, what somebody wants, and the steps that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.scaled import Scaled
from shadow_ops.managed.experiment import Experiment
from shadow_ops.managed.record import Conclusion

Action = Literal["promote", "remove", "retain", "cancel"]
ACTIONS: tuple[Action, ...] = ("promote", "remove", "retain", "cancel")
"""How a managed test can end."""


@dataclass(frozen=True)
class Seen:
    """What a conclusion depends on.

    Attributes:
        experiment: The managed test.
        live: What its endpoint serves.
        scaled: How its variants scale, by name.
        conclusion: What was decided before and isn't done yet.
        ours: Whether a stack of this library deployed the endpoint.
    """

    experiment: Experiment
    live: LiveEndpoint
    scaled: Mapping[str, Scaled]
    conclusion: Conclusion | None
    ours: bool


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for.

    Attributes:
        action: The conclusion.
        hardware: Of a promotion: on which variant's hardware, or on what.
        reason: Why, for the test's record.
    """

    action: Action
    hardware: Literal["production", "shadow"] | Instances = "production"
    reason: str | None = None


@dataclass(frozen=True)
class AskGate:
    """Whether the shadow may be promoted is to be decided; the answer goes into a `Keep`."""

    instances: Instances


@dataclass(frozen=True)
class Wait:
    """SageMaker is at work."""

    said: str


@dataclass(frozen=True)
class Deregister:
    """A variant stops scaling; how it scaled is on record."""

    variant: str


@dataclass(frozen=True)
class Stop:
    """StopInferenceExperiment."""

    request: Mapping[str, Any]


@dataclass(frozen=True)
class Delete:
    """DeleteInferenceExperiment, of a test that hasn't begun."""

    name: str


@dataclass(frozen=True)
class Update:
    """A config with the shadow's model in production's place, and the endpoint updated to it."""

    config: str
    model: str
    instances: Instances


@dataclass(frozen=True)
class Restore:
    """A variant scales as recorded."""

    wanted: Scaled
    now: Scaled | None


@dataclass(frozen=True)
class Forget:
    """The record of the conclusion goes. With a sentence if it came to nothing."""

    failure: str | None = None


@dataclass(frozen=True)
class Done:
    """There is nothing left to do."""

    said: tuple[str, ...]


Step = AskGate | Wait | Deregister | Stop | Delete | Update | Restore | Forget | Done
