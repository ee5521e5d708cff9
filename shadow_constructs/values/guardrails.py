"""How SageMaker shifts traffic to a new fleet, and when it rolls an update back by itself."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from shadow_constructs.values.checks import check_text, checked_tuple, doubles
from shadow_constructs.values.frozen import freeze
from shadow_ops.contract.checks import check_flag, check_number, check_one_of, checking
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.sentences import check_reason

Shift = Literal["all_at_once", "canary", "linear", "rolling", "off"]

# Limits of the API members BlueGreenUpdatePolicy, TrafficRoutingConfig and RollingUpdatePolicy (botocore 1.44).
_LONGEST_WAIT_MINUTES = 60
_SHORTEST_TIMEOUT_MINUTES, _LONGEST_TIMEOUT_MINUTES = 10, 480
_SIZES = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}
# AutoRollbackConfig.Alarms holds ten; the endpoint's own rollback alarms take their share.
MOST_ALARMS = 10
# API member AlarmName: not blank. An ARN would be looked for as a name.
_ALARM_NAME = re.compile(r"(?!\s*\Z)(?!arn:).{1,255}")


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """Deployment guardrails (SageMaker Developer Guide, deployment-guardrails; API member DeploymentConfig).

    `Guardrails()` shifts all traffic at once to a complete new fleet, keeps the old one for a bake time, and goes back
    to it when an alarm about production's new fleet fires. It is the only way that AWS describes for an update in
    which a shadow comes or goes. Others are made by `canary`, `linear`, `rolling` and `off`.

    Attributes:
        shift: How traffic moves.
        size_percent: Of the instances: the canary's, each linear step's or each rolling batch's.
        wait_minutes: Between steps, 0 to 60.
        bake_minutes: How long the old fleet is kept after all traffic has moved, 0 to 60; both fleets are billed.
        timeout_minutes: After how long SageMaker gives up, 10 to 480 and longer than all waits. By default the waits
            and half an hour for instances to start.
        alarm_names: Metric alarms of your own that roll an update back, beside those made from the policy. They must
            look at the new fleet only (dimension EndpointConfigName), or the old fleet can veto its successor. CDK
            tokens are accepted.
        own_alarms: Whether rollback alarms are made from the policy. On by default.
        reason: Why guardrails are off, or why canary or linear is used although a shadow comes or goes.
    """

    shift: Shift = "all_at_once"
    size_percent: int | None = None
    wait_minutes: float = 0
    bake_minutes: float = 10
    timeout_minutes: float | None = None
    alarm_names: Sequence[str] = ()
    own_alarms: bool = True
    reason: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_one_of(problems, "shift", self.shift, ("all_at_once", "canary", "linear", "rolling", "off"))
        # Which numbers are right depends on it.
        problems.raise_if_any()
        self._check_size(problems)
        before = problems.count
        check_number(problems, "wait_minutes", self.wait_minutes, 0, _LONGEST_WAIT_MINUTES)
        check_number(problems, "bake_minutes", self.bake_minutes, 0, _LONGEST_WAIT_MINUTES)
        if self.timeout_minutes is not None:
            low, high = _SHORTEST_TIMEOUT_MINUTES, _LONGEST_TIMEOUT_MINUTES
            check_number(problems, "timeout_minutes", self.timeout_minutes, low, high)
        names = checked_tuple(problems, "alarm_names", self.alarm_names)
        for name in names:
            rule = "name metric alarms, each of 1 to 255 characters, not by ARN"
            check_text(problems, "alarm_names", name, pattern=_ALARM_NAME, rule=rule, tokens=True)
        if len(names) > MOST_ALARMS:
            problems.add("alarm_names", f"have at most {MOST_ALARMS} entries", len(names))
        for double in doubles(names):
            problems.add("alarm_names", "name each alarm once", double)
        check_flag(problems, "own_alarms", self.own_alarms)
        freeze(self, alarm_names=names)
        if problems.count == before:
            self._check_times(problems)
        if self.shift == "off" or self.reason is not None:
            fix = "say why there are no guardrails" if self.shift == "off" else None
            check_reason(problems, "reason", self.reason, fix)
        if self.shift == "off" and names:
            problems.add("alarm_names", "be left out with off: nothing listens to them", list(names))
        if self.shift == "rolling" and self.bake_minutes != 0:
            problems.add("bake_minutes", "be 0 with rolling, which has none", self.bake_minutes)
        problems.raise_if_any()
        if self.shift == "off":
            # Nothing would listen to them.
            freeze(self, own_alarms=False, bake_minutes=0)

    @classmethod
    def canary(
        cls, *, size_percent: int = 10, wait_minutes: float = 10, bake_minutes: float = 10, reason: str | None = None
    ) -> Self:
        """First a few instances' worth of traffic, after a wait the rest.

        Args:
            size_percent: The canary, 1 to 50 percent of the instances.
            wait_minutes: How long the canary is watched.
            bake_minutes: As above.
            reason: Needed with a shadow: what makes you sure that SageMaker takes it, which isn't documented.
        """
        return cls(
            shift="canary",
            size_percent=size_percent,
            wait_minutes=wait_minutes,
            bake_minutes=bake_minutes,
            reason=reason,
        )

    @classmethod
    def linear(
        cls, *, step_percent: int = 25, wait_minutes: float = 5, bake_minutes: float = 10, reason: str | None = None
    ) -> Self:
        """Traffic moves in equal steps, with a wait after each.

        Args:
            step_percent: Each step, 10 to 50 percent of the instances.
            wait_minutes: After each step.
            bake_minutes: As above.
            reason: As for `canary`.
        """
        return cls(
            shift="linear",
            size_percent=step_percent,
            wait_minutes=wait_minutes,
            bake_minutes=bake_minutes,
            reason=reason,
        )

    @classmethod
    def rolling(cls, *, batch_percent: int = 25, wait_minutes: float = 5) -> Self:
        """Batches of instances are replaced in turn, without a second fleet. Only for an endpoint without a shadow.

        Args:
            batch_percent: Each batch, 5 to 50 percent of the instances.
            wait_minutes: After each batch.
        """
        return cls(shift="rolling", size_percent=batch_percent, wait_minutes=wait_minutes, bake_minutes=0)

    @classmethod
    def off(cls, reason: str) -> Self:
        """SageMaker's own default: all at once, no bake, nothing rolls an update back.

        Args:
            reason: Why.
        """
        return cls(shift="off", bake_minutes=0, own_alarms=False, reason=reason)

    @property
    def steps(self) -> int:
        """How many waits there are while traffic moves."""
        if self.size_percent is None:
            return 0
        return 1 if self.shift == "canary" else math.ceil(100 / self.size_percent)

    @property
    def waits_minutes(self) -> float:
        """All waits of an update together."""
        return self.steps * self.wait_minutes + self.bake_minutes

    @property
    def timeout_seconds(self) -> int:
        """When SageMaker gives up, with the default resolved."""
        if self.timeout_minutes is not None:
            return round(self.timeout_minutes * 60)
        return round(min(self.waits_minutes + 30, _LONGEST_TIMEOUT_MINUTES) * 60)

    def _check_size(self, problems: Problems) -> None:
        limits = _SIZES.get(self.shift)
        if limits is None:
            if self.size_percent is not None:
                problems.add("size_percent", f"be left out with {self.shift}", self.size_percent)
            return
        whole = isinstance(self.size_percent, int) and not isinstance(self.size_percent, bool)
        if not whole or not limits[0] <= (self.size_percent or 0) <= limits[1]:
            rule = f"be a whole number from {limits[0]} to {limits[1]} with {self.shift}"
            problems.add("size_percent", rule, self.size_percent)

    def _check_times(self, problems: Problems) -> None:
        # Without a good size, which _check_size asks for, nothing can be said of the steps.
        size = self.size_percent
        if self.shift in _SIZES and (isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= 100):
            return
        if self.shift not in _SIZES and size is not None:
            return
        longest = _LONGEST_TIMEOUT_MINUTES if self.timeout_minutes is None else self.timeout_minutes
        if self.waits_minutes >= longest:
            fix = "shorten the waits or, up to 480, raise timeout_minutes"
            problems.add("timeout_minutes", f"be longer than all waits ({self.waits_minutes:g})", longest, fix)
