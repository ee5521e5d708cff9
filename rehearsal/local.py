"""The local AWS: started, talked to and stopped as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from rehearsal import environment, processes
from rehearsal.errors import RehearsalError
from shadow_ops.aws.boto import Client

PYTHON = environment.PROJECT / ".venv-local-aws" / "bin" / "python"

_READY_SECONDS = 60.0
_STOP_SECONDS = 5.0
_TAIL_LINES = 15


class LocalAws:
    """A local AWS that runs for the length of a ``with`` block.

    Args:
        folder: Where it keeps its state and its log.
        options: More of its command line's options, such as ``--startup-timeout``.
        python: The interpreter of its own virtual environment.

    Attributes:
        endpoint_url: Where it listens, on loopback.
        log: What it wrote.
    """

    def __init__(self, folder: Path, *, options: Sequence[str] = (), python: Path = PYTHON) -> None:
        self.endpoint_url = ""
        self.log = folder / "local-aws.log"
        self._folder = folder
        self._options = options
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None
        self._session = _session()
        self._clients: dict[str, Client] = {}

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            RehearsalError: If it is not installed, or does not come up.
        """
        if not self._python.exists():
            raise RehearsalError(f"the local AWS is not installed ({self._python} is missing): run `make demo` once")
        state, scratch = self._folder / "local-aws", self._folder / "tmp"
        state.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        command = [str(self._python), "-m", "local_aws", "--port", "0", "--state", str(state)]
        command += ["--until-stdin-closes", *self._options]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=environment.PROJECT,
                env=environment.for_local_aws(scratch),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal is for the rehearsal, which then stops everything in order. If the
                # rehearsal is killed instead, the pipe to stdin closes and ends it.
                start_new_session=True,
            )
        try:
            self.endpoint_url = environment.check_loopback(self._wait_until_ready(self._process))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Stop it and all it started; harmless if it is not running."""
        if self._process is None:
            return
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        processes.wait_for_group(process, _STOP_SECONDS)
        processes.end(process, 1)
        self._process = None
        self._clients.clear()

    def client(self, service: str) -> Client:
        """Return the boto3 client of the local AWS. It never repeats a call, so that no failure goes unseen."""
        # To make one takes longer than most calls.
        if service not in self._clients:
            self._clients[service] = self._session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=environment.check_loopback(self.endpoint_url),
                config=Config(
                    retries={"total_max_attempts": 1},
                    proxies={},
                    max_pool_connections=32,
                    s3={"addressing_style": "path"},
                ),
            )
        return self._clients[service]

    def fault(self, kind: str, **keys: object) -> None:
        """Plant a fault, as `local_aws/README.md` lists them.

        Raises:
            RehearsalError: If the local AWS refuses it.
        """
        self._control("POST", "/_local/faults", {"kind": kind, **keys})

    def clear_faults(self, kind: str | None = None) -> None:
        """Turn all faults off, or those of one kind."""
        self._control("DELETE", "/_local/faults" if kind is None else f"/_local/faults/{kind}")

    def mail(self, address: str) -> list[dict[str, str]]:
        """What an e-mail address got by SNS, the newest last: ``subject``, ``message``, ``topic``."""
        return [one for one in self._control("GET", "/_local/mail")["mail"] if one["to"] == address]

    def pipelines(self) -> Any:  # noqa: ANN401 - JSON
        """Pipelines by name with their stages, ``approvals`` and ``jobs``."""
        return self._control("GET", "/_local/pipelines")

    def ask_approval(self, **asked: str) -> str:
        """Have an action of a pipeline wait for its approval; its token."""
        return str(self._control("POST", "/_local/pipelines/approvals", asked)["token"])

    def begin_job(self) -> str:
        """Begin a job of a pipeline; its id."""
        return str(self._control("POST", "/_local/pipelines/jobs")["job"])

    def _control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(
            environment.check_loopback(self.endpoint_url) + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RehearsalError(f"the local AWS refused {method} {path}: {error.read().decode()}") from error
        except OSError as error:
            raise RehearsalError(f"the local AWS does not answer ({error}); its log is {self.log}") from error

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            lines = self.log.read_text(errors="replace").splitlines(keepends=True)
            for line in lines:
                if line.startswith("ready http") and line.endswith("\n"):
                    return line.split()[1]
            if ended:
                raise RehearsalError(_failure(f"ended with exit code {process.returncode}", lines))
            time.sleep(0.05)
        raise RehearsalError(_failure(f"was not ready after {_READY_SECONDS:g} s", lines))


def _failure(what: str, lines: list[str]) -> str:
    tail = "".join(f"\n  | {line.rstrip()}" for line in lines[-_TAIL_LINES:])
    return f"the local AWS {what}; the end of its log:{tail or ' it is empty'}"


def _session() -> boto3.Session:
    """Return a session that reads none of the user's AWS settings."""
    nothing = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nothing,
            "credentials_file": nothing,
        }
    )
    return boto3.Session(
        botocore_session=core,
        aws_access_key_id=environment.KEY,
        aws_secret_access_key=environment.KEY,
        region_name=environment.REGION,
    )
