"""Model-server processes: one per variant, started, watched until healthy, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from local_aws.faults import Faults
from local_aws.sagemaker.deployment import DeploymentFailedError
from local_aws.sagemaker.records import Fleet, Variant
from local_aws.serving.artifacts import ArtifactError, ObjectStore, unpack
from local_aws.serving.http_client import ConnectionLostError, HttpClient, HttpResponse
from local_aws.settings import Settings

_PING_SECONDS = 0.05
_STOP_SECONDS = 5.0
_INVOKE_TIMEOUT_SECONDS = 60.0
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class ModelServer:
    """A running model server.

    Args:
        process: Its process.
        client: Connections to it.
        directory: Its unpacked artifact.
        artifact_bytes: Size of the artifact on disk.
        in_flight: Requests it is answering.
    """

    process: asyncio.subprocess.Process
    client: HttpClient
    directory: Path
    artifact_bytes: int
    in_flight: int = 0

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    async def invoke(self, headers: dict[str, str], body: bytes) -> HttpResponse:
        """Ask the model; the service waits sixty seconds for it (InvokeEndpoint).

        Raises:
            ConnectionLostError: If it does not answer.
        """
        self.in_flight += 1
        try:
            return await self.client.request("POST", "/invocations", headers, body, _INVOKE_TIMEOUT_SECONDS)
        finally:
            self.in_flight -= 1


class ModelServers:
    """Starts and stops the processes of fleets.

    Args:
        store: The local S3, for artifacts.
        root: Directory for unpacked artifacts and the servers' logs.
        settings: Durations.
        faults: Planted faults.
    """

    def __init__(self, store: ObjectStore, root: Path, settings: Settings, faults: Faults) -> None:
        self._store = store
        self._root = root
        self._settings = settings
        self._faults = faults
        self._running: set[int] = set()
        self._servers: dict[int, ModelServer] = {}

    async def start(self, fleet: Fleet) -> None:
        """Start a server per variant and wait until all are healthy.

        Raises:
            DeploymentFailedError: If one does not become healthy; the others are stopped.
        """
        results = await asyncio.gather(*(self._start(v, fleet) for v in fleet.variants), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            await self.stop(fleet)
            raise failures[0]

    async def stop(self, fleet: Fleet) -> None:
        """Stop a fleet's servers, after the requests they are answering."""
        for variant in fleet.variants:
            server, variant.server = variant.server, None
            if isinstance(server, ModelServer):
                await self._stop(server)

    async def stop_all(self) -> None:
        """Stop every server at once."""
        servers = list(self._servers.values())
        for server in servers:
            server.in_flight = 0
        await asyncio.gather(*(self._stop(server) for server in servers))

    @property
    def pids(self) -> list[int]:
        """Process ids of the servers that run."""
        return sorted(self._servers)

    async def _start(self, variant: Variant, fleet: Fleet) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix=f"{variant.name}-", dir=self._root))
        try:
            size = await asyncio.to_thread(unpack, variant.model_data, self._store, directory)
        except ArtifactError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise DeploymentFailedError(f"Failed to download model data for variant {variant.name}: {error}") from error
        log = self._root / f"{fleet.endpoint_name}-{variant.name}.log"
        process = await self._spawn(variant, directory, log)
        server = ModelServer(process, HttpClient(0), directory, size)
        self._servers[process.pid] = server
        deadline = time.monotonic() + self._settings.startup_timeout_seconds
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + self._settings.startup_timeout_seconds):
                server.client = HttpClient(await _port(process))
                while not await _healthy(server):
                    if process.returncode is not None or time.monotonic() > deadline:
                        raise TimeoutError
                    await asyncio.sleep(_PING_SECONDS)
        except (TimeoutError, ValueError) as error:
            await self._stop(server)
            # AWS's text, as users quote it; what follows is ours.
            raise DeploymentFailedError(
                f"The primary container for production variant {variant.name} did not pass the ping health check. "
                f"Please check CloudWatch logs for this endpoint. (local log: {_last_line(log)})"
            ) from error
        except BaseException:
            await self._stop(server)
            raise
        variant.server = server

    async def _spawn(self, variant: Variant, directory: Path, log: Path) -> asyncio.subprocess.Process:
        command = [sys.executable, "-m", "local_aws.model_server", "--model-dir", str(directory)]
        if self._faults.unhealthy(variant.image, variant.model_data):
            command.append("--never-healthy")
        environment = {**os.environ, "PYTHONPATH": str(_REPOSITORY), "OMP_NUM_THREADS": "1"}
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                env=environment,
                # Its own session: a Ctrl-C in the terminal is for the local AWS, which then stops it in order.
                start_new_session=True,
            )

    async def _stop(self, server: ModelServer) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        while server.in_flight and time.monotonic() < deadline:
            await asyncio.sleep(_PING_SECONDS)
        self._servers.pop(server.pid, None)
        server.client.close()
        with contextlib.suppress(ProcessLookupError):
            server.process.kill()
        await server.process.wait()
        await asyncio.to_thread(shutil.rmtree, server.directory, ignore_errors=True)


async def _port(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    return int(await process.stdout.readline())


async def _healthy(server: ModelServer) -> bool:
    try:
        answer = await server.client.request("GET", "/ping", {}, b"", 2.0)
    except ConnectionLostError:
        return False
    return answer.status == 200


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "empty"
