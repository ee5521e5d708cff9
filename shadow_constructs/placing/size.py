"""Whether a template has room for tags that stand on each of its resources."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.values.checks import MOST_TAGS
from shadow_ops.contract.problems import refuse

# CloudFormation User Guide, quotas: the body of a template.
LARGEST_TEMPLATE = 1024 * 1024
_AROUND = len('{"Key":"","Value":""},')
# Of fewer bytes than these no endpoint makes too much, so that its resources needn't be counted.
_FEW = 4096
# What a resource takes without tags, in the smallest templates.
_LEAST = 1500


def check_tags_fit(endpoint: Construct, tags: Mapping[str, str]) -> None:
    """Refuse tags of a test that are too many beside its stack's, or too long for a template, once for every resource.

    What `cdk.Tags` adds later isn't counted: each question to the CDK is a message to another process.

    Raises:
        InvalidValueError: In one line, with the way to have them all the same.
    """
    if tags:
        together = {*tags, *cdk.Stack.of(endpoint).tags.tag_values()}
        if len(together) >= MOST_TAGS:
            must = f"be at most {MOST_TAGS - 1} together with those of its stack, as the guard's function has its own"
            refuse("ShadowEndpoint", "tags", must, len(together), "leave some out")
    each = sum(_AROUND + len(key) + len(value) for key, value in tags.items())
    if each < _FEW:
        return
    count = sum(cdk.TagManager.of(one) is not None for one in endpoint.node.find_all())
    if (each + _LEAST) * count > LARGEST_TEMPLATE:
        must = f"take less than {LARGEST_TEMPLATE:,} bytes, the most of a template"
        fix = "give them to the stack, which tags what it makes: ShadowTestStack(..., tags={...}), PromotionStack too"
        refuse("ShadowEndpoint", "tags", must, f"{each:,} bytes on each of {count} resources", fix)
