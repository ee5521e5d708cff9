"""What isn't wrong but should be seen at synth: CDK warnings, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.pairs.of_test import PAIRS
from shadow_constructs.values.shadow_test import ShadowTest


@dataclass(frozen=True)
class SynthWarning:
    """One warning.

    Attributes:
        id: The name under which a user acknowledges it.
        text: What to know and what to do.
    """

    id: str
    text: str


def warnings_of(test: ShadowTest) -> Iterator[SynthWarning]:
    """Warnings about an endpoint, with or without a shadow."""
    for model in test.models:
        if model.container is not None and model.container.moving_tag is not None:
            yield SynthWarning(
                f"shadow-constructs:moving-tag:{model.version}",
                f"version '{model.version}' uses image tag 'latest', which can come to mean another image: what was "
                "tested might not be what is promoted; give a fixed tag or a digest",
            )
        if model.model_name is not None and model.role_arn is None and test.capture.enabled:
            yield SynthWarning(
                f"shadow-constructs:existing-role:{model.version}",
                f"model '{model.model_name}' exists already and its role isn't known: make sure that it may write "
                "captured data, or name it in role_arn",
            )
    for pair in PAIRS:
        if pair.then == "warned":
            for clash in pair.check(test):
                text = f"'{clash.what}' should {clash.must}, got {clash.got}; {clash.fix}"
                yield SynthWarning(f"shadow-constructs:{pair.id}", text)


def promotion_warnings(test: ShadowTest) -> Iterator[SynthWarning]:
    """What a promotion asks of the hardware that the shadow test hasn't shown.

    The share of the live traffic that each of the shadow's instances carried is held against the share that each
    promoted instance will have to carry.
    """
    promoted = test.promoted()
    if test.shadow is None or not isinstance(test.shadow.hardware, Hardware):
        return
    shown, needed = test.shadow.hardware, promoted.production.hardware
    if not isinstance(needed, Hardware):
        return
    if shown.instance_type != needed.instance_type:
        yield SynthWarning(
            "shadow-constructs:untested-instance-type",
            f"version '{promoted.production.model.version}' was tested on {shown.instance_type} and will be promoted "
            f"on {needed.instance_type}, where it hasn't been seen; promote_on='shadow' promotes what was tested",
        )
        return
    shown_share, needed_share = test.sampled_percent / shown.count, 100 / needed.count
    if needed_share > shown_share * (1 + 1e-9):
        yield SynthWarning(
            "shadow-constructs:untested-load",
            f"each {shown.instance_type} of the shadow carried {shown_share:.3g} % of the traffic "
            f"({test.sampled_percent:g} % on {shown.count}); after promotion each will carry {needed_share:.3g} % "
            f"(all on {needed.count}): raise sampling_percent or the count until the test has shown it",
        )
