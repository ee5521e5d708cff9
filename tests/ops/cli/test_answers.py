"""Answers of AWS's, a proxy's or an emulator's that haven't the operation's shape: one line, and never a trace."""

from __future__ import annotations

import copy
import datetime
import functools
import itertools
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from click.testing import Result

import shadow_ops
from shadow_ops.cli import durations
from shadow_ops.testfile import taken
from tests.fuzz.odd import CASES
from tests.ops.cli import wire as wires
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import NOW, Services
from tests.ops.cli.test_managed import managed
from tests.ops.cli.test_propose import FILE, GROUP, package
from tests.ops.cli.test_status import ENTRY
from tests.ops.cli.wire import Json, Wire, World
from tests.ops.managed.world import START
from tests.ops.managed.world import World as Managed
from tests.ops.responses import captured
from tests.ops.responses.captured import Said
from tests.ops.responses.test_athena import FakeAthena

wire = wires.wire


class Account(Services):
    """An account with something of everything, and Athena over what its endpoint has captured.

    Args:
        folder: Where files are made.
        status: Of a managed test; None for none.
    """

    def __init__(self, folder: Path, status: str | None = None) -> None:
        super().__init__()
        self.parameters["/shadow-test/churn/history"] = [json.dumps(ENTRY)]
        where = {"ResourceId": "endpoint/churn/variant/production", "ScalableDimension": DIMENSION}
        self.targets = [{**where, "MinCapacity": 1, "MaxCapacity": 4}]
        self.packages = {f"{GROUP}/7": package(7)}
        for side in ("production", "shadow"):
            captured.write(folder / "captured", side, [Said(f"id-{n}", "0.5") for n in range(3)])
        for file in (folder / "captured").rglob("*.jsonl"):
            self.s3.objects[f"churn/{file.relative_to(folder / 'captured').as_posix()}"] = file.read_bytes()
        self.athena = FakeAthena(folder / "captured", self.s3)
        if status is not None:
            managed(self, status)

    def client(self, name: str) -> object:
        """The client of a service."""
        return self.athena if name == "athena" else super().client(name)


class Console:
    """An account with a managed test of the console's, whose production scales.

    Args:
        status: Of the test.
    """

    def __init__(self, status: str = "Running") -> None:
        self.world = Managed(status, scaled=True)

    def client(self, name: str) -> object:
        """The client of a service."""
        return getattr(self.world, {"application-autoscaling": "autoscaling"}.get(name, name))


DIMENSION = "sagemaker:variant:DesiredInstanceCount"
FROM_S3 = "responses churn --from s3://captures/churn --production production --shadow shadow --since 24h --cache kept"
NAMED: dict[str, tuple[Callable[[Path], World], datetime.datetime]] = {
    "console": (lambda _folder: Console(), START),
    "created": (lambda _folder: Console("Created"), START),
    "over": (lambda _folder: Console("Completed"), START),
    "managed": (lambda folder: Account(folder, "Running"), NOW),
    "captured": (Account, captured.END),
}
COMMANDS = (
    *("list --judge --format json", "history churn", "status churn", "gate churn", "gate chrun", "compare churn"),
    *("plan churn", "report churn --no-answers --output page.html", "send churn rows.csv", "override churn"),
    *("override churn --reason why", "propose churn --package churn-models --write churn.toml"),
    *("managed: status churn", "managed: list", "managed: gate churn"),
    *("console: conclude churn promote --reason x", "console: conclude churn remove", "console: sampling churn 25"),
    *("created: conclude churn cancel", "over: conclude churn promote --reason x"),
    *(f"captured: {FROM_S3}", f"captured: {FROM_S3} --engine athena --athena-table shadow.captured"),
)
MOST_WAITS = 60
# Asked by functions alone; without an answer that anybody reads; bytes of the user's own; Python's re.search.
UNTRIED = {
    *("create_inference_experiment", "list_tags", "add_tags", "delete_tags"),
    *("put_scheduled_action", "delete_scheduled_action", "delete_scaling_policy", "put_metric_alarm"),
    *("get_object", "invoke_endpoint", "search"),
}
GONE = object()
ODD: tuple[Any, ...] = (
    *(GONE, None, "text", "", [], {}, 0, -1, 1.5, True, 10**400, 1e308, [None], ["x"], {"a": 1}, [[]]),
    *("9999-99-99", "\ud800", [1], [{}]),
)
BROKEN_XML = ("", "<a>", "<a/>", "not xml", "<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>")


class Odd:
    """Runs a command whose answers are changed on their way.

    Args:
        run: Runs a command.
        wire: The wire.
        folder: Where files are.
        monkeypatch: Sets the time.
    """

    def __init__(self, run: Run, wire: Wire, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._run, self.wire, self._folder, self._monkeypatch = run, wire, folder, monkeypatch
        monkeypatch.chdir(folder)
        self._waits = 0
        monkeypatch.setattr(taken, "check_taken", lambda *_: None)
        monkeypatch.setattr(time, "sleep", self._sleep)

    def _sleep(self, _seconds: float) -> None:
        self._waits += 1
        if self._waits > MOST_WAITS:
            raise KeyboardInterrupt  # whoever sits before it has had enough

    def __call__(
        self, command: str, operation: str = "", change: Callable[[Json], Json] = lambda answer: answer
    ) -> Result:
        """Run it anew, and check that it ends as it may: with one line for a failure, whatever was answered."""
        kind, _, words = command.rpartition(": ")
        world, now = NAMED.get(kind, (Account, NOW))
        self._monkeypatch.setattr(durations, "now", lambda: now)
        for name, text in (("rows.csv", "1,2\n"), ("churn.toml", FILE)):
            (self._folder / name).write_text(text, encoding="utf-8")
        for file in (self._folder / "kept").rglob("*.jsonl"):
            file.unlink()
        self.wire.world = world(self._folder)
        self.wire.changed = lambda name, answer: change(answer) if name == operation else answer
        self._waits = 0
        result = self._run(*words.split())
        assert result.exit_code in (0, 1, 2, 3, 4, 130), result.output
        assert "Traceback" not in result.output
        if result.exit_code in (1, 2):
            lines = [one for one in result.stderr.splitlines() if one.startswith("error: ")]
            assert lines or command.split()[0] == "send", result.output
        return result


@pytest.fixture
def odd(run: Run, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Odd:
    """A command in an account of its own, and its answers on a wire."""
    return Odd(run, wire, tmp_path, monkeypatch)


def places(answer: Json, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands; of a list's elements the first and the last."""
    yield before
    if isinstance(answer, dict):
        for key, one in answer.items():
            yield from places(one, (*before, key))
    elif isinstance(answer, list) and answer:
        for number in sorted({0, len(answer) - 1}):
            yield from places(answer[number], (*before, number))


def put(answer: Json, place: tuple[Any, ...], other: object) -> Json:
    """The same with something else in a place, where there is that place."""
    if not place:
        return {} if other is GONE else other
    answer = copy.deepcopy(answer)
    try:
        *path, last = place
        inner = functools.reduce(lambda found, key: found[key], path, answer)
        if other is GONE:
            del inner[last]
        else:
            inner[last] = other
    except (KeyError, IndexError, TypeError):
        pass
    return answer


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_answers_a_command_ends_in_words(odd: Odd, command: str) -> None:
    """Members that are missing, null, of another type or size, anywhere in any answer; so for errors, and for XML."""
    assert odd(command).exit_code == (1 if "chrun" in command else 0)
    seen = dict(odd.wire.seen)
    tried = [
        (operation, place, other)
        for operation, answer in seen.items()
        for place in places(answer)
        for other in (ODD if isinstance(answer, dict) else BROKEN_XML)
    ]
    for operation, place, other in random.Random(command).sample(tried, min(len(tried), CASES)):
        odd(command, operation, at(*place, other=other))


def called() -> set[str]:
    """All operations that the code of people's commands calls, as boto3 names them."""
    root = Path(shadow_ops.__file__).parent
    functions = ("answering", "guard", "watch")
    text = "".join(
        one.read_text(encoding="utf-8") for one in root.rglob("*.py") if one.relative_to(root).parts[0] not in functions
    )
    names = ("athena", "cloudwatch", "sagemaker", "ssm", "sts", "application-autoscaling", "s3", "sagemaker-runtime")
    known = {xform_name(one) for name in names for one in get_session().get_service_model(name).operation_names}
    return known & {*re.findall(r"[.](\w+)[(,)]", text), "list_objects_v2"}


def test_the_answers_of_every_operation_are_tried(odd: Odd) -> None:
    """But for those that only the functions call, and what removes or writes without an answer that is read."""
    seen = set[str]()
    for command in COMMANDS:
        odd.wire.seen = {}
        odd(command)
        seen |= {xform_name(one) for one in odd.wire.seen}
    assert called() - seen == UNTRIED


def paged(*tokens: str) -> Callable[[Json], Json]:
    """A listing that goes on with these tokens, one after the other and again."""
    turns = itertools.cycle(tokens)
    return lambda answer: {**answer, "NextToken": next(turns)}


def at(*place: Any, other: object = GONE) -> Callable[[Json], Json]:  # noqa: ANN401 - keys and numbers
    """Something else, or nothing, in a place of an answer."""
    return lambda answer: put(answer, place, other)


def instead(other: object) -> Callable[[Json], Json]:
    """Another answer."""
    return lambda _answer: other


NO_END = "its pages have no end"
FIRST = ("MetricDataResults", 0)
NOBODY = "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"
WRONG: tuple[tuple[str, str, Callable[[Json], Json], str], ...] = (
    ("gate churn", "DescribeEndpoint", instead({}), "has no EndpointName"),
    ("gate churn", "DescribeEndpoint", at("EndpointConfigName"), "has no EndpointConfigName"),
    ("gate churn", "DescribeEndpointConfig", at("ProductionVariants", other=[]), "has no ProductionVariants"),
    ("gate churn", "DescribeEndpointConfig", at("ProductionVariants", other="ab"), "can't be read"),
    ("gate churn", "DescribeEndpointConfig", at("CreationTime", other="soon"), "can't be read"),
    ("gate churn", "GetMetricData", instead({}), "has no MetricDataResults"),
    ("gate churn", "GetMetricData", at(*FIRST, "Id", other="other"), "answers what wasn't asked"),
    ("gate churn", "GetMetricData", at(*FIRST, "Values", 0), "answers what wasn't asked"),
    ("gate churn", "GetMetricData", at(*FIRST, "Values", 0, other=None), "MetricDataResults.Values is no double"),
    ("gate churn", "GetMetricData", at(*FIRST, "Values", 0, other=1e308), "Values can't be so large"),
    ("gate churn", "GetMetricData", at(*FIRST, "Values", 0, other=float("nan")), "Values can't be so large"),
    ("gate churn", "GetMetricData", paged("5"), NO_END),
    ("gate churn", "GetParameter", instead({}), "has no Parameter"),
    ("gate churn", "GetParameter", at("Parameter", "Value"), "has no Parameter.Value"),
    ("gate churn", "GetParameter", at("Parameter", "Value", other=5), "Parameter.Value is no string"),
    ("gate chrun", "DescribeEndpoint", instead({"__type": "ValidationException", "message": [1]}), "has no text"),
    ("gate chrun", "DescribeEndpoint", instead({"__type": 5}), "can't be read"),
    ("history churn", "GetParametersByPath", paged("a"), NO_END),
    ("history churn", "GetParametersByPath", paged("a", "b", "c"), NO_END),
    ("history churn", "GetParameterHistory", paged("a", "b"), NO_END),
    ("managed: list", "ListInferenceExperiments", paged("a", "b"), NO_END),
    ("console: conclude churn remove", "DescribeScalableTargets", paged("a", "b"), NO_END),
    ("status churn", "DescribeScalableTargets", at("ScalableTargets", 0, "ResourceId", other="x"), "wasn't asked"),
    ("status churn", "DescribeEndpoint", at("ProductionVariants", 0, "CurrentWeight", other=-1), "can't be below 0"),
    ("override churn --reason why", "PutParameter", instead({}), "has no Version"),
    ("override churn --reason why", "GetCallerIdentity", instead(NOBODY), "has no Arn"),
    ("override churn --reason why", "GetCallerIdentity", instead("<a/>"), "can't be read"),
)


@pytest.mark.parametrize(("command", "operation", "change", "said"), WRONG)
def test_an_answer_of_another_shape_is_one_line_with_what_is_wrong(
    odd: Odd, command: str, operation: str, change: Callable[[Json], Json], said: str
) -> None:
    """Exit code 1, as where AWS can't be asked at all, and where to look."""
    result = odd(command, operation, change)
    (line,) = [one for one in result.stderr.splitlines() if one.startswith("error: ")]
    assert result.exit_code == 1
    assert line.startswith(f"error: AWS could not be reached (what answered {operation} isn't AWS: ")
    assert said in line
    assert line.endswith("AWS_ENDPOINT_URL")


def test_a_listing_may_have_many_pages_each_time(odd: Odd) -> None:
    """The same tokens in another listing, or in the same one a second time, are no circle."""
    pages: list[str] = []

    def change(_answer: Json) -> Json:
        pages.append("page")
        last = len(pages) % 3 == 0
        return {"Parameters": []} | ({} if last else {"NextToken": str(len(pages) % 3)})

    for _ in range(2):
        assert odd("history churn", "GetParametersByPath", change).exit_code == 0
    assert len(pages) == 6
