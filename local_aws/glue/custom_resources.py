"""Custom resources: what the function is asked, and the wait for its answer.

The function is invoked asynchronously and answers by a PUT to the address in the event (CloudFormation User Guide,
custom resources); whether the invocation has ended is not looked at. So a function may hand on to another invocation,
which answers.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from local_aws.glue import private
from local_aws.glue.deliveries import Deliveries
from local_aws.loose import Foreign

LARGEST_ANSWER = 4096
"""Bytes that an answer may have (CloudFormation User Guide, custom resource response objects)."""

_LONGEST_WAIT_SECONDS = 3600
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Failed:
    """A custom resource whose creation failed; it gets a Delete when the stack rolls back.

    Attributes:
        physical_id: What the failed answer named, or what CloudFormation made up.
        resource_type: The resource's type.
        properties: What it was asked to create.
    """

    physical_id: str
    resource_type: str
    properties: dict[str, Any]


class CustomResources:
    """Asks functions for custom resources.

    Args:
        deliveries: The queue in front of the functions.

    Attributes:
        failed: The creations that failed, by stack id and logical id, until their stack has rolled back.
    """

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self.failed: dict[tuple[str, str], Failed] = {}

    def install(self) -> None:
        """Take ministack's place."""
        private.module("services.cloudformation.custom_resource").invoke_custom_resource = self.invoke
        app = private.module("app")
        original = app._handle_post_body_shortcuts

        async def shortcuts(method: str, path: str, headers: Foreign, body: bytes, *rest: Foreign) -> Foreign:
            if method == "PUT" and path.startswith("/_ministack/cfn-response/") and len(body) > LARGEST_ANSWER:
                refuse(path.rpartition("/")[2], "Response object is too long.")
                return 400, {}, b""
            return await original(method, path, headers, body, *rest)

        app._handle_post_body_shortcuts = shortcuts

    def invoke(
        self,
        request_type: str,
        logical_id: str,
        props: dict[str, Any],
        stack_name: str,
        stack_id: str,
        resource_type: str,
        physical_id: str | None = None,
        old_props: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """Ask a function and wait for its answer; runs on a thread. Named and called as ministack calls its own.

        Raises:
            RuntimeError: If the answer is FAILED, no answer comes in time, or the update is cancelled.
        """
        functions = private.module("services.lambda_svc")
        resources = private.module("services.cloudformation.custom_resource")
        function, config, _ = functions._get_func_record_for_ref(props.get("ServiceToken", ""))
        if function is None or config is None:
            raise RuntimeError(f"there is no function {props.get('ServiceToken')!r} to ask for {logical_id}")
        token, request_id = uuid.uuid4().hex, str(uuid.uuid4())
        waiting = resources.register_token(token)
        event = {
            "RequestType": request_type,
            "RequestId": request_id,
            "StackId": stack_id,
            "ResponseURL": resources._response_url(token),
            "ResourceType": resource_type,
            "LogicalResourceId": logical_id,
            "ResourceProperties": resources._normalise_resource_properties(props),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if old_props is not None:
            event["OldResourceProperties"] = resources._normalise_resource_properties(old_props)
        self._deliveries.deliver(
            functions._execution_record_for_config(function, config), event, lambda result: _failed(token, result)
        )
        # A service timeout is the user's own wish, in seconds as they pass here.
        seconds = int(props.get("ServiceTimeout", _LONGEST_WAIT_SECONDS))
        deadline, reason = time.monotonic() + seconds, ""
        while not waiting.wait(_POLL_SECONDS) and not reason:
            if time.monotonic() > deadline:
                reason = f"CloudFormation did not receive a response from your Custom Resource within {seconds} s"
            elif cancelled(stack_name):
                reason = "Resource update cancelled"
        with resources._lock:
            answer = (resources._pending.pop(token, None) or {}).get("result") or {}
        if answer.get("Status") != "FAILED" and not reason:
            return answer.get("PhysicalResourceId") or physical_id or request_id, answer.get("Data") or {}
        if request_type == "Create":
            named = answer.get("PhysicalResourceId") or f"{stack_name}-{logical_id}-{request_id[:8]}"
            self.failed[stack_id, logical_id] = Failed(named, resource_type, props)
        raise RuntimeError(reason or answer.get("Reason") or "Custom resource reported FAILED")


def cancelled(stack_name: str) -> bool:
    """Return whether somebody has cancelled the update of a stack."""
    stack = private.module("services.cloudformation")._stacks.get(stack_name) or {}
    return bool(stack.get("_cancel_requested"))


def refuse(token: str, reason: str) -> None:
    """Answer FAILED in a function's place."""
    resources = private.module("services.cloudformation.custom_resource")
    resources.deliver_response(token, {"Status": "FAILED", "Reason": reason})


def _failed(token: str, result: dict[str, Any]) -> None:
    # CloudFormation really waits, for up to an hour; nobody would in a rehearsal, and the reason is in a log only.
    body = result.get("body")
    refuse(token, f"The function failed: {body.get('errorMessage', body) if isinstance(body, dict) else body}")
