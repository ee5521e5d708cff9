"""Asynchronous invocations of Lambda functions: tried again, too old, late or twice, as AWS's queue before them may.

Lambda Developer Guide, asynchronous invocation: a failed event is tried twice more, after one minute and after two,
unless AWS::Lambda::EventInvokeConfig says otherwise; an event that is too old is dropped; the same event may come more
than once.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from local_aws.faults import Faults
from local_aws.glue import private
from local_aws.loose import Foreign

_RETRIES = 2
_MAX_AGE_SECONDS = 21_600
_RETRY_SECONDS = 60


def _nobody(_result: dict[str, Any]) -> None:
    """Tell nobody of an invocation that failed for good."""


class Deliveries:
    """The queue in front of every function.

    Args:
        faults: Planted faults.
        scale: Local seconds per second of AWS's.
    """

    def __init__(self, faults: Faults, scale: float) -> None:
        self._faults = faults
        self._scale = scale

    def install(self) -> None:
        """Let everything that invokes functions asynchronously go through this queue."""
        functions, events = private.module("services.lambda_svc"), private.module("services.eventbridge")
        functions.invoke_async_with_retry = self.deliver

        def dispatch(arn: str, payload: str) -> None:
            function, config, _ = functions._get_func_record_for_ref(arn)
            if function and config:
                self.deliver(functions._execution_record_for_config(function, config), events.json.loads(payload))

        events._dispatch_to_lambda = dispatch
        runtime = private.module("core.lambda_runtime")
        # A process would tell every invocation the timeout that it was started with.
        fixed, given = 'float(os.environ.get("_LAMBDA_TIMEOUT", "3"))', '_ms_ctx["timeout_ms"] / 1000'
        runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(fixed, given)
        worker, original = runtime.Worker, runtime.Worker.invoke

        def invoke(this: Foreign, *args: Foreign, **named: Foreign) -> Foreign:
            config, cut = this.config, self._faults.of_function("short-timeout", this.func_name)
            if cut is not None:
                this.config = {**config, "Timeout": cut["seconds"]}
            try:
                return original(this, *args, **named)
            finally:
                this.config = config

        worker.invoke = invoke

    def deliver(
        self, function: dict[str, Any], event: Foreign, given_up: Callable[[dict[str, Any]], None] = _nobody
    ) -> None:
        """Deliver an event, in threads of its own.

        Args:
            function: ministack's record of the function.
            event: What it is called with.
            given_up: Told the last result when every attempt has failed.
        """
        name = _config(function).get("FunctionName", "")
        late = self._faults.take_of_function("late-delivery", name)
        again = self._faults.take_of_function("second-delivery", name)
        self._start(function, event, late["seconds"] if late else 0, given_up)
        if again is not None:
            self._start(function, event, again["seconds"], _nobody)

    def _start(self, function: Foreign, event: Foreign, age: float, given_up: Callable[[dict[str, Any]], None]) -> None:
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run, function, event, age, given_up), daemon=True).start()

    def _run(self, function: Foreign, event: Foreign, age: float, given_up: Callable[[dict[str, Any]], None]) -> None:
        functions = private.module("services.lambda_svc")
        settings = function.get("event_invoke_config") or function.get("event_invoke_configs", {}).get("$LATEST") or {}
        retries = int(settings.get("MaximumRetryAttempts", _RETRIES))
        oldest = int(settings.get("MaximumEventAgeInSeconds", _MAX_AGE_SECONDS))
        result: dict[str, Any] = {"error": True, "body": {"errorMessage": "the event was too old to be delivered"}}
        wait = age
        for attempt in range(retries + 1):
            if age > oldest:
                break
            time.sleep(wait * self._scale)
            result = functions._execute_function_with_config_scope(function, event)
            if not (isinstance(result, dict) and result.get("error")):
                return
            wait = _RETRY_SECONDS * (attempt + 1)
            age += wait
        given_up(result)
        target = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        target = target or _config(function).get("DeadLetterConfig", {}).get("TargetArn")
        if target:
            functions._route_async_failure(target, _config(function).get("FunctionName", ""), event, result)


def _config(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function.get("config") or function
    return found
