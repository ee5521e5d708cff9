"""The policy: every threshold of a shadow test, once. Alarms, dashboard, gate and command line all read it.

Plain values with the unit in each name, JSON in and out, the standard library only: the same policy is checked at
synth, travels in the template, and is judged by in the deployment and on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

from shadow_ops.contract.checks import check_number, checked_list, checking
from shadow_ops.contract.problems import InvalidValueError, Problems, shown
from shadow_ops.contract.rules import KINDS, AverageRule, ErrorRateRule, LatencyRule, Rule, UtilizationRule
from shadow_ops.contract.text import compact, is_line
from shadow_ops.contract.versions import check_known

_Kind = TypeVar("_Kind", bound=Rule)

# Periods that GetMetricData takes (API member MetricStat.Period).
_SHORT_PERIODS = (1, 5, 10, 20, 30)

MOST_RULES = 24
"""So many rules may a policy have, those that the library adds by itself (`effective`) included: with their
bounds it has its place in one parameter, beside all else."""
_MOST_REQUESTS = 10**18
# In ASCII a letter beyond it takes six characters, and the policy has to have its place in one parameter.
_LONGEST_REASON, _LONGEST_WRITTEN = 200, 602

ANSWERS = (ErrorRateRule(errors="5xx", max_percent=5), ErrorRateRule(errors="model", max_percent=5))
"""The rules without which no alarm would take an update back."""
# Data capture stops on a full disk (SageMaker Developer Guide, model-monitor-data-capture: keep below 75 %).
DISK = UtilizationRule(resource="disk", max_percent=75)
"""The rule without which capture would end in silence."""

DEFAULT_RULES: tuple[Rule, ...] = (
    LatencyRule(percentile=50),
    LatencyRule(percentile=90),
    LatencyRule(percentile=99),
    # Of few requests the average tells most.
    AverageRule(),
    *ANSWERS,
    # No bound of its own: what callers send wrongly is no fault of a model. That the two differ is.
    ErrorRateRule(errors="4xx"),
    UtilizationRule(resource="cpu", max_percent=80),
    UtilizationRule(resource="gpu", max_percent=80),
    UtilizationRule(resource="memory", max_percent=90),
    UtilizationRule(resource="gpu_memory", max_percent=95),
    DISK,
)
"""The rules of `GatePolicy()`."""


@dataclass(frozen=True, kw_only=True)
class GatePolicy:
    """When a shadow may be promoted. `GatePolicy()` alone is a good gate.

    Attributes:
        rules: What must hold. By default `DEFAULT_RULES`; at most 24, and one per id.
        confidence_percent: How sure a verdict must be, above 50 and below 100. It holds however often one looks.
        min_duration_minutes: How long a test must have been measured before it may pass. By default a day, because
            traffic differs by the hour. A FAIL needs no such time.
        min_requests: How many requests the shadow must have got before it may pass.
        warm_up_minutes: How long the shadow isn't judged, from its first request on: fresh containers, caches and
            autoscaling are slow. Its last five sixths still count against a shadow that stays as slow afterwards.
        period_seconds: Length of the periods that are compared. By default 300, and longer ones for percentiles that
            take more requests than five minutes have. 1, 5, 10, 20, 30 or a multiple of 60. Shorter ones resemble
            their neighbours, so that more equal shadows fail.
        not_enforced_because: Why a promotion is not gated; see `none`. By default it is.
    """

    rules: Sequence[Rule] = DEFAULT_RULES
    confidence_percent: float = 95
    min_duration_minutes: float = 24 * 60
    min_requests: int = 1000
    warm_up_minutes: float = 60
    period_seconds: int | None = None
    not_enforced_because: str | None = None

    def __post_init__(self) -> None:
        """Check the policy.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        self._check_rules(problems)
        check_number(
            problems,
            "confidence_percent",
            self.confidence_percent,
            50,
            100,
            open_start=True,
            open_end=True,
            fix="write 95",
        )
        check_number(problems, "min_duration_minutes", self.min_duration_minutes, 0, 30 * 24 * 60)
        check_number(problems, "warm_up_minutes", self.warm_up_minutes, 0, 24 * 60)
        count = self.min_requests
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= _MOST_REQUESTS:
            problems.add("min_requests", f"be a whole number from 0 to {_MOST_REQUESTS:,}", count)
        self._check_period(problems)
        if self.not_enforced_because is not None and not _says_why(self.not_enforced_because):
            rule = f"be a sentence in one line of at most {_LONGEST_REASON} characters, or half as many beyond ASCII"
            fix = "say why this endpoint needs no gate"
            problems.add("not_enforced_because", rule, self.not_enforced_because, fix)
        problems.raise_if_any()

    @classmethod
    def none(cls, reason: str) -> Self:
        """A policy that gates nothing: promotions go through, and their record has the reason.

        Its rules still make alarms and the dashboard's lines, and the command line still judges by them.

        Args:
            reason: Why no gate is wanted.

        Raises:
            InvalidValueError: Without a reason.
        """
        if reason is None:
            reason = ""
        return cls(not_enforced_because=reason)

    @property
    def enforced(self) -> bool:
        """Whether a promotion is gated."""
        return self.not_enforced_because is None

    @property
    def gating_rules(self) -> tuple[Rule, ...]:
        """The rules that decide."""
        return tuple(rule for rule in self.rules if not rule.report_only)

    def of(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """The rules of a kind."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind))

    def to_json(self) -> dict[str, Any]:
        """The policy as plain JSON values; `from_json` reads them. Numbers are all there, whatever their defaults."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in values.items() if value is not None}
        return {**given, "rules": [rule.to_json() for rule in self.rules]}

    def to_text(self) -> str:
        """The policy as JSON text, the same for the same policy."""
        return compact(self.to_json())

    @classmethod
    def from_json(cls, data: object, where: str = "policy", unread: list[str] | None = None) -> Self:
        """Read a policy.

        Args:
            data: What `to_json` made, or was written by hand. What is left out has its default.
            where: Named in mistakes, such as a file.
            unread: Gets a line for each key and kind of rule that this release doesn't know, and they are left out, as
                in a policy that a newer release deployed. By default they are refused, as in a file that is mistyped.

        Raises:
            InvalidValueError: With one line per mistake, each naming its place.
        """
        known = {field.name for field in fields(cls)}
        values = dict(_object(data, where, known, unread))
        if "rules" in values:
            read = (
                _rule_from_json(rule, f"{where}.rules[{number}]", unread)
                for number, rule in enumerate(_list(values["rules"], f"{where}.rules"))
            )
            values["rules"] = tuple(rule for rule in read if rule is not None)
        try:
            return cls(**values)
        except InvalidValueError as error:
            raise _located(error, where) from None

    @classmethod
    def deployed(cls, data: object, where: str, unread: list[str]) -> Self | None:
        """Read the policy of a stack, which another release may have made.

        Args:
            data: What `to_json` made.
            where: Named in lines.
            unread: Gets a line for whatever is left out.

        Returns:
            The policy, without keys and kinds of rules that aren't known here. None if this release takes none of it.
        """
        try:
            return cls.from_json(data, where, unread)
        except InvalidValueError as error:
            unread.extend(error.problems)
            return None

    def _check_rules(self, problems: Problems) -> None:
        before, must = problems.count, "be a list of Rule.latency(...), Rule.error_rate(...) ..."
        rules = checked_list(problems, "rules", self.rules, must)
        if problems.count > before:
            object.__setattr__(self, "rules", ())
            return
        for rule in rules:
            if type(rule) not in KINDS.values():
                problems.add("rules", f"hold {' or '.join(f'Rule.{kind}(...)' for kind in KINDS)}", rule)
                rules = ()
                break
        ids = [rule.id for rule in rules]
        added = {DISK.id, *(one.id for one in ANSWERS)} - set(ids)
        if len(ids) + len(added) > MOST_RULES:
            allowed = f"be at most {MOST_RULES}, the {len(added)} included that the library may add"
            problems.add("rules", allowed, len(ids) + len(added), "leave out percentiles that tell the same")
        for double in sorted({one for one in ids if ids.count(one) > 1}):
            problems.add("rules", "have one rule of a kind", double, "leave one of them out")
        if problems.count == 0 and not any(not rule.report_only for rule in rules):
            problems.add("rules", "have a rule that decides", ids, "to gate nothing, use GatePolicy.none(reason=...)")
        object.__setattr__(self, "rules", rules)

    def _check_period(self, problems: Problems) -> None:
        period = self.period_seconds
        if period is None:
            return
        whole = isinstance(period, int) and not isinstance(period, bool) and period > 0
        if not whole or (period not in _SHORT_PERIODS and period % 60 != 0) or period > 86_400:
            problems.add("period_seconds", "be 1, 5, 10, 20, 30 or a multiple of 60 up to 86400", period)


def _says_why(reason: object) -> bool:
    if not isinstance(reason, str) or not is_line(reason):
        return False
    return 0 < len(reason.strip()) <= _LONGEST_REASON and len(compact(reason)) <= _LONGEST_WRITTEN


def _rule_from_json(data: object, where: str, unread: list[str] | None) -> Rule | None:
    kind = data.get("kind") if isinstance(data, Mapping) else None
    rule = KINDS.get(kind) if isinstance(kind, str) else None
    if rule is None and unread is not None and isinstance(kind, str):
        unread.append(f"{where}: this release doesn't know rules of the kind {shown(kind)} and leaves it out")
        return None
    if rule is None:
        raise InvalidValueError((f"{where}: 'kind' must be one of {', '.join(KINDS)}, got {shown(kind)}",))
    values = _object(data, where, {"kind", *(field.name for field in fields(rule))}, unread)
    try:
        return rule(**{name: value for name, value in values.items() if name != "kind"})
    except InvalidValueError as error:
        raise _located(error, where) from None


def _located(error: InvalidValueError, where: str) -> InvalidValueError:
    return InvalidValueError(tuple(f"{where}: {line}" for line in error.problems))


def _object(data: object, where: str, known: set[str], unread: list[str] | None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise InvalidValueError((f"{where}: must be an object, got {shown(data)}",))
    if unread is not None:
        check_known(data, known, where, unread)
        return {name: value for name, value in data.items() if name in known}
    unknown = sorted(str(name) for name in data if name not in known)
    if unknown:
        allowed = ", ".join(sorted(known))
        raise InvalidValueError(tuple(f"{where}: unknown key {shown(name)}; allowed are {allowed}" for name in unknown))
    return data


def _list(data: object, where: str) -> Sequence[object]:
    if isinstance(data, Sequence) and not isinstance(data, str):
        return data
    raise InvalidValueError((f"{where}: must be a list, got {shown(data)}",))
