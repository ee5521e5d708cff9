"""What a promotion makes of the production variant, and on which hardware it serves. Pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shadow_constructs.values.hardware import Hardware, Serverless
from shadow_constructs.values.variant import Variant
from shadow_ops.contract.problems import InvalidValueError, Problems
from shadow_ops.contract.promotion import promoted_hardware

PromoteOn = Hardware | Literal["production", "shadow"] | None
"""What a promoted model runs on; see `ShadowTest.promote_on`."""


def promoted_variant(production: Variant, shadow: Variant, promote_on: PromoteOn) -> Variant:
    """The production variant after the promotion: the shadow's model under production's name.

    Args:
        production: What serves today.
        shadow: What is tested.
        promote_on: As `ShadowTest.promote_on`.

    Raises:
        InvalidValueError: If the model can't run there.
    """
    return replace(production, model=shadow.model, hardware=_hardware(production, shadow, promote_on))


def check_promotion(problems: Problems, production: Variant, shadow: Variant | None, promote_on: PromoteOn) -> None:
    """Check that a test can be promoted as it says."""
    what = "promote_on"
    if not (
        isinstance(promote_on, Hardware | None)
        or (isinstance(promote_on, str) and promote_on in ("production", "shadow"))
    ):
        problems.add(what, "be 'production', 'shadow' or a Hardware(...)", promote_on)
        return
    if shadow is None:
        if promote_on is not None:
            problems.add(what, "be left out without a shadow", promote_on)
        return
    try:
        promoted = promoted_variant(production, shadow, promote_on)
    except InvalidValueError as error:
        for line in error.problems:
            problems.add(what, "be hardware that the promoted variant can run on", promote_on, line)
        return
    # A shadow that is production's twin may be tested: then there is nothing that a promotion could change.
    if promoted == production and shadow.hardware != production.hardware:
        fix = "the shadow tests other hardware for the same model: say promote_on='shadow' or leave it out"
        problems.add(what, "change something in production", promote_on, fix)


def _hardware(production: Variant, shadow: Variant, promote_on: PromoteOn) -> Hardware | Serverless:
    ours, tested = production.hardware, shadow.hardware
    instances = isinstance(ours, Hardware) and isinstance(tested, Hardware)
    return promoted_hardware(
        ours,
        tested,
        promote_on,
        same_model=instances and production.model == shadow.model,
        count=lambda one: one.count if isinstance(one, Hardware) else 0,
        counting=lambda one, count: replace(one, count=count) if isinstance(one, Hardware) else one,
    )
