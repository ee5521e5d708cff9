"""What a command writes: a new file, or an ordinary one that may go; looked at before AWS is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import shadow_ops
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services
from tests.ops.cli.test_propose import FILE
from tests.ops.responses.captured import Said, write

COMMANDS = {
    "gate": "gate churn --record",
    "report": "report churn --no-answers --output",
    "responses": "responses churn --from captured --cache kept --export",
    "fold": "fold churn --write",
    "propose": "propose churn --package churn-models --write",
}
WITHOUT_FORCE = ("fold", "propose")


def protected(path: Path) -> None:
    """A file that nobody may write."""
    path.write_text(FILE)
    path.chmod(0o444)


def of_two_names(path: Path) -> None:
    """A file that another name leads to as well."""
    path.write_text(FILE)
    path.with_name("b").hardlink_to(path)


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "ordinary"),
    "a link to a device": (lambda path: path.symlink_to("/dev/null"), "ordinary"),
    "a link to itself": (lambda path: path.symlink_to(path), ""),
    "read-only": (protected, "is read-only and stays as it is"),
    "two names": (of_two_names, "2 names (hard links)"),
}


def state(path: Path) -> tuple[object, ...]:
    """What is in a place."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with captured answers, which commands run in."""
    monkeypatch.chdir(tmp_path)
    for side in ("production", "shadow"):
        write(tmp_path / "captured", side, [Said("id-1", "0.5")])
    return tmp_path


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_ordinary_file_or_protected_stays_as_it_is(
    run: Run, services: Services, place: Path, command: str, harm: str
) -> None:
    """In one line, exit code 2, and nothing was asked of AWS; also with --force, and by whoever may do anything."""
    make, said = HARMS[harm]
    path = place / "out.csv"
    make(path)
    before, services.endpoints = state(path), {}
    words = [*COMMANDS[command].split(), "out.csv"]
    done = run(*words, *([] if command in WITHOUT_FORCE else ["--force"]))
    (line,) = [one for one in done.stderr.splitlines() if one.startswith(("error: ", "Error: "))]
    assert (done.exit_code, state(path)) == (2, before), done.output
    assert said in line
    assert "no endpoint" not in line


@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in WITHOUT_FORCE])
@pytest.mark.parametrize("where", ["/proc/x.csv", "nowhere/x.csv", "file/x.csv"])
def test_a_folder_that_takes_no_file_is_found_before_aws_is_asked(
    run: Run, services: Services, place: Path, command: str, where: str
) -> None:
    """Whatever its rights say, it is tried: as root may, in a file system that takes nothing."""
    (place / "file").write_text("x")
    services.endpoints = {}
    done = run(*COMMANDS[command].split(), where)
    assert done.exit_code in (1, 2)
    assert "no endpoint" not in done.stderr
    assert where.rsplit("/", 1)[0] in done.stderr


@pytest.mark.parametrize(
    ("reads", "writes"),
    [
        ("report --replay seen.json", "--output seen.json"),
        ("report --replay seen.json", "--output ./captured/../seen.json"),
        ("report --replay seen.json", "--output link.json"),
        ("gate churn --policy seen.json", "--record seen.json"),
        ("gate churn --policy link.json", "--record seen.json"),
    ],
)
def test_no_command_writes_over_what_it_reads(run: Run, place: Path, reads: str, writes: str) -> None:
    """By whatever name, and whatever is forced."""
    assert run("gate", "churn", "--record", "seen.json").exit_code == 0
    (place / "link.json").symlink_to("seen.json")
    before = state(place / "seen.json")
    done = run(*reads.split(), *writes.split(), "--force")
    assert (done.exit_code, state(place / "seen.json")) == (2, before)
    assert "is what this command reads, and would be lost" in done.stderr


@pytest.mark.parametrize("out", ["/dev/stdout", "/dev/fd/1"])
def test_what_is_written_may_be_printed(run: Run, out: str) -> None:
    """By a shell's names of standard output; a pipe there is no pipe to be replaced."""
    done = run("report", "churn", "--no-answers", "--output", out)
    assert done.exit_code == 0
    assert done.stdout.startswith("<!DOCTYPE html>")


def test_a_name_as_long_as_names_may_be_is_written(run: Run, place: Path) -> None:
    """What it is made of on its way has a name of its own."""
    name = f"{'x' * 250}.json"
    assert run("gate", "churn", "--record", name).exit_code == 0
    assert {one.name for one in place.iterdir()} == {"captured", name}


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("words", ["--help", "--version", "completion bash", "gate --help", "gate --replay seen.json"])
def test_a_full_disk_is_one_line(run: Run, words: str) -> None:
    """Exit code 1 and what is the matter; without a place for that either, the code alone."""
    assert run("gate", "churn", "--record", "seen.json").exit_code == 0
    program = [sys.executable, "-m", "shadow_ops", *words.split()]
    environment = {**os.environ, "PYTHONPATH": str(Path(shadow_ops.__file__).parents[1])}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False)
        assert subprocess.run(program, stdout=full, stderr=full, env=environment, check=False).returncode == 1
    assert done.returncode == 1
    assert done.stderr == "error: what was found can't be written to standard output (No space left on device)\n"


def test_nothing_is_left_of_what_was_looked_at(run: Run, place: Path, services: Services) -> None:
    """A folder is tried by a file, which is gone again."""
    services.endpoints = {}
    shutil.rmtree(place / "captured")
    assert run("gate", "churn", "--record", "seen.json").exit_code == 1
    assert [*place.iterdir()] == []


def test_pairs_are_written_to_what_a_link_leads_to(run: Run, place: Path) -> None:
    """As every other file."""
    (place / "real.csv").write_text("old")
    (place / "link.csv").symlink_to("real.csv")
    assert run(*COMMANDS["responses"].split(), "link.csv", "--force").exit_code == 0
    assert (place / "link.csv").is_symlink()
    assert (place / "real.csv").read_text().startswith('"key"')
