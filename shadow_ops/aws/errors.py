"""What the error codes of AWS's services mean, told without loading its client."""

from __future__ import annotations

THROTTLED = frozenset(
    (
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    )
)


def error_code(error: Exception) -> str:
    """The service's code of an error; empty if it has none."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
