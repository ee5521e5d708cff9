"""What the error codes of AWS's services mean, told without loading its client."""

from __future__ import annotations

EXPIRED = frozenset(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"))
UNKNOWN_KEY = frozenset(
    (
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    )
)
DENIED = frozenset(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"))
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


def is_denied(error: Exception) -> bool:
    """Whether AWS refused a call for lack of rights."""
    return error_code(error) in DENIED


def is_hopeless(code: str) -> bool:
    """Whether every further call will be refused with this error code, too."""
    return code in EXPIRED or code in UNKNOWN_KEY or code in DENIED
