"""The samples that a verdict is made from: what CloudWatch said of both variants, period by period.

Values hold CloudWatch's own names and units (microseconds, percent summed over cores, counts). What CloudWatch had no
data of is absent; nothing stands for it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy

_NOTHING: Mapping[str, float] = MappingProxyType({})
_NO_DISTRIBUTIONS: Mapping[str, Mapping[str, float]] = MappingProxyType({})


@dataclass(frozen=True)
class Side:
    """One variant in one period.

    Attributes:
        numbers: Counts and percentages by CloudWatch's metric name, such as ``Invocations`` and ``CPUUtilization``.
        distributions: ``ModelLatency`` and ``OverheadLatency``: each a mapping with any of ``count``, ``avg``, ``min``,
            ``max`` and percentiles such as ``p50``, ``p99`` and ``p99.9``, in microseconds.
    """

    numbers: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    distributions: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: _NO_DISTRIBUTIONS)


@dataclass(frozen=True)
class Period:
    """Both variants in the same period of the clock.

    Attributes:
        start: When it begins, in UTC.
        production: The production variant.
        shadow: The shadow variant.
    """

    start: datetime.datetime
    production: Side
    shadow: Side


@dataclass(frozen=True)
class Coarse:
    """Longer periods, of what isn't in the recording's own.

    Attributes:
        period_seconds: Length of each.
        periods: In order of time, none twice.
    """

    period_seconds: int
    periods: tuple[Period, ...]


@dataclass(frozen=True)
class Recording:
    """What was seen of a shadow test.

    Attributes:
        endpoint: The endpoint's name.
        production_variant: The production variant's name.
        shadow_variant: The shadow variant's name.
        sampling_percent: Share of the requests that is copied to the shadow.
        period_seconds: Length of each period.
        periods: In order of time, none twice.
        production: What production runs on. None if the recording doesn't say.
        shadow: What the shadow runs on. None if the recording doesn't say.
        promoted: What the shadow's model would run on after the promotion. None if the recording doesn't say; then
            utilisation, which needs all three, is not judged.
        policy: The policy of the test. None if the recording has none.
        coarse: Longer periods for percentiles of few requests; each side holds these and their count alone.
        answers: What the watch counted of captured answers and files, stretch by stretch. None if nothing is captured.
        until: Up to when was looked, which tells idle time at the end. None if the recording doesn't say.
    """

    endpoint: str
    production_variant: str
    shadow_variant: str
    sampling_percent: float
    period_seconds: int
    periods: tuple[Period, ...]
    production: Instances | None = None
    shadow: Instances | None = None
    promoted: Instances | None = None
    policy: GatePolicy | None = None
    coarse: tuple[Coarse, ...] = ()
    until: datetime.datetime | None = None
    answers: Coarse | None = None
