"""What a deployment is meant to be: as the code says, else by ``-c rollback="..."`` and ``-c override_gate="..."``."""

from __future__ import annotations

from typing import Any

from constructs import Construct

from shadow_constructs.placing.given import check_given
from shadow_constructs.values.intent import Promotion, Rollback
from shadow_ops.contract.problems import refuse


def rollback_of(scope: Construct, given: Rollback | None) -> Rollback | None:
    """The rollback that the code gives, else the one that the context asks for, if any.

    Args:
        scope: The stack.
        given: By the code.

    Raises:
        InvalidValueError: If it is something else, its reason says nothing, or the context asks for an override too.
    """
    if given is not None:
        check_given(scope, "intent", given, Rollback, "be a Rollback(...)")
        return given
    reason = _by_context(scope, "rollback", "override_gate")
    return None if reason is None else Rollback(reason)


def promotion_of(scope: Construct, given: Promotion | None) -> Promotion:
    """The promotion that the code gives, else one with the override that the context gives, if any.

    Args:
        scope: The stack.
        given: By the code.

    Raises:
        InvalidValueError: If it is something else, its reason says nothing, or the context asks for a rollback too.
    """
    if given is not None:
        check_given(scope, "intent", given, Promotion, "be a Promotion(...)")
        return given
    return Promotion(override_gate=_by_context(scope, "override_gate", "rollback"))


def _by_context(scope: Construct, name: str, other: str) -> Any:  # noqa: ANN401 - cdk.json may hold anything
    given = scope.node.try_get_context(name)
    if given is not None and scope.node.try_get_context(other) is not None:
        fix = "a deployment promotes or rolls a promotion back, so give one of them"
        refuse("context", name, f"be left out with {other}", given, fix)
    return given
