"""The Lambda function that starts and ends managed shadow tests: takes CloudFormation's requests, and answers."""

from __future__ import annotations

import datetime
import itertools
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws.errors import error_code
from shadow_ops.contract.managed import ManagedAsked
from shadow_ops.contract.problems import CannotTellError, InvalidValueError
from shadow_ops.contract.watched import DETAIL_TYPE
from shadow_ops.guard import answer
from shadow_ops.guard.answer import Put, body, check_address, put
from shadow_ops.guard.clients import Clients, Clock, TimeUpError, real_clients
from shadow_ops.guard.handler import LambdaClock
from shadow_ops.guard.run import PATIENCE, HandOverError
from shadow_ops.managed.ramping import on_look
from shadow_ops.managed.run import Runner

LOG = logging.getLogger(__name__)
_LONGEST_POLL_SECONDS, _POLL_SECONDS, _SLOWER = 15.0, 2.0, 1.2
# Before an invocation has no more time than that, another one goes on; at most a third of what it has.
_RESERVE_SECONDS, _RESERVE_SHARE = 60, 1 / 3


def handle(event: Mapping[str, Any], context: Any) -> None:  # noqa: ANN401 - made by Lambda, without a public type
    """Take a request of CloudFormation, or an event of the watch. The entry point of the Lambda function.

    Raises:
        Exception: If not even an answer can be sent, or a ramp can't go on; Lambda then delivers it again.
    """
    logging.getLogger().setLevel(logging.INFO)
    if event.get("detail-type") == DETAIL_TYPE:
        clients, clock = real_clients(), LambdaClock(context)
        on_look(event, clients.sagemaker, clients.ssm, clock.now())
        return
    on_request(event, real_clients(), LambdaClock(context), put)


def on_request(event: Mapping[str, Any], clients: Clients, clock: Clock, send: Put) -> None:
    """Take a request, or go on with one.

    Args:
        event: The request; with ``Continued``, when its first invocation took it.
        clients: The services.
        clock: Time.
        send: Sends the answer.
    """
    check_address(event["ResponseURL"])
    began = datetime.datetime.fromisoformat(event.get("Continued") or clock.now().isoformat())
    reserve = min(_RESERVE_SECONDS, clock.remaining() * _RESERVE_SHARE)

    looks = itertools.count()

    def pause() -> None:
        if clock.remaining() < reserve + _LONGEST_POLL_SECONDS:
            raise HandOverError
        # The longer it has taken, the longer it may take.
        clock.sleep(min(_POLL_SECONDS * _SLOWER ** next(looks), _LONGEST_POLL_SECONDS))

    physical_id = str(event.get("PhysicalResourceId") or "none")
    try:
        if event["RequestType"] == "Create":
            # Also of a creation that fails: what there may be is ended by it.
            physical_id = ManagedAsked.from_properties(event["ResourceProperties"]).name(event["StackId"])
        runner = Runner(clients.patient(clock), clock.now, pause, event["StackId"])
        physical_id, given = _take(event, physical_id, runner)
    except (HandOverError, TimeUpError):
        if clock.now() - began < PATIENCE:
            name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
            going_on = json.dumps({**event, "Continued": began.isoformat()}).encode()
            clients.functions.invoke(FunctionName=name, InvocationType="Event", Payload=going_on)
            return
        why = "SageMaker has been at the managed test for nearly an hour; see what it says of it, then deploy again"
        given = answer.failure(why)
    except Exception as error:
        LOG.exception("failed")
        given = answer.failure(_sentence(error))
    send(event["ResponseURL"], body(event, physical_id, given))


def _take(event: Mapping[str, Any], physical_id: str, runner: Runner) -> tuple[str, dict[str, Any]]:
    if event["RequestType"] == "Delete":
        # The test by the name that its resource has; of a creation that nobody answered, by the one that it would have.
        name = physical_id
        try:
            asked = ManagedAsked.from_properties(event["ResourceProperties"])
            name = name if name.startswith(f"{asked.base}-") else asked.name(event["StackId"])
        except InvalidValueError:
            LOG.exception("by the resource's own name")
        return physical_id, answer.success({}, (runner.end(name),))
    asked = ManagedAsked.from_properties(event["ResourceProperties"])
    old = event.get("OldResourceProperties")
    name, said = runner.begin(asked, None if old is None else ManagedAsked.from_properties(old))
    return name, answer.success({"Name": name}, (said,))


def _sentence(error: Exception) -> str:
    if isinstance(error, CannotTellError | InvalidValueError):
        return str(error)
    if isinstance(error, ClientError):
        said = error.response.get("Error", {}).get("Message", "")
        return f"{error.operation_name} was refused with {error_code(error)}: {said}; put that right, then deploy again"
    return f"the managed test can't be dealt with: {type(error).__name__}: {error}; see the function's log"
