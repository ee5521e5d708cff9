"""Whether a template has room for tags that stand on each of its resources."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
import jsii
from constructs import Construct, IValidation

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
    """Refuse tags that take more than a template may have, once for every resource.

    Raises:
        InvalidValueError: In one line, with the way to have them all the same.
    """
    each = sum(_AROUND + len(key) + len(value) for key, value in tags.items())
    if each < _FEW:
        return
    count = sum(cdk.TagManager.of(one) is not None for one in endpoint.node.find_all())
    if (each + _LEAST) * count > LARGEST_TEMPLATE:
        must = f"take less than {LARGEST_TEMPLATE:,} bytes, the most of a template"
        fix = "give them to the stack, which tags what it makes: ShadowTestStack(..., tags={...}), PromotionStack too"
        refuse("ShadowEndpoint", "tags", must, f"{each:,} bytes on each of {count} resources", fix)


def check_tags_at_synth(resource: cdk.CfnResource) -> None:
    """Have synth fail where a resource would get more tags than any may have, whoever gives them.

    Args:
        resource: The one with the most: those of its test and of its stack, of `cdk.Tags`, and its own.
    """
    resource.node.add_validation(_TagsOf(resource))


@jsii.implements(IValidation)
class _TagsOf:
    def __init__(self, resource: cdk.CfnResource) -> None:
        self._resource = resource

    def validate(self) -> list[str]:
        """One line if there are too many."""
        own, stack = cdk.TagManager.of(self._resource), self._resource.stack
        keys = set({} if own is None else own.tag_values()) | set(stack.tags.tag_values())
        if len(keys) <= MOST_TAGS:
            return []
        whose = "those of its test, its stack and cdk.Tags, and the function's own, together"
        return [
            f"{stack.node.path}: 'tags' must be at most {MOST_TAGS} on a resource, {whose}, got {len(keys)} on "
            f"{self._resource.node.path}; leave some out"
        ]
