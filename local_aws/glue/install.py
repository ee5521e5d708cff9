"""Puts our services and resource types into ministack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from local_aws.autoscaling import api as autoscaling
from local_aws.codepipeline import api as codepipeline
from local_aws.errors import ServiceError
from local_aws.glue import exports, express, patches, private, rollback, types
from local_aws.glue.alarm_resources import REPLACING, AlarmResources
from local_aws.glue.alarms import CloudWatchAlarms
from local_aws.glue.bridge import LoopBridge
from local_aws.glue.custom_resources import CustomResources
from local_aws.glue.deliveries import Deliveries
from local_aws.glue.experiment_resources import ExperimentResources
from local_aws.glue.handler import calling, current_region
from local_aws.glue.pipeline_resources import PipelineResources
from local_aws.glue.resources import SageMakerResources
from local_aws.glue.scaling_resources import ScalingResources
from local_aws.glue.topics import Topics
from local_aws.glue.workers import Workers
from local_aws.sagemaker import api as sagemaker
from local_aws.world import World

Response = tuple[int, dict[str, str], bytes]
Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]


def install(world: World, alarms: CloudWatchAlarms, loop: asyncio.AbstractEventLoop) -> None:
    """Add SageMaker, Application Auto Scaling and CodePipeline to ministack's services and resource types.

    Args:
        world: What answers.
        alarms: The local CloudWatch's alarms.
        loop: The loop that serves.
    """
    patches.apply()
    Workers().install()
    deliveries = Deliveries(world.faults, world.settings.wait_scale)
    deliveries.install()
    Topics(world.mail, enforced=private.module("app").AUTH).install()
    custom = CustomResources(deliveries)
    custom.install()
    rollback.install(custom)
    exports.install()
    express.install()
    _add_service(sagemaker.SERVICE, sagemaker.TARGET_PREFIX, world.sagemaker.call)
    _add_service(autoscaling.SERVICE, autoscaling.TARGET_PREFIX, world.autoscaling.call)
    _add_service(codepipeline.SERVICE, codepipeline.TARGET_PREFIX, world.codepipeline.call)
    bridge = LoopBridge(loop)
    provisioners = private.module("services.cloudformation.provisioners")
    provisioners._RESOURCE_HANDLERS.update(SageMakerResources(world.sagemaker, bridge).handlers())
    provisioners._RESOURCE_HANDLERS.update(ExperimentResources(calling(bridge, world.sagemaker.call)).handlers())
    provisioners._RESOURCE_HANDLERS.update(ScalingResources(calling(bridge, world.autoscaling.call)).handlers())
    provisioners._RESOURCE_HANDLERS.update(AlarmResources(alarms).handlers())
    provisioners._RESOURCE_HANDLERS.update(PipelineResources(world.codepipeline).handlers())
    provisioners._REPLACING_PROPERTIES.update({**types.REPLACING, **REPLACING})
    provisioners._CUSTOM_NAME_REPLACEMENT.update({kind: {"name": name} for kind, name in types.NAMED.items()})
    for kind in types.NAMED:
        provisioners._STACK_TAG_PROPERTY[kind] = ("Tags", "list")
    _wait_off_the_loop()


def _add_service(service: str, prefix: str, call: Call) -> None:
    private.module("core.router").SERVICE_PATTERNS[service] = {"target_prefixes": [f"{prefix}."]}
    private.module("app").SERVICE_HANDLERS[service] = json_service(call)


def json_service(call: Call) -> Callable[..., Awaitable[Response]]:
    """Return ministack's kind of handler for an API of the JSON protocol."""

    async def handler(
        _method: str, _path: str, headers: dict[str, str], body: bytes, _query: dict[str, list[str]]
    ) -> Response:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            answer = call(current_region(), operation, json.loads(body or b"{}"))
        except ServiceError as error:
            return error.json_response()
        except ValueError as error:
            return ServiceError("SerializationException", f"the body is not JSON: {error}").json_response()
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()

    return handler


def _wait_off_the_loop() -> None:
    """Let CloudFormation wait for endpoints and tests on a thread, so that requests keep flowing meanwhile."""
    stacks = private.module("services.cloudformation.stacks")
    original = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind in (types.ENDPOINT, types.EXPERIMENT) or original(kind)


async def reset_ministack() -> None:
    """Reset ministack as its own reset call does."""
    app = private.module("app")
    async with app._get_reset_lock():
        await asyncio.to_thread(app._reset_all_state)
