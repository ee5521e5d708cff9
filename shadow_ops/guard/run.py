"""From a request to its answer: take the lock, look, decide, wait if need be, act, and remember what was answered."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from shadow_ops.aws import journal
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.guard import answer
from shadow_ops.guard.act import Actor
from shadow_ops.guard.asking import Gate, judged
from shadow_ops.guard.clients import Clients, Clock, Living, TimeUpError, is_passing
from shadow_ops.guard.course import Course
from shadow_ops.guard.decide import decide
from shadow_ops.guard.decide_overtaken import decide_overtaken
from shadow_ops.guard.decision import AskGate, Decision, Go, Refuse, SetCounts, Step, UseReason, Wait
from shadow_ops.guard.direction import goes
from shadow_ops.guard.lock import Lock, OvertakenError
from shadow_ops.guard.observe import observe
from shadow_ops.guard.refusal import Refusal, sentence
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen

LOG = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = datetime.timedelta(minutes=55)
"""How long a request may be worked on: a custom resource has an hour (CloudFormation User Guide, ServiceTimeout)."""
_POLL_SECONDS = 2.0
_LONGEST_POLL_SECONDS = 15.0
_SLOWER = 1.2
# Left in an invocation for looking, acting and answering; before that it hands over to the next. At most a third of it.
_RESERVE_SECONDS = 60
_RESERVE_SHARE = 1 / 3


class HandOverError(Exception):
    """This invocation's time is up, and the request isn't answered yet."""


_UNFINISHED = (HandOverError, OvertakenError, TimeUpError)  # None of them is an answer.


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
    _made: dict[str, Any] = field(default_factory=dict)
    _goes: bool = False
    _late: Step | None = None
    _used: UseReason | None = None
    _poll: float = _POLL_SECONDS
    _reserve: float = field(init=False)
    _lock: Lock = field(init=False)

    def __post_init__(self) -> None:
        """See how much time there is, and give signs of life while a call is tried again."""
        steady = self.clients.patient(self.clock).ssm
        self._lock = Lock(steady, self.clock, self.endpoint, self.request, self.course)
        self.clients = self.clients.patient(Living(self.clock, self._lock.live))
        self._reserve = min(_RESERVE_SECONDS, self.clock.remaining() * _RESERVE_SHARE)

    def run(self) -> dict[str, Any]:
        """Run it.

        Returns:
            The answer: of the journal, if it was answered before.

        Raises:
            HandOverError: If another invocation has to go on.
            Exception: Whatever goes wrong in an event.
        """
        if self.request is None and self._decide() == Go():
            return {}  # Nothing is to do, or not yet: whoever is at it isn't waited for.
        left = 0.0 if self.course.resumes is None else (self.course.resumes - self.clock.now()).total_seconds()
        if left > 0:
            self.clock.sleep(left)
        while True:
            try:
                while not self._persist(self._lock.take):
                    self._pause()
            except (ClientError, BotoCoreError) as error:
                if self.request is None and is_passing(error):
                    raise
                # A deletion or a rollback is not held up for want of a lock.
                LOG.warning("without a lock: %s", error)
            try:
                self._put_right()
                given = self._answered() or self._remember(self._given_back(self._answer()))
            except OvertakenError:
                LOG.warning("%s: somebody else has worked on it meanwhile; looking at it anew", self.endpoint)
                continue
            except BaseException as error:
                if not isinstance(error, HandOverError | TimeUpError):
                    self._lock.release()
                raise
            self._lock.release()
            return given

    def _put_right(self) -> None:
        """What was done once somebody else had the lock is put right by what is seen now."""
        if self._late is not None:
            self._actor().run(decide_overtaken(self._late, self._look()).steps, regardless=True)
            self._late = None

    def _answered(self) -> dict[str, Any] | None:
        if self.request is None:
            return None
        ssm, request = self.clients.ssm, self.request
        try:
            found = self._persist(lambda: journal.answered(ssm, self.endpoint, request.id))
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
                ssm, now, stack = self.clients.ssm, self.clock.now(), request.stack
                self._persist(lambda: journal.remember(ssm, self.endpoint, request.id, given, stack=stack, now=now))
                if request.asked.step == "before":
                    journal.forget_old(ssm, self.endpoint, now)
            except TimeUpError:
                if self._patient:
                    # Of this invocation alone: the next comes to the same answer, and has time to write it down.
                    raise
                LOG.warning("the answer can't be remembered in what is left")
            except (ClientError, BotoCoreError) as error:
                LOG.warning("the answer can't be remembered: %s", error)
        return given

    def _answer(self) -> dict[str, Any]:
        deleting = self.request is not None and self.request.kind == "Delete"
        while True:
            try:
                given = self._act(self._decide())
                if given is not None:
                    return given
            except Refusal as refusal:
                if self.request is None:
                    raise
                LOG.warning("refused: %s", refusal)
                return answer.success({}, (str(refusal),)) if deleting else answer.failure(str(refusal))
            except _UNFINISHED:
                raise
            except Exception as error:
                if self.request is None:
                    raise
                LOG.exception("failed")
                if not deleting:
                    return answer.failure(sentence(error))
                if not (isinstance(error, ClientError) and is_passing(error) and self._patient):
                    # A deletion that fails leaves a stack that can't be deleted.
                    return answer.success({}, (sentence(error),))
            # After a deletion or a rollback nobody comes who would do all that is left.
            self._pause()

    def _given_back(self, given: dict[str, Any]) -> dict[str, Any]:
        """The answer; a deployment that is refused all the same has used no reason up."""
        if self._used is None or given["Status"] == "SUCCESS":
            return given
        return answer.failure(f"{given['Reason']}{self._actor().give_back(self._used)}")

    def _decide(self) -> Refuse | Go:
        """Look and decide until it is neither waiting nor asking: what is acted on was seen after the last wait."""
        while True:
            self._lock.live()
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

    @property
    def _patient(self) -> bool:
        return self.clock.now() - self.course.began < PATIENCE

    def _look(self) -> Seen:
        now, patient = self.clock.now(), self._patient
        waits = patient and self.request is not None and self.request.kind != "Delete"
        seen = observe(self.clients, self.endpoint, self.request, now, self._made, waits=waits)
        self._goes = goes(seen.stack)
        if self.course.forward is None:
            self.course.forward = isinstance(seen.stack, str) and "ROLLBACK" not in seen.stack
        asked = "" if self.request is None else self.request.asked.config
        told = None
        if self._judged is not None and isinstance(seen.live, LiveEndpoint):
            subject, verdict = self._judged
            # A verdict about what doesn't serve any more is none.
            told = verdict if subject == (seen.live.config.name, asked) else None
        return replace(
            seen,
            judged=told,
            waiting=dict(self.course.waiting),
            patient=patient,
            began_forward=self.course.forward,
        )

    def _ask(self, seen: Seen) -> None:
        assert self.request is not None
        assert isinstance(seen.live, LiveEndpoint)
        asked = self.request.asked
        verdict = judged(self.gate, seen.live, asked, self.clock.now())
        self._judged = ((seen.live.config.name, asked.config), verdict)

    def _actor(self) -> Actor:
        stack = "" if self.request is None else self.request.stack
        return Actor(self.clients, self.endpoint, stack, self._lock.live)

    def _act(self, decision: Refuse | Go) -> dict[str, Any] | None:
        """Act; None if what could not be done is worth another try."""
        actor = self._actor()
        for note in decision.notes if isinstance(decision, Go) else ():
            LOG.warning("%s", note)
        self._used = next((one for one in decision.steps if isinstance(one, UseReason)), self._used)
        try:
            if self.request is None:
                return actor.run_alone(decision.steps, None if isinstance(decision, Go) else decision.sentence)
            failed = actor.run(decision.steps, regardless=isinstance(decision, Go) and decision.regardless)
        except OvertakenError:
            self._late = actor.last
            raise
        if isinstance(decision, Refuse):
            LOG.warning("refused: %s", decision.sentence)
            return answer.failure(decision.sentence)
        if actor.passing and self._patient:
            return None
        if any(isinstance(one, SetCounts) for one in decision.steps):
            self._settle()
        if actor.vital:
            # Continuing a rollback calls again what has failed, and only that.
            return answer.failure(
                f"SageMaker updates {self.endpoint} only once its scaling is out of the way, and that could not be "
                f"done ({'; '.join(actor.vital)}); put that right, then continue the rollback "
                "(aws cloudformation continue-update-rollback)"
            )
        return answer.success(decision.attributes, (*decision.notes, *failed))

    def _settle(self) -> None:
        """Wait until the counts that were set are there: CloudFormation can't update an endpoint that is changing."""
        while self._patient:
            self._lock.live()
            live = self._look().live
            if not (isinstance(live, LiveEndpoint) and live.status in PASSING_STATES):
                return
            self._pause()

    def _persist(self, call: Callable[[], T]) -> T:
        """Call again for as long as the trouble is a passing one: without its journal the guard knows no copy."""
        while True:
            try:
                return call()
            except (ClientError, BotoCoreError) as error:
                over = self.request is None and self.clock.remaining() < self._reserve
                if over or not (is_passing(error) and self._patient):
                    raise
                LOG.warning("tried again: %s", error)
            self._pause()

    def _pause(self) -> None:
        if self.clock.remaining() < self._reserve:
            raise HandOverError
        # The longer it has taken, the longer it may take.
        self.clock.sleep(self._poll)
        self._poll = min(self._poll * _SLOWER, _LONGEST_POLL_SECONDS)

    def keep_lock(self) -> None:
        """Keep the lock until a continuation has begun, which takes it over."""
        self._lock.keep()
