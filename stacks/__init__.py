"""Stacks: thin wiring of the constructs, one stack in CloudFormation for a test and its promotion."""

from shadow_constructs.stacks.promotion_stack import PromotionStack
from shadow_constructs.stacks.shadow_test_stack import ShadowTestStack

__all__ = ["PromotionStack", "ShadowTestStack"]
