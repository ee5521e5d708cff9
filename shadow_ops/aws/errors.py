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


def is_overloaded(error: Exception) -> bool:
    """Whether a service that refused a call throttles, or has failed itself: a little later it may well take it."""
    response = getattr(error, "response", None)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) if isinstance(response, dict) else 0
    return error_code(error) in THROTTLED or status >= 500
