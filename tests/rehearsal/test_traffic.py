"""Requests are counted as they were answered, and failures as failures."""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.traffic import Traffic


class _Runtime:
    """Answers with the payload; fails each third request."""

    def invoke_endpoint(self, *, InferenceId: str, Body: bytes, **_: object) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if int(InferenceId.rpartition("-")[2]) % 3 == 2:
            raise ClientError({"Error": {"Code": "ModelError", "Message": "out of memory"}}, "InvokeEndpoint")
        return {"Body": io.BytesIO(Body), "InvokedProductionVariant": "production"}


def test_every_request_is_counted_once() -> None:
    """Answers and failures add up to what was sent, and each answer is that of its own payload."""
    payloads = ["a", "b"]
    tally = Traffic(_Runtime(), "churn", payloads, prefix="run", threads=3).send(9)
    assert (tally.sent, len(tally.failures)) == (9, 3)
    assert all("out of memory" in failure for failure in tally.failures)
    assert all(answer.text == payloads[answer.payload] for answer in tally.answers)
    assert tally.count(lambda answer: answer.variant) == {"production": 6}


def test_traffic_runs_for_the_length_of_the_block() -> None:
    """In the background, requests flow until the block ends and not a moment longer."""
    with Traffic(_Runtime(), "churn", ["a"], prefix="run") as traffic:
        assert traffic.wait_for(3)
    sent = traffic.tally.sent
    assert sent >= 3
    assert not traffic.wait_for(1, seconds=0.1)
    assert traffic.tally.sent == sent
