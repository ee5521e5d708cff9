"""The one exception a person sees: what is wrong and what to do, in one line."""

from __future__ import annotations


class RehearsalError(Exception):
    """The rehearsal cannot go on; the message says why and what to do."""


class UnmetError(RehearsalError):
    """Something was not as the demo says it is."""


def expect(condition: bool, promise: str, seen: object) -> None:
    """Hold a promise against what was seen.

    Args:
        condition: Whether the promise holds.
        promise: What must be so, as a sentence.
        seen: What was seen instead.

    Raises:
        UnmetError: If it does not hold.
    """
    if not condition:
        raise UnmetError(f"not as promised: {promise} Seen: {seen}")
