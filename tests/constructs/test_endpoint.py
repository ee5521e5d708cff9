"""ShadowEndpoint: variants, weights, names, tags and updates."""

from __future__ import annotations

import pytest
from aws_cdk.assertions import Match, Template

from shadow_constructs import Capture, MetricsPublishing, Serverless, ShadowEndpoint
from tests.constructs.rendering import config_of, execution_roles, new_stack, rendered, resources, the
from tests.values.samples import KEY_ARN, hardware, model, serving, shadow_test, variant

NAME_PROPERTIES = (
    *("ModelName", "EndpointConfigName", "RoleName", "BucketName", "ManagedPolicyName", "PolicyName"),
    *("Name", "AlarmName", "DashboardName", "FunctionName", "LogGroupName", "TopicName"),
)


def test_sampling_percent_becomes_the_shadow_weight() -> None:
    """A quarter of the requests is asked for, a weight of 0.25 beside 1 is deployed."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=shadow_test(sampling_percent=25))

    Template.from_stack(stack).has_resource_properties(
        "AWS::SageMaker::EndpointConfig",
        {
            "ProductionVariants": [Match.object_like({"VariantName": "production", "InitialVariantWeight": 1})],
            "ShadowProductionVariants": [Match.object_like({"VariantName": "shadow", "InitialVariantWeight": 0.25})],
        },
    )


@pytest.mark.parametrize(("percent", "weight"), [(None, 1), (100, 1), (33.3, 0.333), (0.1, 0.001), (7, 0.07)])
def test_the_shadow_weight_is_free_of_float_dust(percent: float | None, weight: float) -> None:
    """The template says 0.07 for 7 %, and everything is copied where nothing is said."""
    [shadow] = config_of(rendered(shadow_test(sampling_percent=percent)))["ShadowProductionVariants"]

    assert shadow["InitialVariantWeight"] == weight


def test_a_production_weight_is_no_matter_beside_a_shadow() -> None:
    """The shadow's weight is a share of production's, which therefore is 1 whatever the user gave."""
    config = config_of(rendered(shadow_test(production=variant(weight=7), sampling_percent=50)))

    assert config["ProductionVariants"][0]["InitialVariantWeight"] == 1
    assert config["ShadowProductionVariants"][0]["InitialVariantWeight"] == 0.5


def test_only_what_is_addressed_by_its_name_has_one() -> None:
    """The endpoint, its settings and its dashboard; all else is named by CloudFormation, so that it can be replaced."""
    template = rendered(shadow_test(capture=Capture(customer_managed_key=True)))

    assert the(template, "AWS::SageMaker::Endpoint")["EndpointName"] == "churn"
    # Names what it belongs to.
    belonging = ("AWS::Lambda::EventInvokeConfig",)
    named = {
        key
        for key, one in template["Resources"].items()
        if any(name in one["Properties"] for name in NAME_PROPERTIES)
        and not one["Type"].startswith(("AWS::SageMaker::Endpoint", "Custom::", "AWS::Lambda::Permission", *belonging))
    }
    assert sorted(template["Resources"][key]["Type"] for key in named) == [
        "AWS::CloudWatch::Dashboard",
        "AWS::SSM::Parameter",
    ]
    assert "EndpointConfigName" not in config_of(template)
    assert the(template, "AWS::SSM::Parameter")["Name"] == "/shadow-test/churn/settings"


def test_the_endpoint_config_is_given_by_name() -> None:
    """Ref would be the ARN, which SageMaker refuses as a name after minutes."""
    template = rendered()
    [config] = resources(template, "AWS::SageMaker::EndpointConfig")

    endpoint = the(template, "AWS::SageMaker::Endpoint")
    assert endpoint["EndpointConfigName"] == {"Fn::GetAtt": [config, "EndpointConfigName"]}


def test_models_are_given_by_name() -> None:
    """The same holds for the models of the variants."""
    template = rendered()
    config = config_of(template)
    names = [one[0]["ModelName"] for one in (config["ProductionVariants"], config["ShadowProductionVariants"])]

    assert [name["Fn::GetAtt"][1] for name in names] == ["ModelName", "ModelName"]
    assert {name["Fn::GetAtt"][0] for name in names} == set(resources(template, "AWS::SageMaker::Model"))


def test_production_and_shadow_differ_in_whatever_the_user_says() -> None:
    """Model, instance type and count of the two are independent."""
    test = shadow_test(
        production=variant("v1", hardware=hardware("ml.m5.large", count=3)),
        shadow=variant("v2", "candidate", hardware=hardware("ml.c5.2xlarge", count=2)),
    )
    config = config_of(rendered(test))

    [production], [shadow] = config["ProductionVariants"], config["ShadowProductionVariants"]
    assert (production["InstanceType"], production["InitialInstanceCount"]) == ("ml.m5.large", 3)
    assert (shadow["InstanceType"], shadow["InitialInstanceCount"]) == ("ml.c5.2xlarge", 2)
    assert shadow["VariantName"] == "candidate"


def test_a_model_tested_on_other_hardware_is_one_model() -> None:
    """Two variants of one version share the SageMaker model and its role."""
    template = rendered(shadow_test(shadow=variant("v1", hardware=hardware("ml.c5.large"))))

    assert len(resources(template, "AWS::SageMaker::Model")) == 1
    assert len(execution_roles(template)) == 1


def test_several_production_variants_share_by_weight() -> None:
    """Without a shadow, up to ten variants serve, each with its weight; 0 is a weight."""
    others = [variant("v2", "second", weight=0.5), variant("v3", "third", weight=0)]
    config = config_of(rendered(serving(production=variant(weight=3), other_production=others)))

    shares = {one["VariantName"]: one["InitialVariantWeight"] for one in config["ProductionVariants"]}
    assert shares == {"production": 3, "second": 0.5, "third": 0}
    assert "ShadowProductionVariants" not in config


def test_a_serverless_variant_has_no_instances() -> None:
    """Memory and concurrency take the place of instances."""
    serverless = Serverless(memory_mb=2048, max_concurrency=20, provisioned_concurrency=5)
    test = serving(production=variant(hardware=serverless), capture=Capture.off())

    [production] = config_of(rendered(test))["ProductionVariants"]

    assert production["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 5}
    assert "InstanceType" not in production
    assert "InitialInstanceCount" not in production


def test_metrics_are_written_out_in_full() -> None:
    """Detailed observability costs and is on by SageMaker's default; the template says off."""
    assert config_of(rendered())["MetricsConfig"] == {
        "EnableDetailedObservability": False,
        "EnableEnhancedMetrics": False,
        "MetricPublishFrequencyInSeconds": 60,
    }


def test_metrics_can_be_asked_for() -> None:
    """All three settings reach the template."""
    metrics = MetricsPublishing(frequency_seconds=10, enhanced=True, detailed_observability=True)

    assert config_of(rendered(shadow_test(metrics=metrics)))["MetricsConfig"] == {
        "EnableDetailedObservability": True,
        "EnableEnhancedMetrics": True,
        "MetricPublishFrequencyInSeconds": 10,
    }


def test_a_volume_key_is_the_configs() -> None:
    """The instances' volumes are encrypted with the key given."""
    assert config_of(rendered(shadow_test(volume_key_arn=KEY_ARN)))["KmsKeyId"] == KEY_ARN
    assert "KmsKeyId" not in config_of(rendered())


def test_tags_reach_everything_that_can_have_them() -> None:
    """Models, config, endpoint, roles, bucket, alarms and all of the guard that can have tags carry them."""
    template = rendered(shadow_test(tags={"team": "churn"}))

    tagged = {one["Type"] for one in template["Resources"].values() if "Tags" in one["Properties"]}
    assert tagged == {
        "AWS::SageMaker::Model",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Endpoint",
        "AWS::IAM::Role",
        "AWS::S3::Bucket",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::Events::Rule",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::SSM::Parameter",
    }
    assert the(template, "AWS::SageMaker::Endpoint")["Tags"] == [{"Key": "team", "Value": "churn"}]


def test_the_guard_decides_whether_live_counts_are_kept() -> None:
    """The answer is its attribute, and the weight, in which the sampling lives, is never retained."""
    template = rendered()
    [before] = resources(template, "Custom::EndpointUpdateGuardBefore")
    endpoint = the(template, "AWS::SageMaker::Endpoint")

    assert endpoint["RetainAllVariantProperties"] == {"Fn::GetAtt": [before, "KeepLiveCounts"]}
    assert endpoint["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_adopting_an_endpoint_takes_a_config_and_an_endpoint() -> None:
    """An existing model under its existing variant name, nothing captured: of SageMaker there is nothing else."""
    test = serving(
        production=variant(model=_existing("fraud-7"), name="AllTraffic"), capture=Capture.off(), endpoint_name="fraud"
    )
    template = rendered(test)

    found = sorted(one["Type"] for one in template["Resources"].values())
    assert [kind for kind in found if kind.startswith("AWS::SageMaker::")] == [
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
    ]
    [production] = config_of(template)["ProductionVariants"]
    assert production["VariantName"] == "AllTraffic"
    assert production["ModelName"] == "fraud-7"
    assert "DataCaptureConfig" not in config_of(template)


def test_two_endpoints_live_in_one_stack() -> None:
    """Each has its own models and config; the table of accounts is there once."""
    stack = new_stack()
    ShadowEndpoint(stack, "Churn", test=shadow_test())
    ShadowEndpoint(stack, "Fraud", test=shadow_test(endpoint_name="fraud"))
    template = Template.from_stack(stack)

    template.resource_count_is("AWS::SageMaker::Endpoint", 2)
    template.resource_count_is("AWS::SageMaker::Model", 4)
    assert len(template.to_json()["Mappings"]) == 1


def test_the_construct_keeps_what_it_rendered() -> None:
    """Value, names and resources can be read off it."""
    endpoint = ShadowEndpoint(new_stack(), "E", test=shadow_test())

    assert endpoint.test == shadow_test()
    assert endpoint.endpoint_name == "churn"
    assert endpoint.cfn_endpoint.endpoint_name == "churn"
    assert endpoint.shadow is not None
    assert ShadowEndpoint(new_stack(), "E", test=serving()).shadow is None


def _existing(name: str) -> object:
    return model(container=None, artifact=None, model_name=name)


@pytest.mark.parametrize("weight", [0, 0.3, 7])
def test_a_weight_means_nothing_where_one_variant_takes_all(weight: float) -> None:
    """Alone, beside a shadow and after its promotion, production has a weight of 1: 0 would serve nobody."""
    beside = shadow_test(production=variant("v1", weight=weight))
    for test in (serving(production=variant("v1", weight=weight)), beside, beside.promoted()):
        [production] = config_of(rendered(test))["ProductionVariants"]
        assert production["InitialVariantWeight"] == 1
