"""CloudFormation always gets one answer, whatever happens; and the handler is what Lambda calls."""

from __future__ import annotations

import datetime
import http.server
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from shadow_ops.guard import handler
from shadow_ops.guard.answer import Answer, put
from shadow_ops.guard.clients import Clients
from shadow_ops.guard.handler import LambdaClock, on_request
from tests.ops.guard.stack import STACK, Code, properties
from tests.ops.guard.world import World

CONFIG = "config-1"


def event(kind: str = "Create", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A request of CloudFormation."""
    return {
        "RequestType": kind,
        "RequestId": "request",
        "StackId": STACK,
        "LogicalResourceId": "Before",
        "ResponseURL": "https://nowhere.invalid/",
        "ResourceProperties": properties("before", Code(), CONFIG),
        **more,
    }


class Invocation:
    """Lambda's context."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> float:
        """What is left."""
        return (self._end - time.monotonic()) * 1000


def asked(request: dict[str, Any], clients: Any = None, seconds: float = 900) -> list[dict[str, Any]]:  # noqa: ANN401 - makes Clients
    """Send a request; returns the answers."""
    answers: list[dict[str, Any]] = []
    made = clients or World().clients
    on_request(request, made, LambdaClock(Invocation(seconds)), lambda _, body: answers.append(json.loads(body)))
    return answers


def test_an_answer_names_its_resource() -> None:
    """Ids come back as they were sent; the physical id is the endpoint's name and the step."""
    (answer,) = asked(event())

    assert answer == {
        "Status": "SUCCESS",
        "Reason": "done",
        "Data": {"KeepLiveCounts": "false"},
        "PhysicalResourceId": "churn/before",
        "StackId": STACK,
        "RequestId": "request",
        "LogicalResourceId": "Before",
    }


def broken() -> Clients:
    """Services that can't even be made."""
    raise RuntimeError("no\nregion")


def test_a_defect_is_answered() -> None:
    """In one line."""
    (answer,) = asked(event(), broken)

    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("the guard failed: RuntimeError: no region; nothing is lost")


def test_a_deletion_succeeds_whatever_happens() -> None:
    """Even with the properties of another version of the library; the physical id is kept."""
    request = event("Delete", ResourceProperties={"ServiceToken": "arn"}, PhysicalResourceId="churn/before")
    (answer,) = asked(request)

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "churn/before")


def test_fails_with_properties_missing() -> None:
    """The missing one is named."""
    (answer,) = asked(event(ResourceProperties={"Step": "before", "EndpointName": "churn"}))

    assert answer["Status"] == "FAILED"
    assert "'EndpointConfigName'" in answer["Reason"]


def test_a_policy_that_is_none_is_refused_with_its_line() -> None:
    """As where it is written in code."""
    properties_ = {**properties("before", Code(promotion=True), CONFIG), "Policy": '{"confidence": 3}'}
    world = World(configs={"serves": Code(shadow="v2").variants(), CONFIG: Code(version="v2").variants()})
    world.create_endpoint("serves")
    (answer,) = asked(event(ResourceProperties=properties_), world.clients)

    assert answer["Status"] == "FAILED"
    assert "doesn't know 'confidence'" in answer["Reason"]


def test_a_call_that_hangs_is_answered_before_time_is_up() -> None:
    """CloudFormation would wait for an hour."""

    class Hanging(World):
        def call(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401, ARG002 - of any operation
            time.sleep(0.3)
            raise RuntimeError("too late")

    answers = asked(event(), Hanging().clients, seconds=10.05)

    assert [answer["Reason"] for answer in answers] == [
        "the guard ran out of time; deploy again, and see its log if that doesn't help"
    ]


def test_a_long_reason_is_cut() -> None:
    """CloudFormation would refuse the answer, and wait."""
    sent: list[bytes] = []
    Answer(event(), "churn/before", lambda _, body: sent.append(body)).failure("x" * 5000)

    assert len(sent[0]) < 2000


def test_answers_are_put_and_put_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that fails once gets the answer the second time, without a content type."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    got: list[tuple[str | None, bytes]] = []

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Content-Type"], body))
            self.send_response(500 if len(got) == 1 else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        put(f"http://127.0.0.1:{server.server_port}/answer?signed=yes", b"{}")
        server.shutdown()

    assert got == [("", b"{}"), ("", b"{}")]


def test_the_entry_point_tells_requests_from_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation's are answered, SageMaker's are looked at."""
    world, sent = World(), list[bytes]()
    monkeypatch.setattr(handler, "real_clients", world.clients)
    monkeypatch.setattr(handler, "put", lambda _, body: sent.append(body))
    handler.handle({"source": "aws.sagemaker", "detail": {"EndpointName": "churn"}}, Invocation(900))
    assert world.calls == ["ssm:GetParameter"]
    assert sent == []

    handler.handle(event(), Invocation(900))
    assert len(sent) == 1


def test_the_clock_never_sleeps_beyond_its_end() -> None:
    """An answer still fits in."""
    clock = LambdaClock(Invocation(10.02))
    start = time.monotonic()
    clock.sleep(60)

    assert time.monotonic() - start < 5
    assert clock.remaining() <= 0.001
    assert clock.now().tzinfo is datetime.UTC


def test_the_code_is_small() -> None:
    """What the function is made of stays below 100 KB."""
    package = Path(handler.__file__).parent.parent
    files = [one for one in package.rglob("*.py") if "cli" not in one.relative_to(package).parts]

    assert len(files) > 20
    # Zipped, it is about a quarter of this.
    assert sum(one.stat().st_size for one in files) < 400_000
