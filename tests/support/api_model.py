"""Holds the arguments of a SageMaker call against botocore's API model, strictly.

botocore checks required members, types and minima before it sends a request, and leaves enums, patterns and maxima to
the service. Here everything the model states is checked, because the service would say it only after minutes.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import regex  # type: ignore[import-untyped] # comes with cfn-lint
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationNotFoundError, ServiceModel, Shape, StructureShape

_LISTED_AT_MOST = 12
"""A longer enum is described by its size and the nearest value, instead of being printed."""


@dataclass(frozen=True)
class Unknown:
    """Stands for a value that nobody can know before the deployment, such as an attribute of a custom resource.

    It fits wherever a value is expected. A member that gets it counts as given.

    Attributes:
        origin: Where the value will come from.
    """

    origin: str


def problems_of_call(operation: str, arguments: Mapping[str, object], *, service: str = "sagemaker") -> list[str]:
    """Find everything in which a call differs from what the API model allows.

    Args:
        operation: Name of the API operation, such as ``CreateEndpointConfig``.
        arguments: The arguments as boto3 takes them.
        service: botocore's name of the service.

    Returns:
        One line per problem: the member, what is wrong, what was given. Empty if the call is as the model wants it.

    Raises:
        ValueError: If botocore knows no such service or operation.
    """
    try:
        shape = service_model(service).operation_model(operation).input_shape
    except (UnknownServiceError, OperationNotFoundError) as error:
        raise ValueError(f"botocore has no operation {operation!r} of a service {service!r}") from error
    if shape is None:
        return [f"{operation}: takes no arguments, got {sorted(arguments)}"] if arguments else []
    return list(_walk(shape, arguments, operation))


@cache
def service_model(service: str = "sagemaker") -> ServiceModel:
    """Load botocore's model of a service, once per process.

    Args:
        service: botocore's name of the service.

    Returns:
        The model of the newest API version that this botocore brings.

    Raises:
        UnknownServiceError: If botocore has no such service.
    """
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of an API model, whose notation is Java's.

    Args:
        pattern: The pattern as the model has it.

    Returns:
        A pattern for ``fullmatch``: the models mean the whole value, whether they anchor or not.
    """
    # Java writes characters beyond 16 bits as pairs; in Python each is one character.
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")
    if r"\p" in pattern:
        unicode_classes: re.Pattern[str] = regex.compile(pattern)
        return unicode_classes
    # Java's \d, \s and \w mean ASCII.
    return re.compile(pattern, re.ASCII)


def _walk(shape: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, Unknown):
        yield from _CHECKS[shape.type_name](shape, value, path)


def _structure(shape: Shape, value: object, path: str) -> Iterator[str]:
    assert isinstance(shape, StructureShape)
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "a structure", value)
        return
    members = shape.members
    for name in shape.required_members:
        if name not in value:
            yield f"{path}: {name} is required, but missing"
    if shape.is_tagged_union and len(value) != 1:
        yield f"{path}: must have exactly one of {', '.join(members)}, got {sorted(map(str, value))}"
    for name, member in value.items():
        if name in members:
            yield from _walk(members[name], member, f"{path}.{name}")
        else:
            yield f"{path}: unknown key {name!r}{_nearest(str(name), list(members))}"


def _list(shape: Shape, value: object, path: str) -> Iterator[str]:
    assert isinstance(shape, ListShape)
    if not isinstance(value, list | tuple):
        yield _wrong_type(path, "a list", value)
        return
    yield from _range(shape, len(value), path, "items")
    for index, item in enumerate(value):
        yield from _walk(shape.member, item, f"{path}[{index}]")


def _map(shape: Shape, value: object, path: str) -> Iterator[str]:
    assert isinstance(shape, MapShape)
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "a map", value)
        return
    yield from _range(shape, len(value), path, "entries")
    for key, item in value.items():
        yield from _walk(shape.key, key, f"{path} key {key!r}")
        yield from _walk(shape.value, item, f"{path}[{key!r}]")


def _string(shape: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _wrong_type(path, "a string", value)
        return
    yield from _range(shape, len(value), path, "characters")
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        known = ", ".join(allowed) if len(allowed) <= _LISTED_AT_MOST else f"the {len(allowed)} {shape.name}s"
        yield f"{path}: must be one of {known}, got {value!r}{_nearest(value, allowed)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield f"{path}: must match {pattern}, got {value!r}"


def _whole(shape: Shape, value: object, path: str) -> Iterator[str]:
    # bool is an int to Python, not to JSON.
    if isinstance(value, bool) or not isinstance(value, int):
        yield _wrong_type(path, "a whole number", value)
        return
    yield from _range(shape, value, path)


def _number(shape: Shape, value: object, path: str) -> Iterator[str]:
    # NaN and the infinities compare as being within any range, and JSON has neither.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        yield _wrong_type(path, "a number", value)
        return
    yield from _range(shape, value, path)


def _boolean(_: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _wrong_type(path, "true or false", value)


def _blob(_: Shape, value: object, path: str) -> Iterator[str]:
    if not isinstance(value, bytes):
        yield _wrong_type(path, "bytes", value)


def _timestamp(_: Shape, value: object, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, str | int | float | dt.datetime):
        yield _wrong_type(path, "a time", value)


_CHECKS: dict[str, Callable[[Shape, object, str], Iterator[str]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _whole,
    "long": _whole,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}


def _range(shape: Shape, size: float, path: str, unit: str = "") -> Iterator[str]:
    unit = unit and f" {unit}"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"{path}: must be at least {least}{unit}, got {size}"
    if most is not None and size > most:
        yield f"{path}: must be at most {most}{unit}, got {size}"


def _wrong_type(path: str, expected: str, value: object) -> str:
    return f"{path}: must be {expected}, got {value!r} ({type(value).__name__})"


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
