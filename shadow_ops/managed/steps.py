"""What a conclusion looks at, what somebody wants, and the steps that there are."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.experiment import Experiment
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.scaled import Scaled
from shadow_ops.managed.record import Kept

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
        kept: Scaling that a promotion took away and that isn't back yet.
        own: The config that the endpoint's stack asks for, if one of this library deployed it and says so.
        ours: Whether one did.
        promoted: What a promotion serves on, where the stack of the test says it.
        versions: What production's model and the tested one are called in the code, where that stack says it.
        policy: What the gate judges by, where that stack says it.
        unread: Why what was kept of scaling can't be read; None where it can.
        right: What on record lets the endpoint's stack promote the candidate beside what serves, unused.
    """

    experiment: Experiment
    live: LiveEndpoint
    scaled: Mapping[str, Scaled]
    kept: Kept | None
    ours: bool
    own: str | None = None
    promoted: Instances | None = None
    versions: tuple[str, str] | None = None
    policy: GatePolicy | None = None
    unread: str | None = None
    right: Reason | None = None


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for.

    Attributes:
        action: The conclusion.
        hardware: Of a promotion: on which variant's hardware, or on what.
        reason: Why, for the test's record.
        undo: Whether what somebody has put into production meanwhile may be undone by it.
    """

    action: Action
    hardware: Literal["production", "shadow"] | Instances = "production"
    reason: str | None = None
    undo: bool = False

    @property
    def state(self) -> str:
        """What the test counts as afterwards."""
        return "Cancelled" if self.action == "cancel" else "Completed"


@dataclass(frozen=True)
class Past:
    """What this call has come to so far.

    Attributes:
        because: The gate's word or a person's, once the promotion may be.
        ran: Whether the test ran at that moment, or this call has come while somebody, or its schedule, ended it.
        asked: What SageMaker was asked for last; None for nothing.
        looks: How often was looked since without seeing it at work.
        restored: Whether scaling was put back.
        served: The config that served before the endpoint was updated by this call.
        remembered: Whether the promotion is in the history, or the right to it off the record.
        until: Until when the verdict on record lets a promotion through; None before it is there.
    """

    because: str | None = None
    ran: bool = False
    asked: Literal["stop", "update"] | None = None
    looks: int = 0
    restored: bool = False
    served: str | None = None
    remembered: bool = False
    until: datetime.datetime | None = None


@dataclass(frozen=True)
class AskGate:
    """Whether the shadow may be promoted is to be decided."""

    instances: Instances


@dataclass(frozen=True)
class Wait:
    """SageMaker is at work."""

    said: str


@dataclass(frozen=True)
class Keep:
    """How production scales goes on record."""

    scaled: Scaled


@dataclass(frozen=True)
class Deregister:
    """A variant stops scaling."""

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
class Restore:
    """A variant scales as recorded."""

    wanted: Scaled


@dataclass(frozen=True)
class Forget:
    """What was kept is forgotten."""


@dataclass(frozen=True)
class ByPeople:
    """What only the command line does: `promotion` has them."""


@dataclass(frozen=True)
class GiveUp:
    """SageMaker didn't do it."""

    why: str


@dataclass(frozen=True)
class Done:
    """There is nothing left to do."""

    said: tuple[str, ...]


Doing = Keep | Deregister | Stop | Delete | Restore | Forget | ByPeople
Step = AskGate | Wait | Doing | GiveUp | Done


@dataclass(frozen=True)
class Further:
    """What only people ask for: the functions of a stack have none of it, and so can't promote.

    Attributes:
        look: Sees besides what only they need; it is told the services, what was seen, and the time.
        promote: What is done next to promote the shadow.
        over: What is done next about a test that is over, whatever else is asked for.
        act: Does such a step; it is told the services, what was seen, the step, and the helm.
        after: What a call has come to after such a step, at a time.
    """

    look: Callable[[Any, Seen, datetime.datetime], Seen]
    promote: Callable[[Seen, Wanted, Past], Step]
    over: Callable[[Seen, Wanted, Past], Step]
    act: Callable[[Any, Seen, object, Any], None]
    after: Callable[[Past, Seen, ByPeople, datetime.datetime], Past]
