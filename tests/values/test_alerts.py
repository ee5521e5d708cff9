"""Who is told, and how soon."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs.values.alerts import Alerts
from shadow_ops.contract.problems import InvalidValueError

TOPIC = "arn:aws:sns:eu-west-1:111122223333:oncall"
KINDS = "topics, Lambda functions, OpsItems, response plans or investigation groups"
PLAN = "arn:aws:ssm-incidents::111122223333:response-plan/churn"


def test_alerts_tell_nobody_unless_asked() -> None:
    """Alarms are made by default; who hears of them is the user's to say."""
    alerts = Alerts()

    assert alerts.enabled
    assert (alerts.emails, alerts.topic_arn, alerts.action_arns) == ((), None, ())


@pytest.mark.parametrize(
    "arn",
    [
        *("lambda:eu-west-1:111122223333:function:page", "lambda:eu-west-1:111122223333:function:page:live"),
        *(
            "lambda:${Token[R.1]}:111122223333:function:page:$LATEST",
            "lambda:${Token[R.1]}:${Token[A.2]}:${Token[F.3]}",
        ),
        *("ssm:eu-west-1:111122223333:opsitem:2#CATEGORY=Performance", "ssm-incidents::111122223333:responseplan/x"),
        *("aiops:eu-west-1:111122223333:investigation-group/x", "sns:eu-west-1:${Token[A.2]}:on-call"),
    ],
)
def test_what_cloudwatch_takes_is_an_action(arn: str) -> None:
    """Of metric alarms and of composite ones, also in parts that are known at deployment only."""
    assert Alerts(action_arns=[f"arn:aws:{arn}"]).action_arns == (f"arn:aws:{arn}",)


def test_five_actions_fit() -> None:
    """A topic and four more actions, one of a service without a region, are what CloudWatch takes."""
    alerts = Alerts(topic_arn=TOPIC, action_arns=[PLAN, "${Token[Fn.1]}", TOPIC + "2", TOPIC + "3"])

    assert len(alerts.action_arns) == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"emails": "team@example.com"}, "'emails' must be a list, got 'team@example.com'; write"),
        ({"emails": ["team"]}, "'emails' must hold addresses like team@example.com, got 'team'"),
        ({"emails": ["a@b.cd", "c@d.ef", "a@b.cd"]}, "'emails' must hold each address once, whatever its"),
        ({"emails": ["a@b.cd", "A@b.CD"]}, "whatever its capitals, got 'A@b.CD'; leave the others out"),
        ({"topic_arn": "oncall"}, "'topic_arn' must be an ARN like arn:aws:sns"),
        ({"topic_arn": TOPIC, "emails": ["a@b.cd"]}, "'topic_arn' must be left out with emails"),
        ({"topic_arn": TOPIC + ".fifo"}, "'topic_arn' must not be a FIFO topic, which no alarm can tell"),
        ({"action_arns": [TOPIC + ".fifo"]}, "'action_arns' must not be a FIFO topic, which no alarm can tell"),
        ({"action_arns": ["oncall"]}, f"'action_arns' must hold ARNs of alarm actions ({KINDS}), got 'oncall'"),
        *(
            ({"action_arns": [arn]}, f"'action_arns' must hold ARNs of alarm actions ({KINDS}), got '{arn[:11]}")
            for arn in (
                "arn:aws:sns",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/x",
                "arn:aws:automate:eu-west-1:ec2:stop",
                "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:x",
                "arn:aws:lambda:eu-west-1:1:function:x",
                "arn:aws:ssm:eu-west-1:111122223333:opsitem:9",
                "arn:aws:events:${Token[R.1]}:111122223333:x",
                "arn:aws:lambda:${Token[R.1]}:111122223333:layer:x",
            )
        ),
        ({"action_arns": [PLAN] * 6}, "'action_arns' must be at most 5 actions, the topic included, got 6"),
        ({"topic_arn": TOPIC, "action_arns": [PLAN] * 5}, "at most 5 actions, the topic included, got 6"),
        ({"period_seconds": 45}, "'period_seconds' must be 10, 20, 30 or a multiple of 60, got 45"),
        ({"period_seconds": 0}, "'period_seconds' must be 10, 20, 30 or a multiple of 60, got 0"),
        ({"period_seconds": 300.0}, "'period_seconds' must be 10, 20, 30 or a multiple of 60, got 300.0"),
        ({"periods": 289}, "'periods' must be at most a day in all (CloudWatch), got '289 x 300 s'"),
        ({"period_seconds": 3600, "periods": 169}, "at most a week in all (CloudWatch), got '169 x 3600 s'"),
        ({"periods": 0}, "'periods' must be a whole number of at least 1, got 0"),
        ({"min_requests": 0}, "'min_requests' must be a whole number of at least 1, got 0"),
        ({"warm_up_minutes": 2881}, "'warm_up_minutes' must be a whole number from 0 to 2880, got 2881"),
        ({"without": "shadow-cpu"}, "'without' must be a list, got 'shadow-cpu'; write ['shadow-cpu']"),
        ({"without": [1]}, "'without' must hold ids of alarms such as 'shadow-cpu', got 1"),
        (
            {"enabled": False},
            "'off_because' must be a sentence that says why, of at most 500 characters, got None; say why nobody is",
        ),
    ],
)
def test_fails_what_cloudwatch_would_refuse(changes: dict[str, Any], said: str) -> None:
    """One line that says what, got and allowed."""
    with pytest.raises(InvalidValueError) as refused:
        Alerts(**changes)

    assert len(refused.value.problems) == 1
    assert said in str(refused.value)


def test_fails_with_all_mistakes_at_once() -> None:
    """Nobody deploys three times for three typing errors."""
    with pytest.raises(InvalidValueError) as refused:
        Alerts(emails=["team"], periods=0, warm_up_minutes=-1)

    assert len(refused.value.problems) == 3


def test_turning_alarms_off_needs_a_reason() -> None:
    """Silence is chosen, with a sentence, not forgotten."""
    assert Alerts.off("watched by another team").off_because == "watched by another team"
    with pytest.raises(InvalidValueError, match="say why nobody is warned"):
        Alerts.off(" ")


@given(st.integers(1, 200_000), st.integers(1, 2000))
def test_periods_that_pass_are_those_that_cloudwatch_takes(period: int, count: int) -> None:
    """Every accepted pair is within the rules of PutMetricAlarm, every refused one isn't."""
    allowed = period in (10, 20, 30) or period % 60 == 0
    allowed &= period * count <= (86_400 if period < 3600 else 604_800)

    try:
        Alerts(period_seconds=period, periods=count)
    except InvalidValueError:
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize("address", ["x<y>@b.cd", "a,b@c.de", '"a"@b.cd', f"{'a' * 65}@b.cd", f"a@{'b' * 300}.cd"])
def test_what_no_mail_reaches_is_no_address(address: str) -> None:
    """Brackets, lists and more characters than an address may have."""
    Alerts(emails=[f"{'a' * 64}@b.cd", "first.last+tag@mail.example.com"])
    with pytest.raises(InvalidValueError, match="'emails' must hold addresses"):
        Alerts(emails=[address])
