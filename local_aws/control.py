"""``/_local``: faults, reset, mail, health, and what plays a pipeline. Not AWS."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from local_aws.errors import ServiceError
from local_aws.loose import Json
from local_aws.world import World

Response = tuple[int, dict[str, str], bytes]
PREFIX = "/_local/"


class Control:
    """Answers the control calls.

    Args:
        world: What is controlled.
        reset_ministack: Resets the rest of the local AWS.
    """

    def __init__(self, world: World, reset_ministack: Callable[[], Awaitable[None]]) -> None:
        self._world = world
        self._reset_ministack = reset_ministack

    async def handle(self, method: str, path: str, body: bytes) -> Response:
        """Answer one call; what is wrong with it is one line with status 400."""
        try:
            return _json(200, await self._dispatch(method, path, body))
        except ServiceError as error:
            return _json(error.status, {"error": error.message})

    async def _dispatch(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        faults = self._world.faults
        match method, path.removeprefix(PREFIX):
            case "GET", "health":
                return {
                    "status": "ok",
                    **self._world.sagemaker.counts(),
                    "model_servers": self._world.servers.pids,
                    "dropped_copies": self._world.invoker.dropped_copies,
                    "faults": faults.all(),
                }
            case "GET", "mail":
                return {"mail": list(self._world.mail)}
            case "GET", "pipelines":
                return self._world.codepipeline.seen()
            case "POST", "pipelines/approvals":
                return self._world.codepipeline.ask(_parsed(body))
            case "POST", "pipelines/jobs":
                return self._world.codepipeline.begin_job()
            case "GET", "faults":
                return {"faults": faults.all()}
            case "POST", "faults":
                return {"fault": faults.add(_parsed(body))}
            case "DELETE", "faults":
                faults.clear()
                return {"faults": []}
            case "DELETE", kind if kind.startswith("faults/"):
                faults.clear(kind.removeprefix("faults/"))
                return {"faults": faults.all()}
            case "POST", "reset":
                await self._world.reset()
                await self._reset_ministack()
                return {"reset": "ok"}
        known = "GET health, mail, pipelines, GET/POST/DELETE faults, POST reset, pipelines/approvals, pipelines/jobs"
        raise ServiceError("NotFound", f"no {method} {path}; there are, under {PREFIX}: {known}", 404)


def _parsed(body: bytes) -> Json:
    try:
        return json.loads(body)
    except ValueError as error:
        raise ServiceError("InvalidFault", f"the body is not JSON: {error}") from error


def _json(status: int, value: dict[str, Any]) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode() + b"\n"
