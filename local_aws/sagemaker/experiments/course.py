"""The course of a managed shadow test: created, started, running, stopped or ended by its schedule."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from local_aws.errors import ServiceError
from local_aws.sagemaker import rules
from local_aws.sagemaker.endpoints import Context
from local_aws.sagemaker.experiments import configs
from local_aws.sagemaker.fleets import plan_fleet
from local_aws.sagemaker.records import Definition, Endpoint, Experiment, Region

_POLL_SECONDS = 0.05
_TRANSITIONS = ("Creating", "Updating", "RollingBack", "Deleting")


class _GoneError(Exception):
    """Why the test can't go on."""


async def run(region: Region, experiment: Experiment, context: Context) -> None:
    """Take a test from Creating to Completed; whatever goes wrong cancels it (API InferenceExperimentStatus)."""
    settings = context.settings
    try:
        await asyncio.sleep(settings.transition_seconds)
        created = time.monotonic()
        experiment.turn("Created")
        await _until(
            lambda: created + (experiment.start - experiment.created) * settings.wait_scale,
            lambda: experiment.early,
        )
        if experiment.name not in region.experiments:
            return
        experiment.turn("Starting")
        endpoint = await _idle(region, experiment)
        experiment.before = region.configs.get(endpoint.config_name)
        made = configs.for_the_run(region, experiment)
        experiment.config_name = made.name
        await _serve(region, endpoint, made, context)
        begun = time.monotonic()
        experiment.turn("Running")
        await _until(
            lambda: begun + (experiment.end - experiment.start) * settings.wait_scale,
            lambda: experiment.stop is not None,
        )
        await _conclude(region, experiment, context)
    except (ServiceError, _GoneError) as error:
        experiment.turn("Cancelled", str(error))


async def _conclude(region: Region, experiment: Experiment, context: Context) -> None:
    stop = experiment.stop
    experiment.turn("Stopping")
    endpoint = await _idle(region, experiment)
    if stop is None:
        # Developer Guide, shadow-tests-create: the endpoint goes back to what it was.
        assert experiment.before is not None
        await _serve(region, endpoint, experiment.before, context)
        experiment.turn("Completed", "The experiment reached its scheduled end.")
        return
    await _serve(region, endpoint, configs.for_the_end(region, experiment, stop), context)
    experiment.turn(stop.get("DesiredState", "Completed"), stop.get("Reason"))


async def _serve(region: Region, endpoint: Endpoint, config: Definition, context: Context) -> None:
    rules.check_scaled(config.request, endpoint.fleet, context.scaled(region.name, endpoint.name))
    fleet = plan_fleet(region, config, endpoint.name)
    endpoint.next_fleet, endpoint.next_share, endpoint.stage = fleet, 0.0, "Creating"
    endpoint.pending_since = time.time()
    endpoint.failure_reason, endpoint.silent = None, False
    endpoint.touch("Updating")
    await context.deployer.update(endpoint, fleet, None)
    if endpoint.config_name != config.name:
        raise _GoneError(endpoint.failure_reason or "The endpoint could not be updated.")


async def _idle(region: Region, experiment: Experiment) -> Endpoint:
    """Return the endpoint once nobody changes it.

    Raises:
        _GoneError: If there is none any more.
    """
    while True:
        endpoint = region.endpoints.get(experiment.endpoint_name)
        if endpoint is None or endpoint.status == "Failed":
            raise _GoneError(f"The endpoint {experiment.endpoint_name} does not serve any more.")
        if endpoint.status not in _TRANSITIONS:
            return endpoint
        await asyncio.sleep(_POLL_SECONDS)


async def _until(due: Callable[[], float], asked: Callable[[], bool]) -> None:
    # Asked anew each time: an update moves the end.
    while not asked() and (left := due() - time.monotonic()) > 0:
        await asyncio.sleep(min(left, _POLL_SECONDS))
