"""The services that the guard calls, and how it bears with them."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Protocol

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from shadow_ops.aws.boto import Client, clients_of
from shadow_ops.aws.errors import error_code

LOG = logging.getLogger(__name__)

# Codes of passing troubles: throttling under its several names, and what the error lists of the API models of
# Application Auto Scaling and SSM say to try again.
PASSING = frozenset(
    (
        "ConcurrentUpdateException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TooManyUpdates",
    )
)
# Beyond what boto3 itself tries again.
_LONGEST_PATIENCE_SECONDS = 60
_LONGEST_PAUSE_SECONDS = 8


class Clock(Protocol):
    """Time, as the guard sees it."""

    def now(self) -> datetime.datetime:
        """The time, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def remaining(self) -> float:
        """Seconds until an answer must be given."""


@dataclass(frozen=True)
class Living:
    """A clock that gives a sign of life after each wait.

    Attributes:
        clock: The clock.
        live: The sign of life.
    """

    clock: Clock
    live: Callable[[], None]

    def now(self) -> datetime.datetime:
        """The time, in UTC."""
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.clock.sleep(seconds)
        self.live()

    def remaining(self) -> float:
        """Seconds until an answer must be given."""
        return self.clock.remaining()


@dataclass(frozen=True)
class Clients:
    """The services.

    Attributes:
        sagemaker: Endpoints and their configs.
        autoscaling: Application Auto Scaling.
        ssm: The guard's records.
        cloudformation: The state of the stack.
        cloudwatch: Metrics, for the gate; alarms of step scaling policies.
        functions: Lambda, to go on waiting in another invocation.
    """

    sagemaker: Client
    autoscaling: Client
    ssm: Client
    cloudformation: Client
    cloudwatch: Client
    functions: Client

    def patient(self, clock: Clock) -> Clients:
        """The same services, each call tried again while the trouble is a passing one, and none once time is up.

        Raises:
            TimeUpError: By a call after `Clock.remaining` has come to nothing.
        """
        return Clients(**{field.name: _Patient(getattr(self, field.name), clock) for field in fields(self)})


class TimeUpError(Exception):
    """The invocation has answered already, or is about to end: nothing is begun any more."""


class _Patient:
    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._client, name)

        def call(**arguments: Any) -> Any:  # noqa: ANN401 - of any operation
            waited, pause = 0.0, 0.5
            while True:
                if self._clock.remaining() <= 0:
                    raise TimeUpError(f"no time is left for {name}")
                try:
                    return method(**arguments)
                except (ClientError, ConnectionError, HTTPClientError) as error:
                    if not is_passing(error) or waited >= _LONGEST_PATIENCE_SECONDS or self._clock.remaining() < pause:
                        raise
                    LOG.warning("%s: %s; again in %s s", name, error, pause)
                self._clock.sleep(pause)
                waited += pause
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

        return call


def is_passing(error: Exception) -> bool:
    """Whether a call that failed like this is worth another try."""
    if not isinstance(error, ClientError):
        return True
    return error_code(error) in PASSING


def real_clients() -> Clients:
    """The services of the account and region that the Lambda function runs in."""
    client = clients_of("shadow-guard", attempts=8)
    return Clients(
        sagemaker=client("sagemaker"),
        autoscaling=client("application-autoscaling"),
        ssm=client("ssm"),
        cloudformation=client("cloudformation"),
        cloudwatch=client("cloudwatch"),
        functions=client("lambda"),
    )
