"""The course of a deployment: a new fleet starts, takes traffic step by step, and stays or is rolled back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from local_aws.faults import Faults
from local_aws.sagemaker import rules, traffic
from local_aws.sagemaker.records import Endpoint, Fleet
from local_aws.settings import Settings

logger = logging.getLogger(__name__)

_ALARM_POLL_SECONDS = 0.1
_HOLD_POLL_SECONDS = 0.05


class DeploymentFailedError(Exception):
    """A deployment that must be rolled back; the message becomes FailureReason."""


class FleetRunner(Protocol):
    """Starts and stops the processes of a fleet."""

    async def start(self, fleet: Fleet) -> None:
        """Start a server per variant and wait until all are healthy.

        Raises:
            DeploymentFailedError: If one does not become healthy.
        """

    async def stop(self, fleet: Fleet) -> None:
        """Stop a fleet's servers, after the requests they are answering."""


class Deployer:
    """Runs deployments.

    Args:
        fleets: Starts and stops servers.
        in_alarm: Returns which of the named alarms of a region are in ALARM.
        settings: Durations.
        faults: Planted faults, asked at every update.
        announce: Told whenever an endpoint's deployment has begun or ended.
        sleep: Waits; tests pass their own.
    """

    def __init__(
        self,
        fleets: FleetRunner,
        in_alarm: Callable[[str, list[str]], list[str]],
        settings: Settings,
        faults: Faults,
        announce: Callable[[Endpoint], None] = lambda _endpoint: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fleets = fleets
        self._in_alarm = in_alarm
        self._settings = settings
        self._faults = faults
        self._announce = announce
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a deployment in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("a deployment ended in an error", exc_info=error)

    async def cancel_all(self) -> None:
        """Cancel what runs, for a reset."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def create(self, endpoint: Endpoint, fleet: Fleet) -> None:
        """Bring an endpoint's first fleet up; if that fails, the endpoint is Failed for good."""
        try:
            await self._start(fleet)
        except DeploymentFailedError as failure:
            endpoint.failure_reason = str(failure)
            self._turn(endpoint, "Failed")
            await self._fleets.stop(fleet)
            return
        endpoint.fleet = fleet
        self._turn(endpoint, "InService")

    def _turn(self, endpoint: Endpoint, status: str) -> None:
        endpoint.touch(status)
        self._announce(endpoint)

    async def update(self, endpoint: Endpoint, fleet: Fleet, deployment: dict[str, Any] | None) -> None:
        """Replace an endpoint's fleet; whatever goes wrong, the old one goes on serving."""
        fault, delay = self._faults.take(endpoint.name), self._faults.take_delay(endpoint.name)
        try:
            await self._start(fleet)
            while self._faults.find("held-update", endpoint.name):
                await self._sleep(_HOLD_POLL_SECONDS)
            await self._sleep(delay)
            if fault is not None:
                raise DeploymentFailedError(fault.get("reason") or "The update was rolled back (planted fault).")
            await self._shift(endpoint, fleet, deployment)
        except DeploymentFailedError as failure:
            silent = fault is not None and fault["kind"] == "silent-rollback"
            await self._roll_back(endpoint, fleet, str(failure), silent=silent)
            return
        old, endpoint.fleet = endpoint.fleet, fleet
        endpoint.config_name = fleet.config_name
        endpoint.next_fleet, endpoint.next_share = None, 0.0
        endpoint.failure_reason, endpoint.silent = None, False
        endpoint.deployment_config = deployment
        self._turn(endpoint, "InService")
        if old is not None:
            await self._drain(old)

    async def scale(self, endpoint: Endpoint) -> None:
        """Let a change of weights or counts take its time."""
        await self._sleep(self._settings.transition_seconds)
        endpoint.touch("InService")

    async def delete(self, endpoint: Endpoint, forget: Callable[[], None]) -> None:
        """Stop an endpoint's servers, then forget it."""
        await self._sleep(self._settings.transition_seconds)
        forget()
        if endpoint.fleet is not None:
            await self._fleets.stop(endpoint.fleet)

    async def _start(self, fleet: Fleet) -> None:
        async def least() -> None:
            await self._sleep(self._settings.transition_seconds)

        results = await asyncio.gather(self._fleets.start(fleet), least(), return_exceptions=True)
        for result in results:
            if isinstance(result, (DeploymentFailedError, asyncio.CancelledError)):
                raise result
            if isinstance(result, BaseException):
                # An endpoint must never hang in Creating, so an unexpected error is a failed deployment too.
                logger.error("could not start a fleet", exc_info=result)
                raise DeploymentFailedError(f"Internal failure: {result}")

    async def _shift(self, endpoint: Endpoint, fleet: Fleet, deployment: dict[str, Any] | None) -> None:
        alarms = rules.rollback_alarms(deployment)
        instances = sum(variant.count for variant in fleet.production)
        for step in traffic.steps(deployment, instances):
            endpoint.stage = "Baking" if step.share >= 1 else "ActivatingTraffic"
            endpoint.next_share = step.share
            await self._watch(endpoint.region, alarms, step.wait_seconds * self._settings.wait_scale)

    async def _watch(self, region: str, alarms: list[str], seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            fired = self._in_alarm(region, alarms)
            if fired:
                raise DeploymentFailedError(
                    f"The deployment was rolled back: alarm(s) {', '.join(fired)} went into ALARM."
                )
            left = end - time.monotonic()
            if left <= 0:
                return
            await self._sleep(min(left, _ALARM_POLL_SECONDS))

    async def _roll_back(self, endpoint: Endpoint, fleet: Fleet, reason: str, *, silent: bool) -> None:
        logger.info("endpoint %s rolls back to %s: %s", endpoint.name, endpoint.config_name, reason)
        endpoint.next_share = 0.0
        self._turn(endpoint, "RollingBack")
        await self._sleep(self._settings.transition_seconds)
        endpoint.next_fleet = None
        endpoint.failure_reason, endpoint.silent = reason, silent
        self._turn(endpoint, "InService")
        await self._drain(fleet)

    async def _drain(self, fleet: Fleet) -> None:
        # Requests that chose this fleet before the swap are still on their way to it.
        await self._sleep(self._settings.drain_seconds)
        await self._fleets.stop(fleet)
