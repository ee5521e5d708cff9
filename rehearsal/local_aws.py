"""Starting and stopping the local AWS, which runs as a process of its own in its own virtual environment."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

REPOSITORY = Path(__file__).resolve().parents[1]
PYTHON = REPOSITORY / ".venv-local-aws" / "bin" / "python"
REGION = "us-east-1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class RehearsalError(Exception):
    """The rehearsal can't go on; the message is one line for a person."""


@dataclass(frozen=True)
class LocalAws:
    """A local AWS that runs.

    Attributes:
        url: Its address, on this machine only.

    Raises:
        RehearsalError: If the address isn't on this machine: a rehearsal never talks to the real AWS.
    """

    url: str

    def __post_init__(self) -> None:
        """Refuse any address but this machine's."""
        if urlsplit(self.url).hostname not in _LOOPBACK:
            raise RehearsalError(f"'url' must be on this machine ({', '.join(_LOOPBACK)}), got {self.url!r}")

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, with every AWS setting replaced by the local AWS's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """An ordinary boto3 client that talks to the local AWS, and doesn't hide failures by trying again."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # the stubs know each service by a literal
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50, s3={"addressing_style": "path"}),
        )

    def plant(self, kind: str, **details: object) -> None:
        """Plant a fault, such as ``plant("failed-update", endpoint="churn")``; see local_aws/README.md."""
        self._control("POST", "/_local/faults", {"kind": kind, **details})

    def clear_faults(self) -> None:
        """Take all faults back."""
        self._control("DELETE", "/_local/faults")

    def reset(self) -> None:
        """Forget everything, as if just started."""
        self._control("POST", "/_local/reset")

    def _control(self, method: str, path: str, body: object = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=STOP_SECONDS):
            pass


@contextmanager
def started(state: Path) -> Iterator[LocalAws]:
    """Run a local AWS while the block runs.

    It ends with the block, and also when this process dies in any way: it holds the other end of a pipe.

    Args:
        state: Folder for its log and its model servers' files.

    Raises:
        RehearsalError: If it isn't installed or doesn't start.
    """
    if not PYTHON.exists():
        raise RehearsalError("the local AWS isn't installed: run 'make setup' first")
    state.mkdir(parents=True, exist_ok=True)
    command = [str(PYTHON), "-m", "local_aws", "--port", "0", "--state", str(state), "--until-stdin-closes"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=REPOSITORY,
        env=_server_environment(),
        # A Ctrl-C is for this process, which then stops the local AWS in order.
        start_new_session=True,
    )
    try:
        yield LocalAws(_ready(process, state / "local_aws.log"))
    finally:
        _stop(process)


def _server_environment() -> dict[str, str]:
    """Node for the Node functions that the CDK brings along, and the AWS SDK that they find in Lambda."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = os.pathsep.join([str(REPOSITORY / ".venv" / "bin"), os.environ.get("PATH", "")])
    return {**kept, "PATH": path, "NODE_PATH": str(REPOSITORY / "node_modules")}


def _ready(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        line = process.stdout.readline().strip()
        if line.startswith("ready "):
            return line.removeprefix("ready ")
    tail = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
    raise RehearsalError(f"the local AWS didn't start: {tail[0] if tail else 'it left no log'} (log: {log})")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
