"""What in a stack is of this library: whatever stands below a construct that says so."""

from __future__ import annotations

from typing import Literal

from constructs import Node

Owner = Literal["endpoint", "watch"]
_KEY = "shadow-constructs:of"


def own(node: Node, owner: Owner) -> None:
    """Say what everything below a construct belongs to. Before anything is below it."""
    node.set_context(_KEY, owner)
    # The test and its promotion are two stacks in the app but one in CloudFormation. Construct paths in the
    # templates' metadata would differ between them, and every `cdk diff` would list resources that don't change.
    node.set_context("aws:cdk:enable-path-metadata", False)


def owner_of(node: Node) -> Owner | None:
    """What a construct belongs to; None if it is the user's."""
    found: Owner | None = node.try_get_context(_KEY)
    return found
