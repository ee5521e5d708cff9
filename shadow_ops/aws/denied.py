"""What of errors the command line tells: which codes no further call gets past, and nothing of credentials."""

from __future__ import annotations

import os
import re
import traceback

from shadow_ops.aws.errors import error_code

EXPIRED = frozenset(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"))
SKEWED = frozenset(("RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"))
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
    return code in EXPIRED or code in SKEWED or code in UNKNOWN_KEY or code in DENIED


_SECRET = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_SHORTEST_SECRET = 8
# What signs in by an address, what a header can't hold (http.client), and what a signed request is made of.
_TELLING = (
    (re.compile(r"//[^/\s@]+@"), "//***@"),
    (re.compile(r"(?i)(header value )b?(['\"])(?:\\.|[^\\])*?\2", re.DOTALL), r"\1***"),
    (
        re.compile(
            r"(?i)((?:credential|signature|security-token|secret_?(?:access_?)?key|token)['\"]?\s*[=:]\s*)[^\s,&]+"
        ),
        r"\1***",
    ),
)
_CLIENT = ("boto3", "botocore", "s3transfer", "urllib3")


def without_secrets(text: str) -> str:
    """A text of an error without what credentials consist of: of the environment, of a request, of an address."""
    for name in _SECRET:
        # A secret that was pasted may hold line ends, which an error writes in several ways.
        for part in os.environ.get(name, "").split():
            if len(part) >= _SHORTEST_SECRET:
                text = text.replace(part, "***")
    for pattern, instead in _TELLING:
        text = pattern.sub(instead, text)
    return text


def is_of_the_client(error: BaseException) -> bool:
    """Whether an error was raised within boto3 or what it stands on, and by nothing of ours that it calls."""
    names = [frame.f_globals.get("__name__", "").split(".")[0] for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = max((number for number, name in enumerate(names) if name == "shadow_ops"), default=-1)
    return any(name in _CLIENT for name in names[ours + 1 :])
