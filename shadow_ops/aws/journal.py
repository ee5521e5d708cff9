"""Once is enough: who is working on an endpoint right now, and what was answered to which request of CloudFormation.

- ``…/lock``: whoever works on the endpoint, until when at the longest.
- ``…/requests/<id>``: the answer to a request, for a day: a copy that is delivered late gets the same one.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shadow_ops.aws import parameters
from shadow_ops.contract.declared import prefix

# Asynchronous events of Lambda are kept for six hours at most (Lambda Developer Guide, asynchronous invocation).
_REMEMBERED = datetime.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """The right to work on an endpoint.

    Attributes:
        token: Who holds it; a continuation has its predecessor's.
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


def take(ssm: Any, endpoint: str, hold: Hold, now: datetime.datetime) -> bool:  # noqa: ANN401 - a boto3 client
    """Take the right to work on an endpoint, or prolong it.

    Returns:
        Whether it is had; False while somebody else has it.
    """
    name = lock_name(endpoint)
    if parameters.make(ssm, name, hold.to_json()):
        return True
    try:
        held = parameters.read(ssm, name)
        current = None if held is None else Hold.from_json(held)
    except (parameters.DamagedRecordError, KeyError, TypeError, ValueError):
        current = None
    if current is not None and current.token != hold.token and current.until > now:
        return False
    parameters.write(ssm, name, hold.to_json())
    return True


def release(ssm: Any, endpoint: str, token: str) -> None:  # noqa: ANN401 - a boto3 client
    """Give the right back; without effect if somebody else has it by now."""
    held = parameters.read(ssm, lock_name(endpoint))
    if held is not None and held.get("token") == token:
        parameters.remove(ssm, [lock_name(endpoint)])


def answered(ssm: Any, endpoint: str, request: str) -> Mapping[str, Any] | None:  # noqa: ANN401 - a boto3 client
    """What was answered to a request; None if nothing was, as far as is known."""
    try:
        found = parameters.read(ssm, f"{prefix(endpoint)}/requests/{request}")
        return None if found is None else dict(found["answer"])
    except (parameters.DamagedRecordError, KeyError, TypeError, ValueError):
        return None


def remember(
    ssm: Any,  # noqa: ANN401 - a boto3 client
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


def forget_old(ssm: Any, endpoint: str, now: datetime.datetime) -> None:  # noqa: ANN401 - a boto3 client
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
