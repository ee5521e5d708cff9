"""A shadow test as somebody would write it in a TOML file: what has its default is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import tomlkit

from shadow_constructs import Container, GatePolicy, Serverless, ShadowTest
from shadow_constructs.values.container import (
    DeepLearningImage,
    EcrImage,
    ImageAddress,
    XGBoostImage,
)
from shadow_constructs.values.local_image import DockerfileImage

_FACTORY = {
    DeepLearningImage: "deep_learning",
    DockerfileImage: "dockerfile",
    EcrImage: "ecr",
    XGBoostImage: "xgboost",
}


def text_of(test: ShadowTest) -> str:
    """The file."""
    return tomlkit.dumps(table_of(test))


def table_of(value: Any) -> Any:  # noqa: ANN401 - any value of ours
    """A value as tables, lists and plain values."""
    match value:
        case GatePolicy(not_enforced_because=None):
            return _without_none(value.to_json())
        case GatePolicy():
            return {"none": {"reason": value.not_enforced_because}}
        case Container(image=ImageAddress(uri)):
            return {"uri": uri}
        case Container():
            return {_FACTORY[type(value.image)]: _fields(value.image)}
        case Serverless():
            return {"serverless": _fields(value)}
        case Mapping():
            return {key: table_of(one) for key, one in value.items()}
        case list() | tuple():
            return [table_of(one) for one in value]
        case _ if dataclasses.is_dataclass(value):
            return _fields(value)
    return value


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of ours
    given = {}
    for field in dataclasses.fields(value):
        one = getattr(value, field.name)
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        if field.init and one != default:
            given[field.name] = False if one is None else table_of(one)
    return given


def _without_none(data: Any) -> Any:  # noqa: ANN401 - plain JSON values
    if isinstance(data, dict):
        return {key: False if one is None else _without_none(one) for key, one in data.items()}
    return [_without_none(one) for one in data] if isinstance(data, list) else data
