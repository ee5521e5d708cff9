"""Files that a user names: policies to read, recordings to write."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from shadow_ops.cli.errors import USAGE, Failure
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.reading import json_of, read_bytes, read_text
from shadow_ops.testfile.ends import with_ends_of


def policy_from_file(path: Path) -> GatePolicy:
    """Read a policy.

    Raises:
        InvalidValueError: If it isn't one; each line names the place.
    """
    return GatePolicy.from_json(json_of(read_text(path), str(path), unique=True), str(path))


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
    target = path.resolve() if replace else path.absolute()
    if replace and target.is_file():
        _check_replaceable(path, target.stat())
    try:
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(scratch).chmod(stat.S_IMODE(target.stat().st_mode) if replace and target.exists() else 0o644)
        if replace:
            Path(scratch).replace(target)
        else:
            # Unlike a rename, a link never takes the place of a file that came in the meantime.
            path.hardlink_to(scratch)
    except FileExistsError:
        raise Failure(f"{path} exists; name another file, or add --force to replace it", USAGE) from None
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    finally:
        Path(scratch).unlink(missing_ok=True)


def _check_replaceable(path: Path, found: os.stat_result) -> None:
    """What takes a file's place would also take its protection away, and would leave its other names behind."""
    # By its mode: whoever may do anything, as root may, is asked to mean it too.
    if not found.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise Failure(f"{path} is read-only and stays as it is; make it writable (chmod u+w), or name another", USAGE)
    if found.st_nlink > 1:
        names = f"{found.st_nlink} names (hard links)"
        raise Failure(f"{path} has {names} and stays as it is: a copy would leave the others behind; copy it", USAGE)
