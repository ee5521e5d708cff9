"""Once is enough: who is working on an endpoint right now, and what was answered to which request of CloudFormation.

- ``…/lock``: whoever works on the endpoint, until when at the longest.
- ``…/requests/<id>``: the answer to a request, for a day: a copy that is delivered late gets the same one.
- ``…/requests/<id>.<token>``: who goes on with a request after the invocation of that token, for a day: one alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.contract.declared import prefix

# Asynchronous events of Lambda are kept for six hours at most (Lambda Developer Guide, asynchronous invocation).
_REMEMBERED = datetime.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The right to work on an endpoint.

    Attributes:
        token: Who holds it.
        until: When it ends by itself, unless the holder prolongs it: by then the holder has died.
    """

    token: str
    until: datetime.datetime

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "until": self.until.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Hold:
        """Read what `to_json` made."""
        return cls(token=str(data["token"]), until=parameters.time_of(data["until"]))


def lock_name(endpoint: str) -> str:
    """Name of the parameter that says who works on an endpoint."""
    return f"{prefix(endpoint)}/lock"


def take(ssm: Client, endpoint: str, hold: Hold, now: datetime.datetime, heir_of: str | None = None) -> bool:
    """Take the right to work on an endpoint.

    Args:
        ssm: The client.
        endpoint: The endpoint's name.
        hold: Who takes it, and until when.
        now: The time.
        heir_of: Whose right may be taken over before it ends.

    Returns:
        Whether it is had; False while somebody else has it.
    """
    name = lock_name(endpoint)
    if parameters.make(ssm, name, hold.to_json()):
        return True
    current = _holder(ssm, name)
    if current is not None and current.token not in (hold.token, heir_of) and current.until > now:
        return False
    parameters.write(ssm, name, hold.to_json())
    return True


def prolong(ssm: Client, endpoint: str, hold: Hold) -> bool:
    """Prolong the right to work on an endpoint.

    Returns:
        False if it isn't had any more: somebody else has taken it since it ended, whether he is done or not.
    """
    name = lock_name(endpoint)
    current = _holder(ssm, name)
    if current is None or current.token != hold.token:
        return False
    parameters.write(ssm, name, hold.to_json())
    return True


def _holder(ssm: Client, name: str) -> Hold | None:
    try:
        held = parameters.read(ssm, name)
        return None if held is None else Hold.from_json(held)
    except (parameters.DamagedRecordError, KeyError, TypeError, ValueError):
        return None


def release(ssm: Client, endpoint: str, token: str) -> None:
    """Give the right back; without effect if somebody else has it by now."""
    held = _holder(ssm, lock_name(endpoint))
    if held is not None and held.token == token:
        parameters.remove(ssm, [lock_name(endpoint)])


def succeed(ssm: Client, endpoint: str, request: str, token: str, *, stack: str, now: datetime.datetime) -> bool:
    """Claim to go on with a request where the invocation of a token left it; of all copies that try, one may."""
    return parameters.make(
        ssm, f"{prefix(endpoint)}/requests/{request}.{token}", {"stack": stack, "at": now.isoformat()}
    )


def answered(ssm: Client, endpoint: str, request: str) -> Mapping[str, Any] | None:
    """What was answered to a request; None if nothing was, as far as is known."""
    try:
        found = parameters.read(ssm, f"{prefix(endpoint)}/requests/{request}")
        answer = {} if found is None else dict(found["answer"])
        plausible = answer.get("Status") in ("SUCCESS", "FAILED") and isinstance(answer.get("Reason"), str)
        return answer if plausible and isinstance(answer.get("Data", {}), Mapping) else None
    except (parameters.DamagedRecordError, KeyError, TypeError, ValueError):
        return None


def remember(
    ssm: Client,
    endpoint: str,
    request: str,
    answer: Mapping[str, Any],
    *,
    stack: str,
    now: datetime.datetime,
) -> None:
    """Remember an answer; the first one to a request stays."""
    data = {"answer": dict(answer), "stack": stack, "at": now.isoformat()}
    parameters.make(ssm, f"{prefix(endpoint)}/requests/{request}", data)


def forget_old(ssm: Client, endpoint: str, now: datetime.datetime) -> None:
    """Remove the answers that nobody can ask for again."""
    old: list[str] = []
    for name, value in parameters.under(ssm, f"{prefix(endpoint)}/requests").items():
        try:
            at = parameters.time_of(parameters.unpack(value)["at"])
        except (KeyError, TypeError, ValueError):
            continue
        if now - at > _REMEMBERED:
            old.append(name)
    parameters.remove(ssm, old)
