"""Managed shadow tests as a value: what the API takes is taken, all else refused in one line."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import Hardware, InvalidValueError, ManagedShadowTest, Scaling
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import CaptureAsked, ManagedAsked
from tests.support.api_model import compiled
from tests.values.samples import KEY_ARN, ROLE_ARN, shadow_test, variant
from tests.values.strategies import NAMES, SHADOW_TESTS

API = Loader().load_service_model("sagemaker", "service-2")["shapes"]
HOUR, MONTH = datetime.timedelta(hours=1), datetime.timedelta(days=30)
LATER = datetime.datetime(2027, 1, 4, 8, tzinfo=datetime.UTC)
SCALES = Scaling(max_count=8, invocations_per_instance=600)
RULE = "must be from 1 hour to 30 days"


@given(st.timedeltas(datetime.timedelta(0), 2 * MONTH))
def test_any_duration_from_an_hour_to_thirty_days_is_taken(duration: datetime.timedelta) -> None:
    """To the second, and nothing shorter or longer."""
    try:
        lasts = ManagedShadowTest(test=shadow_test(), duration=duration).lasts
    except InvalidValueError:
        assert not HOUR <= duration <= MONTH
    else:
        assert abs(lasts - duration) <= datetime.timedelta(seconds=0.5)
        assert HOUR <= lasts <= MONTH


@given(st.floats())
def test_any_number_of_days_is_a_duration_or_refused(days: float) -> None:
    """NaN and infinity too."""
    try:
        lasts = ManagedShadowTest(test=shadow_test(), days=days).lasts
    except InvalidValueError:
        assert not 1 / 24 <= days <= 30
    else:
        assert HOUR <= lasts <= MONTH


@given(SHADOW_TESTS)
def test_a_test_is_taken_whole_or_refused_with_what_a_managed_one_cannot_do(test: Any) -> None:  # noqa: ANN401 - a ShadowTest
    """What is taken says of the shadow what the API can say; production alone serves before and after."""
    try:
        managed = ManagedShadowTest(test=test)
    except InvalidValueError:
        return
    hardware = managed.shadow.hardware
    assert isinstance(hardware, Hardware)
    assert hardware == Hardware(hardware.instance_type, hardware.count, unlisted_type=hardware.unlisted_type)
    assert test.sampled_percent == int(test.sampled_percent) >= 1
    assert managed.shadow.name not in managed.running.scaling
    assert managed.serving.production == test.production
    assert managed.serving.shadow is None


@given(NAMES)
def test_any_name_of_the_library_is_one_that_sagemaker_takes(name: str) -> None:
    """With the eight characters that each test adds, at most 120 in all."""
    rule, longest = compiled(API["InferenceExperimentName"]["pattern"]), API["InferenceExperimentName"]["max"]
    base = (name * 111)[:111].rstrip("-")
    managed = ManagedShadowTest(test=shadow_test(), name=base)

    made = asked(base=managed.base).name("arn:aws:cloudformation:eu-west-1:111122223333:stack/churn/1")
    assert rule.fullmatch(made)
    assert len(made) <= longest


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"duration": datetime.timedelta(minutes=59)}, f"'duration' {RULE}, got datetime.timedelta(seconds=3540)"),
        ({"days": 31}, f"'days' {RULE}, got 31"),
        ({"days": 0}, f"'days' {RULE}, got 0"),
        ({"days": True}, f"'days' {RULE}, got True"),
        ({"days": "7"}, f"'days' {RULE}, got '7'"),
        ({"days": 7, "duration": HOUR}, "'duration' must be left out with days"),
        *(
            ({"starts": one}, "'starts' must be in a year from 2017 to 9000")
            for one in (
                datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=14))),
                datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC),
                datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(hours=12))),
            )
        ),
        ({"starts": LATER.replace(microsecond=1)}, "'starts' must be of whole seconds"),
        ({"starts": LATER.replace(microsecond=999_999), "native": True}, "'starts' must be of whole seconds"),
        (
            {"starts": LATER.replace(tzinfo=datetime.timezone(datetime.timedelta(microseconds=1)))},
            "'starts' must be of whole seconds",
        ),
        ({"starts": datetime.datetime(2027, 1, 4, 8)}, "'starts' must be a datetime with an offset from UTC"),
        ({"name": "a" * 112}, "'name' must be letters, digits and inner hyphens (at most 111 characters)"),
        ({"name": "churn_1"}, "'name' must be letters, digits and inner hyphens"),
        ({"role_arn": "tester"}, "'role_arn' must be"),
        ({"test": variant()}, "'test' must be a ShadowTest(...)"),
        ({"test": shadow_test(sampling_percent=12.5)}, "'sampling_percent' must be a whole percent from 1 to 100"),
        ({"native": True}, "'starts' must be given with native, because a template doesn't know when it is deployed"),
        ({"native": "yes"}, "'native' must be True or False"),
        (
            {"native": True, "starts": LATER, "test": shadow_test(production=variant(scaling=SCALES))},
            "'scaling' must not scale production with native",
        ),
        ({"test": shadow_test(shadow=None)}, "'test' must have a shadow to test"),
    ],
)
def test_bad_input_is_one_line(given: dict[str, Any], line: str) -> None:
    """What, got, allowed, and what to write instead."""
    with pytest.raises(InvalidValueError) as refused:
        ManagedShadowTest(**{"test": shadow_test(), **given})

    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith(f"ManagedShadowTest: {line}")


def test_a_shadow_that_would_follow_production_stays_at_its_count() -> None:
    """A managed test scales no shadow; production scales on."""
    managed = ManagedShadowTest(test=shadow_test(production=variant(scaling=SCALES)))

    assert set(managed.test.scaling) == {"production", "shadow"}
    assert set(managed.running.scaling) == {"production"}


def asked(**changes: Any) -> ManagedAsked:  # noqa: ANN401 - whatever ManagedAsked takes
    """A test as a template asks for it."""
    usual: dict[str, Any] = {
        "endpoint": "churn",
        "base": "churn",
        "production": "production",
        "production_model": "churn-v1",
        "shadow": "shadow",
        "shadow_model": "churn-v2",
        "on": Instances("ml.m5.xlarge", 2),
        "sampling_percent": 50,
        "seconds": 3600,
        "role_arn": ROLE_ARN,
    }
    return ManagedAsked(**{**usual, **changes})


CHANGES: dict[str, Any] = {
    "endpoint": "fraud",
    "base": "fraud",
    "production": "AllTraffic",
    "production_model": "churn-v0",
    "shadow": "candidate",
    "shadow_model": "churn-v3",
    "on": Instances("ml.m5.xlarge", 3),
    "sampling_percent": 25,
    "seconds": 7200,
    "starts": LATER,
    "native": Instances("ml.m5.xlarge", 4),
    "role_arn": f"{ROLE_ARN}-2",
    "capture": CaptureAsked(destination="s3://bucket/c", key_arn=KEY_ARN, csv_content_types=("text/csv",)),
    "volume_key_arn": KEY_ARN,
    "tags": {"team": "risk"},
}


@pytest.mark.parametrize("member", CHANGES)
def test_what_a_template_asks_for_arrives_whole(member: str) -> None:
    """Each member travels as text and comes back; whether it makes another test is in the name."""
    changed = asked(**{member: CHANGES[member]})
    properties = changed.to_properties()

    assert all(isinstance(one, str) for one in properties.values())
    assert ManagedAsked.from_properties({"ServiceToken": "arn", **properties}) == changed
    same = changed.name("a stack") == asked().name("a stack")
    assert same is (member in ("sampling_percent", "seconds", "tags"))
    assert changed.name("a stack") != changed.name("another stack")


@pytest.mark.parametrize("member", asked().to_properties())
def test_fails_with_a_property_missing(member: str) -> None:
    """In one line; the version of the first release isn't said."""
    properties = {name: one for name, one in asked().to_properties().items() if name != member}
    if member == "Version":
        assert ManagedAsked.from_properties(properties) == asked()
        return
    with pytest.raises(InvalidValueError, match="the resource of the managed test") as refused:
        ManagedAsked.from_properties(properties)
    assert len(refused.value.problems) == 1
