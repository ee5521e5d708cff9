"""The right to work on an endpoint, as one invocation has it: taken, prolonged while it lives, lost, given back."""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from shadow_ops.aws import journal
from shadow_ops.aws.boto import Client
from shadow_ops.aws.journal import Hold
from shadow_ops.guard.clients import Clock, TimeUpError
from shadow_ops.guard.course import Course
from shadow_ops.guard.request import Request

LOG = logging.getLogger(__name__)

# How long the lock outlives its holder's last sign of life; a call is tried again for a minute at most. Lambda delivers
# the event of a function that died again after a minute.
_LEASE = datetime.timedelta(seconds=75)
_SIGN_OF_LIFE = datetime.timedelta(seconds=15)
# Until a continuation that was asked for has begun, at the longest: Lambda may be throttled.
_HAND_OVER = datetime.timedelta(minutes=10)


class OvertakenError(Exception):
    """A call took longer than the lock, and somebody else has worked on the endpoint meanwhile."""


@dataclass
class Lock:
    """The lock of an endpoint.

    Attributes:
        ssm: The client.
        clock: Time.
        endpoint: The endpoint's name.
        request: What it is taken for; None for an event.
        course: Who takes it.
    """

    ssm: Client
    clock: Clock
    endpoint: str
    request: Request | None
    course: Course
    # When it was taken or prolonged; None while it isn't had.
    _since: datetime.datetime | None = None

    def take(self) -> bool:
        """Take it, or say that somebody else has it.

        Raises:
            ClientError: If a call is refused.
        """
        heir_of = self.course.heir_of
        if heir_of is not None and self.request is not None:
            # Lambda may deliver the event of a continuation twice as well: one copy takes over, the others wait.
            request, now = self.request, self.clock.now()
            first = journal.succeed(self.ssm, self.endpoint, request.id, heir_of, stack=request.stack, now=now)
            self.course.heir_of = None
            heir_of = heir_of if first else None
        now = self.clock.now()
        had = journal.take(self.ssm, self.endpoint, self._until(now + _LEASE), now, heir_of)
        self._since = now if had else None
        return had

    def live(self) -> None:
        """Prolong it, if it is had and it is a while since it was.

        Raises:
            OvertakenError: If somebody else has had it since.
        """
        if self._since is None or self.clock.now() - self._since < _SIGN_OF_LIFE:
            return
        if not self._prolong(_LEASE):
            self._since = None
            raise OvertakenError

    def keep(self) -> None:
        """Keep it, if it is had, until a continuation has begun, which takes it over."""
        if self._since is not None:
            self._prolong(_HAND_OVER)

    def release(self) -> None:
        """Give it back."""
        self._since = None
        try:
            journal.release(self.ssm, self.endpoint, self.course.token)
        except (ClientError, BotoCoreError, TimeUpError) as error:
            LOG.warning("the lock ends by itself: %s", error)

    def _prolong(self, length: datetime.timedelta) -> bool:
        self._since = self.clock.now()
        try:
            return journal.prolong(self.ssm, self.endpoint, self._until(self._since + length))
        except (ClientError, BotoCoreError, TimeUpError) as error:
            LOG.warning("the lock can't be prolonged: %s", error)
            return True

    def _until(self, end: datetime.datetime) -> Hold:
        return Hold(token=self.course.token, until=end)
