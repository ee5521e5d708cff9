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

from shadow_constructs.guard.package import modules, without_comments
from shadow_ops.guard import handler
from shadow_ops.guard.answer import body, check_address, failure, put, success
from shadow_ops.guard.clients import Clients
from shadow_ops.guard.course import Course
from shadow_ops.guard.handler import LambdaClock, on_request
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.run import PATIENCE
from tests.ops.guard.stack import Code, properties
from tests.ops.guard.world import STACK, World
from tests.ops.parameter_store import aws_error

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
    assert answer["Reason"].startswith(
        "the guard failed: RuntimeError: no region; anything that was taken away is on record"
    )


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


class Hanging(World):
    """Services of which one call hangs."""

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - of any operation
        """Hang, but for invoking the function."""
        self.calls.append(operation)
        if operation != "invoke":
            time.sleep(0.4)
        return super().call(service, operation, arguments)


def test_a_call_that_hangs_is_handed_over_before_time_is_up() -> None:
    """Another invocation goes on; this one begins nothing any more and answers nothing."""
    world = Hanging()

    assert asked(event(), world.clients, seconds=0.2) == []
    (again,) = world.continuations
    assert again["RequestId"] == "request"
    assert again["Continued"]["resumes"] is not None
    assert world.calls.count("describe_endpoint") == 0


@pytest.mark.parametrize(("kind", "status"), [("Create", "FAILED"), ("Delete", "SUCCESS")])
def test_what_cannot_go_on_in_another_invocation_is_answered(kind: str, status: str) -> None:
    """A deletion succeeds even then."""
    world = Hanging()
    world.refused["invoke"] = aws_error("AccessDeniedException", "no", "Invoke")
    (answer,) = asked(event(kind), world.clients, seconds=0.2)

    assert answer["Status"] == status
    if status == "FAILED":
        assert "could not go on in another invocation" in answer["Reason"]


@pytest.mark.parametrize(("kind", "status"), [("Update", "FAILED"), ("Delete", "SUCCESS")])
def test_after_an_hour_nothing_is_handed_over_any_more(kind: str, status: str) -> None:
    """CloudFormation doesn't listen any longer."""
    world = Hanging()
    began = datetime.datetime.now(datetime.UTC) - PATIENCE
    course = Course(token="t", began=began).to_json()
    (answer,) = asked(event(kind, Continued=course), world.clients, seconds=0.2)

    assert answer["Status"] == status
    assert world.continuations == []


@pytest.mark.parametrize("letter", ["x", "ä", "漢", "😀", '"'])
def test_a_long_reason_is_cut_to_what_cloudformation_takes(letter: str) -> None:
    """In bytes, whatever it is written in; CloudFormation would refuse the answer, and wait."""
    attributes = {"KeepLiveCounts": "true"}
    for answer in (failure(letter * 5000), success(attributes, (letter * 900, letter * 900))):
        sent = body(event(StackId="arn:" + "s" * 1500), "churn/before", answer)

        assert len(sent) <= 4096
        read = json.loads(sent)
        assert read["Reason"].startswith(letter * 10)
        assert read["Reason"].endswith("...")
        assert read["StackId"] == "arn:" + "s" * 1500


def test_a_reason_can_be_sent_and_shown_whatever_is_in_it() -> None:
    """Halves of characters can't be encoded, and nobody's terminal takes orders from a container's error."""
    sent = body(event(), "churn/before", failure("half \ud800, \x1b[31mred\x07, \u202e"))
    assert json.loads(sent)["Reason"] == "half \\ud800, \\x1b[31mred\\x07, \\u202e"


def test_a_short_reason_is_not_cut() -> None:
    """Nor changed."""
    assert json.loads(body(event(), "churn/before", failure("no\n room")))["Reason"] == "no room"


@pytest.mark.parametrize(
    "url", ["http://example.com/", "http://127.0.0.1:1/", "file:///etc/passwd", "ftp://example.com/"]
)
def test_fails_to_send_an_answer_without_tls(url: str) -> None:
    """And nothing is done for a request that can't be answered."""
    with pytest.raises(Refusal, match="must be https"):
        check_address(url)
    world = World()
    with pytest.raises(Refusal, match="must be https"):
        asked(event(ResponseURL=url), world.clients)
    assert world.calls == []


def test_an_emulation_of_aws_may_do_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the function is told to find AWS there, and nowhere else."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    check_address("http://localhost:4566/answer")

    with pytest.raises(Refusal):
        check_address("http://localhost:4567/answer")


def test_an_answer_that_is_not_taken_is_given_again_from_the_journal() -> None:
    """The invocation fails, so that Lambda delivers the event once more; nothing is done twice."""
    world = World()

    def broken_line(_: str, __: bytes) -> None:
        raise OSError("no route")

    with pytest.raises(OSError, match="no route"):
        on_request(event(), world.clients, LambdaClock(Invocation(900)), broken_line)
    before, calls = {**world.parameters}, len(world.calls)
    (answer,) = asked(event(), world.clients)

    assert answer["Status"] == "SUCCESS"
    assert world.parameters == before
    assert len(world.calls) - calls <= 5


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
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        put(f"http://127.0.0.1:{server.server_port}/answer?signed=yes", b"{}")
        server.shutdown()

    assert got == [("", b"{}"), ("", b"{}")]


def test_the_entry_point_tells_requests_from_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation's are answered, SageMaker's are looked at."""
    world, sent = World(), list[bytes]()
    monkeypatch.setattr(handler, "real_clients", world.clients)
    monkeypatch.setattr(handler, "put", lambda _, body: sent.append(body))
    handler.handle({"source": "aws.sagemaker", "detail": {"EndpointName": "churn"}}, Invocation(900))
    # Nothing is on record, so it is left at that: not even the lock is taken.
    assert world.calls == ["ssm:GetParameter"]
    assert sent == []

    handler.handle(event(), Invocation(900))
    assert len(sent) == 1


def test_lambda_says_in_milliseconds_what_is_left() -> None:
    """Ten seconds of it are kept for the answer."""
    assert LambdaClock(Invocation(1e6)).remaining() == pytest.approx(1e6 - 10, abs=100)


def test_the_clock_never_sleeps_beyond_its_end() -> None:
    """An answer still fits in."""
    clock = LambdaClock(Invocation(0.02))
    start = time.monotonic()
    clock.sleep(60)

    assert time.monotonic() - start < 5
    assert clock.remaining() <= 0.001
    assert clock.now().tzinfo is datetime.UTC


def test_the_code_is_small() -> None:
    """What the function is made of stays below 580 KiB, a quarter of it where it is compressed."""
    package = Path(handler.__file__).parent.parent
    files = [without_comments((package / name).read_bytes()) for name in modules(package)]

    assert len(files) > 20
    assert sum(map(len, files)) < 580 * 1024
