"""What other stacks refer to has to stand in every template that a stack of CloudFormation may get."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import aws_cdk as cdk
import jsii
from constructs import IConstruct, IValidation

# Where the CDK puts the outputs that references from other stacks need: strong ones, and weak ones.
_SCOPES = ("Exports", "Publish")
_FIX = (
    "CloudFormation would refuse the one or take it from those who use it: other stacks may use endpoint_name, "
    "endpoint_arn, grant_invoke(...), capture_bucket and the metrics; for anything else call export_value(...) in both"
)


@jsii.implements(IValidation)
class ExportsOfBoth:
    """Finds references from other stacks that only one of the stacks of an endpoint could answer.

    Args:
        groups: Stacks of the app that are one in CloudFormation; still growing.
    """

    def __init__(self, groups: Iterable[Sequence[cdk.Stack]]) -> None:
        self._groups = groups

    def validate(self) -> list[str]:
        """One line for each stack that misses what another one exports."""
        found = []
        for group in self._groups:
            exported = [_exported(stack) for stack in dict.fromkeys(group)] if len(group) > 1 else []
            everything = set().union(*exported)
            for stack, has in zip(dict.fromkeys(group), exported, strict=False):
                missing = ", ".join(sorted(everything - has))
                if missing:
                    found.append(f"stack {stack.node.path} must have what another stack refers to: {missing}; {_FIX}")
        return found


def _exported(stack: cdk.Stack) -> set[str]:
    node = stack.node
    scopes: list[IConstruct] = [one for name in _SCOPES if (one := node.try_find_child(name)) is not None]
    return {child.node.id for scope in scopes for child in scope.node.children}
