"""The steps of a conclusion that only people ask for, through the command line."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.reasons import Reason
from shadow_ops.managed.steps import ByPeople, Past, Seen

COUNTS = datetime.timedelta(days=1)
"""How long a verdict on record lets the endpoint's stack promote."""


@dataclass(frozen=True)
class Update(ByPeople):
    """A config with the shadow's model in production's place, and the endpoint updated to it."""

    model: str
    instances: Instances


@dataclass(frozen=True)
class RemoveShadow(ByPeople):
    """A config without the shadow that was retained, and the endpoint updated to it."""


@dataclass(frozen=True)
class Remember(ByPeople):
    """The promotion goes into the endpoint's history."""

    because: str | None
    served: str | None


@dataclass(frozen=True)
class PutOnRecord(ByPeople):
    """Why the endpoint's stack may promote the candidate goes on record, for the guard to take once."""

    why: str


@dataclass(frozen=True)
class Withdraw(ByPeople):
    """What lets the endpoint's stack promote the candidate goes off the record."""

    right: Reason


def after(past: Past, seen: Seen, step: ByPeople, now: datetime.datetime) -> Past:
    """What a call has come to after one of them."""
    past = replace(past, looks=0)
    match step:
        case Update():
            return replace(past, asked="update", served=seen.live.config.name)
        case RemoveShadow():
            return replace(past, asked="update")
        case PutOnRecord():
            return replace(past, until=now + COUNTS)
        case _:
            return replace(past, remembered=True)
