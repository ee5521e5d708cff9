"""The one exception that becomes an AWS error response."""

from __future__ import annotations

import json


class ServiceError(Exception):
    """A refusal, as a client of the service sees it.

    Args:
        code: Error code, such as ``ValidationException``.
        message: What went wrong, for a person.
        status: HTTP status. Default: 400.
        details: Further members of the error's shape. Default: none.
    """

    def __init__(self, code: str, message: str, status: int = 400, details: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = details or {}

    def json_response(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body in the JSON protocols' form."""
        body = {"__type": self.code, "message": self.message, **self.details}
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": self.code}
        return self.status, headers, json.dumps(body).encode()


def validation(message: str) -> ServiceError:
    """Return a ``ValidationException``, the code SageMaker uses for nearly every refusal."""
    return ServiceError("ValidationException", message)
