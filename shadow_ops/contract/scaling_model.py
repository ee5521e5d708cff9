"""Scaling policies held against the API model of Application Auto Scaling, without asking the service.

Sources: API shape PutScalingPolicyRequest and what it holds (botocore's model and its documentation); a test holds
these tables to that model. A variant scales in instances: policies and metrics for other services are refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# API member TargetValue: "in the range of -2^360 to 2^360".
LARGEST_TARGET = 2.0**360
"""The largest number that a target or a bound may be."""
_LARGEST_INTEGER = 2**31 - 1

Known = Callable[[object], bool]
Mistakes = Iterator[str]


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def takes(self, value: object) -> bool:
        """Whether it is one."""
        return value in self.words

    def __str__(self) -> str:
        """What it must be."""
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True)
class Number:
    """A number in a range."""

    lowest: float
    highest: float
    whole: bool = False

    def takes(self, value: object) -> bool:
        """Whether it is one."""
        kind = int if self.whole else int | float
        return isinstance(value, kind) and not isinstance(value, bool) and self.lowest <= value <= self.highest

    def __str__(self) -> str:
        """What it must be."""
        return f"a {'whole ' if self.whole else ''}number from {self.lowest:g} to {self.highest:g}"


@dataclass(frozen=True)
class Text:
    """Text of some length."""

    longest: float = math.inf
    shortest: int = 1

    def takes(self, value: object) -> bool:
        """Whether it is one."""
        return isinstance(value, str) and self.shortest <= len(value) <= self.longest

    def __str__(self) -> str:
        """What it must be."""
        return f"text of {self.shortest} to {self.longest:g} characters"


@dataclass(frozen=True)
class Flag:
    """True or False."""

    def takes(self, value: object) -> bool:
        """Whether it is one."""
        return isinstance(value, bool)

    def __str__(self) -> str:
        """What it must be."""
        return "True or False"


@dataclass(frozen=True)
class Many:
    """A list."""

    of: Struct
    fewest: int = 0

    def mistakes(self, where: str, value: object, known: Known) -> Mistakes:
        """What is wrong with a value."""
        if not isinstance(value, list | tuple) or len(value) < self.fewest:
            yield f"{where} must be a list" + (f" of at least {self.fewest}" if self.fewest else "")
            return
        for number, one in enumerate(value):
            if known(one):
                yield from self.of.mistakes(f"{where}[{number}]", one, known)


@dataclass(frozen=True)
class Struct:
    """A mapping with certain members."""

    members: Mapping[str, OneOf | Number | Text | Flag | Many | Struct]
    required: tuple[str, ...] = ()

    def mistakes(self, where: str, value: object, known: Known) -> Mistakes:
        """What is wrong with a value."""
        if not isinstance(value, Mapping):
            yield f"{where} must be a mapping, not {value!r}"
            return
        for name in self.required:
            if value.get(name) is None:
                yield f"{where} needs {name}"
        for name, one in value.items():
            if name not in self.members:
                yield f"{where} has no member {name!r}; it has {', '.join(self.members)}"
            elif one is not None and known(one):
                yield from _mistakes(self.members[name], f"{where}.{name}", one, known)


def _mistakes(shape: OneOf | Number | Text | Flag | Many | Struct, where: str, value: object, known: Known) -> Mistakes:
    if isinstance(shape, Many | Struct):
        yield from shape.mistakes(where, value, known)
    elif not shape.takes(value):
        yield f"{where} must be {shape}, not {value!r}"


_COOLDOWN = Number(0, _LARGEST_INTEGER, whole=True)
_BOUND = Number(-LARGEST_TARGET, LARGEST_TARGET)
_METRIC_STAT = Struct(
    {
        "Metric": Struct(
            {
                "Namespace": Text(255),
                "MetricName": Text(255),
                "Dimensions": Many(Struct({"Name": Text(255), "Value": Text(1024)}, ("Name", "Value"))),
            }
        ),
        "Stat": Text(),
        "Unit": Text(1023),
    },
    ("Metric", "Stat"),
)
_QUERY = Struct(
    {
        "Id": Text(255),
        "Expression": Text(2048),
        "Label": Text(shortest=0),
        "MetricStat": _METRIC_STAT,
        "ReturnData": Flag(),
    },
    ("Id",),
)
_CUSTOMIZED = Struct(
    {
        "MetricName": Text(),
        "Namespace": Text(),
        "Dimensions": Many(Struct({"Name": Text(), "Value": Text()}, ("Name", "Value"))),
        "Statistic": OneOf(("Average", "Minimum", "Maximum", "SampleCount", "Sum")),
        "Unit": Text(),
        "Metrics": Many(_QUERY, 1),
    }
)
_PREDEFINED = Struct(
    {
        "PredefinedMetricType": OneOf(
            ("SageMakerVariantInvocationsPerInstance", "SageMakerVariantConcurrentRequestsPerModelHighResolution")
        )
    },
    ("PredefinedMetricType",),
)
TARGET_TRACKING = Struct(
    {
        "TargetValue": Number(-LARGEST_TARGET, LARGEST_TARGET),
        "PredefinedMetricSpecification": _PREDEFINED,
        "CustomizedMetricSpecification": _CUSTOMIZED,
        "ScaleOutCooldown": _COOLDOWN,
        "ScaleInCooldown": _COOLDOWN,
        "DisableScaleIn": Flag(),
    },
    ("TargetValue",),
)
STEP = Struct(
    {
        "AdjustmentType": OneOf(("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")),
        "StepAdjustments": Many(
            Struct(
                {
                    "MetricIntervalLowerBound": _BOUND,
                    "MetricIntervalUpperBound": _BOUND,
                    "ScalingAdjustment": Number(-_LARGEST_INTEGER - 1, _LARGEST_INTEGER, whole=True),
                },
                ("ScalingAdjustment",),
            ),
            1,
        ),
        "MinAdjustmentMagnitude": Number(0, _LARGEST_INTEGER, whole=True),
        "Cooldown": _COOLDOWN,
        "MetricAggregationType": OneOf(("Average", "Minimum", "Maximum")),
    },
    ("AdjustmentType", "StepAdjustments"),
)
CONFIGURATIONS = {
    "TargetTrackingScaling": ("TargetTrackingScalingPolicyConfiguration", TARGET_TRACKING),
    "StepScaling": ("StepScalingPolicyConfiguration", STEP),
}
"""For each policy type that a variant can have, the member that configures it, and that member's shape."""


def policy_mistakes(policy: Mapping[str, Any], known: Known | None = None) -> Mistakes:
    """What the service would refuse in a scaling policy, a sentence each.

    Args:
        policy: The policy, without the variant, as PutScalingPolicy takes it.
        known: Whether a value is known by now; others are passed over. By default all are.
    """
    known = known or (lambda _: True)
    kind = policy.get("PolicyType")
    if kind is not None and not known(kind):
        return
    if kind not in CONFIGURATIONS:
        yield f"PolicyType must be one of {', '.join(CONFIGURATIONS)}, not {kind!r}"
        return
    member, shape = CONFIGURATIONS[kind]
    for name in policy:
        if name not in ("PolicyName", "PolicyType", member):
            yield f"a policy of type {kind} has no member {name!r}; it has PolicyName, PolicyType, {member}"
    given = policy.get(member)
    if given is None:
        yield f"a policy of type {kind} needs {member}"
    elif known(given):
        found = list(shape.mistakes(member, given, known))
        yield from found
        if not found:
            yield from _tracking(given) if kind == "TargetTrackingScaling" else _steps(given, known)


def _tracking(given: Mapping[str, Any]) -> Mistakes:
    kinds = [name for name in ("PredefinedMetricSpecification", "CustomizedMetricSpecification") if given.get(name)]
    if len(kinds) != 1:
        yield "target tracking needs either PredefinedMetricSpecification or CustomizedMetricSpecification"
    custom = given.get("CustomizedMetricSpecification")
    if isinstance(custom, Mapping) and custom and not custom.get("Metrics"):
        missing = [name for name in ("MetricName", "Namespace", "Statistic") if custom.get(name) is None]
        if missing:
            yield f"CustomizedMetricSpecification needs {', '.join(missing)}, or Metrics"


def _steps(given: Mapping[str, Any], known: Known) -> Mistakes:
    steps, exact = given["StepAdjustments"], given["AdjustmentType"] == "ExactCapacity"
    bounds: list[tuple[float, float]] = []
    for one in steps:
        values = [one.get(name) for name in ("MetricIntervalLowerBound", "MetricIntervalUpperBound")]
        if not known(one) or not all(value is None or known(value) for value in values):
            return
        if exact and known(one["ScalingAdjustment"]) and one["ScalingAdjustment"] < 0:
            yield f"ExactCapacity takes no negative ScalingAdjustment, not {one['ScalingAdjustment']}"
        bounds.append((-math.inf if values[0] is None else values[0], math.inf if values[1] is None else values[1]))
    bounds.sort()
    if any(low >= high or (low, high) == (-math.inf, math.inf) for low, high in bounds):
        yield "each of StepAdjustments needs a lower bound below its upper bound, and at least one of them"
    elif any(before[1] != after[0] for before, after in itertools.pairwise(bounds)):
        yield "the ranges of StepAdjustments must neither overlap nor leave a gap"
    elif bounds[0][0] != -math.inf and bounds[0][0] < 0:
        yield "StepAdjustments with a negative lower bound need one without a lower bound"
    elif bounds[-1][1] != math.inf and bounds[-1][1] > 0:
        yield "StepAdjustments with a positive upper bound need one without an upper bound"
