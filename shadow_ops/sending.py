"""Send requests at an exact pace, several at once, and count what comes of them."""

from __future__ import annotations

import itertools
import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shadow_ops.aws.boto import Client
from shadow_ops.aws.denied import is_hopeless, without_secrets


@dataclass(frozen=True)
class Errors:
    """Requests that failed alike.

    Attributes:
        code: What they share: the service's error code, or the client's error.
        count: How many.
        message: What the first one said.
        inference_id: The first one's id.
    """

    code: str
    count: int
    message: str
    inference_id: str


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        inference_id: The id that the request was sent with; captured records carry it too.
        payload: Index of the request's body.
        body: What the model said.
        variant: The variant that answered, as SageMaker says in a header.
        milliseconds: How long the caller waited.
    """

    inference_id: str
    payload: int
    body: bytes
    variant: str
    milliseconds: float

    @property
    def text(self) -> str:
        """What the model said, as text."""
        return self.body.decode()


@dataclass
class Tally:
    """What has come of the requests so far.

    Attributes:
        milliseconds: How long the caller waited for each answer, in the order in which they came.
        variants: Answers by the variant that gave them.
        errors: Failed requests by code.
        seconds: From the first request to the last answer.
        hopeless: An error that every further request would meet too; sending was stopped.
        broken: What a thread met that was no failed request, so a fault of this program; sending was stopped.
    """

    milliseconds: list[float] = field(default_factory=list)
    variants: Counter[str] = field(default_factory=Counter)
    errors: dict[str, Errors] = field(default_factory=dict)
    seconds: float = 0.0
    hopeless: Exception | None = None
    broken: Exception | None = None

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(errors.count for errors in self.errors.values())

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return len(self.milliseconds) + self.failed

    def latency(self) -> dict[str, float | None]:
        """Milliseconds that callers waited: minimum, median, two percentiles and maximum; None without an answer."""
        if not self.milliseconds:
            return dict.fromkeys(("min", "p50", "p90", "p99", "max"))
        ordered = sorted(self.milliseconds)
        cuts = statistics.quantiles(ordered, n=100, method="inclusive") if len(ordered) > 1 else ordered * 99
        return {"min": ordered[0], "p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "max": ordered[-1]}


@dataclass(frozen=True)
class Plan:
    """What is to be sent.

    Attributes:
        endpoint: The endpoint's name.
        bodies: Bodies, each sent once per repetition.
        content_type: What they are.
        repeat: How often the bodies are sent. None is until the sender is stopped.
        rate: Requests a second. None is as fast as the answers come.
        concurrency: Requests under way at once.
        id_prefix: Begins each request's InferenceId; a number follows.
    """

    endpoint: str
    bodies: Sequence[bytes]
    content_type: str
    repeat: int | None
    rate: float | None
    concurrency: int
    id_prefix: str

    @property
    def requests(self) -> float:
        """How many requests that makes."""
        return math.inf if self.repeat is None else len(self.bodies) * self.repeat

    def due(self, number: int) -> float:
        """Seconds after the beginning at which a request is due."""
        return 0.0 if self.rate is None else number / self.rate


class Sender:
    """Carries out a plan.

    A request is due at a time that only its number decides, so that a slow answer delays no other request, unless all
    of the concurrency is waiting.

    Args:
        runtime: A ``sagemaker-runtime`` client.
        plan: What is to be sent.
        clock: Seconds that only go up.
        on_answer: Called with each answer, by the thread that got it.
        on_failure: Called with the InferenceId and the error of each request that failed.

    Attributes:
        tally: What has come of it so far.
    """

    def __init__(
        self,
        runtime: Client,
        plan: Plan,
        clock: Callable[[], float] = time.monotonic,
        *,
        on_answer: Callable[[Answer], None] = lambda _answer: None,
        on_failure: Callable[[str, Exception], None] = lambda _inference_id, _error: None,
    ) -> None:
        self.tally = Tally()
        self._on_answer = on_answer
        self._on_failure = on_failure
        self._runtime = runtime
        self._plan = plan
        self._clock = clock
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._began = 0.0
        # Daemons: a request that hangs doesn't keep the program from ending.
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(plan.concurrency)]

    def start(self) -> None:
        """Begin to send, in the background."""
        self._began = self._clock()
        for thread in self._threads:
            thread.start()

    def run(self, on_progress: Callable[[Tally], None] = lambda _tally: None) -> Tally:
        """Send everything, and wait for the answers.

        Args:
            on_progress: Called several times a second.
        """
        self.start()
        while any(thread.is_alive() for thread in self._threads):
            on_progress(self.tally)
            self._threads[0].join(0.1) if self._threads[0].is_alive() else self._stop.wait(0.1)
        on_progress(self.tally)
        return self.tally

    def stop(self) -> Tally:
        """Send no more; what is under way is waited for, for a few seconds."""
        self._stop.set()
        deadline = time.monotonic() + 5
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        return self.tally

    def _work(self) -> None:
        try:
            self._take_turns()
        except Exception as error:  # a thread's end tells nobody: whoever waits for it has to find out
            with self._lock:
                self.tally.broken = self.tally.broken or error
            self._stop.set()

    def _take_turns(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                number = next(self._numbers)
            if number >= self._plan.requests:
                return
            if self._stop.wait(max(0.0, self._began + self._plan.due(number) - self._clock())):
                return
            self._one(number)

    def _one(self, number: int) -> None:
        plan = self._plan
        inference_id = f"{plan.id_prefix}-{number}"
        began = self._clock()
        try:
            answer = self._runtime.invoke_endpoint(
                EndpointName=plan.endpoint,
                ContentType=plan.content_type,
                Body=plan.bodies[number % len(plan.bodies)],
                InferenceId=inference_id,
            )
            body = answer["Body"].read()
        except Exception as error:  # whatever it was, it is one failed request, and is shown
            self._on_failure(inference_id, error)
            self._failed(error, inference_id)
            return
        ended, variant = self._clock(), answer.get("InvokedProductionVariant", "unknown")
        milliseconds = (ended - began) * 1000
        with self._lock:
            self.tally.milliseconds.append(milliseconds)
            self.tally.variants[variant] += 1
            self.tally.seconds = ended - self._began
        self._on_answer(Answer(inference_id, number % len(plan.bodies), body, variant, milliseconds))

    def _failed(self, error: Exception, inference_id: str) -> None:
        # Errors of the connection have a `response` too, which is none of the service's.
        response = getattr(error, "response", None)
        details = response.get("Error", {}) if isinstance(response, Mapping) else {}
        code = str(details.get("Code") or type(error).__name__)
        message = without_secrets(str(details.get("Message") or error))
        hopeless = is_hopeless(code) or code in ("NoCredentialsError", "ProfileNotFound") or _no_endpoint(code, message)
        with self._lock:
            before = self.tally.errors.get(code)
            self.tally.errors[code] = (
                Errors(code, 1, message, inference_id)
                if before is None
                else Errors(code, before.count + 1, before.message, before.inference_id)
            )
            self.tally.seconds = self._clock() - self._began
            if hopeless:
                self.tally.hopeless = error
        if hopeless:
            self._stop.set()


def _no_endpoint(code: str, message: str) -> bool:
    return code in ("ValidationError", "ValidationException") and "not found" in message.lower()
