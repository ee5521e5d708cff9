"""Sentences: why somebody does what is refused without a reason, and what is said of it in both packages."""

from __future__ import annotations

from shadow_ops.contract.problems import Problems
from shadow_ops.contract.text import is_line

_LONGEST_REASON = 500

LOST = (
    "no deployment asks the gate, keeps live counts that aren't scaled in code, hands scaling over, is refused while a "
    "managed test runs or is to begin, checks afterwards what serves, or is on record"
)
"""What an endpoint does without by ``Guard.off(reason)``; who deploys asks gate and status instead."""


def check_reason(problems: Problems, what: str, value: object, fix: str | None = None) -> None:
    """Check a sentence that goes on record: text that says something, short enough for every place that keeps it."""
    rule = f"be a sentence that says why, of at most {_LONGEST_REASON} characters"
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_REASON:
        problems.add(what, rule, value, fix)
    elif not is_line(value):
        must = "be one line of plain text: without line ends, control characters, halves of characters and CDK tokens"
        problems.add(what, must, value, fix)
    elif "{{" in value:
        # CloudFormation would take it for a dynamic reference, and Parameter Store refuses it.
        problems.add(what, "be a sentence without {{", value, fix)


def ascii_of(text: str) -> str:
    """A text for people in ASCII: CloudFormation shows other characters as question marks, and in every diff."""
    return text.encode("ascii", "backslashreplace").decode("ascii")
