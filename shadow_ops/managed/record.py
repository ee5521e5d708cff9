"""What a conclusion has decided, kept in Parameter Store until it is done: whoever goes on does the same."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws import parameters
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.scaled import Scaled

_VERSION = 1


@dataclass(frozen=True)
class Conclusion:
    """A promotion that was decided and may not be done yet.

    Attributes:
        experiment: Name of the managed test.
        created: When that test was made: another one may get its name.
        model: The model that is promoted.
        instances: What it shall serve on.
        scaled: How production scaled; None if it didn't.
        because: What the gate said, or the person.
        at: When it was decided.
    """

    experiment: str
    created: datetime.datetime
    model: str
    instances: Instances
    scaled: Scaled | None
    because: str
    at: datetime.datetime

    def to_json(self) -> dict[str, Any]:
        """The value as plain JSON."""
        return {
            "version": _VERSION,
            "experiment": self.experiment,
            "created": self.created.isoformat(),
            "model": self.model,
            "instance_type": self.instances.instance_type,
            "count": self.instances.count,
            "scaled": None if self.scaled is None else self.scaled.to_json(),
            "because": self.because,
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Conclusion:
        """Read what `to_json` made.

        Raises:
            ValueError: If it is something else.
        """
        try:
            scaled = data["scaled"]
            return cls(
                experiment=str(data["experiment"]),
                created=parameters.time_of(data["created"]),
                model=str(data["model"]),
                instances=Instances(str(data["instance_type"]), int(data["count"])),
                scaled=None if scaled is None else Scaled.from_json(scaled),
                because=str(data["because"]),
                at=parameters.time_of(data["at"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no conclusion: {error}") from None


def read(ssm: Any, endpoint: str) -> Conclusion | None:  # noqa: ANN401 - a boto3 client
    """The conclusion that is under way on an endpoint, if any.

    Raises:
        DamagedRecordError: If it can't be read.
        ClientError: If the call is refused.
    """
    found = parameters.read(ssm, _name(endpoint))
    if found is None:
        return None
    try:
        return Conclusion.from_json(found)
    except ValueError as error:
        raise parameters.DamagedRecordError(f"the parameter {_name(endpoint)}: {error}") from None


def write(ssm: Any, endpoint: str, conclusion: Conclusion) -> None:  # noqa: ANN401 - a boto3 client
    """Keep a conclusion.

    Raises:
        RecordTooLargeError: If the scaling is more than a parameter holds.
        ClientError: If the call is refused.
    """
    parameters.write(ssm, _name(endpoint), conclusion.to_json())


def forget(ssm: Any, endpoint: str) -> None:  # noqa: ANN401 - a boto3 client
    """Forget a conclusion that is done."""
    parameters.remove(ssm, [_name(endpoint)])


def _name(endpoint: str) -> str:
    return f"{prefix(endpoint)}/conclusion"
