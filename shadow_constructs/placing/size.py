"""Whether a template has room for all that is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import aws_cdk as cdk
import jsii
from constructs import Construct, ConstructOrder, IConstruct

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


@dataclass
class _Held:
    """What is looked at together, in one Stage: each question to the CDK is a message to another process.

    Attributes:
        stacks: Stacks that have to fit.
        last: The one that is written last, once it is known.
    """

    stacks: list[cdk.Stack] = field(default_factory=list)
    last: cdk.Stack | None = None


_STACKS: WeakSet[cdk.Stack] = WeakSet()
_STAGES: WeakKeyDictionary[cdk.Stage, _Held] = WeakKeyDictionary()


def hold_size(stack: cdk.Stack) -> None:
    """Have synth refuse a template that is larger than CloudFormation takes, whatever else is in the stack.

    The CDK warns of four fifths of either. Its own refusal names no way out, and of bytes there is none.

    Args:
        stack: The stack; once will do.
    """
    if stack in _STACKS:
        return
    _STACKS.add(stack)
    stage = cdk.Stage.of(stack)
    if stage is not None:
        held = _STAGES.setdefault(stage, _Held())
        held.stacks.append(stack)
        if len(held.stacks) == 1:
            at_the_end(stage, lambda: _too_many(stage, held))


def _too_many(stage: cdk.Stage, held: _Held) -> Iterator[str]:
    """Stacks with too many resources; and have all templates measured once they are written."""
    in_order = stage.node.find_all(ConstructOrder.POSTORDER)
    if _count(in_order) > _MOST_RESOURCES and stage.node.try_get_context(_COUNTED_ELSEWHERE) is None:
        for stack in held.stacks:
            inside = stack.node.find_all()
            # Those of a nested stack stand in a template of its own.
            nested = [one for one in inside if isinstance(one, cdk.NestedStack) and one is not stack]
            apart = {id(of) for one in nested for of in one.node.find_all()}
            count = _count(one for one in inside if id(one) not in apart)
            if count > _MOST_RESOURCES:
                yield f"stack {stack.node.path} must have at most {_MOST_RESOURCES} resources, got {count:,}; {_SPLIT}"
    # As they are written; what stands in a stack's metadata is read right after its template was.
    last = next(one for one in reversed(in_order) if any(one is stack for stack in held.stacks))
    if last is not held.last and isinstance(last, cdk.Stack):
        held.last = last
        last.node.add_metadata("shadow-constructs:templates", cdk.Lazy.uncached_string(_Written(stage.outdir, held)))


def _count(constructs: Iterable[IConstruct]) -> int:
    return sum(isinstance(one, cdk.CfnResource) for one in constructs)


@jsii.implements(cdk.IStringProducer)
class _Written:
    """Looks at templates that have been written."""

    def __init__(self, folder: str, held: _Held) -> None:
        self._folder, self._held = Path(folder), held

    def produce(self, _context: cdk.IResolveContext) -> str:
        """Say that all are small enough.

        Raises:
            InvalidValueError: With a line for each that isn't, and the way to make it smaller.
        """
        large = {one.name: size for one in self._folder.iterdir() if (size := one.stat().st_size) > LARGEST_TEMPLATE}
        found = [(one, large[one.template_file]) for one in self._held.stacks if large and one.template_file in large]
        if found:
            must = f"must have a template of at most {LARGEST_TEMPLATE:,} bytes, got"
            raise InvalidValueError(
                tuple(
                    f"stack {stack.node.path} {must} {size:,}; {_smaller(self._folder / stack.template_file)}"
                    for stack, size in found
                )
            )
        return f"at most {LARGEST_TEMPLATE:,} bytes each"


def _smaller(file: Path) -> str:
    """How to have a smaller one, by what would do."""
    template = json.loads(file.read_bytes())
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
