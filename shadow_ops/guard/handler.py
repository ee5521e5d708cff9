"""The Lambda function: takes what CloudFormation and EventBridge send, and answers."""

from __future__ import annotations

import datetime
import itertools
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws import journal
from shadow_ops.guard import answer
from shadow_ops.guard.answer import Put, body, check_address, put
from shadow_ops.guard.asking import Gate, live_gate
from shadow_ops.guard.clients import Clients, Clock, TimeUpError, is_passing, real_clients
from shadow_ops.guard.course import Course, new_token
from shadow_ops.guard.refusal import sentence
from shadow_ops.guard.request import Request
from shadow_ops.guard.run import PATIENCE, HandOverError, Runner

LOG = logging.getLogger(__name__)

# Time kept back for handing over or answering when all else hangs: a tenth of the function's, ten seconds at most.
_ANSWER_SECONDS = 10
_ANSWER_SHARE = 0.1
# Between two tries to hand over while Lambda throttles; the last one for as long as there is time.
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
_SOURCES = ("aws.sagemaker", "aws.cloudformation")


class LambdaClock:
    """Time inside a Lambda function.

    Args:
        context: Lambda's context of the invocation.
    """

    def __init__(self, context: Any) -> None:  # noqa: ANN401 - made by Lambda, without a public type
        left: float = context.get_remaining_time_in_millis() / 1000
        self._end = time.monotonic() + left - min(_ANSWER_SECONDS, left * _ANSWER_SHARE)

    def now(self) -> datetime.datetime:
        """The time, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the time that is left."""
        time.sleep(max(0, min(seconds, self.remaining())))

    def remaining(self) -> float:
        """Seconds until everything has to be over."""
        return self._end - time.monotonic()


def handle(event: Mapping[str, Any], context: Any) -> None:  # noqa: ANN401 - made by Lambda, without a public type
    """Take an event. The entry point of the Lambda function."""
    logging.getLogger().setLevel(logging.INFO)
    clock = LambdaClock(context)
    if event.get("source") in _SOURCES:
        on_event(event, real_clients(), clock)
    else:
        on_request(event, real_clients, clock, put)


def on_event(event: Mapping[str, Any], clients: Clients, clock: Clock) -> None:
    """Take an event about the endpoint; about anything else nothing is done.

    Raises:
        Exception: If it fails; Lambda then delivers it again.
    """
    endpoint = event.get("detail", {}).get("EndpointName")
    if not (isinstance(endpoint, str) and endpoint):
        return
    course = Course(token=new_token(), began=clock.now())
    Runner(clients, clock, live_gate(clients.patient(clock)), endpoint, None, course).run()


def on_request(
    event: Mapping[str, Any],
    clients: Callable[[], Clients],
    clock: Clock,
    send: Put,
    gate: Gate | None = None,
    watchdog: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer,
) -> None:
    """Take a request of CloudFormation, or go on with one, and answer it, whatever happens.

    Args:
        event: The request; with ``Continued``, how far an earlier invocation has come with it.
        clients: Makes the services.
        clock: Time.
        send: Sends the answer.
        gate: Judges a shadow test; by default from CloudWatch's metrics.
        watchdog: Ends an invocation that hangs, after so many seconds; by default a timer.

    Raises:
        Refusal: If the answer could be sent to nobody.
        OSError: If the answer isn't taken; Lambda then delivers the event again.
    """
    check_address(event["ResponseURL"])
    came = event.get("Continued")
    now = clock.now()
    course = Course(token=new_token(), began=now) if came is None else Course.from_json(came)
    end = _End(event, clients, clock, send, course)
    # Should a call hang, CloudFormation would wait an hour for a function that Lambda has long ended.
    timer = watchdog(max(0.0, clock.remaining()), end.hung)
    timer.daemon = True
    timer.start()
    try:
        given = _take(event, clients, clock, gate, course)
    except (HandOverError, TimeUpError):
        end.hand_over(clock.now())
    else:
        end.answer(given)
    finally:
        timer.cancel()
        # One that is handing over must not be cut off: Lambda freezes the process once this returns.
        timer.join()


def _take(
    event: Mapping[str, Any], clients: Callable[[], Clients], clock: Clock, gate: Gate | None, course: Course
) -> dict[str, Any]:
    try:
        request = Request.from_event(event)
        made = clients()
    except Exception as error:
        LOG.exception("nothing was begun")
        return answer.success({}) if event["RequestType"] == "Delete" else answer.failure(sentence(error))
    runner = Runner(made, clock, gate or live_gate(made.patient(clock)), request.asked.endpoint, request, course)
    try:
        return runner.run()
    except HandOverError:
        runner.keep_lock()
        raise


class _End:
    """How an invocation ends: once, with an answer or with a continuation."""

    def __init__(
        self, event: Mapping[str, Any], clients: Callable[[], Clients], clock: Clock, send: Put, course: Course
    ) -> None:
        self._event = event
        self._clients = clients
        self._clock = clock
        self._send = send
        self._course = course
        self._lock = threading.Lock()
        self._over = False

    def answer(self, given: Mapping[str, Any]) -> None:
        """Send an answer, unless this invocation has ended already."""
        if self._first():
            self._send(self._event["ResponseURL"], body(self._event, _physical_id(self._event), given))

    def hung(self) -> None:
        """End because time is up although something is still going on in this process."""
        self.hand_over(self._clock.now() + datetime.timedelta(seconds=2 * _ANSWER_SECONDS))

    def hand_over(self, resumes: datetime.datetime) -> None:
        """Have another invocation go on, as long as CloudFormation waits for an answer."""
        if not self._first():
            return
        now = self._clock.now()
        self._course.resumes = resumes
        if now - self._course.began >= PATIENCE:
            self._give_up("the guard ran out of time; deploy again, and see its log if that doesn't help")
            return
        try:
            self._invoke({**self._event, "Continued": self._course.to_json()})
        except Exception as error:
            LOG.exception("no continuation")
            self._give_up(f"the guard could not go on in another invocation: {error}; deploy again")

    def _invoke(self, event: Mapping[str, Any]) -> None:
        name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        for pause in itertools.chain(_PAUSES, itertools.repeat(None)):
            try:
                self._clients().functions.invoke(
                    FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
                )
                return
            except ClientError as error:
                if not is_passing(error) or (pause is None and self._clock.remaining() < _PAUSES[-1]):
                    raise
            self._clock.sleep(pause or _PAUSES[-1])

    def _give_up(self, why: str) -> None:
        given = answer.success({}) if self._event["RequestType"] == "Delete" else answer.failure(why)
        # First of all the answer: whatever hung may hang again.
        self._send(self._event["ResponseURL"], body(self._event, _physical_id(self._event), given))
        endpoint = self._event.get("ResourceProperties", {}).get("EndpointName", "")
        request, stack = self._event["RequestId"], self._event["StackId"]
        try:
            ssm = self._clients().patient(self._clock).ssm
            journal.remember(ssm, endpoint, request, given, stack=stack, now=self._clock.now())
            journal.release(ssm, endpoint, self._course.token)
        except Exception:
            LOG.exception("the answer can't be remembered")

    def _first(self) -> bool:
        with self._lock:
            first, self._over = not self._over, True
        return first


def _physical_id(event: Mapping[str, Any]) -> str:
    if event.get("PhysicalResourceId") and event["RequestType"] == "Delete":
        return str(event["PhysicalResourceId"])
    properties = event.get("ResourceProperties", {})
    return f"{properties.get('EndpointName', 'unknown')}/{properties.get('Step', 'unknown')}"
