"""A process that has the AWS SDK loaded, of which each Python function's own process is a fork.

Run as a script with its end of a socket: each message asks for one process, whose three streams come with it. What is
starts this way has the environment, folder and paths of a fresh process, and nothing that another one has done. Only
what all of them would load and read first is there already: that takes longer than most functions run.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import types
from pathlib import Path
from typing import Any

LARGEST_MESSAGE = 1 << 17
_STREAMS = 3


class _Models:
    """botocore's own data: what one process has read, those after it find read."""

    def __init__(self) -> None:
        from botocore import BOTOCORE_ROOT
        from botocore.loaders import JSONFileLoader

        self.told, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        self._first = os.getpid()
        self._root = BOTOCORE_ROOT
        self._held: dict[str, Any] = {}
        self._read = JSONFileLoader.load_file
        JSONFileLoader.load_file = lambda loader, path: self.load(loader, path)  # type: ignore[method-assign, assignment]
        self._loader = JSONFileLoader()

    def load(self, loader: Any, path: str) -> Any:  # noqa: ANN401 - botocore's, which has no types
        """Read a file, or return what was read."""
        if path in self._held:
            return self._held[path]
        found = self._read(loader, path)
        if found is not None and path.startswith(self._root):
            self._held[path] = found
            if os.getpid() != self._first:
                # It may be full, or the function may have closed it: nothing depends on it.
                with contextlib.suppress(OSError):
                    os.write(self._tell, path.encode() + b"\n")
        return found

    def hear(self) -> None:
        """Read what processes had to read themselves."""
        for path in os.read(self.told, 1 << 16).decode().splitlines():
            # The last line may be half a path.
            if Path(path).is_file():
                self.load(self._loader, path)


def _serve(asked: socket.socket, models: _Models) -> dict[str, Any]:
    """Fork whenever it is asked for; returns in the forks only, with what was asked."""
    while True:
        if asked.fileno() not in select.select([asked.fileno(), models.told], [], [])[0]:
            models.hear()
            continue
        message, streams, _, _ = socket.recv_fds(asked, LARGEST_MESSAGE, _STREAMS)
        if not message:
            # The local AWS has gone.
            os._exit(0)
        gc.freeze()
        # Not waited for before its handle is there: until then its number stays its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if not pid:
            # Nothing has been read from or written to them here: Python's own streams are as new.
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
            for opened in (*streams, asked.detach(), models.told):
                os.close(opened)
            return dict(json.loads(message))
        handle = os.pidfd_open(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        socket.send_fds(asked, [str(pid).encode()], [handle])
        for opened in (*streams, handle):
            os.close(opened)


def _wait_for_the_ended(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become(script: str, folder: str, environment: dict[str, str], path: list[str]) -> dict[str, Any]:
    """Make this process what a fresh one would be that runs a script; returns the script's names."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv[:] = [script]
    sys.path[:] = [str(Path(script).parent), *path]
    sys.modules["__main__"] = main = types.ModuleType("__main__")
    main.__dict__.update(__file__=script, __builtins__=__builtins__)
    return main.__dict__


def main() -> None:
    """Load the SDK, say what is loaded, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _wait_for_the_ended)
    asked = socket.socket(fileno=int(sys.argv[1]))
    path = sys.path[1:]
    import boto3.session  # noqa: F401 - loaded for those to come
    import botocore.handlers  # noqa: F401 - the same

    models = _Models()
    asked.send(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})).encode())
    wanted = _serve(asked, models)
    names = _become(**wanted, path=path)
    exec(compile(Path(wanted["script"]).read_bytes(), wanted["script"], "exec"), names)


if __name__ == "__main__":
    main()
