"""What a conclusion puts on record: how production scaled until it does again, why a candidate may be promoted."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shadow_ops.aws import parameters, reasons
from shadow_ops.aws.history import Entry, add_entry
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.scaled import Scaled

if TYPE_CHECKING:
    from shadow_ops.managed.steps import Seen

_VERSION = 1
COUNTS = datetime.timedelta(days=1)
"""How long a verdict on record lets the endpoint's stack promote."""
# As long as what the guard keeps of a verdict.
_LONGEST = 1000


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


def read(ssm: Any, endpoint: str) -> Kept | None:  # noqa: ANN401 - a boto3 client
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


def write(ssm: Any, endpoint: str, kept: Kept) -> None:  # noqa: ANN401 - a boto3 client
    """Keep scaling.

    Raises:
        RecordTooLargeError: If it is more than a parameter holds.
        ClientError: If the call is refused.
    """
    parameters.write(ssm, name(endpoint), kept.to_json())


def forget(ssm: Any, endpoint: str) -> None:  # noqa: ANN401 - a boto3 client
    """Forget what is put back."""
    parameters.remove(ssm, [name(endpoint)])


def put(ssm: Any, seen: Seen, why: str, *, by: str, now: datetime.datetime) -> None:  # noqa: ANN401 - a boto3 client
    """Put on record that the tested model may be promoted beside what serves now, and for nothing else.

    Raises:
        ReasonGoneError: If somebody else did so at the very same moment.
        ClientError: If a call is refused.
    """
    experiment = seen.experiment
    made = Reason(
        id=f"promotion-{now:%Y%m%dT%H%M%S%f}",
        purpose="promotion",
        text=why[:_LONGEST],
        by=by,
        at=now,
        expires=now + COUNTS,
        config=seen.live.config.name,
        subject=experiment.shadow.model,
        version=seen.version or experiment.shadow.model,
    )
    reasons.put(ssm, seen.live.name, made)


def remember(
    ssm: Any,  # noqa: ANN401 - a boto3 client
    seen: Seen,
    because: str | None,
    *,
    by: str,
    now: datetime.datetime,
) -> None:
    """Put a promotion by SageMaker, or by an update after the test, into the endpoint's history, once.

    Raises:
        ClientError: If a call is refused.
    """
    experiment = seen.experiment
    entry = Entry(
        id=f"managed-{experiment.name}",
        kind="promotion",
        at=now,
        by=by,
        stack="",
        from_version=None,
        from_model=experiment.production.model,
        from_config=experiment.config or "",
        to_version=experiment.shadow.model,
        to_model=experiment.shadow.model,
        to_config=seen.live.config.name,
        gate=None if because is None else because[:_LONGEST],
    )
    add_entry(ssm, seen.live.name, entry)
