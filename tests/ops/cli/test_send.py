"""``shadow-test send``: which requests go out, at what pace, and what is said of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ReadTimeoutError

from shadow_ops.sending import Plan, Sender
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services
from tests.ops.parameter_store import aws_error


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Three rows of CSV, with an empty line between."""
    file = tmp_path / "rows.csv"
    file.write_text("1,2\n3,4\n\n5,6\n")
    return file


def failing(*bodies: str) -> Callable[[str], Exception | None]:
    """The model fails these requests."""
    error = aws_error("ModelError", "the model said no", "InvokeEndpoint", 500)
    return lambda body: error if body in bodies else None


def test_every_row_is_sent_with_an_id_of_its_own(run: Run, services: Services, rows: Path) -> None:
    """Each line is a request of its own, as often as was asked, numbered from nought behind the prefix."""
    result = run("send", "churn", rows, "--repeat", "2", "--id-prefix", "try", "--concurrency", "1")
    assert result.exit_code == 0, result.output
    assert [one["Body"] for one in services.requests] == [b"1,2", b"3,4", b"5,6"] * 2
    assert [one["InferenceId"] for one in services.requests] == [f"try-{number}" for number in range(6)]
    assert {one["ContentType"] for one in services.requests} == {"text/csv"}
    assert "answered  6 (production 6)" in result.stdout


def test_the_plan_comes_before_the_first_request(run: Run, rows: Path) -> None:
    """What will be sent, how fast and under which ids is said first, and on standard error."""
    result = run("send", "churn", rows, "--rate", "1000", "--id-prefix", "try")
    assert result.stderr == (
        "sending 3 requests to churn: 3 of rows.csv x 1, text/csv, 1000 a second, 4 at once, 0 s; InferenceIds try-0 "
        "and on\n"
    )


def test_json_lines_are_requests(run: Run, services: Services, tmp_path: Path) -> None:
    """Of a file of JSON lines, each line is a request of type application/json."""
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": 1}\n{"a": 2}\n')
    assert run("send", "churn", file).exit_code == 0
    assert {one["Body"] for one in services.requests} == {b'{"a": 1}', b'{"a": 2}'}
    assert services.requests[0]["ContentType"] == "application/json"


def test_the_content_type_can_be_given(run: Run, services: Services, tmp_path: Path) -> None:
    """A file whose name says nothing is sent as what the option says."""
    file = tmp_path / "rows.txt"
    file.write_text("hello\n")
    assert run("send", "churn", file, "--content-type", "text/plain").exit_code == 0
    assert services.requests[0]["ContentType"] == "text/plain"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rows.txt", "1,2\n", "--content-type"),
        ("rows.csv", "\n \n", "no request in it"),
        ("rows.jsonl", '{"a": 1}\n{"a": \n', "rows.jsonl:2: not JSON at line 1, column"),
        ("rows.csv", b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_fails_on_a_file_without_good_requests(
    run: Run, services: Services, tmp_path: Path, name: str, text: str | bytes, said: str
) -> None:
    """A file that can't be sent is one line with its place, exit code 2, and nothing is sent."""
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run("send", "churn", file)
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 2
    assert said in line
    assert services.requests == []


# What no header can hold, or what would begin another one.
UNFIT = ("", " ", "text/csv\n", "a\r\nX: y", "text/csv\x00", " text/csv", "text/csv ", "text/é")


@pytest.mark.parametrize(
    "options",
    [
        ("--rate", "0"),
        ("--rate", "-1"),
        ("--rate", "nan"),
        ("--rate", "1e-300"),
        ("--repeat", "0"),
        ("--concurrency", "0"),
        *((option, text) for option in ("--id-prefix", "--content-type") for text in UNFIT),
        ("--id-prefix", "x" * 49),
        ("--content-type", "x" * 1025),
    ],
)
def test_fails_on_wrong_options(run: Run, services: Services, rows: Path, options: tuple[str, str]) -> None:
    """A pace, a count or an id that makes no sense is exit code 2, and nothing is sent."""
    assert run("send", "churn", rows, *options).exit_code == 2
    assert services.requests == []


def test_failures_are_grouped_and_fail_the_command(run: Run, services: Services, rows: Path) -> None:
    """Equal errors are one line with their number and the first id; the others are still sent; exit code 1."""
    services.answers = failing("3,4")
    result = run("send", "churn", rows, "--repeat", "5", "--id-prefix", "try", "--concurrency", "1")
    assert result.exit_code == 1
    assert result.stderr.endswith("error: 5 of 15 requests failed\n")
    assert "     5  ModelError  the model said no  try-1" in result.stdout
    assert "answered  10 (production 10)" in result.stdout


def test_json_has_the_same_figures(run: Run, services: Services, rows: Path) -> None:
    """A script reads counts, pace, latency and errors."""
    services.answers = failing("3,4")
    found = json.loads(run("send", "churn", rows, "--format", "json").stdout)
    assert (found["planned"], found["sent"], found["answered"], found["failed"]) == (3, 3, 2, 1)
    assert found["errors"][0]["code"] == "ModelError"
    assert found["latency_ms"]["min"] <= found["latency_ms"]["p50"] <= found["latency_ms"]["max"]


def test_without_an_answer_there_is_no_latency(run: Run, services: Services, rows: Path) -> None:
    """Nothing but failures has no latency, rather than one of zero."""
    services.answers = failing("1,2", "3,4", "5,6")
    found = json.loads(run("send", "churn", rows, "--format", "json").stdout)
    assert found["latency_ms"]["p50"] is None


def test_what_every_request_would_meet_stops_at_once(run: Run, services: Services, rows: Path) -> None:
    """Without the right to invoke, thousands of requests aren't sent in vain; the missing action is named."""
    services.answers = lambda _body: aws_error("AccessDeniedException", "no", "InvokeEndpoint")
    result = run("send", "churn", rows, "--repeat", "1000", "--concurrency", "2")
    assert result.exit_code == 1
    assert "lack sagemaker:InvokeEndpoint" in result.stderr
    assert len(services.requests) < 10


def test_a_mistyped_endpoint_is_sent_nothing(run: Run, services: Services, rows: Path) -> None:
    """The name is looked up first."""
    result = run("send", "chrun", rows)
    assert result.exit_code == 1
    assert "there is churn" in result.stderr
    assert services.requests == []


def test_who_may_only_invoke_can_send(run: Run, services: Services, rows: Path) -> None:
    """Looking the endpoint up is a help, no condition."""
    services.errors["DescribeEndpoint"] = aws_error("AccessDeniedException", "no", "DescribeEndpoint")
    assert run("send", "churn", rows).exit_code == 0


def test_interrupted_it_says_what_was_sent(
    run: Run, services: Services, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-c ends the sending, not the summary."""

    def interrupt(self: Sender, on_progress: object) -> None:  # noqa: ARG001 - as Sender.run
        for thread in self._threads:
            thread.start()
        while len(services.requests) < 2:
            threading.Event().wait(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(Sender, "run", interrupt)
    result = run("send", "churn", rows, "--repeat", "100000", "--rate", "200")
    assert result.exit_code == 130
    assert result.stdout.startswith("sent ")
    assert "interrupted: " in result.stderr


def test_fails_when_fewer_are_sent_than_were_asked_for(run: Run, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ended the threads: what wasn't sent is no success."""
    monkeypatch.setattr(Sender, "_take_turns", lambda _self: None)
    result = run("send", "churn", rows)
    assert result.exit_code == 1
    assert result.stderr.endswith("error: only 0 of 3 requests were sent\n")


@pytest.mark.parametrize("place", ["_failed", "_one", "_on_answer", "_on_failure"])
def test_fails_with_a_fault_of_its_own(
    run: Run, services: Services, rows: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An error that no request had ends the sending and is raised where it is seen, after the summary."""

    def fault(*_arguments: object) -> None:
        raise ZeroDivisionError("of the program")

    start = Sender.start

    def faulty(self: Sender) -> None:
        monkeypatch.setattr(self, place, fault)
        start(self)

    services.answers = failing("3,4")
    monkeypatch.setattr(Sender, "start", faulty)
    with pytest.raises(ZeroDivisionError, match="of the program"):
        run("send", "churn", rows, "--concurrency", "1")
    assert len(services.requests) < 3


def test_an_error_of_the_connection_is_a_failed_request(run: Run, services: Services, rows: Path) -> None:
    """Those of botocore have a `response` that is None."""
    services.answers = lambda _body: ReadTimeoutError(endpoint_url="https://example.com", error="slow")
    result = run("send", "churn", rows)
    assert result.exit_code == 1
    assert "ReadTimeoutError" in result.stdout
    assert result.stderr.endswith("error: 3 of 3 requests failed\n")


class Clock:
    """Time that stands still between requests."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        """The time."""
        return self.time


def test_the_pace_is_exact() -> None:
    """A request is due by its number alone: what came before it, slow or fast, doesn't move it."""
    plan = Plan("churn", [b"a"], "text/csv", repeat=6, rate=50, concurrency=1, id_prefix="x")
    assert [plan.due(number) for number in range(4)] == pytest.approx([0, 0.02, 0.04, 0.06])
    clock, services = Clock(), Services()
    sender = Sender(services.client("sagemaker-runtime"), plan, clock)

    def wait(seconds: float) -> bool:
        clock.time += seconds
        return False

    sent: list[float] = []

    def slow(_body: str) -> None:
        sent.append(clock.time - 100)
        clock.time += 0.05 if len(sent) == 1 else 0.001

    services.answers = slow
    sender._stop.wait = wait  # type: ignore[method-assign, assignment] # waits on the clock of this test
    sender._began = clock()
    sender._work()
    # The first takes as long as two and a half others; those catch up, and the fourth is on time again.
    assert sent == pytest.approx([0, 0.05, 0.051, 0.06, 0.08, 0.1])
