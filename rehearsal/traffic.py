"""Requests to an endpoint, sent by the library's own sender, and each answer to them."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from shadow_ops.aws.boto import Client
from shadow_ops.sending import Answer, Plan, Sender

CSV = "text/csv"


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
    """Requests to an endpoint, either a number of them or for the length of a ``with`` block.

    Args:
        runtime: A ``sagemaker-runtime`` client.
        endpoint_name: The endpoint.
        payloads: Bodies, taken in turn.
        prefix: Begins each request's InferenceId, so that runs can be told apart.
        threads: How many requests are under way at once: enough to keep the rate where a busy machine answers late.
        rate: Requests a second. None is as fast as the answers come.

    Attributes:
        tally: What has come of it so far.
    """

    def __init__(
        self,
        runtime: Client,
        endpoint_name: str,
        payloads: Sequence[str],
        *,
        prefix: str,
        threads: int = 8,
        rate: float | None = None,
    ) -> None:
        self.tally = Tally()
        self._runtime = runtime
        bodies = [payload.encode() for payload in payloads]
        self._plan = Plan(endpoint_name, bodies, CSV, None, rate, threads, prefix)
        self._sender = self._of(self._plan)

    def _of(self, plan: Plan) -> Sender:
        return Sender(self._runtime, plan, on_answer=self._answered, on_failure=self._failed)

    def _answered(self, answer: Answer) -> None:
        self.tally.answers.append(replace(answer, payload=answer.payload % len(self._plan.bodies)))

    def _failed(self, inference_id: str, error: Exception) -> None:
        self.tally.failures.append(f"{inference_id}: {error}")

    def send(self, requests: int) -> Tally:
        """Send this many requests, wait for the answers and return what came of them."""
        bodies = self._plan.bodies
        bodies = [bodies[number % len(bodies)] for number in range(requests)]
        sent = self._of(replace(self._plan, bodies=bodies, repeat=1)).run()
        if sent.broken is not None:
            raise sent.broken
        return self.tally

    def __enter__(self) -> Self:
        """Begin to send."""
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sending; what is under way is still answered and counted."""
        sent = self._sender.stop()
        if sent.broken is not None and error is None:
            raise sent.broken

    def wait_for(self, answers: int, seconds: float = 30.0) -> bool:
        """Return whether this many more answers came within some seconds."""
        until, deadline = len(self.tally.answers) + answers, time.monotonic() + seconds
        while len(self.tally.answers) < until:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True
