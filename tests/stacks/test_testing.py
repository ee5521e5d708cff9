"""What people's tests are given: templates that keep, and assertions that fail when they should."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from shadow_constructs import (
    Capture,
    Dashboard,
    Promotion,
    PromotionStack,
    ShadowEndpoint,
    ShadowTest,
    ShadowTestStack,
)
from shadow_constructs.guard import package
from shadow_constructs.testing import assert_fold, assert_promotion, stable_template
from shadow_constructs.values.hardware import Hardware
from tests.stacks.rendering import churn, everything, folded, options, uncaptured
from tests.values.samples import hardware, variant

Change = Callable[[cdk.Stack], object]


def stack(test: ShadowTest, change: Change | None = None, **more: Any) -> cdk.Stack:  # noqa: ANN401 - whatever a stack takes
    """A test's stack in an app of its own, with something else in it."""
    made = ShadowTestStack(cdk.App(), "shadow", test=test, **{**options(), **more})
    if change is not None:
        change(made)
    return made


def promotion(test: ShadowTest, change: Change | None = None, **more: Any) -> cdk.Stack:  # noqa: ANN401 - likewise
    """Its promotion's."""
    made = PromotionStack(cdk.App(), "promotion", test=test, **{**options(), **more})
    if change is not None:
        change(made)
    return made


def queue(visible: int) -> Change:
    """A queue beside the endpoint."""
    return lambda made: sqs.Queue(made, "Mine", visibility_timeout=cdk.Duration.seconds(visible))


SHADOWS: dict[str, Callable[[], ShadowTest]] = {
    "another model": churn,
    "everything on": everything,
    "nothing captured": uncaptured,
    "other hardware": lambda: churn(shadow=variant("v1", hardware=hardware("ml.g5.xlarge"))),
    "hardware that is named": lambda: churn(promote_on=Hardware("ml.c7i.4xlarge", count=5)),
    "a bucket that goes": lambda: churn(capture=Capture(delete_with_stack=True)),
}


@pytest.mark.parametrize("case", SHADOWS)
def test_every_promotion_of_the_librarys_is_one(case: str) -> None:
    """Whatever is tested; the assertions say nothing of what follows from a promotion."""
    assert_promotion(stack(SHADOWS[case](), queue(5)), promotion(SHADOWS[case](), queue(5)))


@pytest.mark.parametrize("make", [churn, uncaptured, everything])
def test_every_fold_is_one(make: Callable[[], ShadowTest]) -> None:
    """Also after a promotion that the gate would have refused."""
    now = Promotion(override_gate="the sale starts")
    for intent in (None, now):
        assert_fold(promotion(make(), intent=intent), stack(folded(make())))


def by_hand(test: ShadowTest, path: str = "Endpoint", intent: Promotion | None = None) -> cdk.Stack:
    """A stack that somebody wrote."""
    made = cdk.Stack(cdk.App(), "mine", stack_name="churn", **options())
    ShadowEndpoint(made, path, test=test, intent=intent)
    return made


NO_PROMOTION: dict[str, tuple[Callable[[], tuple[cdk.Stack, cdk.Stack]], list[str]]] = {
    "another stack": (
        lambda: (stack(churn()), promotion(churn(), stack_name="other")),
        ["stack_name: 'other' isn't 'churn'"],
    ),
    "a queue that goes": (lambda: (stack(churn(), queue(5)), promotion(churn())), ["- Mine", "(AWS::SQS::Queue) goes"]),
    "a queue that comes": (
        lambda: (stack(churn()), promotion(churn(), queue(5))),
        ["+ Mine", "(AWS::SQS::Queue) comes"],
    ),
    "a queue that changes": (
        lambda: (stack(churn(), queue(5)), promotion(churn(), queue(6))),
        ['-  "VisibilityTimeout": 5', '+  "VisibilityTimeout": 6'],
    ),
    "another path": (
        lambda: (by_hand(churn()), by_hand(churn(), "Promoted", Promotion())),
        ["(AWS::SageMaker::Endpoint) goes", "(AWS::SageMaker::Endpoint) comes"],
    ),
    "another model": (
        lambda: (stack(churn()), promotion(churn(shadow=variant("v3")))),
        ["the promotion serves another model than was tested"],
    ),
    "another name of the variant": (
        lambda: (stack(churn()), promotion(churn(production=variant("v1", "main", hardware=hardware(count=2))))),
        ["the production variant is called ['main'] after the promotion, ['production'] before it"],
    ),
    "no promotion": (lambda: (stack(churn()), stack(churn())), ["the promotion still has a shadow"]),
    "another dashboard": (
        lambda: (stack(churn()), promotion(churn(dashboard=Dashboard(name="mine")))),
        ['+  "DashboardName": "mine"'],
    ),
    "another bucket": (
        lambda: (stack(churn()), promotion(churn(capture=Capture(bucket="theirs")))),
        ["(AWS::S3::Bucket) goes", "s3://theirs/captured"],
    ),
    "another output": (
        lambda: (stack(churn()), promotion(churn(), lambda one: cdk.CfnOutput(one, "Mine", value="x"))),
        ["output Mine changes:"],
    ),
}


@pytest.mark.parametrize("case", NO_PROMOTION)
def test_fails_with_what_does_not_follow_from_a_promotion(case: str) -> None:
    """The difference is shown, so that nobody has to look for it in two templates."""
    make, texts = NO_PROMOTION[case]

    with pytest.raises(AssertionError) as failed:
        assert_promotion(*make())
    for text in texts:
        assert text in str(failed.value)


NO_FOLD: dict[str, tuple[Callable[[], ShadowTest], str]] = {
    "the test anew": (churn, "ShadowProductionVariants"),
    "other hardware": (
        lambda: churn(production=variant("v2", hardware=hardware(count=3)), shadow=None, sampling_percent=None),
        '"InitialInstanceCount": 3',
    ),
    "other tags": (lambda: ShadowTest(**{**vars_of(folded(churn())), "tags": {"team": "x"}}), '"Value": "x"'),
}


def vars_of(test: ShadowTest) -> dict[str, Any]:
    """The fields of a value."""
    return {name: value for name, value in vars(test).items() if not name.startswith("_")}


@pytest.mark.parametrize("case", NO_FOLD)
def test_fails_with_a_fold_that_changes_something(case: str) -> None:
    """Hardware and tags above all, which are easily forgotten."""
    make, text = NO_FOLD[case]

    with pytest.raises(AssertionError) as failed:
        assert_fold(promotion(churn()), stack(make()))
    assert text in str(failed.value)
    assert "shadow is no fold of promotion" in str(failed.value)


def test_fails_with_a_fold_in_another_stack() -> None:
    """It would be deployed beside what serves."""
    with pytest.raises(AssertionError, match="stack_name: 'other' isn't 'churn'"):
        assert_fold(promotion(churn()), stack(folded(churn()), stack_name="other"))


def test_a_snapshot_holds_nothing_of_the_guards_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed code is another asset in the template, and the same text in the snapshot."""
    usual = stack(churn())
    before = stable_template(usual)
    monkeypatch.setattr(package, "package", lambda: b"other code")
    changed = stack(churn())

    assert stable_template(changed) == before
    assert template_of(changed) != template_of(usual)
    assert "<hash>" in json.dumps(before)


def test_a_snapshot_shows_a_digest_of_the_users() -> None:
    """Only what is uploaded with the stack has no place in it; the digest of an image is the user's to change."""
    digest = f"sha256:{'0' * 64}"
    test = churn(tags={"image": digest})

    assert digest in json.dumps(stable_template(stack(test)))


def template_of(one: cdk.Stack) -> dict[str, Any]:
    """The template as it is deployed."""
    stage = cdk.Stage.of(one)
    assert stage is not None
    return dict(stage.synth().get_stack_artifact(one.artifact_id).template)
