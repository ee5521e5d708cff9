"""Serves the local AWS: one port, one process, gone when it is told to go."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.reaper import MARK_VARIABLE
from local_aws.settings import Settings

logger = logging.getLogger(__name__)
_REPOSITORY = Path(__file__).resolve().parents[1]
_GRACE_SECONDS = 0.3
# What the caller's shell may hold that would send a Lambda function, or boto3 here, to the real AWS.
_FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_SESSION_TOKEN")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to serve.

    Args:
        host: Address to bind; only loopback is accepted.
        port: Port; 0 picks a free one.
        state: Directory for logs and artifacts.
        until_stdin_closes: Whether to end when stdin closes.
        enforce_iam: Whether IAM policies of callers are evaluated.
        settings: Durations and assumptions.
    """

    host: str = "127.0.0.1"
    port: int = 0
    state: Path
    until_stdin_closes: bool = False
    enforce_iam: bool = False
    settings: Settings


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: If the port is taken.
        ValueError: If the address is not a loopback address: whoever reaches this port can run code.
    """
    if host not in ("127.0.0.1", "localhost"):
        raise ValueError(f"'--host' must be 127.0.0.1, got '{host}': the local AWS runs Lambda code as subprocesses")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


def prepare_environment(options: Options, port: int) -> str:
    """Set up the environment that ministack and every subprocess inherit; return the run's mark."""
    from local_aws.glue import private

    for name in (*_FOREIGN, "AWS_ENDPOINT_URL", "PYTHONPATH"):
        os.environ.pop(name, None)
    temporary = options.state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    mark = uuid.uuid4().hex
    os.environ.update(
        {
            "TMPDIR": str(temporary),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AUTH": "true" if options.enforce_iam else "false",
            MARK_VARIABLE: mark,
        }
    )
    modules = _REPOSITORY / "node_modules"
    if modules.is_dir():
        # Node functions expect the SDK that AWS Lambda brings along.
        os.environ.setdefault("NODE_PATH", str(modules))
    private.prepare(port, str(options.state))
    return mark


def start_reaper(mark: str) -> subprocess.Popen[bytes]:
    """Start the process that kills what is left over when this one dies."""
    return subprocess.Popen(
        [sys.executable, "-m", "local_aws.reaper", mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=_REPOSITORY,
        start_new_session=True,
    )


def run(options: Options) -> None:
    """Serve until told to stop; ends the process.

    Raises:
        ValueError: If the address is not loopback.
        OSError: If the port is taken.
    """
    listener = listen(options.host, options.port)
    port = listener.getsockname()[1]
    options.state.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=options.state / "local_aws.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s [%(name)s] %(message)s",
        force=True,
    )
    mark = prepare_environment(options, port)
    reaper = start_reaper(mark)
    from local_aws.glue import private

    private.check()
    asyncio.run(_serve_and_exit(options, listener, port, reaper))


async def _serve_and_exit(
    options: Options, listener: socket.socket, port: int, reaper: subprocess.Popen[bytes]
) -> None:
    from local_aws.glue import private

    try:
        await _serve(options, listener, port)
    except Exception:
        logger.exception("the server failed")
        raise
    with contextlib.suppress(Exception):
        private.module("core.lambda_runtime").reset()
    assert reaper.stdin is not None
    reaper.stdin.close()
    logging.shutdown()
    # A normal exit waits for every thread, and one may wait an hour for a custom resource.
    os._exit(0)


async def _serve(options: Options, listener: socket.socket, port: int) -> None:
    from local_aws.assembly import assemble

    hypercorn: Any = importlib.import_module("hypercorn.asyncio")
    config: Any = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.errorlog = logging.getLogger("hypercorn.error")
    config.graceful_timeout = _GRACE_SECONDS
    config.shutdown_timeout = _GRACE_SECONDS
    # Clients stay for a whole rehearsal, and none of them repeats a call that met a connection just closed.
    config.keep_alive_timeout = 3600
    # A stopped or restarted client keeps its connections for long runs; the default ends them after 1000 requests.
    config.keep_alive_max_requests = 10**9
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, stop.set)
    if options.until_stdin_closes:
        threading.Thread(target=_wait_for_stdin, args=(loop, stop), daemon=True).start()

    def ready() -> None:
        print(f"ready http://127.0.0.1:{port}", flush=True)  # noqa: T201  # the one line that callers wait for

    world, application = assemble(options.settings, options.state, loop, ready, enforce_iam=options.enforce_iam)
    world.start()
    serving = loop.create_task(hypercorn.serve(application, config, shutdown_trigger=stop.wait))
    waiting = loop.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({serving}, timeout=2 * _GRACE_SECONDS)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(world.stop(), 1.0)
    if serving.done() and (error := serving.exception()):
        raise error


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)
