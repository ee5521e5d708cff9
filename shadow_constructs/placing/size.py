"""Whether a template has room for tags that stand on each of its resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.values.checks import MOST_TAGS, check_tags
from shadow_ops.contract.problems import Problems, refuse

# CloudFormation User Guide, quotas: the body of a template.
LARGEST_TEMPLATE = 1024 * 1024
_AROUND = len('{"Key":"","Value":""},')
# Of fewer bytes than these no endpoint makes too much, so that its resources needn't be counted.
_FEW = 4096
# What a resource takes without tags, in the smallest templates.
_LEAST = 1500


def check_tags_fit(endpoint: Construct, tags: Mapping[str, str]) -> None:
    """Refuse tags of a test that are too many beside its stack's, or too long for a template, once for every resource.

    What `cdk.Tags` adds later is looked at when the app is synthesized, see `late_tags`.

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


def late_tags(stack: cdk.Stack, resource: cdk.CfnResource, *, most: int) -> Iterator[str]:
    """What a service would refuse of the tags of an endpoint, wherever they come from; once nobody adds any more.

    Args:
        stack: The endpoint's stack, whose own tags are on all that is in it.
        resource: The endpoint, which has the tags of all that is made for it.
        most: How many tags it may have.
    """
    tags = _tags_of(resource)
    # Without any, nothing more is asked: each question to the CDK is a message to another process.
    if tags:
        problems = Problems("ShadowEndpoint")
        check_tags(problems, "tags", {**_tags_of(stack), **tags}, rendered=False, most=most)
        if problems.count > 0:
            yield from (f"stack {stack.node.path}: {line}" for line in problems.lines)


def _tags_of(tagged: Any) -> Mapping[str, str]:  # noqa: ANN401 - whatever has tags
    values: Mapping[str, str] = tagged.tags.tag_values()
    return values
