"""What a deployment has changed of a managed test, on record so that its rollback puts back that and nothing else.

A rollback hears what the code said before and what it said since, and neither tells what was there, nor how far the
deployment came: one that was refused has changed nothing, and people set shares, ends and ramps as well.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from shadow_ops.aws import parameters
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.text import compact
from shadow_ops.contract.typed import damage, whole

Tags = Mapping[str, str | None]
"""Values by key; None: no such tag."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What was there, of all that a deployment has changed.

    Attributes:
        by: Which deployment: of this test, from these properties to those.
        share: The share before, in percent; None where it wasn't changed.
        end: The end before; None where it wasn't changed.
        tags: The tags before that were changed.
        ramp: The ramp that was taken away, as it was on record; None for none.
    """

    by: str
    share: int | None = None
    end: datetime.datetime | None = None
    tags: Tags = field(default_factory=dict)
    ramp: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        """Whether anything was changed."""
        return self != Changed(by=self.by)

    def after(self, first: Changed | None) -> Changed:
        """What this and an earlier attempt of the same deployment have changed."""
        if first is None or first.by != self.by:
            return self
        mine = {name: one for name, one in vars(self).items() if name != "tags" and one is not None}
        return replace(first, **mine, tags={**first.tags, **self.tags})

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "version": 1, "end": None if self.end is None else self.end.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` made.

        Raises:
            DamagedRecordError: If it isn't that, or a newer release's.
        """
        try:
            if data["version"] != 1:
                raise ValueError(f"version {data['version']!r} is not known here")
            read: dict[str, Callable[[Any], Any]] = {"share": whole, "end": parameters.time_of, "ramp": dict}
            given = {name: None if data[name] is None else of(data[name]) for name, of in read.items()}
            return cls(by=str(data["by"]), tags=dict(data["tags"]), **given)
        except (KeyError, TypeError, ValueError) as error:
            raise parameters.DamagedRecordError(f"not what a deployment has changed ({damage(error)})") from None


def deployment(name: str, before: ManagedAsked, since: ManagedAsked) -> str:
    """Which deployment it is: of this test, from these properties to those; forward and back it is the same."""
    said = [name, before.to_properties(), since.to_properties()]
    return hashlib.sha256(compact(said).encode()).hexdigest()[:16]
