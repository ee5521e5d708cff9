"""What the watch and whoever listens to it agree on: what it is asked, its metrics, its event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from shadow_ops.contract.problems import shown
from shadow_ops.contract.typed import fields_in

SOURCE = "sagemaker-shadow-constructs"
"""Source of the watch's events; no other source may be used by its role."""

DETAIL_TYPE = "Shadow Test Verdict"
"""What each of its events is."""

EVENT_VERSION = 1
"""Version of the event's detail: raised when a key changes its meaning or goes, not when one is added."""

VERDICT_VALUES: Mapping[str, int] = {"PASS": 1, "INCONCLUSIVE": 0, "FAIL": -1}
"""A verdict as a number."""


@dataclass(frozen=True)
class WatchMetric:
    """A metric that the watch publishes of an endpoint, with the one dimension ``EndpointName``.

    Attributes:
        name: CloudWatch's name.
        unit: CloudWatch's unit.
    """

    name: str
    unit: str


VERDICT = WatchMetric("Verdict", "None")
"""The verdict as a number, see `VERDICT_VALUES`."""

VERDICT_AGE = WatchMetric("VerdictAge", "Seconds")
"""How long the verdict has been what it is."""

REQUESTS = WatchMetric("Requests", "Count")
"""Requests to the shadow that the verdict rests on, since the test began."""

INSTANCE_HOURS = WatchMetric("InstanceHours", "None")
"""Instance-hours of the shadow since the test began."""

METRICS = (VERDICT, VERDICT_AGE, REQUESTS, INSTANCE_HOURS)
"""What the watch publishes of an endpoint beside answers."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One endpoint that the watch looks at, as its schedule says it.

    Attributes:
        endpoint: The endpoint's name.
        topic_arn: Whom it tells; None: nobody.
        expires_after_days: How old a test may be before people are told of it daily.
        price_per_instance_hour: What an instance of the shadow costs an hour; None where it isn't given.
        currency: In which currency.
        answers: Whether captured answers are read and counted.
        managed: Whether it is a managed test that is looked at.
    """

    endpoint: str
    topic_arn: str | None = None
    expires_after_days: int
    price_per_instance_hour: float | None = None
    currency: str = "USD"
    answers: bool = False
    managed: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, without what is absent or off."""
        return {name: one for name, one in asdict(self).items() if one is not None and one is not False}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read what `to_json` made, of this release or another.

        Raises:
            ValueError: If it isn't that.
        """
        if not isinstance(data, Mapping):
            raise ValueError(f"{shown(data)} is nothing to look at")
        try:
            return cls(**fields_in(cls, data))
        except TypeError:
            raise ValueError(f"{shown(dict(data))} doesn't say all that a look needs") from None
