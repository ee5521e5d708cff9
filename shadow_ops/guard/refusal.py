"""How the guard says no."""

from __future__ import annotations

from botocore.exceptions import ClientError

from shadow_ops.aws.errors import error_code


class Refusal(Exception):  # noqa: N818 - it is an answer, not a defect
    """The deployment must not go on; the text is the sentence that `cdk deploy` prints."""


def sentence(error: Exception) -> str:
    """What people are told of an error."""
    if isinstance(error, Refusal):
        return str(error)
    if isinstance(error, ClientError):
        return (
            f"the guard could not go on: {error.operation_name} was refused with {error_code(error)}: "
            f"{error.response.get('Error', {}).get('Message', '')}; "
            "anything that was taken away is on record, deploy again once that is put right"
        )
    return (
        f"the guard failed: {type(error).__name__}: {error}; anything that was taken away is on record, "
        "deploy again, and see its log if that doesn't help"
    )
