"""How the guard says no."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - it is an answer, not a defect
    """The deployment must not go on; the text is the sentence that `cdk deploy` prints."""
