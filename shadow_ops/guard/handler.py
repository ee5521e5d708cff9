"""The Lambda function: takes what CloudFormation and EventBridge send, and answers."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.guard.after import after
from shadow_ops.guard.answer import Answer, Put, put
from shadow_ops.guard.asking import Gate, live_gate
from shadow_ops.guard.before import before
from shadow_ops.guard.clients import Clients, Clock, error_code, real_clients
from shadow_ops.guard.context import Context
from shadow_ops.guard.delete import delete
from shadow_ops.guard.noticed import endpoint_of, noticed
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request

LOG = logging.getLogger(__name__)

# Time kept back to answer in when all else hangs.
_ANSWER_SECONDS = 10


class LambdaClock:
    """Time inside a Lambda function.

    Args:
        context: Lambda's context of the invocation.
    """

    def __init__(self, context: Any) -> None:  # noqa: ANN401 - made by Lambda, without a public type
        self._end: float = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _ANSWER_SECONDS

    def now(self) -> datetime.datetime:
        """The time, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the time that is left."""
        time.sleep(max(0, min(seconds, self.remaining())))

    def remaining(self) -> float:
        """Seconds until an answer must be given."""
        return self._end - time.monotonic()


def handle(event: Mapping[str, Any], context: Any) -> None:  # noqa: ANN401 - made by Lambda, without a public type
    """Take an event. The entry point of the Lambda function."""
    logging.getLogger().setLevel(logging.INFO)
    clock = LambdaClock(context)
    if event.get("source") == "aws.sagemaker":
        on_event(event, real_clients(), clock)
    else:
        on_request(event, real_clients, clock, put)


def on_event(event: Mapping[str, Any], clients: Clients, clock: Clock) -> None:
    """Take an event of SageMaker."""
    endpoint = endpoint_of(event)
    if endpoint is not None:
        patient = clients.patient(clock)
        noticed(Context(patient, clock, live_gate(patient), endpoint))


def on_request(
    event: Mapping[str, Any],
    clients: Callable[[], Clients],
    clock: Clock,
    send: Put,
    gate: Gate | None = None,
) -> None:
    """Take a request of CloudFormation and answer it, whatever happens.

    Args:
        event: The request.
        clients: Makes the services.
        clock: Time.
        send: Sends the answer.
        gate: Judges a shadow test; by default from CloudWatch's metrics.
    """
    answer = Answer(event, _physical_id(event), send)
    # Should a call hang, CloudFormation would wait an hour for a function that Lambda has long ended.
    watchdog = threading.Timer(
        max(0.0, clock.remaining()),
        lambda: answer.failure("the guard ran out of time; deploy again, and see its log if that doesn't help"),
    )
    watchdog.daemon = True
    watchdog.start()
    try:
        _take(event, clients, clock, answer, gate)
    finally:
        watchdog.cancel()


def _take(
    event: Mapping[str, Any], clients: Callable[[], Clients], clock: Clock, answer: Answer, gate: Gate | None
) -> None:
    deleting = event["RequestType"] == "Delete"
    try:
        request = Request.from_event(event)
        patient = clients().patient(clock)
        context = Context(patient, clock, gate or live_gate(patient), request.asked.endpoint)
        if deleting:
            delete(context, request)
            answer.success({})
        elif request.asked.step == "before":
            answer.success(before(context, request))
        else:
            answer.success(after(context, request))
    except Exception as error:
        if isinstance(error, Refusal):
            LOG.warning("refused: %s", error)
        else:
            LOG.exception("failed")
        if deleting:
            # A deletion that fails leaves a stack that can't be deleted.
            answer.success({})
        else:
            answer.failure(_sentence(error))


def _sentence(error: Exception) -> str:
    if isinstance(error, Refusal):
        return str(error)
    if isinstance(error, ClientError):
        return (
            f"the guard could not go on: {error.operation_name} was refused with {error_code(error)}: "
            f"{error.response.get('Error', {}).get('Message', '')}; "
            "nothing is lost, deploy again once that is put right"
        )
    return (
        f"the guard failed: {type(error).__name__}: {error}; nothing is lost, deploy again, "
        "and see its log if that doesn't help"
    )


def _physical_id(event: Mapping[str, Any]) -> str:
    if event.get("PhysicalResourceId") and event["RequestType"] == "Delete":
        return str(event["PhysicalResourceId"])
    properties = event.get("ResourceProperties", {})
    return f"{properties.get('EndpointName', 'unknown')}/{properties.get('Step', 'unknown')}"
