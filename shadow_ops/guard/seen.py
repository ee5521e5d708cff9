"""What the guard has seen when it decides. Values only; what could not be read says so, and is no absence."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.aws.experiment import Experiment
from shadow_ops.aws.history import Entry
from shadow_ops.aws.records import Pending
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.refusal import Refusal
from shadow_ops.judge.verdict import Verdict

T = TypeVar("T")
PASSING_STATES = frozenset(("Creating", "Updating", "SystemUpdating", "RollingBack"))
"""States of an endpoint that pass by themselves (API shape EndpointStatus)."""


@dataclass(frozen=True)
class Unread:
    """Something that could not be read.

    Attributes:
        why: A sentence.
        damaged: Whether it was read but can't be understood, so that reading it again won't help.
        passing: Whether the trouble is a passing one, such as throttling.
        serving: Of an endpoint whose config is gone, the variants that serve.
    """

    why: str
    damaged: bool = False
    passing: bool = False
    serving: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The world at one moment.

    Attributes:
        now: The time, in UTC.
        stack: CloudFormation's status of the stack; None once there is no such stack.
        owned: Whether the endpoint is a resource of the stack.
        live: The endpoint; None if there is none.
        asked: The endpoint config that is asked for; None if there is none, or nobody asked.
        left: The config that was asked for before, where it isn't the one that serves: of an endpoint that is replaced
            by one of another name, or where somebody has updated it since; None if there is none.
        contents: What the models of both configs are made of; None for one that is gone.
        scaled: How the endpoint's variants scale, those that do.
        pending: The record of the deployment under way or the last one; None if there is none of this stack.
        recorded: The recorded scaling by variant, as far as it is there, undamaged and plausible.
        keeps: For an endpoint config, what was answered about live counts.
        history: What was promoted and taken back.
        reasons: What people put on record for a promotion or its rollback.
        firing: Alarms that would take the update back and fire.
        tested: The managed test that a stack of this library says of the endpoint, whatever it is at; None without one,
            and where the endpoint has a shadow.
        judged: The gate's verdict, or why there is none; None while it wasn't asked.
        waiting: Since when something is waited for, by what it is.
        patient: Whether there is time to wait on.
        began_forward: Whether the stack was seen to go forward when this request was first looked at.
        own_records: Names of this stack's records.
        native: Where the guard is new or goes, the variants that the stack scales by resources of its own.
        heir: Where the guard goes, whether the stack has another one for the endpoint, under other names.
    """

    now: datetime.datetime
    stack: str | Unread | None = None
    owned: bool | Unread = False
    live: LiveEndpoint | Unread | None = None
    asked: Config | Unread | None = None
    left: Config | Unread | None = None
    contents: Mapping[str, str | None] | Unread = field(default_factory=dict)
    scaled: Mapping[str, Scaled] | Unread = field(default_factory=dict)
    pending: Pending | Unread | None = None
    recorded: Mapping[str, Scaled] | Unread = field(default_factory=dict)
    keeps: Mapping[str, bool] | Unread = field(default_factory=dict)
    history: tuple[Entry, ...] | Unread = ()
    reasons: tuple[Reason, ...] | Unread = ()
    firing: tuple[str, ...] | Unread = ()
    tested: Experiment | Unread | None = None
    judged: Verdict | Unread | None = None
    waiting: Mapping[str, datetime.datetime] = field(default_factory=dict)
    patient: bool = True
    began_forward: bool = True
    own_records: tuple[str, ...] | Unread = ()
    native: tuple[str, ...] | Unread = ()
    heir: bool | Unread = False


def need(value: T | Unread) -> T:
    """What was read.

    Raises:
        Refusal: If it could not be.
    """
    if isinstance(value, Unread):
        raise Refusal(value.why)
    return value


def known(value: T | Unread, otherwise: T) -> T:
    """What was read, or something else if it could not be."""
    return otherwise if isinstance(value, Unread) else value


def in_trouble(seen: Seen) -> bool:
    """Whether something could not be read for a trouble that passes by itself."""
    return any(isinstance(one, Unread) and one.passing for one in vars(seen).values())


def variants(live: LiveEndpoint) -> tuple[LiveVariant, ...]:
    """All variants of an endpoint, the shadow last."""
    return (*live.production, *(() if live.shadow is None else (live.shadow,)))


def kept_of(pending: Pending | Unread | None) -> tuple[str, ...]:
    """The variants whose scaling is on record."""
    return pending.variants if isinstance(pending, Pending) else ()
