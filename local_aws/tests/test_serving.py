"""Real model-server processes: started, invoked, mirrored, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws.errors import ServiceError
from local_aws.faults import Faults
from local_aws.loose import Json
from local_aws.metrics.statistics import statistic
from local_aws.metrics.store import MetricKey, MetricStore
from local_aws.sagemaker.deployment import DeploymentFailedError
from local_aws.sagemaker.records import Endpoint, Fleet, Variant
from local_aws.serving.capture import CaptureBuffer
from local_aws.serving.invoke import Invocation, Invoker
from local_aws.serving.measure import HOSTS, INVOCATIONS, HostMeter, InvocationMeter, dimension_sets
from local_aws.serving.servers import ModelServers
from local_aws.settings import Assumptions, Settings
from local_aws.tests.support import ECHO, REGION, Objects, archive, run

CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captured",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}


class Stage:
    """An endpoint with two echoing variants, and everything around it."""

    def __init__(self, root: Path, scripts: dict[str, str] | None = None) -> None:
        texts = {"v1": ECHO.format(version="v1"), "v2": ECHO.format(version="v2"), **(scripts or {})}
        self.objects = Objects({f"models/{v}.tar.gz": archive(code__inference_py=t) for v, t in texts.items()})
        self.faults = Faults()
        self.store = MetricStore()
        self.capture = CaptureBuffer(self.objects)
        self.servers = ModelServers(self.objects, root, Settings(startup_timeout_seconds=2.0), self.faults)
        meter = InvocationMeter(self.store)
        self.invoker = Invoker(meter, self.capture, self.faults, Assumptions(), random.Random(7))
        self.fleet = Fleet("churn", REGION, "config-1", [self.variant("production", "v1")], CAPTURE)
        self.fleet.variants.append(self.variant("shadow", "v2", shadow=True))
        self.endpoint = Endpoint("churn", "arn", REGION, "config-1", "InService", self.fleet)

    @staticmethod
    def variant(name: str, model: str, **fields: Json) -> Variant:
        """A variant of a model in S3, on two instances."""
        uri = f"s3://models/{model}.tar.gz"
        return Variant(name, model, "ml.m5.xlarge", 2, 1.0, model_data=uri, image=f"image:{model}", **fields)

    async def ask(self, payload: str = "a", **fields: Json) -> str:
        """The answer to a payload, after the shadow got its copy."""
        answer = await self.invoker.invoke(self.endpoint, Invocation(body=payload.encode(), **fields))
        await self.invoker.settle()
        return answer.body.decode()

    def metric(self, variant: str, name: str, stat: str, namespace: str = INVOCATIONS) -> float | None:
        """A statistic over the last ten minutes."""
        found = self.fleet.find(variant)
        assert found is not None
        values = set()
        for dimensions in dimension_sets(self.fleet, found):
            key = MetricKey(REGION, namespace, name, dimensions)
            summaries = list(self.store.read(key, time.time() - 600, time.time() + 60, 86_400).values())
            values.add(statistic(summaries[0], stat) if summaries else None)
        # With EndpointConfigName and without, the figures are the same.
        (value,) = values
        return value

    def records(self, variant: str) -> list[dict[str, Any]]:
        """What was captured of a variant."""
        self.capture.flush()
        bodies = [body for name, body in self.objects.held.items() if f"/churn/{variant}/" in name]
        return [json.loads(line) for body in bodies for line in body.decode().splitlines()]


def staged(root: Path, test: Callable[[Stage], Awaitable[None]]) -> None:
    """Run a test on a started stage, which is always stopped."""

    async def main() -> None:
        stage = Stage(root)
        await stage.servers.start(stage.fleet)
        try:
            await test(stage)
        finally:
            await stage.servers.stop_all()

    run(main())


SLEEPER = """\
import time

def predict_fn(payload, model):
    return payload

def model_fn(model_dir):
    time.sleep(60)
"""


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_production_answers_and_the_shadow_gets_a_copy(tmp_path: Path) -> None:
    """The caller gets production's answer; both variants count, measure and capture the request."""

    async def test(stage: Stage) -> None:
        assert await stage.ask("1,2", inference_id="id-1") == "v1:1,2"

        for variant, answer in (("production", "v1:1,2"), ("shadow", "v2:1,2")):
            assert stage.metric(variant, "Invocations", "Sum") == 1
            assert stage.metric(variant, "InvocationsPerInstance", "Sum") == 0.5
            assert stage.metric(variant, "Invocation5XXErrors", "Average") == 0
            latency = stage.metric(variant, "ModelLatency", "p99")
            assert latency is not None
            assert 50 < latency < 5e6
            (found,) = stage.records(variant)
            assert found["captureData"]["endpointOutput"]["data"] == answer
            assert found["eventMetadata"]["inferenceId"] == "id-1"
        ids = {stage.records(v)[0]["eventMetadata"]["eventId"] for v in ("production", "shadow")}
        assert len(ids) == 2

    staged(tmp_path, test)


def test_the_shadow_gets_its_share(tmp_path: Path) -> None:
    """A weight of a quarter copies about a quarter; production has all."""

    async def test(stage: Stage) -> None:
        stage.fleet.variants[1].weight = 0.25
        for _ in range(200):
            await stage.ask()

        assert stage.metric("production", "Invocations", "Sum") == 200
        copied = stage.metric("shadow", "Invocations", "Sum")
        assert copied is not None
        assert 30 <= copied <= 70

    staged(tmp_path, test)


def test_a_shadow_never_delays_or_fails_the_caller(tmp_path: Path) -> None:
    """Slow and failing, it costs the caller nothing, and its own metrics show it."""

    async def test(stage: Stage) -> None:
        stage.faults.add({"kind": "slow", "endpoint": "churn", "variant": "shadow", "milliseconds": 300})
        stage.faults.add({"kind": "fail", "endpoint": "churn", "variant": "shadow", "share": 1, "status": 503})
        began = time.monotonic()
        answer = await stage.invoker.invoke(stage.endpoint, Invocation(body=b"a"))
        took = time.monotonic() - began
        await stage.invoker.settle()

        assert (answer.body, answer.variant) == (b"v1:a", "production")
        assert took < 0.25
        assert stage.metric("shadow", "Invocation5XXErrors", "Sum") == 1
        assert (stage.metric("shadow", "ModelLatency", "Minimum") or 0) > 300_000
        assert stage.records("shadow") == []

    staged(tmp_path, test)


def test_fails_with_a_model_error_when_production_fails(tmp_path: Path) -> None:
    """A model that raises is a ModelError with the original status, and counts as such."""

    async def test(stage: Stage) -> None:
        with pytest.raises(ServiceError, match=r"Received server error \(500\) from production") as refused:
            await stage.ask("raise")
        await stage.invoker.settle()

        assert (
            refused.value.code,
            refused.value.status,
            refused.value.details["OriginalStatusCode"],
        ) == ("ModelError", 424, 500)
        assert stage.metric("production", "InvocationModelErrors", "Sum") == 1
        assert stage.metric("shadow", "InvocationModelErrors", "Sum") == 1

    staged(tmp_path, test)


def test_fails_a_share_of_the_requests_on_demand(tmp_path: Path) -> None:
    """A planted share of 4XX is a client error of the model."""

    async def test(stage: Stage) -> None:
        stage.faults.add({"kind": "fail", "endpoint": "churn", "variant": "production", "share": 0.5, "status": 400})
        outcomes = []
        for _ in range(40):
            try:
                outcomes.append(await stage.ask())
            except ServiceError as error:
                outcomes.append(str(error.details["OriginalStatusCode"]))

        assert {"v1:a", "400"} == set(outcomes)
        assert stage.metric("production", "Invocation4XXErrors", "Sum") == outcomes.count("400")

    staged(tmp_path, test)


def test_the_shadow_can_be_left_out(tmp_path: Path) -> None:
    """An unmirrored endpoint has a shadow without a single data point."""

    async def test(stage: Stage) -> None:
        stage.faults.add({"kind": "unmirrored", "endpoint": "churn"})
        await stage.ask()

        assert stage.metric("shadow", "Invocations", "Sum") is None

    staged(tmp_path, test)


def test_a_production_variant_can_be_asked_for(tmp_path: Path) -> None:
    """TargetVariant chooses among production variants; a shadow is none."""

    async def test(stage: Stage) -> None:
        stage.fleet.variants[1].shadow = False

        assert await stage.ask(target_variant="shadow") == "v2:a"
        assert {"v1:a", "v2:a"} == {await stage.ask() for _ in range(40)}
        stage.fleet.variants[1].shadow = True
        with pytest.raises(ServiceError, match="not a production variant"):
            await stage.ask(target_variant="shadow")

    staged(tmp_path, test)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"inference_id": ""}, "InferenceId"),
        ({"inference_id": "x" * 65}, "InferenceId"),
        ({"inference_id": " x"}, "InferenceId"),
        ({"custom_attributes": "é"}, "US-ASCII"),
        ({"custom_attributes": "x" * 1025}, "at most 1024"),
    ],
)
def test_fails_what_the_runtime_refuses(tmp_path: Path, fields: dict[str, str], said: str) -> None:
    """Ids and attributes have their limits, before any model is asked."""
    stage = Stage(tmp_path)
    with pytest.raises(ServiceError, match=said):
        run(stage.ask(**fields))


def test_fails_a_body_beyond_six_megabytes(tmp_path: Path) -> None:
    """The payload limit of InvokeEndpoint."""
    with pytest.raises(ServiceError, match="the limit is 6291456"):
        run(Stage(tmp_path).ask("x" * 6_291_457))


def test_fails_an_endpoint_that_does_not_serve_yet(tmp_path: Path) -> None:
    """While it is being created there is nobody to answer."""
    stage = Stage(tmp_path)
    stage.endpoint.fleet, stage.endpoint.status = None, "Creating"

    with pytest.raises(ServiceError, match="it is Creating"):
        run(stage.ask())


def test_traffic_shifts_to_the_next_fleet_by_its_share(tmp_path: Path) -> None:
    """At a share of one, the new fleet takes everything."""

    async def test(stage: Stage) -> None:
        stage.endpoint.next_fleet = Fleet("churn", REGION, "config-2", [stage.fleet.variants[1]])
        stage.fleet.variants[1].shadow = False
        stage.endpoint.next_share = 1.0

        assert await stage.ask() == "v2:a"

    staged(tmp_path, test)


def test_a_server_that_died_is_a_model_error(tmp_path: Path) -> None:
    """A killed process fails its requests and nothing else."""

    async def test(stage: Stage) -> None:
        server = stage.fleet.variants[0].server
        assert server is not None
        os.kill(server.pid, 9)
        await asyncio.sleep(0.05)

        with pytest.raises(ServiceError, match="no answer"):
            await stage.ask()
        assert stage.metric("production", "Invocation5XXErrors", "Sum") == 1

    staged(tmp_path, test)


def test_stopping_a_fleet_ends_its_processes(tmp_path: Path) -> None:
    """Neither process nor artifact is left."""

    async def test(stage: Stage) -> None:
        pids = stage.servers.pids
        assert len(pids) == 2
        await stage.servers.stop(stage.fleet)

        assert not any(alive(pid) for pid in pids)
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []

    staged(tmp_path, test)


@pytest.mark.parametrize(
    ("scripts", "fault", "said"),
    [
        ({"v1": "raise RuntimeError('no weights')"}, None, "ping health check.*no weights"),
        ({"v1": SLEEPER}, None, "ping health check"),
        ({}, {"kind": "unhealthy", "image": "image:v1"}, "ping health check"),
    ],
)
def test_fails_a_container_that_does_not_become_healthy(
    tmp_path: Path, scripts: dict[str, str], fault: dict[str, str] | None, said: str
) -> None:
    """Raising at load, loading for ever and a planted fault end in AWS's words, and leave no process."""

    async def main() -> None:
        stage = Stage(tmp_path, scripts)
        if fault:
            stage.faults.add(fault)

        with pytest.raises(DeploymentFailedError, match=said):
            await stage.servers.start(stage.fleet)
        assert stage.servers.pids == []

    run(main())


def test_fails_an_artifact_that_is_not_there(tmp_path: Path) -> None:
    """A missing archive is named."""
    stage = Stage(tmp_path)
    stage.objects.held.clear()

    with pytest.raises(DeploymentFailedError, match=r"Could not find model data at s3://models/v1\.tar\.gz"):
        run(stage.servers.start(stage.fleet))


def test_host_metrics_come_from_the_processes(tmp_path: Path) -> None:
    """CPU, memory and disk are measured, per variant."""

    async def test(stage: Stage) -> None:
        meter = HostMeter(stage.store)
        meter.measure(stage.endpoint, {})
        # A processor's time is told in hundredths of a second: so many requests may take less.
        for _ in range(100):
            for _ in range(100):
                await stage.ask()
            meter.measure(stage.endpoint, {"production": 3 * 1024**3})
            if stage.metric("production", "CPUUtilization", "Maximum", HOSTS):
                break

        cpu, memory, disk = (
            stage.metric("production", f"{what}Utilization", "Maximum", HOSTS) for what in ("CPU", "Memory", "Disk")
        )
        assert cpu is not None
        assert cpu > 0
        assert memory is not None
        assert 0 < memory < 100
        assert disk == pytest.approx(10, abs=0.1)

    staged(tmp_path, test)
