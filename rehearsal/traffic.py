"""Requests to an endpoint, and what came of them."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

CSV = "text/csv"


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        inference_id: The id the request was sent with; captured records carry it too.
        payload: Index of the request's payload.
        body: What the model said.
        variant: The variant that answered, as SageMaker says in a header.
        milliseconds: How long the caller waited.
    """

    inference_id: str
    payload: int
    body: str
    variant: str
    milliseconds: float


@dataclass
class Tally:
    """What came of a number of requests.

    Attributes:
        answers: Every answer, in the order in which they came.
        failures: What went wrong, one text per request that was not answered.
    """

    answers: list[Answer] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return len(self.answers) + len(self.failures)

    @property
    def median_ms(self) -> float:
        """Median time until an answer; 0 without one."""
        return statistics.median(answer.milliseconds for answer in self.answers) if self.answers else 0.0

    def count(self, which: Callable[[Answer], str]) -> dict[str, int]:
        """Return how many answers each name got, such as a variant's or a model's."""
        return dict(sorted(Counter(which(answer) for answer in self.answers).items()))


class Traffic:
    """Sends requests in threads, either a number of them or for the length of a ``with`` block.

    Args:
        runtime: A ``sagemaker-runtime`` client.
        endpoint_name: The endpoint.
        payloads: Bodies, taken in turn.
        prefix: Begins each request's InferenceId, so that runs can be told apart.
        threads: How many requests are under way at once.
        pause_seconds: How long a thread rests after a request, to leave the machine to others.
        content_type: What the bodies are.

    Attributes:
        tally: What has come of it so far.
    """

    def __init__(
        self,
        runtime: Any,  # noqa: ANN401 - a boto3 client
        endpoint_name: str,
        payloads: Sequence[str],
        *,
        prefix: str,
        threads: int = 2,
        pause_seconds: float = 0.0,
        content_type: str = CSV,
    ) -> None:
        self.tally = Tally()
        self._runtime = runtime
        self._endpoint_name = endpoint_name
        self._payloads = payloads
        self._prefix = prefix
        self._pause_seconds = pause_seconds
        self._content_type = content_type
        self._numbers = itertools.count()
        self._limit: int | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()
        # Daemons: a rehearsal that was told to stop waits for nobody.
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def send(self, requests: int) -> Tally:
        """Send this many requests, wait for the answers and return what came of them."""
        self._limit = requests
        with self:
            for thread in self._threads:
                thread.join()
        return self.tally

    def __enter__(self) -> Self:
        """Begin to send."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sending; what is under way is still answered and counted."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int, seconds: float = 30.0) -> bool:
        """Return whether this many more answers came within some seconds."""
        until, deadline = len(self.tally.answers) + answers, time.monotonic() + seconds
        while len(self.tally.answers) < until:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                number = next(self._numbers)
            if self._limit is not None and number >= self._limit:
                return
            self._one(number)
            if self._pause_seconds > 0:
                self._stop.wait(self._pause_seconds)

    def _one(self, number: int) -> None:
        payload, inference_id = number % len(self._payloads), f"{self._prefix}-{number}"
        began = time.monotonic()
        try:
            response = self._runtime.invoke_endpoint(
                EndpointName=self._endpoint_name,
                ContentType=self._content_type,
                Body=self._payloads[payload].encode(),
                InferenceId=inference_id,
            )
            body = response["Body"].read().decode()
        except (BotoCoreError, ClientError) as error:
            self.tally.failures.append(f"{inference_id}: {error}")
            # A caller whose request fails doesn't hammer; nor does this one.
            self._stop.wait(0.1)
            return
        variant = response["InvokedProductionVariant"]
        milliseconds = (time.monotonic() - began) * 1000
        self.tally.answers.append(Answer(inference_id, payload, body, variant, milliseconds))
