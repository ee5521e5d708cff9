"""Scalable targets and the endpoint updates they block."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.tests.support import REGION, Cloud, config, run, variant

TRACKING: dict[str, Any] = {
    "PolicyName": "track",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 100.0},
}
ACTION = {"ScheduledActionName": "night", "Schedule": "cron(0 22 * * ? *)"}


async def registered(variant_name: str = "production") -> Cloud:
    """The endpoint churn with a scaled variant."""
    cloud = Cloud()
    await cloud.deploy()
    cloud.scale("RegisterScalableTarget", variant_name, MinCapacity=1, MaxCapacity=4)
    return cloud


def test_deregistering_takes_policies_and_actions_along() -> None:
    """What hangs on a target goes with it, as the API reference says."""

    async def main() -> None:
        cloud = await registered()
        cloud.scale("PutScalingPolicy", **TRACKING)
        cloud.scale("PutScheduledAction", **ACTION)
        namespace = {"ServiceNamespace": "sagemaker"}
        (policy,) = cloud.autoscaling.call(REGION, "DescribeScalingPolicies", namespace)["ScalingPolicies"]
        (action,) = cloud.autoscaling.call(REGION, "DescribeScheduledActions", namespace)["ScheduledActions"]
        assert (policy["PolicyName"], action["ScheduledActionName"]) == ("track", "night")
        cloud.scale("DeregisterScalableTarget")

        for operation, member in (
            ("DescribeScalableTargets", "ScalableTargets"),
            ("DescribeScalingPolicies", "ScalingPolicies"),
            ("DescribeScheduledActions", "ScheduledActions"),
        ):
            assert cloud.autoscaling.call(REGION, operation, namespace)[member] == []

    run(main())


@pytest.mark.parametrize(
    "metric",
    [
        {"PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}},
        {"CustomizedMetricSpecification": {"MetricName": "Queue", "Namespace": "Mine", "Statistic": "Average"}},
    ],
)
def test_a_metric_is_followed_by_one_policy_of_a_target(metric: dict[str, Any]) -> None:
    """A second one is refused until the first is gone; the same one is changed, other targets and metrics are free."""

    def policy(name: str, target: float = 100.0, **of: object) -> dict[str, Any]:
        return {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": target, **(of or metric)},
        }

    async def main() -> None:
        cloud = await registered()
        cloud.scale("RegisterScalableTarget", "shadow", MinCapacity=1, MaxCapacity=4)
        cloud.scale("PutScalingPolicy", **policy("one"))
        with pytest.raises(ServiceError, match="Only one TargetTrackingScaling policy for a given metric"):
            cloud.scale("PutScalingPolicy", **policy("two", 7.0))
        cloud.scale("PutScalingPolicy", **policy("one", 7.0))
        cloud.scale("PutScalingPolicy", "shadow", **policy("two"))
        for step in ("first", "second"):
            cloud.scale(
                "PutScalingPolicy",
                PolicyName=step,
                PolicyType="StepScaling",
                StepScalingPolicyConfiguration={"AdjustmentType": "ExactCapacity"},
            )
        other = {"MetricName": "Other", "Namespace": "Mine", "Statistic": "Average"}
        cloud.scale("PutScalingPolicy", **policy("three", CustomizedMetricSpecification=other))
        cloud.scale("DeleteScalingPolicy", PolicyName="one")
        cloud.scale("PutScalingPolicy", **policy("two"))

    run(main())


def test_registering_again_changes_only_what_is_given() -> None:
    """A second registration updates the target and keeps its policies."""

    async def main() -> None:
        cloud = await registered()
        cloud.scale("PutScalingPolicy", **TRACKING)
        cloud.scale("RegisterScalableTarget", MaxCapacity=8)

        found = cloud.autoscaling.call(REGION, "DescribeScalableTargets", {"ServiceNamespace": "sagemaker"})
        (target,) = found["ScalableTargets"]
        assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 8)
        assert cloud.autoscaling.call(REGION, "DescribeScalingPolicies", {"ServiceNamespace": "sagemaker"})[
            "ScalingPolicies"
        ]

    run(main())


def test_fails_to_change_the_instance_type_until_deregistered() -> None:
    """The documented procedure: deregister, update, register again."""

    async def main() -> None:
        cloud = await registered()
        new = config("config-2", shadow=False, production=variant(InstanceType="ml.m5.2xlarge"))
        cloud("CreateEndpointConfig", new)
        with pytest.raises(ServiceError, match="must be deregistered as scalable targets"):
            cloud.update("config-2")
        cloud.scale("DeregisterScalableTarget")
        cloud.update("config-2")
        await cloud.settle()
        cloud.scale("RegisterScalableTarget", MinCapacity=1, MaxCapacity=4)

        assert cloud.describe()["EndpointConfigName"] == "config-2"

    run(main())


def test_a_shadow_can_be_scaled() -> None:
    """The target of a shadow blocks its removal too (an inference, see the README)."""

    async def main() -> None:
        cloud = await registered("shadow")
        cloud("CreateEndpointConfig", config("config-2", shadow=False))

        with pytest.raises(ServiceError, match='"shadow"'):
            cloud.update("config-2")

    run(main())


def test_deleting_the_endpoint_deregisters() -> None:
    """DeleteEndpoint takes the targets of its variants along."""

    async def main() -> None:
        cloud = await registered()
        cloud("DeleteEndpoint", {"EndpointName": "churn"})
        while cloud.api.region(REGION).endpoints:
            await cloud.deployer._sleep(0.001)

        assert set() == cloud.autoscaling.scaled(REGION, "churn")

    run(main())


@pytest.mark.parametrize(
    ("operation", "fields", "said"),
    [
        ("RegisterScalableTarget", {"ResourceId": "endpoint/churn/variant/none"}, "does not exist"),
        ("RegisterScalableTarget", {"ResourceId": "endpoint/churn"}, "Unsupported resource type"),
        ("RegisterScalableTarget", {"ServiceNamespace": "ecs"}, "not modelled here"),
        ("RegisterScalableTarget", {}, "MinCapacity is required"),
        ("RegisterScalableTarget", {"MinCapacity": 4, "MaxCapacity": 1}, "Maximum capacity cannot be less"),
        ("RegisterScalableTarget", {"MinCapacity": "1"}, "is not a integer"),
        ("PutScalingPolicy", {**TRACKING}, "No scalable target"),
        ("DeregisterScalableTarget", {}, "No scalable target"),
        ("GetPredictiveScalingForecast", {}, "not modelled"),
    ],
)
def test_fails_what_cannot_be_scaled(operation: str, fields: dict[str, Any], said: str) -> None:
    """Targets on what is not there, and requests that are wrong, are refused."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()

        with pytest.raises(ServiceError, match=said):
            cloud.scale(operation, **fields)

    run(main())


def test_fails_to_scale_t2() -> None:
    """T2 instances cannot be scaled."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy(shadow=False, production=variant(InstanceType="ml.t2.medium"))

        with pytest.raises(ServiceError, match=r"ml\.t2\.medium.*does not support scaling"):
            cloud.scale("RegisterScalableTarget", MinCapacity=1, MaxCapacity=2)

    run(main())


def test_fails_with_a_schedule_or_a_metric_that_the_service_does_not_know() -> None:
    """A cron expression of five fields, no schedule, another service's metric, a misspelt policy type."""

    async def main() -> None:
        cloud = await registered()
        tracking = TRACKING["TargetTrackingScalingPolicyConfiguration"]
        other = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
        for operation, request, words in (
            ("PutScheduledAction", {**ACTION, "Schedule": "cron(0 22 * * *)"}, "Invalid schedule: cron"),
            ("PutScheduledAction", {"ScheduledActionName": "night"}, "Schedule is required"),
            ("PutScheduledAction", {**ACTION, "Timezone": "Mars"}, "Invalid time zone: Mars"),
            ("PutScalingPolicy", {**TRACKING, "PolicyType": "TargetTracking"}, "enum value set"),
            (
                "PutScalingPolicy",
                {**TRACKING, "TargetTrackingScalingPolicyConfiguration": {**tracking, **other}},
                "not a metric of the service namespace sagemaker",
            ),
        ):
            with pytest.raises(ServiceError, match=words):
                cloud.scale(operation, **request)

    run(main())
