"""How a variant's instance count follows its traffic (Application Auto Scaling)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, Self

from shadow_constructs.values.checks import (
    check_ascii,
    check_text,
    check_type,
    check_whole_number,
    checked_tuple,
    doubles,
)
from shadow_constructs.values.frozen import freeze
from shadow_constructs.values.scaling_identity import of_other
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.checks import MOST_ENTRIES, check_flag, check_number, checking, plain
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.scaled import tracked
from shadow_ops.contract.scaling_model import LARGEST_TARGET, policy_mistakes
from shadow_ops.contract.schedules import schedule_mistake, time_zone_mistake
from shadow_ops.contract.text import is_writable

TARGETS = {
    "invocations_per_instance": "SageMakerVariantInvocationsPerInstance",
    "concurrent_requests": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
}
"""The predefined metric that each of the targets follows."""

# API members PolicyName and ScheduledActionName.
_NAME = re.compile(r"[^|:/\x00-\x1f]{1,256}")
# The deepest structure of API operation PutScalingPolicy has ten levels, metrics' dimensions.
_DEEPEST = 20


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Other limits at certain times (API operation PutScheduledAction).

    Attributes:
        name: Unique in the variant.
        when: ``cron(0 7 ? * MON-FRI *)``, ``rate(1 day)`` or ``at(2026-12-24T18:00:00)``.
        min_count: Fewest instances from then on. By default unchanged.
        max_count: Most instances from then on. By default unchanged.
        timezone: Such as ``Europe/Berlin``. By default UTC.
    """

    name: str
    when: str
    min_count: int | None = None
    max_count: int | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_text(problems, "name", self.name, pattern=_NAME, rule="be 1 to 256 characters without | : /")
        check_type(problems, "when", self.when, str, "be cron(...), rate(...) or at(...)")
        if isinstance(self.when, str) and not is_token(self.when):
            wrong = schedule_mistake(self.when)
            if wrong is not None:
                problems.add("when", "be a schedule that the service takes", self.when, wrong)
        for name in ("when", "timezone"):
            given = getattr(self, name)
            if isinstance(given, str) and is_token(given):
                check_ascii(problems, name, given)
        if self.min_count is None and self.max_count is None:
            problems.add("min_count", "be given, or max_count", None)
        _check_limits(problems, self.min_count, self.max_count)
        if self.timezone is not None:
            check_type(problems, "timezone", self.timezone, str, "be a time zone like Europe/Berlin")
            known = not isinstance(self.timezone, str) or is_token(self.timezone)
            if not known and time_zone_mistake(str(self.timezone)) is not None:
                problems.add("timezone", "be the IANA name of a time zone, like Europe/Berlin", self.timezone)
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Instances between two limits, by the variant's own traffic. Give a target, policies of your own, or schedules.

    Attributes:
        max_count: Most instances.
        min_count: Fewest instances, at least 1 (SageMaker Developer Guide: variants with a model can't go to zero).
        invocations_per_instance: Requests per minute that each instance should get (predefined metric
            SageMakerVariantInvocationsPerInstance).
        concurrent_requests: Requests in flight that each instance should have (predefined metric
            SageMakerVariantConcurrentRequestsPerModelHighResolution).
        cooldown_seconds: How long after a change until the next, 0 to 3600. By default 300, which is AWS's.
        policies: Policies of your own, each a mapping of the members of PutScalingPolicy without the variant:
            ``PolicyName``, ``PolicyType`` and its configuration.
        schedules: Other limits at certain times.
        enabled: Whether the variant scales; `off` says that it doesn't.
    """

    max_count: int
    min_count: int = 1
    invocations_per_instance: float | None = None
    concurrent_requests: float | None = None
    cooldown_seconds: int = 300
    policies: Sequence[Mapping[str, Any]] = field(default=(), hash=False)
    schedules: Sequence[Schedule] = ()
    enabled: bool = True

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        for name in ("min_count", "max_count"):
            if getattr(self, name) is None:
                problems.add(name, "be a whole number of at least 1", None)
        _check_limits(problems, self.min_count, self.max_count)
        for name in ("invocations_per_instance", "concurrent_requests"):
            target = getattr(self, name)
            if target is not None:
                fix = "it is what each instance should get"
                check_number(problems, name, target, 0, LARGEST_TARGET, open_start=True, fix=fix)
        check_whole_number(problems, "cooldown_seconds", self.cooldown_seconds, lowest=0, highest=3600)
        freeze(self, policies=checked_tuple(problems, "policies", self.policies))
        freeze(self, schedules=checked_tuple(problems, "schedules", self.schedules))
        check_flag(problems, "enabled", self.enabled)
        for policy in self.policies:
            self._check_policy(problems, policy)
        problems.raise_if_any()
        self._check_metrics(problems)
        # Copies, so that changing the user's mappings later changes no scaling.
        freeze(self, policies=tuple(_copied(one) for one in self.policies))
        for what, key in (("policies", "PolicyName"), ("schedules", "name")):
            _check_names(
                problems,
                what,
                [one.get(key) if isinstance(one, Mapping) else getattr(one, key, None) for one in getattr(self, what)],
            )
        for schedule in self.schedules:
            check_type(problems, "schedules", schedule, Schedule, "hold Schedule(...)")
        given = (self.invocations_per_instance, self.concurrent_requests, *self.policies, *self.schedules)
        if problems.count == 0 and self.max_count != self.min_count and all(one is None for one in given):
            fix = "give invocations_per_instance, concurrent_requests, policies or schedules"
            problems.add("invocations_per_instance", "be given, or something else that scales", None, fix)
        problems.raise_if_any()

    @classmethod
    def off(cls) -> Self:
        """No scaling, also where a shadow would follow production's."""
        return cls(max_count=1, enabled=False)

    def share(self, percent: float, name: str, other: str) -> Self | None:
        """The scaling of a shadow that gets a share of the traffic: the same target, limits in proportion.

        Args:
            percent: The share.
            name: The variant whose scaling this is.
            other: The shadow, whose name its policies get in every place where the variant's stood.

        Returns:
            None if nothing is left that scales, because no policy can be made the shadow's.
        """
        made = (of_other(policy, name, other) for policy in self.policies)
        policies = tuple(policy for policy in made if policy is not None)
        scales = (self.invocations_per_instance, self.concurrent_requests, *policies, *self.schedules)
        if self.policies and all(one is None for one in scales):
            return None
        part = percent / 100
        schedules = [
            replace(one, min_count=_part(one.min_count, part), max_count=_part(one.max_count, part))
            for one in self.schedules
        ]
        fewest, most = math.ceil(self.min_count * part), math.ceil(self.max_count * part)
        return replace(self, min_count=fewest, max_count=most, schedules=schedules, policies=policies)

    def _check_metrics(self, problems: Problems) -> None:
        """AWS takes one target tracking policy for each metric (Application Auto Scaling User Guide)."""
        specifications: list[object] = [
            {"PredefinedMetricType": metric} for member, metric in TARGETS.items() if getattr(self, member) is not None
        ]
        for policy in self.policies:
            one = tracked(policy)
            if one is not None and one in specifications:
                fix = "one target tracking policy follows a metric: keep one of them"
                problems.add(f"policies[{policy['PolicyName']}]", "track a metric of its own", one, fix)
            elif one is not None:
                specifications.append(one)

    @staticmethod
    def _check_policy(problems: Problems, policy: object) -> None:
        texts = _texts(policy)
        if texts is None:
            problems.add("policies", f"hold nothing that holds itself, nor more than {_DEEPEST} levels", policy)
            return
        for text in texts:
            if not is_writable(text):
                problems.add("policies", "hold no control characters and no halves of characters", text)
            else:
                check_ascii(problems, "policies", text)
        if not isinstance(policy, Mapping) or not isinstance(policy.get("PolicyName"), str):
            problems.add("policies", "hold mappings with the members of PutScalingPolicy, PolicyName at least", policy)
        elif not _NAME.fullmatch(policy["PolicyName"]):
            problems.add("policies", "have names of 1 to 256 characters without | : /", policy["PolicyName"])
        for member in ("ResourceId", "ServiceNamespace", "ScalableDimension"):
            if isinstance(policy, Mapping) and member in policy:
                problems.add("policies", f"leave out {member}, which follows from the variant", policy[member])
                return
        if isinstance(policy, Mapping) and isinstance(policy.get("PolicyName"), str):
            for mistake in policy_mistakes(policy, _is_known):
                problems.add(f"policies[{policy['PolicyName']}]", f"fit the service's API: {mistake}", policy)


def target_policy(variant: str, member: str) -> str:
    """Name of the policy that is made for a target of a variant."""
    return f"{variant}-{member.replace('_', '-')}"


def _is_known(value: object) -> bool:
    """Whether a value is plain, and no token, nor an object of the CDK that stands for one."""
    return isinstance(value, str | int | float | Mapping | list | tuple) and not is_token(value)


def _copied(given: Any) -> Any:  # noqa: ANN401 - any part of a policy
    """A part of a policy as Python's own dicts, lists and plain values, which nobody else holds."""
    if isinstance(given, Mapping):
        return {plain(key): _copied(value) for key, value in given.items()}
    return type(given)(map(_copied, given)) if type(given) in (list, tuple) else plain(given)


def _part(count: int | None, part: float) -> int | None:
    return None if count is None else math.ceil(count * part)


def _check_names(problems: Problems, what: str, names: Sequence[object]) -> None:
    for double in doubles(names):
        problems.add(what, "have names that differ", double)


def _check_limits(problems: Problems, lowest: object, highest: object) -> None:
    before = problems.count
    if lowest is not None:
        check_whole_number(problems, "min_count", lowest, lowest=1, fix="variants with a model can't go to zero")
    if highest is not None:
        check_whole_number(problems, "max_count", highest, lowest=1)
    if problems.count == before and isinstance(lowest, int) and isinstance(highest, int) and lowest > highest:
        problems.add("min_count", f"be at most max_count ({highest})", lowest)


def _texts(policy: object) -> list[str] | None:
    """All texts in a policy, keys included; None if it is deeper, or on a level longer, than any of the service's."""
    found: list[str] = []
    level = [policy]
    for _ in range(_DEEPEST):
        found += (one for one in level if isinstance(one, str))
        below: list[object] = []
        for one in level:
            inner = chain.from_iterable(one.items()) if isinstance(one, Mapping) else one
            if not isinstance(one, str | bytes | bytearray | memoryview) and isinstance(inner, Iterable):
                below += islice(inner, MOST_ENTRIES + 1)
            if len(below) > MOST_ENTRIES:
                return None
        if not below:
            return found
        level = below
    return None
