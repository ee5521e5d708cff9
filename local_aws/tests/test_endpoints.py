"""The life of an endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.loose import Json
from local_aws.settings import Assumptions
from local_aws.tests.support import Cloud, blue_green, config, run, variant


def second(**fields: Json) -> dict[str, Any]:
    """The configuration after a promotion: v2 in production, no shadow."""
    return config("config-2", shadow=False, production=variant(model="v2", **fields))


def test_an_endpoint_comes_up_with_its_shadow() -> None:
    """DescribeEndpoint has both variants, with live weight and count."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()

        described = cloud.describe()

        assert described["EndpointStatus"] == "InService"
        (production,), (shadow,) = described["ProductionVariants"], described["ShadowProductionVariants"]
        assert tuple(production[key] for key in ("VariantName", "CurrentInstanceCount", "CurrentWeight")) == (
            "production",
            1,
            1.0,
        )
        assert (shadow["VariantName"], shadow["DesiredWeight"]) == ("shadow", 0.5)
        assert described["EndpointArn"] == "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/churn"

    run(main())


def test_fails_for_good_when_the_first_fleet_does_not_start() -> None:
    """An endpoint that never came up is Failed, and only DeleteEndpoint is possible."""

    async def main() -> None:
        cloud = Cloud()
        cloud.fleets.broken.add("v2")
        await cloud.deploy()
        cloud("CreateEndpointConfig", second())

        assert (cloud.describe()["EndpointStatus"], cloud.describe()["FailureReason"]) == ("Failed", "v2 is broken")
        with pytest.raises(ServiceError, match="only DeleteEndpoint"):
            cloud.update("config-2")
        cloud("DeleteEndpoint", {"EndpointName": "churn"})
        await asyncio.sleep(0.01)
        with pytest.raises(ServiceError, match='Could not find endpoint "arn'):
            cloud.describe()

    run(main())


def test_an_update_replaces_the_fleet() -> None:
    """After an update the new configuration serves and the old fleet is stopped, after the new one started."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()
        cloud("CreateEndpointConfig", second())
        cloud.update("config-2")

        pending = cloud.describe()
        assert (pending["EndpointStatus"], pending["EndpointConfigName"]) == ("Updating", "config-1")
        assert pending["PendingDeploymentSummary"]["EndpointConfigName"] == "config-2"
        await cloud.settle()
        await asyncio.sleep(0.01)

        described = cloud.describe()
        assert described["EndpointConfigName"] == "config-2"
        assert "ShadowProductionVariants" not in described
        assert "PendingDeploymentSummary" not in described
        assert (cloud.fleets.started, cloud.fleets.stopped) == (["config-1", "config-2"], ["config-1"])

    run(main())


@pytest.mark.parametrize("kind", ["silent-rollback", "failed-update", "broken"])
def test_fails_back_to_the_old_configuration(kind: str) -> None:
    """A failed update ends InService on the old configuration, with a reason, once."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()
        cloud("CreateEndpointConfig", second())
        if kind == "broken":
            cloud.fleets.broken.add("v2")
        else:
            cloud.faults.add({"kind": kind, "endpoint": "churn"})
        cloud.update("config-2")
        await cloud.settle()

        described = cloud.describe()
        assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "config-1")
        assert described["FailureReason"]
        assert (kind == "silent-rollback") is cloud.api.region("eu-west-1").endpoints["churn"].silent
        cloud.fleets.broken.clear()
        cloud.update("config-2")
        await cloud.settle()
        assert cloud.describe()["EndpointConfigName"] == "config-2"
        assert "FailureReason" not in cloud.describe()

    run(main())


def test_a_held_update_stays_under_way_until_it_is_let_go() -> None:
    """However long that takes; it then goes on as it would have."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()
        cloud("CreateEndpointConfig", second())
        cloud.faults.add({"kind": "held-update", "endpoint": "churn"})
        cloud.update("config-2")
        for _ in range(100):
            await cloud.deployer._sleep(0.05)
        assert cloud.describe()["EndpointStatus"] == "Updating"
        cloud.faults.clear("held-update")
        await cloud.settle()
        assert (cloud.describe()["EndpointStatus"], cloud.describe()["EndpointConfigName"]) == ("InService", "config-2")

    run(main())


def test_an_alarm_during_the_bake_rolls_back() -> None:
    """The new fleet takes the traffic, an alarm fires, and the old one has it again."""

    async def main() -> None:
        cloud = Cloud()
        cloud.alarms["errors"] = "OK"
        await cloud.deploy()
        cloud("CreateEndpointConfig", second())
        cloud.update("config-2", DeploymentConfig=blue_green(bake=3600, alarms=("errors",)))
        endpoint = cloud.api.region("eu-west-1").endpoints["churn"]
        while endpoint.next_share < 1:
            await asyncio.sleep(0.001)
        assert cloud.describe()["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"] == [
            {"Status": "Baking"}
        ]
        cloud.alarms["errors"] = "ALARM"
        await cloud.settle()

        assert "errors" in cloud.describe()["FailureReason"]
        assert (endpoint.config_name, endpoint.next_share) == ("config-1", 0.0)

    run(main())


def test_fails_what_another_operation_is_changing() -> None:
    """An endpoint that is being created or updated takes no update, scaling or deletion."""

    async def main() -> None:
        cloud = Cloud()
        cloud("CreateEndpointConfig", config())
        cloud("CreateEndpointConfig", second())
        cloud("CreateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "config-1"})
        weights = {"DesiredWeightsAndCapacities": [{"VariantName": "production", "DesiredWeight": 1.0}]}
        for operation, fields in (
            ("UpdateEndpoint", {"EndpointConfigName": "config-2"}),
            ("UpdateEndpointWeightsAndCapacities", weights),
            ("DeleteEndpoint", {}),
        ):
            with pytest.raises(ServiceError, match="Cannot update in-progress endpoint"):
                cloud(operation, {"EndpointName": "churn", **fields})
        await cloud.settle()

    run(main())


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        ("CreateEndpoint", {"EndpointName": "CHURN", "EndpointConfigName": "config-1"}, "already existing endpoint"),
        ("CreateEndpoint", {"EndpointName": "new", "EndpointConfigName": "none"}, "Could not find endpoint conf"),
        ("UpdateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "none"}, "Could not find endpoint conf"),
        ("UpdateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "config-1"}, "already uses"),
        ("UpdateEndpoint", {"EndpointName": "none", "EndpointConfigName": "config-1"}, "Could not find endpoint "),
        ("CreateEndpointConfig", config(), "Cannot create already existing endpoint configuration"),
        ("CreateEndpointConfig", config("config-3", production=variant(model="none")), "Could not find model"),
        ("CreateModel", {"ModelName": "v1", "ExecutionRoleArn": "arn:aws:iam::000000000000:role/r"}, "needs Primary"),
        ("DescribeModel", {"ModelName": "none"}, "Could not find model"),
        ("CreateTrainingJob", {}, "not modelled here"),
    ],
)
def test_fails_what_does_not_fit_what_there_is(operation: str, request_: dict[str, Any], said: str) -> None:
    """Names that are taken, and resources that are not there, are refused."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()

        with pytest.raises(ServiceError, match=said):
            cloud(operation, request_)

    run(main())


def test_fails_an_update_after_the_serving_configuration_was_deleted() -> None:
    """A configuration in use can be deleted, and then no update finds its way any more."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()
        cloud("CreateEndpointConfig", second())
        cloud("DeleteEndpointConfig", {"EndpointConfigName": "config-1"})

        with pytest.raises(ServiceError, match=r"Could not find endpoint configuration .*config-1"):
            cloud.update("config-2")

    run(main())


def test_the_assumptions_can_be_switched() -> None:
    """Refusing to delete a configuration in use and accepting the same one are one switch away."""

    async def main() -> None:
        cloud = Cloud(Assumptions(config_in_use_delete="refuse", same_config_update="accept"))
        await cloud.deploy()

        with pytest.raises(ServiceError, match="in use by churn"):
            cloud("DeleteEndpointConfig", {"EndpointConfigName": "config-1"})
        cloud.update("config-1")
        await cloud.settle()

    run(main())


def counts(cloud: Cloud) -> tuple[int, float]:
    """Live count and weight of the production variant."""
    (production,) = cloud.describe()["ProductionVariants"]
    return production["CurrentInstanceCount"], production["CurrentWeight"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (1, 1.0)),
        ({"RetainAllVariantProperties": True}, (4, 0.25)),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
            },
            (4, 1.0),
        ),
    ],
)
def test_counts_and_weights_are_reset_unless_retained(fields: dict[str, Any], expected: tuple[int, float]) -> None:
    """An update resets what was scaled, or keeps it, or keeps it but for what is excluded."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()
        desired = {"VariantName": "production", "DesiredInstanceCount": 4, "DesiredWeight": 0.25}
        cloud(
            "UpdateEndpointWeightsAndCapacities",
            {"EndpointName": "churn", "DesiredWeightsAndCapacities": [desired]},
        )
        await cloud.settle()
        assert counts(cloud) == (4, 0.25)
        cloud("CreateEndpointConfig", second())
        cloud.update("config-2", **fields)
        await cloud.settle()

        assert expected == counts(cloud)

    run(main())


def test_fails_to_scale_a_variant_that_is_not_there() -> None:
    """Nothing is changed when one of the variants is unknown."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy()
        desired = [
            {"VariantName": "production", "DesiredInstanceCount": 9},
            {"VariantName": "none", "DesiredInstanceCount": 9},
        ]
        with pytest.raises(ServiceError, match='no variant "none"'):
            cloud(
                "UpdateEndpointWeightsAndCapacities",
                {"EndpointName": "churn", "DesiredWeightsAndCapacities": desired},
            )

        assert counts(cloud) == (1, 1.0)

    run(main())


def test_the_last_deployment_is_retained_on_request() -> None:
    """RetainDeploymentConfig uses the deployment that the endpoint was created with."""

    async def main() -> None:
        cloud = Cloud()
        cloud.alarms["errors"] = "ALARM"
        cloud("CreateEndpointConfig", config())
        cloud("CreateEndpointConfig", second())
        cloud(
            "CreateEndpoint",
            {
                "EndpointName": "churn",
                "EndpointConfigName": "config-1",
                "DeploymentConfig": blue_green(alarms=("errors",)),
            },
        )
        await cloud.settle()
        cloud.update("config-2", RetainDeploymentConfig=True)
        await cloud.settle()

        assert "errors" in cloud.describe()["FailureReason"]

    run(main())


def test_tags_are_kept_and_go_with_their_resource() -> None:
    """Tags of a request and of AddTags are listed until they, or the resource, are deleted."""
    cloud = Cloud()
    arn = cloud("CreateEndpointConfig", config(Tags=[{"Key": "team", "Value": "churn"}]))["EndpointConfigArn"]
    cloud("AddTags", {"ResourceArn": arn, "Tags": [{"Key": "stage", "Value": "test"}]})
    cloud("DeleteTags", {"ResourceArn": arn, "TagKeys": ["team"]})

    assert cloud("ListTags", {"ResourceArn": arn})["Tags"] == [{"Key": "stage", "Value": "test"}]
    cloud("DeleteEndpointConfig", {"EndpointConfigName": "config-1"})
    with pytest.raises(ServiceError, match="Could not find resource"):
        cloud("ListTags", {"ResourceArn": arn})


def test_lists_are_filtered_and_paged() -> None:
    """NameContains, MaxResults and NextToken work as in every List call."""
    cloud = Cloud()
    first = cloud("ListModels", {"SortBy": "Name", "SortOrder": "Ascending", "MaxResults": 1})
    rest = cloud("ListModels", {"SortBy": "Name", "SortOrder": "Ascending", "NextToken": first["NextToken"]})

    assert [row["ModelName"] for row in first["Models"]] == ["v1"]
    assert [row["ModelName"] for row in rest["Models"]] == ["v2"]
    assert cloud("ListModels", {"NameContains": "v3"})["Models"] == []
