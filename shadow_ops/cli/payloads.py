"""Requests from people's files: one per line, of CSV or JSON lines, or a whole file each, of any type."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.reading import json_of, lines_of, read_bytes, text_of

CSV, JSON = "text/csv", "application/json"
_BY_SUFFIX = {".csv": CSV, ".jsonl": JSON, ".ndjson": JSON, ".json": JSON}
_BODIES = {**_BY_SUFFIX, ".npy": "application/x-npy", ".recordio": "application/x-recordio-protobuf"}
# Largest body of a request, in bytes (SageMaker Developer Guide, real-time endpoints).
_LARGEST = 25 * 1024 * 1024
_PROBLEMS_SHOWN = 5


@dataclass(frozen=True)
class Payloads:
    """What is sent.

    Attributes:
        bodies: One request each.
        content_type: What they are.
        left_out: What stands beside them and is no file: folders, and links that lead nowhere.
    """

    bodies: tuple[bytes, ...]
    content_type: str
    left_out: tuple[str, ...] = ()


def read(path: Path, content_type: str | None) -> Payloads:
    """Read a file of requests, one per line; each is sent byte for byte as it stands there.

    Args:
        path: The file. Lines end at LF or CRLF; blank ones are none.
        content_type: What the requests are. By default it follows the file's name: ``.csv`` is text/csv; ``.jsonl``,
            ``.ndjson`` and ``.json`` are application/json.

    Raises:
        InvalidValueError: If the file's name says nothing, it has no request, or a line of JSON isn't JSON.
    """
    kind = content_type or _BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(_BY_SUFFIX)
        raise InvalidValueError(
            (f"{path}: the name doesn't say what the lines are ({known} would); add --content-type text/csv",)
        )
    problems: list[str] = []
    bodies: list[bytes] = []
    for number, line in lines_of(read_bytes(path)):
        problem = _problem(line, kind, f"{path}:{number}")
        if problem is not None:
            problems.append(problem)
            if len(problems) == _PROBLEMS_SHOWN:
                break
        bodies.append(line)
    if problems:
        raise InvalidValueError(tuple(problems))
    if not bodies:
        raise InvalidValueError((f"{path}: no request in it; write one per line",))
    return Payloads(tuple(bodies), kind)


def read_bodies(paths: Sequence[Path], content_type: str | None) -> Payloads:
    """Read whole files as requests, in the order given; of a folder each file in it, by name.

    Args:
        paths: Files and folders. Hidden files and folders within folders are left out.
        content_type: What the requests are. By default it follows the files' names, such as image/jpeg for ``.jpg``.

    Raises:
        InvalidValueError: If there is none, one is too large, or their names say nothing or different things.
    """
    files = [file for path in paths for file in (_files_in(path) if path.is_dir() else [path])]
    if not files:
        raise InvalidValueError((f"{paths[0]}: no file in it; each file is one request",))
    kinds = {file: content_type or _type_of(file) for file in files}
    unknown = next((file for file, kind in kinds.items() if kind is None), None)
    if unknown is not None:
        raise InvalidValueError(
            (f"{unknown}: the name doesn't say what the body is; add --content-type application/octet-stream",)
        )
    found = sorted({kind for kind in kinds.values() if kind is not None})
    if len(found) > 1:
        raise InvalidValueError((f"{paths[0]}: bodies of one type at a time, got {', '.join(found)}; send each apart",))
    bodies = tuple(read_bytes(file) for file in files)
    for file, body in zip(files, bodies, strict=True):
        if len(body) > _LARGEST:
            raise InvalidValueError((f"{file}: {_too_large(body)}",))
    beside = (one for path in paths if path.is_dir() for one in sorted(path.iterdir()) if not one.is_file())
    return Payloads(bodies, found[0], tuple(str(one) for one in beside))


def _files_in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))


def _type_of(file: Path) -> str | None:
    return _BODIES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]


def _problem(line: bytes, content_type: str, where: str) -> str | None:
    if len(line) > _LARGEST:
        return f"{where}: {_too_large(line)}"
    if content_type in (CSV, JSON):
        try:
            text = text_of(line, where)
            if content_type == JSON:
                json_of(text, where)
        except InvalidValueError as error:
            return f"{error.problems[0]}; write one request per line"
    return None


def _too_large(body: bytes) -> str:
    return f"a request must be at most {_LARGEST:,} bytes, got {len(body):,}"
