#!/usr/bin/env python3
"""The churn example: version 2 of a model is tested beside version 1, then promoted.

Its parameters are the context values in cdk.json; override one with ``cdk deploy churn-shadow -c sampling_percent=20``.
"""

import json
from pathlib import Path

import aws_cdk as cdk

from shadow_constructs import Capture, Container, GatePolicy, Hardware, Model, ShadowTest, Variant
from stacks import PromotionStack, ShadowTestStack

app = cdk.App()


def context(name: str) -> str:
    """A context value; ``-c`` and cdk.json both give text."""
    return str(app.node.get_context(name))


def number(name: str) -> float:
    """A context value that has to be a number."""
    try:
        return float(context(name))
    except ValueError:
        raise SystemExit(f"context '{name}' must be a number, got {context(name)!r}: try -c {name}=2") from None


def whole(name: str) -> int:
    """A context value that has to be a whole number."""
    if not number(name).is_integer():
        raise SystemExit(f"context '{name}' must be a whole number, got {context(name)!r}: try -c {name}=2")
    return int(number(name))


v1 = Model(version="v1", container=Container.xgboost(context("v1_xgboost")), artifact=context("v1_artifact"))
v2 = Model(version="v2", container=Container.xgboost(context("v2_xgboost")), artifact=context("v2_artifact"))


def policy() -> GatePolicy:
    """The policy in the JSON file that the context names; the library's own where it names none."""
    name = context("gate_policy")
    if not name:
        return GatePolicy()
    try:
        return GatePolicy.from_json(json.loads(Path(name).read_text(encoding="utf-8")), name)
    except (OSError, ValueError) as error:
        raise SystemExit(f"context 'gate_policy': {error}") from None


churn = ShadowTest(
    endpoint_name=context("endpoint_name"),
    production=Variant(model=v1, hardware=Hardware(context("instance_type"), count=whole("production_count"))),
    shadow=Variant(model=v2, hardware=Hardware(context("instance_type"), count=whole("shadow_count"))),
    sampling_percent=number("sampling_percent"),
    gate=policy(),
    capture=Capture(delete_with_stack=context("delete_captures_with_stack").lower() == "true"),
)

# Both are one stack in CloudFormation, named like the endpoint: deploying the second updates the first in place.
ShadowTestStack(app, "churn-shadow", test=churn, rollback_reason=app.node.try_get_context("rollback"))
PromotionStack(app, "churn-promotion", test=churn, override_gate=app.node.try_get_context("override_gate"))

app.synth()
