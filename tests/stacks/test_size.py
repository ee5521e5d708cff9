"""How many endpoints a stack holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct

from benchmarks.sizes import MOST_BYTES, MOST_RESOURCES, default, everything, size_of
from shadow_constructs import ManagedShadowTest, ManagedShadowTestStack, Model, ShadowEndpoint, ShadowTest
from tests.constructs.rendering import IRELAND
from tests.values.samples import ROLE_ARN


@pytest.mark.parametrize(("make", "count"), [(default, 12), (everything, 12)])
def test_a_stack_holds_many_endpoints(make: Callable[[str], ShadowTest], count: int) -> None:
    """A dozen, with what is on by default as with everything on, each with a key, a bucket and scaling of its own."""
    size = size_of(make(f"churn-{number}") for number in range(count))

    assert size.resources <= MOST_RESOURCES
    assert size.bytes <= MOST_BYTES


def written(app: cdk.App, stack: cdk.Stack) -> bytes:
    """A stack's template as it is uploaded."""
    app.synth(force=True)
    stage = cdk.Stage.of(stack)
    assert stage is not None
    return Path(stage.outdir, stack.template_file).read_bytes()


def endpoint(scope: Construct, **changes: Any) -> cdk.Stack:  # noqa: ANN401 - whatever a stack takes
    """A stack of the user's with an endpoint."""
    stack = cdk.Stack(scope, "Mine", **changes)
    ShadowEndpoint(stack, "Endpoint", test=default("churn"))
    return stack


def managed(scope: Construct, **changes: Any) -> cdk.Stack:  # noqa: ANN401 - likewise
    """A stack with a managed test on an endpoint that is made elsewhere."""
    test = default("churn")
    serving = Model(version="v1", model_name="serves", role_arn=ROLE_ARN)
    value = ManagedShadowTest(test=replace(test, production=replace(test.production, model=serving)))
    return ManagedShadowTestStack(scope, "Mine", managed=value, env=IRELAND, **changes)


@pytest.mark.parametrize("make", [endpoint, managed])
def test_a_template_is_measured_as_it_is_written(make: Callable[..., cdk.Stack]) -> None:
    """To the byte, whatever else is in it: the largest is taken with a warning, one of a byte more is refused."""
    app = cdk.App()
    stack = make(app, suppress_template_indentation=True)
    mine = cdk.CfnWaitConditionHandle(stack, "OfTheUser")
    mine.add_metadata("Long", "")
    text = "x" * (MOST_BYTES - len(written(app, stack)))

    mine.add_metadata("Long", text)
    assert len(written(app, stack)) == MOST_BYTES
    said = [str(one.entry.data) for one in app.synth().get_stack_artifact("Mine").messages]
    assert any("Template size is approaching limit" in one for one in said)

    mine.add_metadata("Long", f"{text}x")
    must = r"stack Mine must have a template of at most 1,000,000 bytes, got 1,000,001; put what is in it into several"
    with pytest.raises(RuntimeError, match=must):
        app.synth(force=True)


@pytest.mark.parametrize(
    ("indented", "tags", "fix"),
    [
        (True, 0, r"write it without indentation: with suppress_template_indentation=True it has [0-9,]+"),
        (True, MOST_BYTES, r"give the tags to the stack, which tags what it makes: tags=\{...\}"),
        (False, MOST_BYTES, r"give the tags to the stack, which tags what it makes: tags=\{...\}"),
    ],
)
def test_a_template_that_is_too_large_is_refused_with_what_makes_it_smaller(
    indented: bool, tags: int, fix: str
) -> None:
    """Indentation where that is all, tags where they are, several stacks for all else; of a Stage's stacks too."""
    app = cdk.App()
    stage = cdk.Stage(app, "Prod")
    stack = endpoint(stage, suppress_template_indentation=not indented)
    for number in range(20):
        made = cdk.CfnResource(stack, f"Mine{number}", type="Custom::Mine")
        made.add_property_override("Tags", [{"Key": "k", "Value": "x" * (tags // 20)}])
        # Indented, each has a line of its own.
        made.add_property_override("Many", [0] * (0 if tags else 10_000))
    with pytest.raises(RuntimeError, match=f"stack Prod/Mine must have a template of at most 1,000,000 bytes.*; {fix}"):
        app.synth()


def crowded(scope: Construct, more: int) -> cdk.Stack:
    """A stack with an endpoint, a nested stack, and more beside them."""
    stack = endpoint(scope)
    cdk.CfnWaitConditionHandle(cdk.NestedStack(stack, "Nested"), "Inside")
    for number in range(more):
        cdk.CfnWaitConditionHandle(stack, f"Mine{number}")
    return stack


@pytest.mark.parametrize("staged", [False, True])
def test_a_stack_has_at_most_five_hundred_resources(staged: bool) -> None:
    """One more is refused with the way out; what is in a nested stack is counted in a template of its own."""
    alone = cdk.App()
    room = MOST_RESOURCES - len(json.loads(written(alone, crowded(alone, 0)))["Resources"])
    app, other = cdk.App(), cdk.App()
    full = crowded(cdk.Stage(app, "Prod") if staged else app, room)
    assert len(json.loads(written(app, full))["Resources"]) == MOST_RESOURCES

    stack = crowded(cdk.Stage(other, "Prod") if staged else other, room + 1)
    must = f"stack {stack.node.path} must have at most 500 resources, got 501; put what is in it into several stacks"
    with pytest.raises(RuntimeError, match=must):
        other.synth()


def test_each_stack_is_measured_wherever_it_stands() -> None:
    """They are written group by group, and one within another before that; a stack of the user's is the user's."""
    app = cdk.App()
    first, second = Construct(app, "First"), Construct(app, "Second")
    for number, scope in enumerate((first, second, first)):
        stack = cdk.Stack(scope, f"S{number}")
        ShadowEndpoint(stack, "Endpoint", test=default(f"churn-{number}"))
        if scope is second:
            cdk.CfnWaitConditionHandle(stack, "Mine").add_metadata("Long", "x" * MOST_BYTES)
            ShadowEndpoint(cdk.Stack(stack, "Inner"), "Endpoint", test=default("inner"))
    cdk.CfnWaitConditionHandle(cdk.Stack(app, "Theirs"), "Mine").add_metadata("Long", "x" * MOST_BYTES)
    with pytest.raises(
        RuntimeError, match="stack Second/S1 must have a template of at most 1,000,000 bytes"
    ) as refused:
        app.synth()
    assert "Theirs" not in str(refused.value)
