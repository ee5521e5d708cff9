"""What the rehearsal refuses, in one line and before it acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import environment, processes
from rehearsal.cdk import Cdk
from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws


def _program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    "url",
    [
        "https://sagemaker.us-east-1.amazonaws.com",
        "http://10.0.0.7:4566",
        "http://0.0.0.0:4566",
        "http://localhost.example.com:4566",
        "http://127.0.0.1@example.com/",
        "127.0.0.1:4566",
        "",
    ],
)
def test_fails_on_an_endpoint_that_is_not_this_machine(url: str, tmp_path: Path) -> None:
    """Neither the check nor the command line takes an address that could be the real AWS."""
    with pytest.raises(RehearsalError, match=r"only talks to this machine.*allowed is http://127\.0\.0\.1:PORT"):
        environment.check_loopback(url)
    with pytest.raises(RehearsalError, match="only talks to this machine"):
        Cdk(url, tmp_path, command=_program(tmp_path / "cdk", "echo 2.1148.1"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://localhost:1", "http://[::1]:80"])
def test_loopback_is_taken(url: str) -> None:
    """Every way to write this machine's own address is taken."""
    assert environment.check_loopback(url) == url


@pytest.mark.parametrize("version", ["2.176.0 (build 1234567)", "1.204.0", "3.0.0 (build 1234567)", "none of it"])
def test_fails_on_a_command_line_that_would_reach_the_real_aws(version: str, tmp_path: Path) -> None:
    """A command line that doesn't know AWS_ENDPOINT_URL is refused before it is asked to do anything."""
    log = tmp_path / "log"
    cdk = _program(tmp_path / "cdk", f'echo "$@" >> {log}; echo "{version}"')
    with pytest.raises(
        RehearsalError, match=r"needed is 2\.177 or a later 2\.x.*would reach the real AWS; run `npm ci`"
    ):
        Cdk("http://127.0.0.1:1", tmp_path, command=cdk)
    assert log.read_text().split()[:1] == ["--version"]
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize("version", ["2.177.0 (build 1)", "2.1148.1 (build fcf5e34)"])
def test_a_recent_command_line_is_taken(version: str, tmp_path: Path) -> None:
    """From 2.177 on, the command line stays on this machine."""
    cdk = Cdk("http://127.0.0.1:1", tmp_path, command=_program(tmp_path / "cdk", f'echo "{version}"'))
    assert cdk.version == version.split()[0]


def test_fails_without_the_command_line(tmp_path: Path) -> None:
    """A command line that isn't installed is said so, with what installs it."""
    with pytest.raises(
        RehearsalError, match=r"command line is not installed \(.*nowhere is missing\): run `make demo`"
    ):
        Cdk("http://127.0.0.1:1", tmp_path, command=tmp_path / "nowhere")


def test_fails_without_the_local_aws(tmp_path: Path) -> None:
    """A missing virtual environment is said so, with what makes it."""
    with pytest.raises(RehearsalError, match=r"local AWS is not installed \(.*missing\): run `make demo`"):
        LocalAws(tmp_path, python=tmp_path / "bin" / "python").__enter__()


def test_fails_with_the_log_when_the_local_aws_does_not_come_up(tmp_path: Path) -> None:
    """The end of its log says why it didn't start."""
    python = _program(tmp_path / "python", "echo 'no module named ministack'; exit 3")
    with pytest.raises(RehearsalError, match=r"exit code 3; the end of its log:\n  \| no module named ministack"):
        LocalAws(tmp_path, python=python).__enter__()


def test_fails_when_the_local_aws_listens_elsewhere(tmp_path: Path) -> None:
    """A local AWS that isn't bound to loopback is stopped: it runs code that anyone may send it."""
    python = _program(tmp_path / "python", "echo 'ready http://0.0.0.0:4566'; exec cat")
    local = LocalAws(tmp_path, python=python)
    with pytest.raises(RehearsalError, match="only talks to this machine"):
        local.__enter__()
    assert local.pid is None


def test_fails_on_a_folder_that_is_in_use(tmp_path: Path) -> None:
    """A folder to keep must be new, so that no file of the user is mixed up."""
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(RehearsalError, match="is not empty: name a new one"), processes.work_folder(tmp_path):
        pass


def test_nothing_of_a_real_account_is_in_reach(tmp_path: Path) -> None:
    """Profiles, keys, roles, endpoints and proxies of the user are left out of the command line's environment."""
    users = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "theirs",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere",
        "CDK_DEPLOY_ACCOUNT": "123456789012",
        "https_proxy": "http://proxy:3128",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/home/ann",
    }
    found = environment.for_cdk("http://127.0.0.1:1", tmp_path, users)
    assert set(found).isdisjoint(set(users) - {"HOME"})
    assert found["HOME"] == "/home/ann"
    assert found["AWS_ACCESS_KEY_ID"] == found["AWS_SECRET_ACCESS_KEY"] == "test"
    assert found["CDK_DISABLE_CLI_TELEMETRY"] == "true"
    assert found["CDK_HOME"] == str(tmp_path)
