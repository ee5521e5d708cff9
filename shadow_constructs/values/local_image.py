"""An image that is built from a local Dockerfile, and what it is called where other machines read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path, PurePath

from shadow_ops.contract.problems import Problems, shown

# What CloudFormation shows as it is, and takes for no reference.
_PLAIN = re.compile(r"[\w.+@/ -]+", re.ASCII)


@dataclass(frozen=True)
class DockerfileImage:
    """An image built from a local Dockerfile; see `Container.dockerfile`.

    Attributes:
        directory: The folder, from the root of this machine: the working directory may be another one at synth.
        file: The Dockerfile, from that folder.
        platform: Such as ``linux/amd64``.
        build_args: Build arguments.
        called: What people read, the same on every machine and in every checkout.
    """

    directory: str
    file: str
    platform: str
    build_args: Mapping[str, str] = field(default_factory=dict, hash=False)
    called: str = "a Dockerfile"


def called(directory: str | Path, file: str) -> str:
    """What a Dockerfile is called in a template, which tells nothing of the machine that made it.

    Args:
        directory: Its folder. As the code says it, if that is relative to the app; else it isn't said.
        file: The Dockerfile, from that folder.
    """
    folder = PurePath(directory)
    names = ((folder / file).as_posix(), file) if not folder.is_absolute() else (file,)
    return next((name for name in names if _PLAIN.fullmatch(name)), "a Dockerfile")


def check_dockerfile(problems: Problems, directory: object, file: object) -> None:
    """Check that a folder is there, and a Dockerfile in it."""
    if not isinstance(directory, str | Path):
        problems.add("directory", "be the path of a folder", directory)
        return
    if not isinstance(file, str) or not file:
        problems.add("file", "be the name of a file", file)
        return
    try:
        if not Path(directory).is_dir():
            problems.add("directory", "be an existing folder", str(directory))
        elif PurePath(file).is_absolute() or PurePath(normpath(file)).parts[0] == "..":
            # Docker gets the folder and nothing beside it.
            problems.add("file", "be named from the folder, and be in it", file)
        elif not (Path(directory) / file).is_file():
            problems.add("file", f"be a file in {shown(str(directory))}", file)
    # Names that no file system takes: too long, or with a NUL or half a character in them.
    except (OSError, ValueError) as error:
        problems.add("directory", "be an existing folder", str(directory), shown(str(error))[1:-1])
