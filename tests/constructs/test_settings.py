"""The settings parameter: what the code says of an endpoint, as the command line and the guard read it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from shadow_constructs import Capture, Dashboard, GatePolicy, InvalidValueError, Rule, Serverless, ShadowTest
from shadow_ops.contract.settings import Settings
from tests.constructs.rendering import flat, rendered, resources, the
from tests.values.samples import hardware, serving, shadow_test, variant
from tests.values.strategies import SHADOW_TESTS

PARAMETER = "AWS::SSM::Parameter"


def settings_of(test: ShadowTest) -> Settings:
    """The settings as they are read from the rendered text."""
    return Settings.from_text(flat(the(rendered(test), PARAMETER)["Value"]), "settings")


def test_the_parameter_is_found_by_the_endpoints_name() -> None:
    """Its name is its address; a policy too long for a standard parameter makes it an advanced one."""
    found = the(rendered(), PARAMETER)

    assert found["Name"] == "/shadow-test/churn/settings"
    assert (found["Type"], found["Tier"]) == ("String", "Intelligent-Tiering")


def test_the_settings_say_what_the_code_says() -> None:
    """Names, versions, labels, sampling and policy come back out of the text as they were."""
    policy = GatePolicy(rules=(Rule.latency(percentile=90),), min_requests=7)
    test = shadow_test(
        production=variant("v1", "AllTraffic", hardware=hardware(count=2)), gate=policy, sampling_percent=20
    )
    template = rendered(test)
    [config] = resources(template, "AWS::SageMaker::EndpointConfig")
    [bucket] = resources(template, "AWS::S3::Bucket")

    found = settings_of(test)
    assert found.endpoint_config == f"<{config}.EndpointConfigName>"
    assert (found.production_variant, found.production_version) == ("AllTraffic", "v1")
    assert found.production_label == "v1 (xgboost 3.0-5) on 2 x ml.m5.xlarge"
    assert (found.shadow_variant, found.shadow_version) == ("shadow", "v2")
    assert found.shadow_label == "v2 (xgboost 3.0-5) on 1 x ml.m5.xlarge"
    assert found.sampling_percent == 20
    assert (found.promoted_type, found.promoted_count) == ("ml.m5.xlarge", 2)
    assert found.capture_uri == f"s3://<{bucket}>/captured/churn/"
    assert found.policy == policy


def test_the_settings_name_the_alarms_about_the_endpoint() -> None:
    """All but those that are an update's, the composite one last."""
    template = rendered()
    alarms = {key for key in resources(template, "AWS::CloudWatch::Alarm") if key.startswith("EAlarms")}
    [composite] = resources(template, "AWS::CloudWatch::CompositeAlarm")

    found = settings_of(shadow_test()).alarms
    assert set(found) == {f"<{key}>" for key in (*alarms, composite)}
    assert found[-1] == f"<{composite}>"


def test_what_is_not_there_is_absent() -> None:
    """No shadow, capture or dashboard: None, and no key in the text; a sampling of 0 is a value."""
    test = serving(capture=Capture.off(), dashboard=Dashboard.off())
    found = settings_of(test)

    absent = ("shadow_variant", "shadow_version", "shadow_label", "promoted_type", "promoted_count")
    assert {getattr(found, name) for name in (*absent, "capture_uri", "dashboard")} == {None}
    assert found.sampling_percent == 0
    assert not {*absent, "capture_uri", "dashboard"} & set(json.loads(flat(the(rendered(test), PARAMETER)["Value"])))


def test_a_serverless_endpoint_has_settings_without_instances() -> None:
    """There is nothing to count."""
    test = serving(production=variant(hardware=Serverless(memory_mb=2048, max_concurrency=5)), capture=Capture.off())

    assert settings_of(test).promoted_count is None


def test_the_parameter_is_written_once_the_guard_has_seen_that_it_serves() -> None:
    """Until then the command line tells of what served before."""
    template = rendered()
    [after] = resources(template, "Custom::EndpointUpdateGuardAfter")
    [parameter] = resources(template, PARAMETER).values()

    assert parameter["DependsOn"] == [after]


@settings(max_examples=20, deadline=None)
@given(SHADOW_TESTS)
def test_any_settings_are_read_as_they_were_written(test: ShadowTest) -> None:
    """Reading the rendered text and writing it again gives the same text, and the policy is the test's."""
    text = flat(the(rendered(test), PARAMETER)["Value"])
    found = Settings.from_text(text, "settings")

    assert found.to_text() == text
    assert found.policy == test.policy
    assert found.sampling_percent == test.sampled_percent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"policy": {}}',
        '{"endpoint_config": "c", "policy": 7}',
    ],
)
def test_fails_to_read_what_are_no_settings(text: str) -> None:
    """One line that names the parameter."""
    with pytest.raises(InvalidValueError) as caught:
        Settings.from_text(text, "/shadow-test/churn/settings")
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("/shadow-test/churn/settings: ")


def test_fails_to_read_settings_of_another_version() -> None:
    """A member that isn't known here is refused, with what to do."""
    data = json.loads(flat(the(rendered(), PARAMETER)["Value"]))

    with pytest.raises(InvalidValueError, match="deploy the stack again with this version of the library"):
        Settings.from_text(json.dumps({**data, "colour": "blue"}), "settings")
