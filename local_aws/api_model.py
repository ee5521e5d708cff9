"""Strict validation of requests against botocore's API model.

botocore's client checks types and required members only; enums, patterns, maxima and unknown keys pass it and
are refused by the service. Here they are refused as well.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import botocore.loaders
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from local_aws.errors import ServiceError, validation
from local_aws.loose import Json

Answer = TypeVar("Answer")
_SHOWN = 80
_PUNCTUATION = r"!-/:-@\[-`{-~\u00a1-\u2bff"
# AWS's patterns are Java's: Unicode categories and surrogate pairs that Python spells otherwise. Where Python has no
# equal, the class is a little wider than Java's.
_JAVA = {
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    r"\p{Print}": "[ -~]",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": r"\w",
    r"\p{N}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{Zs}": r"\s",
    r"\p{M}": r"\u0300-\u036f",
    r"\p{S}": _PUNCTUATION,
    r"\p{P}": _PUNCTUATION,
}
# "$" with a repetition, in two patterns for tags, is an oversight that Python refuses; the length is checked anyway.
_QUANTIFIED_END = re.compile(r"\$\{\d+,\d+\}")


@functools.cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service, such as ``sagemaker``."""
    return ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)


def operation(service: str, name: str) -> OperationModel:
    """Return the model of one operation.

    Raises:
        ServiceError: If the service has no such operation.
    """
    model = service_model(service)
    if name not in model.operation_names:
        raise ServiceError("UnknownOperationException", f"{service} has no operation {name}")
    return model.operation_model(name)


def asked(service: str, operations: Mapping[str, Answer], name: str, request: dict[str, Any]) -> Answer:
    """Return what answers an operation, once its request is checked.

    Raises:
        ServiceError: If its API model refuses the request, or the operation is not modelled.
    """
    if name not in operations:
        known = ", ".join(sorted(operations))
        raise ServiceError("UnknownOperationException", f"{name} is not modelled here; modelled: {known}")
    check_request(service, name, request)
    return operations[name]


def check_request(service: str, name: str, request: dict[str, Any]) -> None:
    """Refuse a request that its API model does not allow.

    Raises:
        ServiceError: ``ValidationException`` that lists every problem, in AWS's wording.
    """
    shape = operation(service, name).input_shape
    problems = [] if shape is None else list(problems_of(shape, request))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise validation(count + "; ".join(problems))


def problems_of(shape: Shape, value: Json, path: str = "") -> Iterator[str]:
    """Yield one sentence per way in which ``value`` breaks ``shape``."""
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield _wrong(path, value, "list")
            return
        yield from _length_problems(shape, len(value), value, path)
        for index, item in enumerate(value, 1):
            yield from problems_of(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield _wrong(path, value, "map")
            return
        yield from _length_problems(shape, len(value), value, path)
        for key, item in value.items():
            yield from problems_of(shape.key, key, f"{path}.key")
            yield from problems_of(shape.value, item, f"{path}.{key}.member")
    else:
        yield from _scalar_problems(shape, value, path)


def _structure_problems(shape: StructureShape, value: Json, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _wrong(path, value, "structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name not in shape.members:
            yield f"Unknown member '{_join(path, name)}'; known: {', '.join(shape.members)}"
        elif item is not None:
            yield from problems_of(shape.members[name], item, _join(path, name))


def _scalar_problems(shape: Shape, value: Json, path: str) -> Iterator[str]:
    kind = shape.type_name
    meta = shape.metadata
    if kind == "string":
        if not isinstance(value, str):
            yield _wrong(path, value, "string")
            return
        yield from _length_problems(shape, len(value), value, path)
        if meta.get("enum") and value not in meta["enum"]:
            yield _broken(path, value, f"Member must satisfy enum value set: [{', '.join(meta['enum'])}]")
        pattern = shape.metadata.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            yield _broken(path, value, f"Member must satisfy regular expression pattern: {pattern}")
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield _wrong(path, value, "boolean")
    elif kind in ("integer", "long", "float", "double"):
        wanted = (int,) if kind in ("integer", "long") else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            yield _wrong(path, value, kind)
            return
        if "min" in meta and value < meta["min"]:
            yield _broken(path, value, f"Member must have value greater than or equal to {meta['min']}")
        if "max" in meta and value > meta["max"]:
            yield _broken(path, value, f"Member must have value less than or equal to {meta['max']}")


def _length_problems(shape: Shape, length: int, value: Json, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield _broken(path, value, f"Member must have length greater than or equal to {low}")
    if high is not None and length > high:
        yield _broken(path, value, f"Member must have length less than or equal to {high}")


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    for java, python in _JAVA.items():
        pattern = pattern.replace(java, python)
    return re.compile(_QUANTIFIED_END.sub("", pattern))


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _shown(value: Json) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _broken(path: str, value: Json, constraint: str) -> str:
    return f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: {constraint}"


def _wrong(path: str, value: Json, kind: str) -> str:
    return f"Value '{_shown(value)}' at '{path}' is not a {kind}"


def coerce(shape: Shape, value: Json) -> Json:
    """Return ``value`` with its scalars in the shape's types.

    CloudFormation hands over what a template says, where numbers and booleans may be strings; it converts them
    before it calls the service. What cannot be converted is returned as it is, for validation to refuse.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {k: coerce(shape.members[k], v) if k in shape.members else v for k, v in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [coerce(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {k: coerce(shape.value, v) for k, v in value.items()}
    kind = shape.type_name
    if kind == "string" and isinstance(value, (int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and kind in ("integer", "long", "float", "double"):
        try:
            return int(value) if kind in ("integer", "long") else float(value)
        except ValueError:
            return value
    if kind in ("integer", "long") and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
