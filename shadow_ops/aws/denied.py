"""Error codes that no further call gets past, as the command line tells them to people."""

from __future__ import annotations

from shadow_ops.aws.errors import error_code

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


def is_denied(error: Exception) -> bool:
    """Whether AWS refused a call for lack of rights."""
    return error_code(error) in DENIED


def is_hopeless(code: str) -> bool:
    """Whether every further call will be refused with this error code, too."""
    return code in EXPIRED or code in UNKNOWN_KEY or code in DENIED
