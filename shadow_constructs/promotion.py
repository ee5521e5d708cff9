"""What a promotion hasn't been shown to carry, as CDK warnings on the stack that promotes."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.warnings import promotion_warnings


def warn_of_promotion(scope: Construct, test: ShadowTest) -> None:
    """Add a CDK warning wherever the shadow's hardware or sampling doesn't show that the promoted endpoint will hold.

    Args:
        scope: What the warning is attached to, usually the stack.
        test: The shadow test that is promoted.
    """
    for warning in promotion_warnings(test):
        cdk.Annotations.of(scope).add_warning_v2(warning.id, warning.text)
