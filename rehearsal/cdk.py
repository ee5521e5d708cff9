"""The real CDK command line, pointed at the local AWS and at nothing else."""

from __future__ import annotations

import copy
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal import environment, processes
from rehearsal.errors import RehearsalError

COMMAND = environment.PROJECT / "node_modules" / ".bin" / "cdk"
OLDEST = (2, 177)
"""Older command lines ignore AWS_ENDPOINT_URL and would reach the real AWS."""

_TIMEOUT_SECONDS = 900
_TAIL_LINES = 20


@dataclass(frozen=True)
class Run:
    """One run of the command line.

    Attributes:
        arguments: What it was asked.
        exit_code: What it returned.
        output: All it wrote.
        seconds: How long it took.
    """

    arguments: tuple[str, ...]
    exit_code: int
    output: str
    seconds: float

    def check(self) -> Run:
        """Return this run if it went well.

        Raises:
            RehearsalError: If it did not, with the end of its output.
        """
        if self.exit_code == 0:
            return self
        tail = "".join(f"\n  | {line}" for line in self.output.splitlines()[-_TAIL_LINES:])
        raise RehearsalError(f"`cdk {' '.join(self.arguments)}` ended with exit code {self.exit_code}:{tail}")


class Cdk:
    """Runs the command line against one local AWS.

    Args:
        endpoint_url: Where the local AWS is.
        folder: For its own files and for synthesized templates.
        app: The app, as ``--app`` takes it: a command or a folder of templates. By default that of cdk.json.
        context: Context values of every run.
        command: The command line to run.

    Raises:
        RehearsalError: If it is not installed, too old, or would not stay on this machine.
    """

    def __init__(
        self,
        endpoint_url: str,
        folder: Path,
        *,
        app: str | None = None,
        context: Mapping[str, str] | None = None,
        command: Path = COMMAND,
    ) -> None:
        if not command.exists():
            raise RehearsalError(f"the CDK command line is not installed ({command} is missing): run `make demo` once")
        home, scratch = folder / "cdk-home", folder / "tmp"
        home.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        self._environment = environment.for_cdk(endpoint_url, home) | {"TMPDIR": str(scratch)}
        self._folder = folder
        self._app = app
        self._context = dict(context or {})
        self._command = command
        self.version = self._check_version()

    def with_app(self, app: str) -> Cdk:
        """Return the same command line for another app, such as a folder of templates."""
        other = copy.copy(self)
        other._app = app
        return other

    def bootstrap(self) -> Run:
        """Prepare the account for deployments, as is done once per account and region."""
        account = f"aws://{environment.ACCOUNT_ID}/{environment.REGION}"
        # The app is not needed, and need not be synthesized, when the account is named.
        return self.run("bootstrap", account, "--app", "")

    def deploy(self, stack: str, **context: str) -> Run:
        """Deploy a stack without questions."""
        return self.run("deploy", stack, "--require-approval", "never", *self._app_options(context))

    def diff(self, stack: str, **context: str) -> Run:
        """Show what deploying a stack would change."""
        return self.run("diff", stack, *self._app_options(context))

    def destroy(self, stack: str, **context: str) -> Run:
        """Delete a stack without questions."""
        return self.run("destroy", stack, "--force", *self._app_options(context))

    def run(self, *arguments: str, on_line: Callable[[str], None] | None = None) -> Run:
        """Run the command line and wait for it.

        Args:
            arguments: Command and options.
            on_line: Called with each line as it comes.
        """
        began = time.monotonic()
        process = subprocess.Popen(
            [str(self._command), *arguments, "--no-notices", "--no-color"],
            cwd=environment.PROJECT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Its own group, with the app and the app's Node in it, so that all of them can be ended at once.
            start_new_session=True,
        )
        lines: list[str] = []
        # Also where not a line comes any more.
        watchdog = threading.Timer(_TIMEOUT_SECONDS, processes.end, (process, 3))
        watchdog.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line.rstrip("\n"))
            process.wait()
        finally:
            watchdog.cancel()
            processes.end(process, 3)
        if time.monotonic() - began > _TIMEOUT_SECONDS:
            raise RehearsalError(f"`cdk {' '.join(arguments)}` took more than {_TIMEOUT_SECONDS} s: stopped")
        return Run(arguments, process.returncode, "".join(lines), time.monotonic() - began)

    def _app_options(self, context: Mapping[str, str]) -> Sequence[str]:
        options = ["--app", self._app] if self._app is not None else ["--output", str(self._folder / "cdk.out")]
        for name, value in {**self._context, **context}.items():
            options += ["--context", f"{name}={value}"]
        return options

    def _check_version(self) -> str:
        text = self.run("--version").check().output
        found = re.search(r"(\d+)\.(\d+)\.\d+", text)
        version = (0, 0) if found is None else (int(found[1]), int(found[2]))
        # Version 3.0.0 on npm is an old build in spite of its number.
        if not OLDEST <= version < (3, 0):
            raise RehearsalError(
                f"the CDK command line is version {text.strip()!r}, needed is {OLDEST[0]}.{OLDEST[1]} or a later 2.x: "
                "older ones ignore AWS_ENDPOINT_URL and would reach the real AWS; run `npm ci` in the project"
            )
        return text.split()[0]
