"""The churn example: version 2 of a model is tested beside version 1."""

from __future__ import annotations

from pathlib import Path

from shadow_constructs import Capture, Container, GatePolicy, Hardware, Model, ShadowTest, Variant
from shadow_ops.contract.reading import json_of, read_text
from stacks.context import Parameters


def churn_test(parameters: Parameters) -> ShadowTest:
    """The shadow test that the context describes.

    Args:
        parameters: The context of the app.

    Raises:
        InvalidValueError: If a value of it can't be.
    """
    text, whole = parameters.text, parameters.whole
    v1 = Model(version="v1", container=Container.xgboost(text("v1_xgboost")), artifact=text("v1_artifact"))
    v2 = Model(version="v2", container=Container.xgboost(text("v2_xgboost")), artifact=text("v2_artifact"))
    return ShadowTest(
        endpoint_name=text("endpoint_name"),
        production=Variant(model=v1, hardware=Hardware(text("instance_type"), count=whole("production_count"))),
        shadow=Variant(model=v2, hardware=Hardware(text("instance_type"), count=whole("shadow_count"))),
        sampling_percent=parameters.number("sampling_percent"),
        gate=_policy(text("gate_policy")),
        capture=Capture(delete_with_stack=parameters.flag("delete_captures_with_stack")),
    )


def _policy(file: str) -> GatePolicy:
    """The policy in a JSON file; the library's own where none is named."""
    if not file:
        return GatePolicy()
    try:
        return GatePolicy.from_json(json_of(read_text(Path(file)), file, unique=True), file)
    except ValueError as error:
        raise SystemExit(f"context 'gate_policy': {error}") from None
