"""Files that a user names: policies to read, recordings to write."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from shadow_ops.cli import output
from shadow_ops.cli.errors import USAGE, Failure
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.reading import json_of, read_bytes, read_text
from shadow_ops.testfile.document import Said, read, text_in
from shadow_ops.testfile.ends import with_ends_of

# A shell's names of what the command prints to: it is written to as it is.
_STDOUT = (Path("/dev/stdout"), Path("/dev/fd/1"), Path("/proc/self/fd/1"))


def policy_from_file(path: Path) -> GatePolicy:
    """Read a policy.

    Raises:
        InvalidValueError: If it isn't one; each line names the place.
    """
    return GatePolicy.from_json(json_of(read_text(path), str(path), unique=True), str(path))


def said_of(path: Path, endpoint: str) -> tuple[str, Said]:
    """A test's file, and what it says; it must be about that endpoint.

    Raises:
        InvalidValueError: If it can't be read.
        Failure: If it is about another one.
    """
    text = text_in(path)
    said = read(text, str(path))
    if said.endpoint != endpoint:
        raise Failure(f"{path} is about endpoint {said.endpoint}, not {endpoint}; name the file of {endpoint}", USAGE)
    return text, said


def check_writable(path: Path, *, replace: bool, reads: Iterable[Path | None] = ()) -> None:
    """Check that a file can be written, before anything is asked: after a day of waiting it would be too late.

    Args:
        path: The file.
        replace: Whether a file that is there may be replaced.
        reads: Files that the same command reads.

    Raises:
        Failure: If it can't, is there and may not be replaced, is read, is no ordinary file, or has other names.
    """
    if path in _STDOUT:
        return
    for other in reads:
        if other is not None and _is_same(path, other):
            raise Failure(f"{path} is what this command reads, and would be lost; name another file", USAGE)
    if os.path.lexists(path) and not replace:
        raise Failure(f"{path} exists; name another file, or add --force to replace it", USAGE)
    target = _target(path, replace)
    if not target.parent.is_dir():
        raise Failure(f"{path.absolute().parent} is not a folder; make it first", USAGE)
    handle, scratch = _scratch(path, target)
    os.close(handle)
    scratch.unlink()


def write_new(path: Path, text: str, *, replace: bool) -> None:
    """Write a file, whole or not at all.

    Args:
        path: The file.
        text: What it will hold.
        replace: Whether a file that is there may be replaced: then that one is, also through a link, with its rights.

    Raises:
        Failure: If the file is there and may not be replaced, it or the folder can't be written to, or it has names
            beside this one.
    """
    if path in _STDOUT:
        output.data(text.removesuffix("\n"))
        return
    _write(path, (text if text.endswith("\n") else f"{text}\n").encode(), replace=replace)


def rewrite(path: Path, text: str) -> None:
    """Change a text file, whole or not at all; its mark, its line ends, its rights and a link stay as they are.

    Args:
        path: The file.
        text: What it will hold, with LF.

    Raises:
        Failure: If it can't be written, or has names beside this one.
        InvalidValueError: If it can't be read any more.
    """
    _write(path, with_ends_of(read_bytes(path), text), replace=True)


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    target = _target(path, replace)
    handle, scratch = _scratch(path, target)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        scratch.chmod(stat.S_IMODE(target.stat().st_mode) if replace and target.exists() else 0o644)
        if replace:
            scratch.replace(target)
        else:
            # Unlike a rename, a link never takes the place of a file that came in the meantime.
            path.hardlink_to(scratch)
    except FileExistsError:
        raise Failure(f"{path} exists; name another file, or add --force to replace it", USAGE) from None
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def _target(path: Path, replace: bool) -> Path:
    """What is written: of a link that may be replaced, what it leads to."""
    target = Path(os.path.realpath(path)) if replace else path.absolute()
    if replace and os.path.lexists(target):
        _check_replaceable(path, target.lstat())
    return target


def _scratch(path: Path, target: Path) -> tuple[int, Path]:
    """A file beside it, which becomes it once it is whole."""
    try:
        # The name of the file itself may be as long as names may be.
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=".shadow-test.", suffix=".part")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    return handle, Path(scratch)


def _check_replaceable(path: Path, found: os.stat_result) -> None:
    """What takes a file's place would also take its protection away, and would leave its other names behind."""
    if not stat.S_ISREG(found.st_mode):
        raise Failure(f"{path} is no ordinary file and stays as it is; name another", USAGE)
    # By its mode: whoever may do anything, as root may, is asked to mean it too.
    if not found.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise Failure(f"{path} is read-only and stays as it is; make it writable (chmod u+w), or name another", USAGE)
    if found.st_nlink > 1:
        names = f"{found.st_nlink} names (hard links)"
        raise Failure(f"{path} has {names} and stays as it is: a copy would leave the others behind; copy it", USAGE)
