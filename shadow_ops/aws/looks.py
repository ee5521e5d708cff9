"""What the watch saw last of a shadow test, beside the endpoint's settings in Parameter Store."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.typed import damage, fields_in


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was seen at a look.

    Attributes:
        config: The endpoint config that was judged; of another one it says nothing.
        at: When, in UTC.
        verdict: ``PASS``, ``FAIL`` or ``INCONCLUSIVE``.
        reason: Why, in one line.
        since: The first look at which it was so.
        turn: How often the verdict has changed: 0 as long as it is the first INCONCLUSIVE.
        requests: Requests to the shadow since the test began.
        instance_hours: What the shadow has used since then.
    """

    config: str
    at: datetime.datetime
    verdict: str
    reason: str
    since: datetime.datetime
    turn: int
    requests: int
    instance_hours: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "at": self.at.isoformat(), "since": self.since.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` made; what a later release added is left out.

        Raises:
            DamagedRecordError: If it isn't that.
        """
        try:
            times = {name: parameters.time_of(data[name]) for name in ("at", "since")}
            return cls(**{**fields_in(cls, data), **times})
        except (KeyError, TypeError, ValueError) as error:
            raise parameters.DamagedRecordError(f"not a look of the watch ({damage(error)})") from None


def look_name(endpoint: str) -> str:
    """Name of the parameter with the latest look."""
    return f"{prefix(endpoint)}/verdict"


def told_path(endpoint: str) -> str:
    """Where it stands what people have been told."""
    return f"{prefix(endpoint)}/told"


def latest(ssm: Client, endpoint: str) -> Look | None:
    """The latest look; None if there was none, or it can't be read: the next one makes it anew.

    Raises:
        ClientError: If the call is refused.
    """
    try:
        found = parameters.read(ssm, look_name(endpoint))
        return None if found is None else Look.from_json(found)
    except parameters.DamagedRecordError:
        return None
