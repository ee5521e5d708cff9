"""The ASGI application in front of ministack: invocations and control calls are answered here, the rest there."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from local_aws import ACCOUNT_ID
from local_aws.control import PREFIX, Control
from local_aws.errors import ServiceError
from local_aws.sagemaker.endpoints import find_endpoint
from local_aws.sagemaker.records import Endpoint, Region
from local_aws.serving.invoke import Invocation, refused
from local_aws.world import World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Authorize = Callable[[str, str, str], ServiceError | None]

_INVOCATIONS = re.compile(r"/endpoints/([^/]+)/invocations")
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([a-z0-9-]+)/")
_DEFAULT_REGION = "us-east-1"


def signer(authorization: str) -> tuple[str, str]:
    """Return access key and region of a request's credential scope; an unsigned request is taken to us-east-1."""
    match = _CREDENTIAL.search(authorization)
    return (match[1], match[2]) if match else ("", _DEFAULT_REGION)


class Front:
    """The application that is served.

    Args:
        ministack: The application behind.
        world: What answers invocations.
        control: What answers control calls.
        authorize: Refuses a caller that IAM does not let invoke; None where IAM is not enforced.
        ready: Called once ministack has started.
        kill_functions: Ends the processes of all Lambda functions.
    """

    def __init__(
        self,
        ministack: Application,
        world: World,
        control: Control,
        ready: Callable[[], None],
        authorize: Authorize | None = None,
        kill_functions: Callable[[], None] = lambda: None,
    ) -> None:
        self._kill_functions = kill_functions
        self._ministack = ministack
        self._world = world
        self._control = control
        self._ready = ready
        self._authorize = authorize

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        if scope["type"] == "lifespan":
            await self._ministack(scope, receive, self._announcing(send))
            return
        if scope["type"] == "http":
            path = scope["path"]
            if path.startswith(PREFIX):
                body = await _body(receive)
                await _respond(send, *await self._control.handle(scope["method"], path, body))
                return
            match = _INVOCATIONS.fullmatch(path)
            if match and scope["method"] == "POST":
                await self._invoke(scope, receive, send, unquote(match[1]))
                return
            if await self._spoilt(scope, send):
                return
        if self._authorize:
            # Bucket policies that demand TLS would otherwise deny every request on this plain loopback port.
            scope = {**scope, "scheme": "https"}
        await self._ministack(scope, receive, send)

    async def _spoilt(self, scope: Scope, send: Send) -> bool:
        """Answer a call of the JSON protocol that a planted fault concerns; returns whether there was one."""
        target = next((value for key, value in scope["headers"] if key.lower() == b"x-amz-target"), b"")
        kind = self._world.faults.take_call(target.decode("latin-1").rpartition(".")[2]) if target else None
        if kind is None:
            return False
        if kind == "kill-functions":
            await asyncio.to_thread(self._kill_functions)
        error = ServiceError("ThrottlingException", "Rate exceeded (planted fault)")
        if kind == "deny":
            error = ServiceError("AccessDeniedException", "User is not authorized to perform this (planted fault)")
        status, headers, body = error.json_response()
        await _respond(send, status, headers, body)
        return True

    def _announcing(self, send: Send) -> Send:
        async def wrapped(message: MutableMapping[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._ready()

        return wrapped

    async def _invoke(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        request_id = str(uuid.uuid4())
        access_key, signed_region = signer(headers.get("authorization", ""))
        region = self._world.sagemaker.region(signed_region)
        try:
            if self._authorize and (refusal := self._authorize(access_key, region.name, name)):
                raise refusal
            endpoint = find_runtime_endpoint(region, name)
            answer = await self._world.invoker.invoke(endpoint, invocation(headers, await _body(receive)))
        except ServiceError as error:
            status, answered, body = error.json_response()
            answered["Content-Type"] = "application/json"
            await _respond(send, status, {**answered, "x-amzn-RequestId": request_id}, body)
            return
        answered = {
            "Content-Type": answer.content_type,
            "x-Amzn-Invoked-Production-Variant": answer.variant,
            "x-amzn-RequestId": request_id,
        }
        await _respond(send, 200, answered, answer.body)


def find_runtime_endpoint(region: Region, name: str) -> Endpoint:
    """Return an endpoint to invoke; the runtime's refusal names the endpoint and the account."""
    try:
        return find_endpoint(region, name)
    except ServiceError as error:
        raise refused(f"Endpoint {name} of account {ACCOUNT_ID} not found.") from error


def invocation(headers: dict[str, str], body: bytes) -> Invocation:
    """Return the invocation that a request's headers and body stand for."""
    prefix = "x-amzn-sagemaker-"
    return Invocation(
        body=body,
        content_type=headers.get("content-type", "application/octet-stream"),
        accept=headers.get("accept", "*/*"),
        inference_id=headers.get(f"{prefix}inference-id"),
        custom_attributes=headers.get(f"{prefix}custom-attributes"),
        target_variant=headers.get(f"{prefix}target-variant"),
    )


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    # A body that echoes what a caller sent may hold line breaks, a header may not.
    encoded = [
        (k.lower().encode(), v.replace("\r", " ").replace("\n", " ").encode("latin-1")) for k, v in headers.items()
    ]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
