"""What the CloudFormation handlers of all resource types share: how they call a service, and how they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from local_aws.errors import ServiceError
from local_aws.glue import private, types
from local_aws.glue.bridge import LoopBridge

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
Created = tuple[str, dict[str, Any]]


class HandlerError(Exception):
    """What a resource handler reports; CloudFormation shows it as the reason of the event.

    Args:
        reason: The reason.
        code: The service's error code, where one has refused a call.
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


def fail(message: str, code: str = "GeneralServiceException") -> NoReturn:
    """Raise a handler's failure in the form CloudFormation shows it."""
    raise HandlerError(f'Resource handler returned message: "{message}" (HandlerErrorCode: {code})', code)


def current_region() -> str:
    """Return the region of the request or stack operation that is running."""
    region: str = private.module("core.responses").get_region()
    return region


def calling(bridge: LoopBridge, service: Callable[[str, str, dict[str, Any]], dict[str, Any]]) -> Call:
    """Return how a handler calls a service: on the loop, in the region of the stack; what is refused fails it."""

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        region = current_region()
        try:
            return bridge.run(lambda: service(region, operation, request))
        except ServiceError as error:
            fail(error.message, error.code)

    return call


def request_of(
    service: str, operation: str, properties: dict[str, Any], kind: str, skip: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the request that properties stand for, see `types.api_request`; what is refused fails the handler."""
    try:
        return types.api_request(service, operation, properties, kind, skip)
    except ServiceError as error:
        fail(error.message, "InvalidRequest")
