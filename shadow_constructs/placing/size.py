"""Whether a template has room for all that is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakSet

import aws_cdk as cdk
import jsii
from constructs import Construct

from shadow_constructs.placing.at_the_end import at_the_end
from shadow_constructs.values.checks import MOST_TAGS, check_tags
from shadow_ops.contract.problems import InvalidValueError, Problems, refuse

# CloudFormation User Guide, quotas: the body of a template, 1 MB. Which, the service says where it refuses one, as
# cfn-lint does: "Template may not exceed 1000000 bytes in size".
LARGEST_TEMPLATE = 1_000_000
# The same, the resources of a template; the CDK counts them too, and has this way to say that somebody else does.
_MOST_RESOURCES = 500
_COUNTED_ELSEWHERE = "@aws-cdk/core:stackResourceLimit"
# There are always a few; with more than these the rest is not to blame.
_MOST_IS_NOT_TAGS = 0.9
_SPLIT = "put what is in it into several stacks"
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


_HELD: WeakSet[cdk.Stack] = WeakSet()


def hold_size(stack: cdk.Stack) -> None:
    """Have synth refuse a template that is larger than CloudFormation takes, whatever else is in the stack.

    The CDK warns of four fifths of either. Its own refusal names no way out, and of bytes there is none.

    Args:
        stack: The stack; once will do.
    """
    if stack not in _HELD:
        _HELD.add(stack)
        at_the_end(cdk.Stage.of(stack) or stack, lambda: _too_many(stack))
        # How large a template is, is known once it is written; what is in metadata is read after that.
        stack.node.add_metadata("shadow-constructs:template-bytes", cdk.Lazy.uncached_string(_Written(stack)))


def _too_many(stack: cdk.Stack) -> Iterator[str]:
    if stack.node.try_get_context(_COUNTED_ELSEWHERE) is not None:
        return
    found = stack.node.find_all()
    # Those of a nested stack stand in a template of its own.
    apart = {inside for one in found if isinstance(one, cdk.NestedStack) for inside in one.node.find_all()} - {stack}
    count = sum(isinstance(one, cdk.CfnResource) and one not in apart for one in found)
    if count > _MOST_RESOURCES:
        yield f"stack {stack.node.path} must have at most {_MOST_RESOURCES} resources, got {count:,}; {_SPLIT}"


@jsii.implements(cdk.IStringProducer)
class _Written:
    """The size of a stack's template as it was written."""

    def __init__(self, stack: cdk.Stack) -> None:
        self._stack = stack

    def produce(self, _context: cdk.IResolveContext) -> str:
        """Measure it.

        Raises:
            InvalidValueError: In one line, with the way to make it smaller.
        """
        stage = cdk.Stage.of(self._stack)
        file = Path("" if stage is None else stage.outdir, self._stack.template_file)
        size = file.stat().st_size
        if size > LARGEST_TEMPLATE:
            must = f"must have a template of at most {LARGEST_TEMPLATE:,} bytes, got {size:,}"
            line = f"stack {self._stack.node.path} {must}; {_smaller(json.loads(file.read_bytes()))}"
            raise InvalidValueError((line,))
        return str(size)


def _smaller(template: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """How to have a smaller one, by what would do."""
    compact = _compact(template)
    if compact <= LARGEST_TEMPLATE:
        return f"write it without indentation: with suppress_template_indentation=True it has {compact:,}"
    for one in template["Resources"].values():
        one.get("Properties", {}).pop("Tags", None)
    without = _compact(template)
    if without <= min(LARGEST_TEMPLATE, compact * _MOST_IS_NOT_TAGS):
        return "give the tags to the stack, which tags what it makes: tags={...}"
    return _SPLIT


def _compact(template: object) -> int:
    return len(json.dumps(template, separators=(",", ":")))


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
