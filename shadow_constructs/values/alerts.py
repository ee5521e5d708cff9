"""Who hears of a shadow test, and how soon; when something is wrong is the policy's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from shadow_constructs.values.checks import (
    check_arn,
    check_off,
    check_settings,
    check_text,
    check_whole_number,
    checked_tuple,
)
from shadow_constructs.values.frozen import freeze
from shadow_ops.contract.checks import check_flag, checking
from shadow_ops.contract.held import asked
from shadow_ops.contract.names import FUNCTION
from shadow_ops.contract.problems import Problems, refuse

# RFC 5321, section 4.5.3.1: 64 characters before the @, 254 in all.
_EMAIL = re.compile(r"(?=.{1,254}\Z)[^@\s<>,;:()\[\]\\\"]{1,64}@[^@\s<>,;:()\[\]\\\"]+\.[^@\s<>,;:()\[\]\\\"]+")
# CloudWatch User Guide, alarm actions: standard topics only.
_FIFO = re.compile(r":sns:.*\.fifo\Z", re.DOTALL)
FIFO = ("not be a FIFO topic, which no alarm can tell", "a FIFO topic", "name a standard topic")
"""What a FIFO topic is refused with: the rule, what it is, and what to do."""
# SNS API Reference, CreateTopic.
_TOPIC = r"[\w-]{1,256}(\.fifo)?"
# API operations PutMetricAlarm and PutCompositeAlarm, which both get them: neither EC2's actions nor Auto Scaling's.
_HERE = r"[a-z0-9-]+:\d{12}"
_ACTION = re.compile(
    rf"arn:aws[a-z-]*:(?:sns:{_HERE}:{_TOPIC}|lambda:{_HERE}:{FUNCTION}"
    # SSM Incident Manager's ResponsePlanName, CloudWatch Investigations' InvestigationGroupIdentifier.
    rf"|ssm:{_HERE}:opsitem:[1-4](?:#CATEGORY=\S+)?|ssm-incidents::\d{{12}}:response-?plan/[\w-]{{1,200}}"
    rf"|aiops:{_HERE}:investigation-group[:/][\w-]{{1,512}})"
)
_KINDS = "topics, Lambda functions, OpsItems, response plans or investigation groups"
_ACTIONS = (
    *("arn:aws:sns:eu-west-1:111122223333:x", "arn:aws:lambda:eu-west-1:111122223333:function:x"),
    *("arn:aws:ssm:eu-west-1:111122223333:opsitem:1", "arn:aws:ssm-incidents::111122223333:response-plan/x"),
    "arn:aws:aiops:eu-west-1:111122223333:investigation-group/x",
)
# API operation PutMetricAlarm: a period of 10, 20, 30 or a multiple of 60; all periods together at most a day, or a
# week where each is an hour or longer; five actions per state.
_SHORT_PERIODS = (10, 20, 30)
_HOUR, _DAY, _WEEK = 3600, 24 * 3600, 7 * 24 * 3600
_MOST_ACTIONS = 5
LONGEST_WARM_UP_MINUTES = 2880
"""API member WarmUpConfiguration."""


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """Alarms about both variants, and who is told. Thresholds are not here: every one is in the `GatePolicy`.

    Attributes:
        emails: Addresses that are told, through an SNS topic made for them; each has to confirm once.
        topic_arn: An SNS topic of yours that is told, of deployments too. `to` takes a topic of the CDK; tokens will
            do. The policy of a topic of your app is given the statements for it; of another topic it must admit
            ``cloudwatch.amazonaws.com``, and ``events.amazonaws.com`` without a condition.
        action_arns: Other alarm actions: topics, Lambda functions, OpsItems, incident response plans. Tokens will do. A
            function of your app is given the permission for it; another's has to admit
            ``lambda.alarms.cloudwatch.amazonaws.com``.
        period_seconds: Length of the periods that alarms look at: 10, 20, 30 or a multiple of 60.
        periods: How many periods in a row must be bad, so that one outlier wakes nobody.
        min_requests: Traffic floor: periods with fewer requests say nothing, neither good nor bad. Percentiles need
            more by themselves: 10 / (1 - q), a thousand for p99.
        warm_up_minutes: How long the alarms about a fresh shadow wait, 0 to 2880 (API member WarmUpConfiguration).
            They wait at least as long as they look back, so that they judge nothing of what served before.
        without: Alarms that you don't want, by their ids as in docs/alarms.md, such as ``shadow-cpu``.
        enabled: Whether there are alarms; `off` turns them off.
        off_because: Why there are none.
    """

    emails: Sequence[str] = ()
    topic_arn: str | None = None
    action_arns: Sequence[str] = ()
    period_seconds: int = 300
    periods: int = 3
    min_requests: int = 20
    warm_up_minutes: int = 15
    without: Sequence[str] = ()
    enabled: bool = True
    off_because: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        for name in ("emails", "action_arns", "without"):
            freeze(self, **{name: checked_tuple(problems, name, getattr(self, name))})
        for address in self.emails:
            check_text(problems, "emails", address, pattern=_EMAIL, rule="hold addresses like team@example.com")
        known: set[str] = set()
        for address in (one for one in self.emails if isinstance(one, str)):
            if address.casefold() in known:
                must = "hold each address once, whatever its capitals"
                problems.add("emails", must, address, "leave the others out: each would be written to")
            known.add(address.casefold())
        for arn in self.action_arns:
            rule = f"hold ARNs of alarm actions ({_KINDS})"
            check_text(problems, "action_arns", arn, pattern=_ACTION, rule=rule, tokens=True, example=_ACTIONS)
        for alarm in self.without:
            if not isinstance(alarm, str):
                problems.add("without", "hold ids of alarms such as 'shadow-cpu'", alarm)
        if self.topic_arn is not None:
            check_arn(problems, "topic_arn", self.topic_arn, service="sns", resource="", ending=_TOPIC)
        named = [("topic_arn", self.topic_arn), *(("action_arns", one) for one in self.action_arns)]
        for name, action in named:
            if isinstance(action, str) and _FIFO.search(action):
                problems.add(name, FIFO[0], action, FIFO[2])
        if self.emails and self.topic_arn is not None:
            fix = "subscribe the addresses to your topic, or leave topic_arn out and one is made"
            problems.add("topic_arn", "be left out with emails", self.topic_arn, fix)
        told = len(self.action_arns) + (1 if self.emails or self.topic_arn is not None else 0)
        if told > _MOST_ACTIONS:
            problems.add("action_arns", f"be at most {_MOST_ACTIONS} actions, the topic included", told)
        self._check_periods(problems)
        check_whole_number(problems, "min_requests", self.min_requests, lowest=1)
        check_whole_number(problems, "warm_up_minutes", self.warm_up_minutes, lowest=0, highest=LONGEST_WARM_UP_MINUTES)
        check_flag(problems, "enabled", self.enabled)
        check_off(problems, self.enabled, self.off_because, "say why nobody is warned")
        problems.raise_if_any()

    @classmethod
    def to(cls, topic: Any, **settings: Any) -> Self:  # noqa: ANN401 - an sns.ITopic, which values don't know
        """Tell a topic of the CDK's.

        Args:
            topic: An ``sns.ITopic``; what its policy has to admit is as for ``topic_arn``.
            **settings: As for `Alerts`.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        arn = asked(topic, "topic_arn")
        if not isinstance(arn, str):
            fix = "of an ARN write Alerts(topic_arn='arn:...')"
            refuse("Alerts.to", "topic", "be a topic of the CDK", topic, fix, text=False)
        if asked(topic, "fifo") is True:
            refuse("Alerts.to", "topic", *FIFO)
        check_settings(cls, "to", settings, "topic_arn")
        return cls(**{"topic_arn": arn, **settings})

    @classmethod
    def off(cls, reason: str) -> Self:
        """No alarms at all.

        Args:
            reason: Why nobody needs to be warned.
        """
        return cls(enabled=False, off_because=reason)

    @property
    def over(self) -> str:
        """The time that an alarm looks back, for people."""
        return f"over {self.periods} x {self.period_seconds} s"

    def _check_periods(self, problems: Problems) -> None:
        before, period = problems.count, self.period_seconds
        check_whole_number(problems, "periods", self.periods, lowest=1)
        whole = isinstance(period, int) and not isinstance(period, bool) and period > 0
        if not whole or (period not in _SHORT_PERIODS and period % 60 != 0):
            problems.add("period_seconds", "be 10, 20, 30 or a multiple of 60", period)
        if problems.count > before:
            return
        longest, said = (_DAY, "a day") if period < _HOUR else (_WEEK, "a week")
        if period * self.periods > longest:
            got = f"{self.periods} x {period} s"
            problems.add("periods", f"be at most {said} in all (CloudWatch)", got, "lower periods or period_seconds")
