"""Processes of Python functions: forks of one that has the SDK loaded, on code that is unpacked once.

A fresh process for each costs half a second of the processor, most of it for importing boto3 and reading API models.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import types
import weakref
import zipfile
from pathlib import Path
from typing import IO

from local_aws import warm
from local_aws.glue import private
from local_aws.loose import Foreign

# What an interpreter, or a library while it is loaded, reads of its environment: with other values than here a process
# of a function has to be a fresh one.
_READ_AT_START = ("PYTHON", "BOTO", "LANG", "LC_", "LD_")


class Forked:
    """The part of `subprocess.Popen` that ministack uses, of a process that isn't this one's child.

    Args:
        pid: Its number.
        handle: A descriptor of the process.
        stdin: What it reads.
        stdout: What it writes.
        stderr: What it complains of.
    """

    def __init__(self, pid: int, handle: int, stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> None:
        self.pid, self.stdin, self.stdout, self.stderr = pid, stdin, stdout, stderr
        self.returncode: int | None = None
        self._handle = handle
        weakref.finalize(self, os.close, handle)

    def poll(self) -> int | None:
        """Return None while it runs; nobody asks how it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: If it hasn't ended by then.
        """
        if self.returncode is None:
            look = select.poll()
            look.register(self._handle, select.POLLIN)
            if not look.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("a function's process", timeout or 0)
            self.returncode = 0
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)


class Workers:
    """Starts processes of functions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._warm: _Warm | None = None

    def install(self) -> None:
        """Let ministack start its processes of functions here."""
        runtime = private.module("core.lambda_runtime")
        runtime.zipfile = _like(zipfile, ZipFile=_SharedCode)
        if sys.platform == "linux":
            runtime.subprocess = _like(subprocess, Popen=self.start)

    def start(self, command: list[str], **options: Foreign) -> Foreign:
        """Start a process as `subprocess.Popen` does."""
        if command[0] == sys.executable:
            with contextlib.suppress(OSError):
                if self._may_fork(options["cwd"], options["env"]):
                    return self._fork(command[1], options["cwd"], options["env"])
        return subprocess.Popen(command, **options)

    def _may_fork(self, folder: str, environment: dict[str, str]) -> bool:
        """Whether a fork is what a fresh process would be: where no module of the function's own is loaded already."""
        with self._lock:
            self._warm = self._warm or _Warm()
            loaded = self._warm.loaded
        changed = {name for name, value in environment.items() if os.environ.get(name) != value}
        changed |= os.environ.keys() - environment.keys()
        own = {path.name.partition(".")[0] for path in Path(folder).iterdir()}
        if own & loaded or "_LAMBDA_LAYERS_DIRS" in environment:
            return False
        return not any(name.startswith(_READ_AT_START) for name in changed)

    def _fork(self, script: str, folder: str, environment: dict[str, str]) -> Forked:
        wanted = json.dumps({"script": script, "folder": folder, "environment": environment}).encode()
        if len(wanted) > warm.LARGEST_MESSAGE:
            raise OSError(errno.EMSGSIZE, "the environment is too large")
        pipes = [os.pipe() for _ in range(3)]
        (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = pipes
        try:
            with self._lock:
                warm_one, self._warm = self._warm or _Warm(), None
                number, handle = warm_one.fork(wanted, [theirs_in, theirs_out, theirs_err])
                # If it has died, the next process is asked of another.
                self._warm = warm_one
        except OSError:
            for ours in (ours_in, ours_out, ours_err):
                os.close(ours)
            raise
        finally:
            for theirs in (theirs_in, theirs_out, theirs_err):
                os.close(theirs)
        return Forked(number, handle, os.fdopen(ours_in, "w", 1), os.fdopen(ours_out), os.fdopen(ours_err))


class _Warm:
    """The process that is forked."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, warm.__file__, str(theirs.fileno())]
            # Its streams are pipes, as those are that its forks get in their place.
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=[theirs.fileno()])
        self.loaded = frozenset(json.loads(self._told(self.socket.recv(warm.LARGEST_MESSAGE))))

    def fork(self, message: bytes, streams: list[int]) -> tuple[int, int]:
        """Fork it; the new process's number and a handle of it."""
        socket.send_fds(self.socket, [message], streams)
        told, handles, _, _ = socket.recv_fds(self.socket, 64, 1)
        return int(self._told(told)), handles[0]

    def _told(self, message: bytes) -> bytes:
        if not message:
            raise BrokenPipeError
        return message


class _SharedCode(zipfile.ZipFile):
    """A function's code, unpacked once for all its processes, in a folder where its modules stay compiled."""

    def extractall(self, path: Foreign = None, *rest: Foreign) -> None:
        """Unpack everything, or refer to where that was done before."""
        folder = Path(path)
        if not (folder.parent / "_worker.py").exists() or folder.name != "code":
            # Layers, and Node's functions, into whose folder their layers go.
            super().extractall(path, *rest)
            return
        assert self.filename is not None
        shared = Path(tempfile.gettempdir(), f"code-{hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()}")
        if not shared.is_dir():
            made = Path(tempfile.mkdtemp())
            super().extractall(made)
            with contextlib.suppress(OSError):
                made.rename(shared)
            # There still if another one was first.
            shutil.rmtree(made, ignore_errors=True)
        folder.rmdir()
        folder.symlink_to(shared)


def _like(module: types.ModuleType, **other: Foreign) -> types.ModuleType:
    """A module that differs from one in some names."""
    changed = types.ModuleType(module.__name__)
    changed.__dict__.update(vars(module), **other)
    return changed
