"""From what was seen, and what was seen before, to what is kept, published and told. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.looks import Look
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.watched import (
    EVENT_VERSION,
    INSTANCE_HOURS,
    REQUESTS,
    VERDICT,
    VERDICT_AGE,
    VERDICT_VALUES,
    Watched,
    WatchMetric,
)
from shadow_ops.judge.verdict import Outcome
from shadow_ops.watch import text

_DAY = datetime.timedelta(days=1)
_HOUR = datetime.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A shadow test at this moment.

    Attributes:
        config: The endpoint config that serves.
        created: When it was made, which is when the test began.
        version: Version of the shadow's model.
        instances: Instances of the shadow.
        verdict: The gate's.
        reason: Why, in one line.
        requests: Requests to the shadow since the test began.
        now: The time.
        ramp: What is left of a ramp of its share, in words; None if there is none.
        override: A person's reason on record to promote the shadow whatever the verdict; None if there is none.
    """

    config: str
    created: datetime.datetime
    version: str
    instances: int
    verdict: Outcome
    reason: str
    requests: int
    now: datetime.datetime
    ramp: str | None = None
    override: Reason | None = None

    @property
    def age(self) -> datetime.timedelta:
        """How long the test runs."""
        return max(self.now - self.created, datetime.timedelta())


@dataclass(frozen=True)
class Notice:
    """Something that people are told once.

    Attributes:
        key: The same for the same thing, however often and at once it is seen.
        subject: Of an e-mail.
        text: What it says.
    """

    key: str
    subject: str
    text: str


@dataclass(frozen=True)
class Course:
    """What follows from a look.

    Attributes:
        look: What is kept.
        metrics: What is published.
        detail: Of the event.
        notices: What people are told, unless they were: the verdict once it has changed, then the test's age daily.
    """

    look: Look
    metrics: tuple[tuple[WatchMetric, float], ...]
    detail: dict[str, Any]
    notices: tuple[Notice, ...]


def decide(watched: Watched, seen: Seen, last: Look | None) -> Course:
    """What follows from a look.

    Args:
        watched: How the endpoint is watched.
        seen: What was seen.
        last: The look before; None if there was none, or of another test.
    """
    look = _look(seen, last if last is not None and last.config == seen.config else None)
    age = (look.at - look.since).total_seconds()
    metrics = (
        (VERDICT, float(VERDICT_VALUES[look.verdict])),
        (VERDICT_AGE, age),
        (REQUESTS, float(look.requests)),
        (INSTANCE_HOURS, look.instance_hours),
    )
    price = watched.price_per_instance_hour
    detail = {
        "version": EVENT_VERSION,
        "endpoint": watched.endpoint,
        "endpointConfig": look.config,
        "shadowVersion": seen.version,
        "at": seen.now.isoformat(),
        "verdict": look.verdict,
        "reason": look.reason[: text.LONGEST_REASON],
        "since": look.since.isoformat(),
        "turn": look.turn,
        "testStarted": seen.created.isoformat(),
        "expired": _days_over(watched, seen) is not None,
        "requests": look.requests,
        "instanceHours": round(look.instance_hours, 2),
        "override": None if seen.override is None else {"by": seen.override.by, "reason": seen.override.text},
        "cost": None if price is None else {"amount": round(look.instance_hours * price, 2), "unit": watched.currency},
    }
    return Course(look, metrics, detail, tuple(_notices(watched, seen, look)))


def _look(seen: Seen, last: Look | None) -> Look:
    # A copy that comes late, or a clock that is behind, takes nothing back.
    now = seen.now if last is None else max(seen.now, last.at)
    before, used = (seen.created, 0.0) if last is None else (last.at, last.instance_hours)
    same = last is not None and last.verdict == seen.verdict
    turn = 0 if last is None else last.turn
    first = last is None and seen.verdict is Outcome.INCONCLUSIVE
    return Look(
        config=seen.config,
        at=now,
        verdict=str(seen.verdict),
        reason=seen.reason[: text.LONGEST_REASON],
        since=last.since if last is not None and same else now,
        turn=turn if same or first else turn + 1,
        requests=seen.requests,
        instance_hours=used + seen.instances * max(0.0, (now - before) / _HOUR),
    )


def _days_over(watched: Watched, seen: Seen) -> int | None:
    """Whole days that a test is older than it should be; None as long as it isn't."""
    over = seen.age // _DAY - watched.expires_after_days
    return over if over >= 0 else None


def _notices(watched: Watched, seen: Seen, look: Look) -> Iterator[Notice]:
    used = text.used(look, seen.age, watched)
    if look.turn > 0:
        subject, body = text.of_verdict(
            watched.endpoint, seen.version, look, used, managed=watched.managed, ramp=seen.ramp
        )
        yield Notice(f"{look.config}.{look.turn}.verdict", subject, body)
    days = _days_over(watched, seen)
    if days is not None:
        subject, body = text.of_age(watched.endpoint, seen.version, look, seen.age, used)
        yield Notice(f"{look.config}.{days}.days-over", subject, body)
