"""What a conclusion keeps until it is put back: how production scaled."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.scaled import Scaled

_VERSION = 1


@dataclass(frozen=True)
class Kept:
    """Scaling that is to be put back.

    Attributes:
        experiment: Name of the managed test that was being promoted.
        created: When that test was made: another one may get its name.
        scaled: How production scaled.
    """

    experiment: str
    created: datetime.datetime
    scaled: Scaled

    def to_json(self) -> dict[str, Any]:
        """The value as plain JSON."""
        return {
            "version": _VERSION,
            "experiment": self.experiment,
            "created": self.created.isoformat(),
            "scaled": self.scaled.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Kept:
        """Read what `to_json` made.

        Raises:
            ValueError: If it is something else, or a newer release's.
        """
        if data.get("version") != _VERSION:
            raise ValueError(f"version {data.get('version')!r} is not known here: upgrade shadow-test")
        try:
            scaled = Scaled.from_json(data["scaled"])
            return cls(str(data["experiment"]), parameters.time_of(data["created"]), scaled)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no scaling: {error}") from None


def name(endpoint: str) -> str:
    """The parameter."""
    return f"{prefix(endpoint)}/conclusion"


def read(ssm: Client, endpoint: str) -> Kept | None:
    """What is to be put back on an endpoint, if anything.

    Raises:
        DamagedRecordError: If it can't be read.
        ClientError: If the call is refused.
    """
    found = parameters.read(ssm, name(endpoint))
    if found is None:
        return None
    try:
        return Kept.from_json(found)
    except ValueError as error:
        raise parameters.DamagedRecordError(f"the parameter {name(endpoint)}: {error}") from None


def write(ssm: Client, endpoint: str, kept: Kept) -> None:
    """Keep scaling.

    Raises:
        RecordTooLargeError: If it is more than a parameter holds.
        ClientError: If the call is refused.
    """
    parameters.write(ssm, name(endpoint), kept.to_json())


def forget(ssm: Client, endpoint: str) -> None:
    """Forget what is put back."""
    parameters.remove(ssm, [name(endpoint)])
