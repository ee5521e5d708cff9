"""Managed shadow tests: their states, what serves in each, and how they end."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.loose import Json
from local_aws.tests.support import ROLE, Cloud, config, run

HOUR = 3600


def model_variant(name: str, model: str, count: int = 1, instance_type: str = "ml.m5.xlarge") -> dict[str, Any]:
    """A ModelVariant."""
    hardware = {"InstanceType": instance_type, "InstanceCount": count}
    infrastructure = {"InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": hardware}
    return {"ModelName": model, "VariantName": name, "InfrastructureConfig": infrastructure}


PRODUCTION, SHADOW = model_variant("production", "v1"), model_variant("shadow", "v2")


def shadow_mode(percent: int = 50) -> dict[str, Any]:
    """A ShadowModeConfig."""
    shadow = {"ShadowModelVariantName": "shadow", "SamplingPercentage": percent}
    return {"SourceModelVariantName": "production", "ShadowModelVariants": [shadow]}


def experiment(**fields: Json) -> dict[str, Any]:
    """A CreateInferenceExperiment request."""
    usual = {"Name": "trial", "Type": "ShadowMode", "RoleArn": ROLE, "EndpointName": "churn"}
    return {**usual, "ModelVariants": [PRODUCTION, SHADOW], "ShadowModeConfig": shadow_mode(), **fields}


def lasting(hours: float, wait: float = 0) -> dict[str, float]:
    """A Schedule."""
    start = time.time() + wait
    return {"StartTime": start, "EndTime": start + hours * HOUR}


def stop(actions: dict[str, str], desired: list[dict[str, Any]], **fields: Json) -> dict[str, Any]:
    """A StopInferenceExperiment request."""
    return {"Name": "trial", "ModelVariantActions": actions, "DesiredModelVariants": desired, **fields}


class Trial:
    """An endpoint without a shadow, and one experiment on it."""

    def __init__(self) -> None:
        # An hour takes a third of a second.
        self.cloud = Cloud(wait_scale=0.0001)

    async def begin(self, status: str = "Running", **fields: Json) -> None:
        """Deploy the endpoint, create the experiment and wait for its status."""
        await self.cloud.deploy(shadow=False)
        self.cloud("CreateInferenceExperiment", experiment(**fields))
        await self.reach(status)

    def describe(self) -> dict[str, Any]:
        """Describe the experiment."""
        return self.cloud("DescribeInferenceExperiment", {"Name": "trial"})

    async def reach(self, *statuses: str) -> None:
        """Wait for one of the statuses."""
        for _ in range(2000):
            if self.describe()["Status"] in statuses:
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"never {statuses}: {self.describe()}")

    def serving(self) -> tuple[dict[str, str], dict[str, str]]:
        """Models by variant, of production and of shadows."""
        described = self.cloud.describe()
        served = self.cloud("DescribeEndpointConfig", {"EndpointConfigName": described["EndpointConfigName"]})
        return tuple(  # type: ignore[return-value] # two of them
            {v["VariantName"]: v["ModelName"] for v in served.get(member, [])}
            for member in ("ProductionVariants", "ShadowProductionVariants")
        )


def test_a_test_runs_by_a_configuration_that_sagemaker_makes() -> None:
    """Running: production as it was, the shadow beside it at the share that was asked for, and the answers captured."""

    async def main() -> None:
        trial = Trial()
        storage = {"Destination": "s3://captured/here", "ContentType": {"CsvContentTypes": ["text/csv"]}}
        await trial.begin(DataStorageConfig=storage, KmsKey="key-1")

        assert trial.serving() == ({"production": "v1"}, {"shadow": "v2"})
        described = trial.describe()
        name = described["EndpointMetadata"]["EndpointConfigName"]
        assert name == trial.cloud.describe()["EndpointConfigName"] != "config-1"
        made = trial.cloud("DescribeEndpointConfig", {"EndpointConfigName": name})
        assert made["ShadowProductionVariants"][0]["InitialVariantWeight"] == 0.5
        assert made["DataCaptureConfig"]["DestinationS3Uri"] == "s3://captured/here"
        assert made["KmsKeyId"] == "key-1"
        assert described["Schedule"]["EndTime"] - described["Schedule"]["StartTime"] == 7 * 24 * HOUR
        assert {v["Status"] for v in described["ModelVariants"]} == {"InService"}

    run(main())


def test_at_its_scheduled_end_the_endpoint_is_as_before() -> None:
    """Nothing is promoted: the configuration from before serves again, and the test is Completed."""

    async def main() -> None:
        trial = Trial()
        await trial.begin("Completed", Schedule=lasting(1))
        assert trial.cloud.describe()["EndpointConfigName"] == "config-1"
        assert "scheduled end" in trial.describe()["StatusReason"]

    run(main())


CONCLUSIONS = {
    "promote": (stop({"production": "Remove", "shadow": "Promote"}, [SHADOW]), ({"shadow": "v2"}, {})),
    "remove": (stop({"production": "Retain", "shadow": "Remove"}, [PRODUCTION]), ({"production": "v1"}, {})),
    "retain": (
        stop({"production": "Retain", "shadow": "Retain"}, [PRODUCTION, SHADOW]),
        ({"production": "v1"}, {"shadow": "v2"}),
    ),
    "cancel": (
        stop({"production": "Retain", "shadow": "Remove"}, [PRODUCTION], DesiredState="Cancelled", Reason="enough"),
        ({"production": "v1"}, {}),
    ),
}


@pytest.mark.parametrize("conclusion", CONCLUSIONS)
def test_a_test_is_concluded_by_actions(conclusion: str) -> None:
    """What each variant's action says serves afterwards; a promoted shadow keeps its own variant name."""
    request, serving = CONCLUSIONS[conclusion]

    async def main() -> None:
        trial = Trial()
        await trial.begin()
        trial.cloud("StopInferenceExperiment", request)
        assert trial.describe()["Status"] == "Stopping"
        await trial.reach(request.get("DesiredState", "Completed"))
        assert trial.serving() == serving
        assert trial.describe().get("StatusReason") == request.get("Reason")

    run(main())


def test_the_share_of_a_running_test_changes_without_a_new_fleet() -> None:
    """UpdateInferenceExperiment moves the shadow's weight; no server is started for it."""

    async def main() -> None:
        trial = Trial()
        await trial.begin()
        fleets = list(trial.cloud.fleets.started)
        trial.cloud("UpdateInferenceExperiment", {"Name": "trial", "ShadowModeConfig": shadow_mode(5)})
        (shadow,) = trial.cloud.describe()["ShadowProductionVariants"]
        assert shadow["DesiredWeight"] == 0.05
        assert trial.cloud.fleets.started == fleets

    run(main())


def test_a_test_waits_for_its_start_and_may_be_started_early() -> None:
    """Created: nothing of the endpoint has changed; StartInferenceExperiment begins it."""

    async def main() -> None:
        trial = Trial()
        await trial.begin("Created", Schedule=lasting(2, wait=24 * HOUR))
        assert trial.serving() == ({"production": "v1"}, {})
        trial.cloud("StartInferenceExperiment", {"Name": "trial"})
        await trial.reach("Running")
        assert trial.serving() == ({"production": "v1"}, {"shadow": "v2"})

    run(main())


def test_a_created_test_is_changed_in_everything_and_deleted() -> None:
    """Before it starts a test is paper: other variants, another schedule, or gone."""

    async def main() -> None:
        trial = Trial()
        await trial.begin("Created", Schedule=lasting(2, wait=24 * HOUR))
        larger = [PRODUCTION, model_variant("shadow", "v2", count=3)]
        trial.cloud("UpdateInferenceExperiment", {"Name": "trial", "ModelVariants": larger})
        assert trial.describe()["ModelVariants"][1]["InfrastructureConfig"] == larger[1]["InfrastructureConfig"]
        trial.cloud("DeleteInferenceExperiment", {"Name": "trial"})
        assert trial.cloud("ListInferenceExperiments", {}) == {"InferenceExperiments": []}
        assert trial.serving() == ({"production": "v1"}, {})

    run(main())


def test_what_goes_wrong_cancels_a_test_with_the_reason() -> None:
    """A shadow that never becomes healthy: Cancelled, and the endpoint serves as before."""

    async def main() -> None:
        trial = Trial()
        trial.cloud.fleets.broken.add("v2")
        await trial.begin("Cancelled")
        assert trial.describe()["StatusReason"] == "v2 is broken"
        assert trial.serving() == ({"production": "v1"}, {})

    run(main())


def test_a_promotion_of_a_scaled_production_is_cancelled_and_the_shadow_stays() -> None:
    """The variant that would go is a scalable target: nothing is promoted, and the test is over all the same."""

    async def main() -> None:
        trial = Trial()
        await trial.begin()
        trial.cloud.scale("RegisterScalableTarget", MinCapacity=1, MaxCapacity=2)
        trial.cloud("StopInferenceExperiment", CONCLUSIONS["promote"][0])
        await trial.reach("Cancelled")
        assert "must be deregistered" in trial.describe()["StatusReason"]
        assert trial.serving() == ({"production": "v1"}, {"shadow": "v2"})

    run(main())


INF1 = model_variant("shadow", "v2", instance_type="ml.inf1.xlarge")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Schedule": lasting(0.9)}, "between 1 hour and 30 days"),
        ({"Schedule": lasting(31 * 24)}, "between 1 hour and 30 days"),
        ({"ModelVariants": [PRODUCTION]}, "ModelVariants must be production and shadow"),
        ({"ModelVariants": [PRODUCTION, INF1]}, "Inf1"),
        ({"ModelVariants": [PRODUCTION, model_variant("shadow", "v9")]}, "Could not find model"),
        ({"EndpointName": "nowhere"}, "Could not find endpoint"),
        ({"ShadowModeConfig": shadow_mode(101)}, "less than or equal to 100"),
    ],
)
def test_refuses_what_no_shadow_test_can_be(fields: dict[str, Any], words: str) -> None:
    """Durations, names, models and hardware are checked before anything is made."""

    async def main() -> None:
        cloud = Cloud()
        await cloud.deploy(shadow=False)
        with pytest.raises(ServiceError, match=words):
            cloud("CreateInferenceExperiment", experiment(**fields))
        assert cloud("ListInferenceExperiments", {}) == {"InferenceExperiments": []}

    run(main())


@pytest.mark.parametrize(
    ("operation", "request_", "words"),
    [
        ("CreateInferenceExperiment", experiment(), "already"),
        ("CreateInferenceExperiment", experiment(Name="second"), "serve by the one variant|has the experiment"),
        ("UpdateInferenceExperiment", {"Name": "trial", "ModelVariants": [PRODUCTION, INF1]}, "cannot be changed"),
        ("UpdateInferenceExperiment", {"Name": "trial", "Schedule": {"StartTime": 5000.0}}, "start of a running"),
        ("StartInferenceExperiment", {"Name": "trial"}, "Running; only a created"),
        ("DeleteInferenceExperiment", {"Name": "trial"}, "Running; stop it"),
        ("StopInferenceExperiment", stop({"shadow": "Promote"}, [SHADOW]), "only there"),
        ("StopInferenceExperiment", stop({"production": "Promote"}, [PRODUCTION]), "only there"),
        ("StopInferenceExperiment", stop({"other": "Remove"}, [PRODUCTION]), "ModelVariantActions are for"),
        ("StopInferenceExperiment", stop({"production": "Retain", "shadow": "Remove"}, [SHADOW]), "must be production"),
        ("DescribeInferenceExperiment", {"Name": "other"}, "Could not find"),
    ],
)
def test_a_running_test_refuses_what_its_status_forbids(operation: str, request_: dict[str, Any], words: str) -> None:
    """And goes on running."""

    async def main() -> None:
        trial = Trial()
        await trial.begin()
        with pytest.raises(ServiceError, match=words):
            trial.cloud(operation, request_)
        assert trial.describe()["Status"] == "Running"

    run(main())


@pytest.mark.parametrize("operation", ["UpdateInferenceExperiment", "StopInferenceExperiment"])
def test_a_test_that_is_over_stays_over(operation: str) -> None:
    """A conclusion after the scheduled end is a conflict."""

    async def main() -> None:
        trial = Trial()
        await trial.begin("Completed", Schedule=lasting(1))
        request = CONCLUSIONS["remove"][0] if operation.startswith("Stop") else {"Name": "trial", "Description": "x"}
        with pytest.raises(ServiceError, match="Completed; only"):
            trial.cloud(operation, request)

    run(main())


def test_an_endpoint_that_is_gone_leaves_its_test_until_the_scheduled_end() -> None:
    """Somebody deletes the endpoint while the test runs: nobody can end that sooner, and its end cancels it."""

    async def main() -> None:
        trial = Trial()
        await trial.begin(Schedule=lasting(3))
        trial.cloud("DeleteEndpoint", {"EndpointName": "churn"})
        await trial.cloud.settle()
        with pytest.raises(ServiceError, match="Could not find"):
            trial.cloud("StopInferenceExperiment", CONCLUSIONS["remove"][0])
        with pytest.raises(ServiceError, match="is Running; stop it before"):
            trial.cloud("DeleteInferenceExperiment", {"Name": "trial"})
        assert trial.describe()["Status"] == "Running"
        await trial.reach("Cancelled")
        assert "does not serve any more" in trial.describe()["StatusReason"]

    run(main())


def test_several_production_variants_are_excluded() -> None:
    """An endpoint with two production variants takes no managed test."""

    async def main() -> None:
        cloud = Cloud()
        second = {**config()["ProductionVariants"][0], "VariantName": "other"}
        made = config(shadow=False)
        made["ProductionVariants"].append(second)
        cloud("CreateEndpointConfig", made)
        cloud("CreateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "config-1"})
        await cloud.settle()
        with pytest.raises(ServiceError, match="one variant"):
            cloud("CreateInferenceExperiment", experiment())

    run(main())
