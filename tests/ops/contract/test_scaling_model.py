"""What Application Auto Scaling would refuse in a policy or a schedule is refused before anything is touched."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract import schedules
from shadow_ops.contract.scaling_model import CONFIGURATIONS, STEP, Many, Number, OneOf, Struct, Text, policy_mistakes
from shadow_ops.contract.schedules import comes_due, schedule_mistake, time_zone_mistake

MODEL = botocore.session.Session().get_service_model("application-autoscaling")
# What the API has for other services, and a variant can't use (API documentation of the member).
ELSEWHERE = {"PredefinedMetricSpecification.ResourceLabel", "PredictiveScaling"}


def tracking(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A target tracking policy."""
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    configuration = {"TargetValue": 70.0, "PredefinedMetricSpecification": metric, **more}
    return {
        "PolicyName": "mine",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {name: one for name, one in configuration.items() if one != "-"},
    }


def steps(*bounds: tuple[float | None, float | None], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A step scaling policy."""
    adjustments = [
        {
            **({} if low is None else {"MetricIntervalLowerBound": low}),
            **({} if high is None else {"MetricIntervalUpperBound": high}),
            "ScalingAdjustment": 1,
        }
        for low, high in bounds
    ]
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": adjustments, **more}
    return {"PolicyName": "mine", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": configuration}


def differences(ours: object, theirs: Shape, where: str) -> list[str]:
    """Where the tables say other than the API's model."""
    found: list[str] = []
    if isinstance(ours, Struct):
        assert isinstance(theirs, StructureShape)
        found += [f"{where}.{name}" for name in theirs.members if name not in ours.members]
        found += [f"{where} doesn't need {name}" for name in theirs.required_members if name not in ours.required]
        for name, one in ours.members.items():
            found += differences(one, theirs.members[name], name)
    elif isinstance(ours, Many):
        assert isinstance(theirs, ListShape)
        found += differences(ours.of, theirs.member, where)
    elif isinstance(ours, OneOf):
        unknown = [word for word in ours.words if word not in theirs.metadata["enum"]]
        missing = [word for word in theirs.metadata["enum"] if word not in ours.words]
        # Metrics of other services are the only words that are left out.
        found += unknown if where == "PredefinedMetricType" else [*unknown, *missing]
    elif isinstance(ours, Text):
        if ours.longest != theirs.metadata.get("max", float("inf")):
            found.append(f"{where} has {theirs.metadata}")
    elif isinstance(ours, Number):
        assert ours.whole == (theirs.type_name == "integer"), where
    return found


def test_the_tables_are_those_of_the_apis_model() -> None:
    """Every member, enum, length and required member that a variant's policy can have."""
    request = MODEL.shape_for("PutScalingPolicyRequest")
    assert isinstance(request, StructureShape)
    found = [
        one for member, shape in CONFIGURATIONS.values() for one in differences(shape, request.members[member], member)
    ]
    kinds = [kind for kind in request.members["PolicyType"].metadata["enum"] if kind not in CONFIGURATIONS]

    assert {*found, *kinds} == ELSEWHERE


@pytest.mark.parametrize(
    "policy",
    [
        tracking(),
        tracking(TargetValue=2.0**360, ScaleOutCooldown=0, ScaleInCooldown=2**31 - 1, DisableScaleIn=True),
        tracking(
            PredefinedMetricSpecification="-",
            CustomizedMetricSpecification={"MetricName": "CPUUtilization", "Namespace": "x", "Statistic": "Average"},
        ),
        tracking(
            PredefinedMetricSpecification="-",
            CustomizedMetricSpecification={"Metrics": [{"Id": "e", "Expression": "m / 2", "ReturnData": True}]},
        ),
        steps((0, None)),
        steps((None, -5), (-5, 0), (0, 10), (10, None)),
        steps((0, None), AdjustmentType="ExactCapacity", MinAdjustmentMagnitude=0, MetricAggregationType="Maximum"),
    ],
)
def test_a_policy_that_the_service_takes_has_no_mistake(policy: dict[str, Any]) -> None:
    """Neither by these tables nor by botocore's model of the API."""
    key = {"ServiceNamespace": "sagemaker", "ResourceId": "r", "ScalableDimension": "d"}
    assert list(policy_mistakes(policy)) == []
    assert not ParamValidator().validate({**policy, **key}, MODEL.shape_for("PutScalingPolicyRequest")).has_errors()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({**tracking(), "PolicyType": "TargetTracking"}, "PolicyType must be one of"),
        ({**tracking(), "PolicyType": "PredictiveScaling"}, "PolicyType must be one of"),
        ({"PolicyName": "mine"}, "PolicyType must be one of"),
        ({**tracking(), "PolicyType": "StepScaling"}, "has no member"),
        ({**tracking(), "Alarms": []}, "has no member 'Alarms'"),
        (tracking(TargetValue="70"), "TargetValue must be a number"),
        (tracking(TargetValue=2.0**361), "TargetValue must be a number"),
        (tracking(TargetValue="-"), "needs TargetValue"),
        (tracking(TargetValue=True), "TargetValue must be a number"),
        (tracking(ScaleInCooldown=-1), "ScaleInCooldown must be a whole number"),
        (tracking(ScaleInCooldown=2**31), "ScaleInCooldown must be a whole number"),
        (tracking(ScaleInCooldown=1.5), "ScaleInCooldown must be a whole number"),
        (tracking(DisableScaleIn="true"), "DisableScaleIn must be True or False"),
        (tracking(Cooldown=1), "has no member 'Cooldown'"),
        (tracking(PredefinedMetricSpecification="-"), "needs either"),
        (
            tracking(PredefinedMetricSpecification={"PredefinedMetricType": "ALBRequestCountPerTarget"}),
            "one of SageMaker",
        ),
        (tracking(PredefinedMetricSpecification=[]), "must be a mapping"),
        (tracking(CustomizedMetricSpecification={"Metrics": [{"Id": "e"}]}), "needs either"),
        (
            tracking(PredefinedMetricSpecification="-", CustomizedMetricSpecification={"MetricName": "m"}),
            "needs Namespace, Statistic",
        ),
        (
            tracking(PredefinedMetricSpecification="-", CustomizedMetricSpecification={"Statistic": "p99"}),
            "Statistic must be one of",
        ),
        (steps(), "a list of at least 1"),
        (steps((0, None), AdjustmentType="Change"), "AdjustmentType must be one of"),
        (steps((0, None), MetricAggregationType="Sum"), "MetricAggregationType must be one of"),
        (steps((0, None), MinAdjustmentMagnitude=-1), "MinAdjustmentMagnitude must be a whole number"),
        (steps((5, 5), (5, None)), "below its upper bound"),
        (steps((None, None)), "below its upper bound"),
        (steps((0, 10), (20, None)), "neither overlap nor leave a gap"),
        (steps((0, 10), (5, None)), "neither overlap nor leave a gap"),
        (steps((-5, 0)), "without a lower bound"),
        (steps((0, 5)), "without an upper bound"),
    ],
)
def test_a_policy_that_the_service_refuses_is_told_by_one_sentence(policy: dict[str, Any], said: str) -> None:
    """Misspelt types, numbers beyond their range, members of elsewhere, steps that leave a gap."""
    found = list(policy_mistakes(policy))
    assert len(found) >= 1
    assert said in found[0]


def test_what_is_not_known_yet_is_passed_over() -> None:
    """A token is judged once it has become a value."""
    unknown = object()
    policy = tracking(TargetValue=unknown, ScaleInCooldown=unknown)
    assert list(policy_mistakes(policy, lambda value: value is not unknown)) == []
    assert len(list(policy_mistakes(policy))) == 2
    assert STEP.required == ("AdjustmentType", "StepAdjustments")


@pytest.mark.parametrize(
    "schedule",
    [
        *("rate(1 minute)", "rate(2 minutes)", "rate(1 hour)", "rate(36 hours)", "rate(1 day)", "rate(14 days)"),
        *("at(2026-12-24T18:00:00)", "at(2028-02-29T00:00:00)"),
        *("cron(0 7 ? * MON-FRI *)", "cron(0/15 * * * ? *)", "cron(59 23 31 12 ? 2199)", "cron(0 0 L * ? *)"),
        *("cron(0 8 ? * 2#1 *)", "cron(0 8 ? * 6L *)", "cron(0 8 LW JAN,JUL ? *)", "cron(0 8 15W * ? 1970-2000)"),
        *("cron(0  7  ?  *  mon-fri  *)", "cron(*/5 0/1 ? * * *)"),
    ],
)
def test_a_schedule_that_the_service_takes_has_no_mistake(schedule: str) -> None:
    """At, rate and cron with all that a field may hold."""
    assert schedule_mistake(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("cron(0 7 * * ?)", "six fields, this has 5"),
        ("cron(0 7 * * * ? *)", "six fields, this has 7"),
        ("cron(0 7 * * * *)", "must be ?"),
        ("cron(0 7 ? * ? *)", "must be ?"),
        ("cron(60 7 ? * MON *)", "minutes '60'"),
        ("cron(0 24 ? * MON *)", "hours '24'"),
        ("cron(0 7 0 * ? *)", "day of month '0'"),
        ("cron(0 7 32 * ? *)", "day of month '32'"),
        ("cron(0 7 1 13 ? *)", "month '13' must be 1 to 12 or JAN to DEC"),
        ("cron(0 7 ? * * 1-2-3)", "year '1-2-3' must be 1970 to 2199"),
        ("cron(0 7 ? * 0 *)", "day of week '0'"),
        ("cron(0 7 ? * 8 *)", "day of week '8'"),
        ("cron(0 7 ? * MONDAY *)", "day of week 'MONDAY'"),
        ("cron(0 7 ? * 2#6 *)", "day of week '2#6'"),
        ("cron(0 7 ? * MON 1969)", "year '1969'"),
        ("cron(0 7 ? * MON 2200)", "year '2200'"),
        ("cron(*/0 7 ? * MON *)", "step"),
        ("cron(? 7 ? * MON *)", "minutes '?'"),
        ("rate(0 days)", "a rate is like"),
        ("rate(1 days)", "a rate is like"),
        ("rate(2 day)", "a rate is like"),
        ("rate(1.5 hours)", "a rate is like"),
        ("rate(5 seconds)", "a rate is like"),
        ("at(2026-12-24T18:00:00Z)", "without a zone"),
        ("at(2026-02-30T18:00:00)", "without a zone"),
        ("at(2026-12-24 18:00:00)", "without a zone"),
        ("0 7 * * *", "a schedule is"),
        ("", "a schedule is"),
        *(
            (f"cron(0 7 {never} ? *)", "never comes due")
            for never in ("31 2", "30-31 FEB", "31 4,6,9,NOV", "31 APR-JUN/2")
        ),
        ("cron(0 7 29 2 ? 2027)", "never comes due"),
        ("cron(0 7 29 FEB ? 2025-2027,2100)", "never comes due"),
    ],
)
def test_a_schedule_that_the_service_refuses_is_told_by_one_sentence(schedule: str, said: str) -> None:
    """Five fields, numbers beyond their range, units that don't agree, dates that are none."""
    found = schedule_mistake(schedule)
    assert found is not None
    assert said in found


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2199, 1, 1)))
def test_every_moment_has_its_schedules(moment: datetime.datetime) -> None:
    """As a time of its own, and as a cron expression."""
    whole = moment.replace(microsecond=0)
    assert schedule_mistake(f"at({whole.isoformat()})") is None
    assert schedule_mistake(f"cron({whole:%M %H %d} {whole:%b} ? {whole:%Y})") is None


NOON = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("schedule", "comes"),
    [
        ({"Schedule": "at(2026-11-28T12:00:01)"}, True),
        ({"Schedule": "at(2026-11-28T12:00:00)"}, False),
        ({"Schedule": "at(2026-11-28T12:59:59)", "Timezone": "Europe/Berlin"}, False),
        ({"Schedule": "at(2026-11-28T13:00:01)", "Timezone": "Europe/Berlin"}, True),
        ({"Schedule": "at(2026-11-28T07:00:01)", "Timezone": "America/New_York"}, True),
        ({"Schedule": "cron(0 7 * * ? 2025)"}, False),
        ({"Schedule": "cron(0 7 ? * MON 2020-2025,2199)"}, True),
        ({"Schedule": "cron(0 7 * JAN-OCT ? 2026)"}, False),
        ({"Schedule": "cron(0 7 * 1/10 ? 2026)"}, True),
        ({"Schedule": "cron(0 7 L 1/10 ? 2026)"}, True),
        ({"Schedule": "cron(0 7 28-29 11 ? 2026)"}, True),
        ({"Schedule": "cron(0 7 28 NOV-NOV ? 2026)"}, False),
        ({"Schedule": "cron(1 12 28 11 ? 2026)"}, True),
        ({"Schedule": "cron(0 12 28 11 ? 2026)"}, False),
        ({"Schedule": "cron(*/59 11-12 28 11 ? 2026)"}, True),
        ({"Schedule": "cron(0 7 ? 12 SAT 2026)"}, True),
        ({"Schedule": "cron(0 7 29 2 ? *)"}, True),
        ({"Schedule": "rate(1 day)"}, True),
        ({"Schedule": "rate(1 day)", "EndTime": "2026-11-28T12:00:00+00:00"}, False),
        ({"Schedule": "rate(1 day)", "EndTime": "2026-11-28T13:00:00+01:00"}, False),
        ({"Schedule": "rate(1 day)", "EndTime": "2026-11-28T12:00:00"}, False),
        ({"Schedule": "rate(1 day)", "EndTime": "2026-11-28T12:00:01+00:00"}, True),
        ({"Schedule": "cron(0 7 * * ? *)", "StartTime": "2020-01-01T00:00:00+00:00"}, True),
        # Told by others.
        ({"Schedule": "yesterday"}, True),
    ],
)
def test_what_lies_in_the_past_does_nothing_any_more(
    schedule: dict[str, str], comes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time, the last year, month, day and minute of an expression, and an end; in the schedule's own zone."""
    hours = {"UTC": 0, "Europe/Berlin": 1, "America/New_York": -5}
    # The machine may lack the zones' data.
    zones = {name: datetime.timezone(datetime.timedelta(hours=one)) for name, one in hours.items()}
    monkeypatch.setattr(schedules, "ZoneInfo", zones.__getitem__)
    assert comes_due(schedule, NOON) is comes


@pytest.mark.parametrize(
    ("days", "comes"),
    [
        *((day, day in ("MON", "7-2", "SAT-MON", "MON/7")) for day in ("SUN", "MON", "TUE", "FRI", "SAT", "SAT-MON")),
        *(("SAT-SUN", False), ("7-2", True), ("2/3", True), ("3/2", False), ("MON,SAT", True), ("*", True)),
    ],
)
def test_days_of_the_week_are_those_of_the_calendar(days: str, comes: bool) -> None:
    """Of that November a Monday is left, the 30th; what ends before it begins goes on from Sunday."""
    since = NOON + datetime.timedelta(days=1)
    assert comes_due({"Schedule": f"cron(0 0 ? 11 {days} 2026)"}, since) is comes


def test_without_the_zones_data_nothing_is_past_that_may_be_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may lack them: then it is as early as anywhere on earth."""
    monkeypatch.setattr(schedules, "ZoneInfo", _no_zone)
    at = {"Timezone": "Europe/Berlin"}
    assert comes_due({**at, "Schedule": "at(2026-11-28T00:00:01)"}, NOON)
    assert not comes_due({**at, "Schedule": "at(2026-11-28T00:00:00)"}, NOON)


def _no_zone(name: str) -> zoneinfo.ZoneInfo:
    raise zoneinfo.ZoneInfoNotFoundError(name)


@given(st.datetimes(datetime.datetime(1971, 1, 1), datetime.datetime(2198, 1, 1)), st.integers(-400, 400))
def test_a_moment_is_past_once_it_is_over(moment: datetime.datetime, minutes: int) -> None:
    """As a time of its own and as a cron expression of that minute, they agree."""
    whole = moment.replace(second=0, microsecond=0)
    since = whole.replace(tzinfo=datetime.UTC) - datetime.timedelta(minutes=minutes)
    assert comes_due({"Schedule": f"at({whole.isoformat()})"}, since) is (minutes > 0)
    assert comes_due({"Schedule": f"cron({whole:%M %H %d} {whole:%b} ? {whole:%Y})"}, since) is (minutes > 0)


@given(st.text(max_size=30), st.sampled_from(("cron", "rate", "at", "")))
def test_any_text_is_told_from_a_schedule(text: str, kind: str) -> None:
    """Whatever it holds, there is an answer and no exception."""
    assert isinstance(schedule_mistake(f"{kind}({text})"), str | None)


def test_time_zones_are_those_of_iana() -> None:
    """Whatever machine it is."""
    assert [time_zone_mistake(one) for one in ("Europe/Berlin", "Etc/GMT+9", "UTC", "Pacific/Tahiti")] == [None] * 4
    for wrong in ("Berlin", "CEST", "Europe/Berlin ", "europe/berlin", "+02:00", ""):
        assert time_zone_mistake(wrong) is not None
