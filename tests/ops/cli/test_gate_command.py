"""``shadow-test gate``: verdict, exit code, recordings, and waiting."""

from __future__ import annotations

import datetime
import io
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import describe
from shadow_ops.cli import durations, watching
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge.live import judge_live
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, NOW, POLICY, Services
from tests.ops.fake_cloudwatch import START, FakeCloudWatch, traffic
from tests.ops.parameter_store import aws_error


def test_an_equal_shadow_passes(run: Run) -> None:
    """Exit code 0, one line per rule with its numbers, and the verdict as the last line."""
    result = run("gate", "churn")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("PASS: all ")
    assert "PASS          latency-p99" in result.stdout
    assert "error-rate-5xx" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("metrics", "code", "word"),
    [
        (traffic(600, slower=1.3), 3, "FAIL"),
        (traffic(600, failing=0.02), 3, "FAIL"),
        (traffic(600, shadow=False), 4, "INCONCLUSIVE"),
        (FakeCloudWatch(), 4, "INCONCLUSIVE"),
    ],
    ids=["slow", "failing", "silent", "without-data"],
)
def test_the_exit_code_is_the_verdict(
    run: Run, services: Services, metrics: FakeCloudWatch, code: int, word: str
) -> None:
    """FAIL is 3 and INCONCLUSIVE is 4, with the reason on standard output."""
    services.metrics = metrics
    result = run("gate", "churn")
    assert (result.exit_code, result.stdout.splitlines()[-1].split(":")[0]) == (code, word)


def test_json_has_the_verdict_and_the_numbers(run: Run) -> None:
    """A pipeline reads the outcome, each finding's numbers, and what was judged."""
    found = json.loads(run("gate", "churn", "--format", "json").stdout)
    assert (found["verdict"], found["endpoint"], found["period_seconds"], found["periods"]) == (
        "PASS",
        "churn",
        300,
        120,
    )
    numbers = {finding["rule"]: finding["numbers"] for finding in found["findings"]}
    assert numbers["latency-p99"]["allowed_percent"] == 5


def test_markdown_begins_with_the_verdict(run: Run) -> None:
    """A pull request shows the outcome as a heading, and a table of the rules."""
    lines = run("gate", "churn", "--format", "markdown").stdout.splitlines()
    assert lines[0] == "### churn: PASS"
    assert any(line.startswith("| PASS | `latency-p99` |") for line in lines)


def test_a_replay_gives_the_same_verdict(run: Run, services: Services, tmp_path: Path) -> None:
    """What was recorded is judged again from the file alone, word for word the same."""
    file = tmp_path / "seen.json"
    live = run("gate", "churn", "--record", file)
    services.errors["DescribeEndpoint"] = AssertionError("a replay asks nobody")
    replayed = run("gate", "--replay", file)
    assert (replayed.exit_code, replayed.stdout) == (live.exit_code, live.stdout)
    assert f"recorded 120 periods in {file}" in live.stderr


def test_a_replay_takes_another_policy(run: Run, tmp_path: Path) -> None:
    """A policy given on the command line wins over the recording's."""
    file, policy = tmp_path / "seen.json", tmp_path / "policy.json"
    policy.write_text(json.dumps({"min_duration_minutes": 24 * 60}))
    run("gate", "churn", "--record", file)
    assert run("gate", "--replay", file).exit_code == 0
    assert run("gate", "--replay", file, "--policy", policy).exit_code == 4


def test_a_replay_needs_no_aws(run: Run, tmp_path: Path) -> None:
    """In a process of its own, a replay loads neither boto3 nor botocore."""
    file = tmp_path / "seen.json"
    run("gate", "churn", "--record", file)
    code = (
        "import sys\n"
        "from shadow_ops.cli.main import cli\n"
        f"cli(['gate', '--replay', {str(file)!r}], standalone_mode=False)\n"
        "sys.exit(1 if {'boto3', 'botocore', 'rich'} & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "PASS" in done.stdout


def test_a_recording_never_takes_the_place_of_a_file(run: Run, services: Services, tmp_path: Path) -> None:
    """An existing file is refused before anything is asked, unless --force is given."""
    file = tmp_path / "seen.json"
    file.write_text("mine")
    result = run("gate", "churn", "--record", file)
    assert result.exit_code == 2
    assert result.stderr == f"error: {file} exists; name another file, or add --force to replace it\n"
    assert (file.read_text(), services.metrics.requests) == ("mine", [])
    assert run("gate", "churn", "--record", file, "--force").exit_code == 0
    assert json.loads(file.read_text())["endpoint"] == "churn"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("not json", "not JSON"),
        ('{"endpoint": "churn"', "cut off"),
        ("[]", "object"),
        ('{"endpoint": "churn"}', "production_variant"),
    ],
)
def test_fails_on_what_is_no_recording(run: Run, tmp_path: Path, text: str, place: str) -> None:
    """A file that is no recording is one line that names it, and exit code 2."""
    file = tmp_path / "odd.json"
    file.write_text(text)
    result = run("gate", "--replay", file)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {file}")
    assert place in line


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            {"rules": [{"kind": "taste"}]},
            "rules[0]: 'kind' must be one of latency, average, overhead, error_rate, utilization, agreement, got",
        ),
        ({"rules": [{"kind": "latency", "max_increase_percent": -5}]}, "'max_increase_percent' must be from 0 to 1000"),
        ({"tolerance": 5}, "unknown key 'tolerance'"),
    ],
)
def test_fails_on_a_bad_policy(run: Run, services: Services, tmp_path: Path, policy: object, said: str) -> None:
    """A policy with a mistake is one line that names the file and the place, and nothing is asked of AWS."""
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy))
    result = run("gate", "churn", "--policy", file)
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 2
    assert line.startswith(f"error: {file}")
    assert said in line
    assert services.metrics.requests == []


@pytest.mark.parametrize(
    "arguments",
    [(), ("churn", "--wait", "soon"), ("churn", "--wait", "0s"), ("churn", "--force"), ("--wait", "2h"), ("a", "b")],
)
def test_fails_on_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    """Options that don't fit are exit code 2."""
    assert run("gate", *arguments).exit_code == 2


def test_an_endpoint_of_somebody_else_needs_a_policy(run: Run, services: Services, tmp_path: Path) -> None:
    """Without the stack's settings there is no policy to guess; a file gives one."""
    services.parameters.clear()
    result = run("gate", "churn")
    assert result.exit_code == 1
    assert "was not deployed by this library" in result.stderr
    assert "--policy FILE" in result.stderr
    file = tmp_path / "policy.json"
    file.write_text('{"min_duration_minutes": 60}')
    assert run("gate", "churn", "--policy", file).exit_code == 0


def test_a_policy_that_gates_nothing_is_judged_by_all_the_same(run: Run, services: Services) -> None:
    """Where promotions aren't gated the command says so, and why, beside the verdict of the rules."""
    services.settle(replace(DECLARED, policy=GatePolicy.none("nobody depends on it")))
    result = run("gate", "churn")
    assert result.exit_code == 4
    assert result.stderr == "promotions of churn are not gated: nobody depends on it\n"


def test_a_gate_reads_as_many_metrics_as_the_docs_say(run: Run, services: Services) -> None:
    """GetMetricData is billed by them: 53 for a gate, 117 for a comparison."""
    services.settle(replace(DECLARED, policy=GatePolicy()))
    for command, count in (("gate", 53), ("compare", 117)):
        services.metrics.requests.clear()
        run(command, "churn")
        assert sum(len(request["MetricDataQueries"]) for request in services.metrics.requests) == count


class Watch:
    """A clock for waiting, and what is to be seen at each look."""

    def __init__(self, services: Services) -> None:
        self.time = 0.0
        self.looks: Iterator[int | Exception] = itertools.repeat(602)
        self._services = services

    def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.time += seconds

    def look(self) -> datetime.datetime:
        """The time of the next look, in minutes after the test began, or what goes wrong then."""
        look = next(self.looks)
        self._services.errors.clear()
        if isinstance(look, Exception):
            self._services.errors["GetMetricData"] = look
            return NOW
        return START + datetime.timedelta(minutes=look)


@pytest.fixture
def watch(services: Services, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Waiting takes no time."""
    watch = Watch(services)
    clock = watching.Clock(now=lambda: watch.time, sleep=lambda seconds: watch.sleep(seconds))
    monkeypatch.setattr(watching, "Clock", lambda: clock)
    monkeypatch.setattr(durations, "now", watch.look)
    return watch


def test_waiting_ends_with_the_verdict(run: Run, watch: Watch) -> None:
    """Of a test that is too young, the gate looks again each period, until it is old enough."""
    watch.looks = iter([5, 10, 602])
    result = run("gate", "churn", "--wait", "24h")
    assert result.exit_code == 0
    assert watch.time == pytest.approx(600, abs=2)
    assert "watching churn for 1 d at most" in result.stderr
    assert "INCONCLUSIVE" in result.stderr
    assert "INCONCLUSIVE" not in result.stdout


@pytest.mark.parametrize(("wait", "said"), [("24h", True), ("25h", False)])
def test_a_wait_that_is_too_short_for_a_pass_says_so_at_once(
    run: Run, services: Services, watch: Watch, wait: str, said: bool
) -> None:
    """Not after a day: a fresh test needs its day of measurements and the beginning of its warm-up."""
    services.settle(replace(DECLARED, policy=GatePolicy()))
    watch.looks = itertools.repeat(5)
    result = run("gate", "churn", "--wait", wait)
    soonest = START + datetime.timedelta(minutes=5 + 24 * 60 + 10 + 2)
    assert (f"it can't pass before {soonest:%Y-%m-%d %H:%M} UTC" in result.stderr) is said, result.stderr
    assert ("in 1 d" in result.stderr) is said


def test_waiting_gives_up_when_the_time_is_up(run: Run, services: Services, watch: Watch) -> None:
    """After the time the last verdict stands, and the exit code says so."""
    services.metrics = traffic(600, shadow=False)
    result = run("gate", "churn", "--wait", "30m")
    assert result.exit_code == 4
    assert watch.time == pytest.approx(1800, abs=2)


def test_waiting_bears_with_trouble_that_passes(run: Run, watch: Watch) -> None:
    """A day of waiting isn't lost to one throttled call."""
    watch.looks = iter([5, aws_error("ThrottlingException", "Rate exceeded", "GetMetricData"), 602])
    result = run("gate", "churn", "--wait", "24h")
    assert result.exit_code == 0
    assert "AWS throttles GetMetricData" in result.stderr
    assert "trying again" in result.stderr


def test_waiting_ends_when_access_is_denied(run: Run, watch: Watch) -> None:
    """What no waiting cures ends it at once."""
    watch.looks = iter([15, aws_error("AccessDenied", "no", "GetMetricData")])
    result = run("gate", "churn", "--wait", "24h")
    assert result.exit_code == 1
    assert "lack cloudwatch:GetMetricData" in result.stderr


@pytest.mark.parametrize("end", ["deleted", "denied", "interrupted"])
def test_what_was_read_while_waiting_is_recorded_whatever_ends_it(
    run: Run, services: Services, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """The last look's; that the endpoint was deleted is said as that, and not as a mistyped name."""

    def ended() -> Iterator[int | Exception]:
        yield 15
        if end == "denied":
            yield aws_error("AccessDenied", "no", "GetMetricData")

    def sleep(seconds: float) -> None:
        watch.time += seconds
        if end == "interrupted":
            raise KeyboardInterrupt
        if end == "deleted":
            services.endpoints.pop("churn", None)

    watch.looks = ended()
    monkeypatch.setattr(watch, "sleep", sleep)
    result = run("gate", "churn", "--wait", "24h", "--record", tmp_path / "seen.json")
    assert result.exit_code == {"deleted": 1, "denied": 1, "interrupted": 130}[end]
    assert run("gate", "--replay", tmp_path / "seen.json").exit_code == 4
    if end == "deleted":
        assert "error: churn was deleted while its test was watched; the last look was at 08:15 UTC" in result.stderr
        assert "--region" not in result.stderr


def test_an_interrupted_wait_is_no_verdict(run: Run, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-c has an exit code of its own, which no pipeline takes for a verdict."""
    services.metrics = FakeCloudWatch()

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    clock = watching.Clock(now=lambda: 0.0, sleep=interrupted)
    monkeypatch.setattr(watching, "Clock", lambda: clock)
    result = run("gate", "churn", "--wait", "24h")
    assert (result.exit_code, result.stdout) == (130, "")


def test_on_a_terminal_the_findings_are_drawn(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live display shows each rule, the verdict so far and how long it goes on."""
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("shadow_ops.cli.output.watched", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    live = describe(services.client("sagemaker"), "churn")
    assert live is not None
    judged = judge_live(_Holder(services.client("cloudwatch")), live, POLICY, None, NOW)
    with watching.on_screen() as display:
        display.judged(judged)
        display.waiting(datetime.timedelta(hours=3), datetime.timedelta(seconds=40))
    for part in ("latency-p99", "next look in 40 s, giving up in 3 h"):
        assert part in screen.getvalue()


@dataclass(frozen=True)
class _Holder:
    cloudwatch: Client


def test_a_plan_needs_no_shadow(run: Run, services: Services) -> None:
    """Before a test, production alone says how long one will take."""
    services.metrics = traffic(600, shadow=False)
    found = json.loads(run("plan", "churn", "--sampling", "50", "--format", "json").stdout)
    (only,) = found["plans"]
    assert only["sampling_percent"] == 50
    assert only["minutes"] > 60
    assert only["instance_hours"] == pytest.approx(only["minutes"] / 60 * found["instances"])
    assert {rule["rule"] for rule in only["rules"]} >= {"latency-p99", "error-rate-5xx"}


@pytest.mark.parametrize("sampling", ["0", "101", "ten", "", "10,,20", "nan"])
def test_a_plan_refuses_what_is_no_percentage(run: Run, sampling: str) -> None:
    """Nothing is asked of AWS."""
    result = run("plan", "churn", "--sampling", sampling)
    assert result.exit_code == 2
    assert "must be percentages above 0 and up to 100" in result.stderr


def test_a_plan_reads_back_what_looks_like_a_share_of_one(run: Run, services: Services) -> None:
    """0.5 is half a percent, and the line says what to write for half of them."""
    services.metrics = traffic(600, shadow=False)
    result = run("plan", "churn", "--sampling", "0.5,1,50")
    assert result.stderr == "--sampling 0.5 means 0.5 % of the requests; for 50 % write 50\n"
