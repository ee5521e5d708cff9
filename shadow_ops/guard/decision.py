"""What the guard can decide: wait, ask the gate, refuse, or go on by steps. Values only."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from shadow_ops.aws.history import Entry
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled


@dataclass(frozen=True)
class RecordScaling:
    """Record how a variant scales."""

    scaled: Scaled


@dataclass(frozen=True)
class UseReason:
    """Take a person's reason off the record, for this request alone; if it is gone, nothing else is done."""

    id: str
    request: str


@dataclass(frozen=True)
class SaveRecord:
    """Replace the record of the deployment. It names what the next steps touch, so it comes before them."""

    record: Pending


@dataclass(frozen=True)
class Close:
    """Replace the record once the steps before it are done; what failed among them stays open in it."""

    record: Pending


@dataclass(frozen=True)
class Deregister:
    """Stop scaling a variant; its policies and scheduled actions go too.

    Attributes:
        variant: Its name.
        recorded: Whether it is left alone where a record that comes before could not be written.
        vital: Whether the update can't go on unless it is done.
        seen: How it scaled when that was looked at; what people have changed since goes on record first. None if it
            isn't looked at again.
        kept: How it scales on record, where it is looked at again.
    """

    variant: str
    recorded: bool = False
    vital: bool = False
    seen: Scaled | None = None
    kept: Scaled | None = None


@dataclass(frozen=True)
class Scale:
    """Make a variant scale as wanted.

    Attributes:
        wanted: How it shall scale.
        live: How it scales now; None if it doesn't.
        unrecorded: Whether it is only done where a record that comes before, from which it would be done later and
            better, could not be written.
    """

    wanted: Scaled
    live: Scaled | None
    unrecorded: bool = False


@dataclass(frozen=True)
class Prove:
    """Put scaling as it is, one of each kind: who may not do that must not take away what nobody could give back.

    Attributes:
        live: How the variants scale; what people have changed since goes on record.
    """

    live: tuple[Scaled, ...]


@dataclass(frozen=True)
class Trim:
    """Remove policies and scheduled actions of a variant by their names."""

    live: Scaled
    policies: tuple[str, ...]
    schedules: tuple[str, ...]


@dataclass(frozen=True)
class SetCounts:
    """Give variants other numbers of instances than they have: by name, what it has and what it shall have."""

    counts: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class RememberKeep:
    """Remember what was answered for the last few endpoint configs."""

    keeps: Mapping[str, bool]


@dataclass(frozen=True)
class AddEntry:
    """Add to the history."""

    entry: Entry


@dataclass(frozen=True)
class UndoEntry:
    """Mark what is in the history as rolled back, if it is there.

    Attributes:
        id: Which entry.
        at: When it was taken back.
        there: Whether it is known to be there.
    """

    id: str
    at: datetime.datetime
    there: bool = False


@dataclass(frozen=True)
class Forget:
    """Remove records by their names."""

    names: tuple[str, ...]


Step = (
    UseReason
    | RecordScaling
    | SaveRecord
    | Close
    | Deregister
    | Scale
    | Prove
    | Trim
    | SetCounts
    | RememberKeep
    | AddEntry
    | UndoEntry
    | Forget
)


@dataclass(frozen=True)
class Wait:
    """Look again later.

    Attributes:
        why: What is waited for: ``endpoint``, ``alarms`` or ``ownership``.
    """

    why: str


@dataclass(frozen=True)
class AskGate:
    """The gate's verdict is needed to decide."""


@dataclass(frozen=True)
class Refuse:
    """The deployment must not go on.

    Attributes:
        sentence: Why, and what to do; `cdk deploy` prints it.
        steps: What is done all the same, because the deployment is over.
    """

    sentence: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Go:
    """Go on.

    Attributes:
        steps: What to do, in this order.
        attributes: The resource's attributes in the answer.
        regardless: Whether a step that fails holds nothing up: it is noted, and the rest is done.
        notes: What people should know, a sentence each.
    """

    steps: tuple[Step, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    regardless: bool = False
    notes: tuple[str, ...] = ()


Decision = Wait | AskGate | Refuse | Go


def keep_answer(*, keep: bool) -> dict[str, str]:
    """The attribute that the endpoint takes as RetainAllVariantProperties."""
    return {"KeepLiveCounts": "true" if keep else "false"}
