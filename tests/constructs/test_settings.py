"""The settings parameter: what the code says of an endpoint, as the command line and the guard read it."""

from __future__ import annotations

import json

from hypothesis import given, settings

from shadow_constructs import Capture, Dashboard, GatePolicy, Rule, Scaling, Serverless, ShadowTest
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.instances import Instances
from tests.constructs.rendering import flat, rendered, resources, the
from tests.values.samples import hardware, serving, shadow_test, variant
from tests.values.strategies import SHADOW_TESTS

PARAMETER = "AWS::SSM::Parameter"


def settings_of(test: ShadowTest) -> Declared:
    """The settings as they are read from the rendered text."""
    return Declared.from_text(flat(the(rendered(test), PARAMETER)["Value"]), "settings")


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
    assert found.config == f"<{config}.EndpointConfigName>"
    [production] = found.production
    assert (production.name, production.version) == ("AllTraffic", "v1")
    assert production.label == "v1 (xgboost 3.0-5) on 2 x ml.m5.xlarge"
    assert found.shadow is not None
    assert (found.shadow.name, found.shadow.version) == ("shadow", "v2")
    assert found.shadow.label == "v2 (xgboost 3.0-5) on 1 x ml.m5.xlarge"
    assert found.sampling_percent == 20
    assert found.promoted == Instances("ml.m5.xlarge", 2)
    assert found.capture_uri == f"s3://<{bucket}>/captured/churn/"
    assert found.policy == test.policy


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

    absent = ("shadow", "promoted", "capture_uri", "dashboard")
    assert {getattr(found, name) for name in absent} == {None}
    assert found.sampling_percent == 0
    assert not set(absent) & set(json.loads(flat(the(rendered(test), PARAMETER)["Value"])))


def test_a_serverless_endpoint_has_settings_without_instances() -> None:
    """There is nothing to count."""
    test = serving(production=variant(hardware=Serverless(memory_mb=2048, max_concurrency=5)), capture=Capture.off())

    assert settings_of(test).promoted is None


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
    found = Declared.from_text(text, "settings")

    assert to_text(found) == text
    assert found.policy == test.policy
    assert found.sampling_percent == test.sampled_percent


def test_every_production_variant_is_declared_with_its_scaling() -> None:
    """The main one first; what doesn't scale has no limits, and a shadow that follows has its own."""
    scaling = Scaling(min_count=2, max_count=4, invocations_per_instance=600)
    test = serving(
        production=variant("v1", scaling=scaling), other_production=[variant("v2", "second")], capture=Capture.off()
    )
    found = settings_of(test).production

    assert [(one.name, one.minimum, one.maximum) for one in found] == [("production", 2, 4), ("second", None, None)]
    followed = settings_of(shadow_test(production=variant("v1", scaling=scaling), sampling_percent=50)).shadow
    assert followed is not None
    assert (followed.minimum, followed.maximum) == (1, 2)
