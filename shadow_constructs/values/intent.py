"""What a deployment is meant to be: a promotion, or its rollback. The guard holds it against what serves."""

from __future__ import annotations

from dataclasses import dataclass

from shadow_ops.contract.checks import checking
from shadow_ops.contract.sentences import check_reason


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """The tested shadow becomes production.

    Attributes:
        override_gate: Why it goes through whatever the gate says; kept in the history. By default the gate decides: the
            deployment fails, and changes nothing, unless the verdict is PASS.
    """

    override_gate: str | None = None

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: If the reason says nothing.
        """
        problems = checking(self)
        if self.override_gate is not None:
            fix = 'deploy with -c override_gate="..." or leave it out'
            check_reason(problems, "override_gate", self.override_gate, fix)
        problems.raise_if_any()


@dataclass(frozen=True)
class Rollback:
    """A promotion is rolled back: the version that it replaced becomes production again.

    Without a reason the guard refuses that, so that yesterday's pipeline can't demote a model.

    Attributes:
        reason: Why; kept in the history and in the stack's outputs.
    """

    reason: str

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: If the reason says nothing.
        """
        problems = checking(self)
        check_reason(problems, "reason", self.reason, 'deploy with -c rollback="..." or leave it out')
        problems.raise_if_any()


Intent = Promotion | Rollback
