"""From a request to its answer: take the lock, look, decide, wait if need be, act, and remember what was answered."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shadow_ops.aws import journal
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.journal import Hold
from shadow_ops.guard import answer
from shadow_ops.guard.act import Actor
from shadow_ops.guard.asking import Gate
from shadow_ops.guard.clients import Clients, Clock, Living, TimeUpError
from shadow_ops.guard.decide import decide
from shadow_ops.guard.decision import AskGate, Decision, Go, Refuse, Wait
from shadow_ops.guard.direction import goes
from shadow_ops.guard.observe import observe
from shadow_ops.guard.refusal import Refusal, sentence
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread

LOG = logging.getLogger(__name__)

PATIENCE = datetime.timedelta(minutes=55)
"""How long a request may be worked on: a custom resource has an hour (CloudFormation User Guide, ServiceTimeout)."""
_POLL_SECONDS = 2.0
_LONGEST_POLL_SECONDS = 15.0
_SLOWER = 1.2
# Left in an invocation for looking, acting and answering; before that it hands over to the next. At most a third of it.
_RESERVE_SECONDS = 60
_RESERVE_SHARE = 1 / 3
# How long the lock outlives its holder's last sign of life; a call is tried again for a minute at most. Lambda delivers
# the event of a function that died again after a minute.
_LEASE = datetime.timedelta(seconds=75)
_SIGN_OF_LIFE = datetime.timedelta(seconds=15)
# Until a continuation that was asked for has begun, at the longest: Lambda may be throttled.
_HAND_OVER = datetime.timedelta(minutes=10)


@dataclass
class Course:
    """How far a request has come; a continuation goes on with it.

    Attributes:
        token: Who is at it.
        began: When it was first looked at.
        forward: Whether the stack was seen to go forward then; None before the first look.
        waiting: Since when something is waited for, by what it is.
        resumes: Before when a continuation does nothing, because its predecessor may still be at it.
    """

    token: str
    began: datetime.datetime
    forward: bool | None = None
    waiting: dict[str, datetime.datetime] = field(default_factory=dict)
    resumes: datetime.datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for the event of a continuation."""
        waiting = {name: at.isoformat() for name, at in self.waiting.items()}
        resumes = None if self.resumes is None else self.resumes.isoformat()
        return {
            **{"token": self.token, "began": self.began.isoformat(), "forward": self.forward},
            **{"waiting": waiting, "resumes": resumes},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Course:
        """Read what `to_json` made."""
        waiting = {name: datetime.datetime.fromisoformat(at) for name, at in data["waiting"].items()}
        resumes = None if data["resumes"] is None else datetime.datetime.fromisoformat(data["resumes"])
        began = datetime.datetime.fromisoformat(data["began"])
        return cls(data["token"], began, data["forward"], waiting, resumes)


class HandOverError(Exception):
    """This invocation's time is up, and the request isn't answered yet."""


@dataclass
class Runner:
    """Runs one request, or one event.

    Attributes:
        clients: The services.
        clock: Time.
        gate: Judges a shadow test.
        endpoint: The endpoint's name.
        request: The request; None for an event.
        course: How far it has come.
    """

    clients: Clients
    clock: Clock
    gate: Gate
    endpoint: str
    request: Request | None
    course: Course
    _judged: tuple[tuple[str, str], Any] | None = None
    _goes: bool = False
    _poll: float = _POLL_SECONDS
    _reserve: float = field(init=False)
    _lived: datetime.datetime = field(init=False)
    _steady: Clients = field(init=False)

    def __post_init__(self) -> None:
        """See how much time there is, and give signs of life while a call is tried again."""
        self._steady = self.clients.patient(self.clock)
        self.clients = self.clients.patient(Living(self.clock, self._live))
        self._lived = self.course.began
        self._reserve = min(_RESERVE_SECONDS, self.clock.remaining() * _RESERVE_SHARE)

    def run(self) -> dict[str, Any]:
        """Run it.

        Returns:
            The answer: of the journal, if it was answered before.

        Raises:
            HandOverError: If another invocation has to go on.
            Exception: Whatever goes wrong in an event.
        """
        resumes = self.course.resumes
        if resumes is not None:
            self.clock.sleep(max(0.0, (resumes - self.clock.now()).total_seconds()))
        try:
            self._lock()
        except (ClientError, BotoCoreError) as error:
            # A deletion or a rollback is not held up for want of a lock.
            LOG.warning("without a lock: %s", error)
        try:
            given = self._answered() or self._remember(self._answer())
        except (HandOverError, TimeUpError):
            raise
        except BaseException:
            self._unlock()
            raise
        self._unlock()
        return given

    def _answered(self) -> dict[str, Any] | None:
        if self.request is None:
            return None
        try:
            found = journal.answered(self.clients.ssm, self.endpoint, self.request.id)
        except (ClientError, BotoCoreError) as error:
            LOG.warning("the journal can't be read: %s", error)
            return None
        return None if found is None else dict(found)

    def _remember(self, given: dict[str, Any]) -> dict[str, Any]:
        request = self.request
        # The last request of a stack that goes has forgotten all: nobody would forget its answer.
        last = request is not None and (request.kind, request.asked.step) == ("Delete", "before") and self._goes
        if request is not None and not last:
            try:
                ssm, now = self.clients.ssm, self.clock.now()
                journal.remember(ssm, self.endpoint, request.id, given, stack=request.stack, now=now)
                if request.asked.step == "before":
                    journal.forget_old(ssm, self.endpoint, now)
            except (ClientError, BotoCoreError, TimeUpError) as error:
                LOG.warning("the answer can't be remembered: %s", error)
        return given

    def _answer(self) -> dict[str, Any]:
        try:
            decision = self._decide()
            return self._act(decision)
        except Refusal as refusal:
            LOG.warning("refused: %s", refusal)
            deleting = self.request is not None and self.request.kind == "Delete"
            return answer.success({}, (str(refusal),)) if deleting else answer.failure(str(refusal))
        except (HandOverError, TimeUpError):
            raise
        except Exception as error:
            if self.request is None:
                raise
            LOG.exception("failed")
            if self.request.kind == "Delete":
                # A deletion that fails leaves a stack that can't be deleted.
                return answer.success({}, (sentence(error),))
            return answer.failure(sentence(error))

    def _decide(self) -> Refuse | Go:
        """Look and decide until it is neither waiting nor asking: what is acted on was seen after the last wait."""
        while True:
            self._live()
            seen = self._look()
            decision: Decision = decide(self.request, seen)
            match decision:
                case Wait(why):
                    self.course.waiting.setdefault(why, self.clock.now())
                    self._pause()
                case AskGate():
                    self._ask(seen)
                case _:
                    return decision

    def _look(self) -> Seen:
        now = self.clock.now()
        patient = now - self.course.began < PATIENCE
        waits = patient and self.request is not None and self.request.kind != "Delete"
        seen = observe(self.clients, self.endpoint, self.request, now, waits=waits)
        self._goes = goes(seen.stack)
        if self.course.forward is None:
            self.course.forward = isinstance(seen.stack, str) and "ROLLBACK" not in seen.stack
        asked = "" if self.request is None else self.request.asked.config
        judged = None
        if self._judged is not None and isinstance(seen.live, LiveEndpoint):
            subject, verdict = self._judged
            # A verdict about what doesn't serve any more is none.
            judged = verdict if subject == (seen.live.config.name, asked) else None
        return replace(
            seen,
            judged=judged,
            waiting=dict(self.course.waiting),
            patient=patient,
            began_forward=self.course.forward,
        )

    def _ask(self, seen: Seen) -> None:
        assert self.request is not None
        assert isinstance(seen.live, LiveEndpoint)
        asked = self.request.asked
        assert asked.policy is not None
        verdict: Any
        try:
            verdict = self.gate(seen.live, asked.policy, asked.promoted, self.clock.now())
        except TimeUpError:
            raise
        except Exception as error:
            LOG.exception("the gate could not judge")
            verdict = Unread(f"{error}")
        self._judged = ((seen.live.config.name, asked.config), verdict)

    def _act(self, decision: Refuse | Go) -> dict[str, Any]:
        stack = "" if self.request is None else self.request.stack
        actor = Actor(self.clients, self.endpoint, stack, self._live)
        if isinstance(decision, Refuse):
            LOG.warning("refused: %s", decision.sentence)
            actor.run(decision.steps, regardless=False)
            return answer.failure(decision.sentence)
        for note in decision.notes:
            LOG.warning("%s", note)
        failed = actor.run(decision.steps, regardless=decision.regardless)
        if actor.vital:
            # Continuing a rollback calls again what has failed, and only that.
            return answer.failure(
                f"SageMaker updates {self.endpoint} only once its scaling is out of the way, and that could not be "
                f"done ({'; '.join(actor.vital)}); put that right, then continue the rollback "
                "(aws cloudformation continue-update-rollback)"
            )
        return answer.success(decision.attributes, (*decision.notes, *failed))

    def _pause(self) -> None:
        if self.clock.remaining() < self._reserve:
            raise HandOverError
        # The longer it has taken, the longer it may take.
        self.clock.sleep(self._poll)
        self._poll = min(self._poll * _SLOWER, _LONGEST_POLL_SECONDS)

    def _lock(self) -> None:
        while not self._take(self.clock.now() + _LEASE):
            self._pause()

    def _live(self) -> None:
        """Prolong the lock, if it is a while since it was."""
        if self.clock.now() - self._lived < _SIGN_OF_LIFE:
            return
        try:
            self._take(self.clock.now() + _LEASE)
        except (ClientError, BotoCoreError) as error:
            LOG.warning("the lock can't be prolonged: %s", error)

    def _take(self, until: datetime.datetime) -> bool:
        self._lived = self.clock.now()
        hold = Hold(token=self.course.token, until=until)
        return journal.take(self._steady.ssm, self.endpoint, hold, self.clock.now())

    def keep_lock(self) -> None:
        """Keep the lock until a continuation has begun, whose token is the same."""
        try:
            self._take(self.clock.now() + _HAND_OVER)
        except (ClientError, BotoCoreError, TimeUpError) as error:
            LOG.warning("the lock can't be prolonged: %s", error)

    def _unlock(self) -> None:
        try:
            journal.release(self.clients.ssm, self.endpoint, self.course.token)
        except (ClientError, BotoCoreError, TimeUpError) as error:
            LOG.warning("the lock ends by itself: %s", error)
