"""Wires the world and ministack into the application that is served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from local_aws.control import Control
from local_aws.front import Front
from local_aws.glue import access, install, private
from local_aws.glue.alarms import CloudWatchAlarms
from local_aws.glue.cloudwatch import CloudWatchGlue
from local_aws.glue.events import announce
from local_aws.glue.s3 import LocalS3
from local_aws.metrics.store import MetricStore
from local_aws.settings import Settings
from local_aws.world import World


def assemble(
    settings: Settings,
    state: Path,
    loop: asyncio.AbstractEventLoop,
    ready: Callable[[], None],
    *,
    enforce_iam: bool = False,
) -> tuple[World, Front]:
    """Return the world and the application.

    Args:
        settings: Durations and assumptions.
        state: Directory for artifacts and logs.
        loop: The loop that will serve.
        ready: Called once the application can serve.
        enforce_iam: Whether IAM policies of callers are evaluated. Default: everyone may do everything.
    """
    store = MetricStore()
    alarms = CloudWatchAlarms(store, settings.wait_scale)
    world = World(settings, state / "models", LocalS3(), alarms, store, announce)
    CloudWatchGlue(store, alarms).install()
    install.install(world, alarms, loop)
    control = Control(world, install.reset_ministack)
    authorize = None
    if enforce_iam:
        access.install()
        authorize = access.authorize_invocation
    return world, Front(
        private.module("app").app, world, control, ready, authorize, private.module("core.lambda_runtime").reset
    )
