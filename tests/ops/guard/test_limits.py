"""How long is waited, how often is tried again, how much is said: each at its edge."""

from __future__ import annotations

import datetime
import http.server
import importlib
import json
import pkgutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

import shadow_ops.guard
from shadow_ops.aws import history, journal, parameters
from shadow_ops.aws.records import Pending
from shadow_ops.contract.rules import Rule
from shadow_ops.guard.act import Actor
from shadow_ops.guard.answer import body, failure, put, success
from shadow_ops.guard.asking import consent
from shadow_ops.guard.clients import Clients, TimeUpError
from shadow_ops.guard.course import Course
from shadow_ops.guard.decision import Deregister, RememberKeep
from shadow_ops.guard.handler import on_request
from shadow_ops.guard.lock import Lock, OvertakenError
from shadow_ops.guard.on_record import Why
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.run import PATIENCE, HandOverError, Runner
from shadow_ops.guard.seen import Unread, kept_of
from shadow_ops.judge.verdict import Finding, Outcome, Verdict
from tests.ops.guard.stack import Code, properties
from tests.ops.guard.world import ENDPOINT, STACK, World
from tests.ops.parameter_store import aws_error

BEGAN = World().now
# What changes while it is worked with.
_STATEFUL = {"Actor", "Course", "Lock", "Runner"}


class Time:
    """A clock that notes each wait.

    Args:
        left: Seconds until an answer must be given.
        world: Whose time passes.
    """

    def __init__(self, left: float = 1e6, world: World | None = None) -> None:
        self.left, self.slept, self.world = left, list[float](), world or World()

    def now(self) -> datetime.datetime:
        """The world's time."""
        return self.world.now

    def sleep(self, seconds: float) -> None:
        """Note it."""
        self.slept.append(seconds)
        self.left -= seconds
        self.world.sleep(seconds)

    def remaining(self) -> float:
        """What is left."""
        return self.left


def request(kind: str = "Update", code: Code | None = None) -> Request:
    """A request."""
    asked = properties("before", code or Code(), "config-1")
    event = {"RequestType": kind, "RequestId": "R", "StackId": STACK, "ResourceProperties": asked}
    return Request.from_event(event | {"OldResourceProperties": asked} if kind == "Update" else event)


def runner(time: Time, asked: Request | None = None) -> Runner:
    """Who works on a request."""
    course = Course("me", time.now())
    return Runner(time.world.clients(), time, lambda *_: None, ENDPOINT, asked or request(), course)  # type: ignore[arg-type] # no gate is asked


def serving(time: Time) -> World:
    """An endpoint that serves config-1."""
    time.world.make_config("config-1", Code().variants())
    time.world.create_endpoint("config-1")
    time.world.parameters[f"/shadow-test/{ENDPOINT}/state"] = ['{"keep": {"config-1": false}}']
    return time.world


def test_what_is_seen_decided_and_recorded_is_a_value() -> None:
    """Nobody changes it after it was looked at."""
    names = [f"shadow_ops.guard.{one.name}" for one in pkgutil.iter_modules(shadow_ops.guard.__path__)]
    for module in (*map(importlib.import_module, names), history, journal):
        for name, one in vars(module).items():
            if is_dataclass(one) and isinstance(one, type) and one.__module__ == module.__name__:
                frozen = one.__dataclass_params__.frozen  # type: ignore[attr-defined] # of every dataclass
                assert frozen is (name not in _STATEFUL), name


def test_an_entry_is_written_by_name() -> None:
    """Its dozen texts are never mixed up by their order."""
    for one in (history.Entry, journal.Hold):
        by_order: Any = one
        with pytest.raises(TypeError):
            by_order("id", "promotion")


def test_waiting_becomes_slower_up_to_a_quarter_of_a_minute() -> None:
    """Two seconds at first, a fifth more each time."""
    time = Time()
    serving(time).busy("Updating", 300)
    assert runner(time).run()["Status"] == "SUCCESS"

    expected = [min(2.0 * 1.2**number, 15.0) for number in range(len(time.slept))]
    assert time.slept == pytest.approx(expected)
    assert 15.0 in time.slept


@pytest.mark.parametrize(("left", "waits"), [(59.999, False), (60, True), (61, True)])
def test_a_minute_is_kept_back(left: float, waits: bool) -> None:
    """What is left of an invocation below that is for looking, acting and answering."""
    time = Time(900)
    serving(time).busy("Updating", 300)
    made = runner(time)
    time.left = left
    with pytest.raises(HandOverError):
        made.run()
    assert bool(time.slept) is waits


def test_of_a_short_invocation_a_third_is_kept_back() -> None:
    """However short it is."""
    time = Time(90)
    serving(time).busy("Updating", 300)
    made = runner(time)
    for left, waits in ((30, True), (29.999, False)):
        time.slept.clear()
        time.left = left
        with pytest.raises(HandOverError):
            made.run()
        assert bool(time.slept) is waits


def test_a_request_is_worked_on_for_fifty_five_minutes() -> None:
    """CloudFormation waits for an hour."""
    assert datetime.timedelta(minutes=55) == PATIENCE
    for passed, waits in ((PATIENCE, False), (PATIENCE - datetime.timedelta(milliseconds=1), True)):
        time = Time()
        serving(time).busy("Updating", 9000)
        made = runner(time)
        made.course.began = time.now() - passed
        assert made.run()["Status"] == "FAILED"
        assert bool(time.slept) is waits


def lock(time: Time, token: str = "me", heir_of: str | None = None) -> Lock:
    """Somebody's lock."""
    course = Course(token, time.now(), heir_of=heir_of)
    return Lock(time.world.clients().ssm, time, ENDPOINT, request(), course)


@pytest.mark.parametrize(("seconds", "taken"), [(74.9, False), (75, True)])
def test_a_lock_outlives_its_last_sign_of_life_by_seventy_five_seconds(seconds: float, taken: bool) -> None:
    """A call is tried again for a minute."""
    time = Time()
    first = lock(time, "first")
    assert first.take()
    time.world.sleep(15)
    first.live()
    time.world.sleep(seconds)
    assert lock(time, "other").take() is taken


@pytest.mark.parametrize(("seconds", "prolonged"), [(14.9, False), (15, True)])
def test_a_sign_of_life_is_given_every_quarter_of_a_minute(seconds: float, prolonged: bool) -> None:
    """Not with every call."""
    time = Time()
    mine = lock(time)
    assert mine.take()
    calls = len(time.world.calls)
    time.world.sleep(seconds)
    mine.live()
    assert (len(time.world.calls) > calls) is prolonged


def test_a_lock_that_is_not_had_gives_no_sign_of_life() -> None:
    """Neither before it is taken, nor after it was lost or given back."""
    time = Time()
    mine, other = lock(time), lock(time, "other")
    for _ in range(2):
        mine.release()
        time.world.sleep(100)
        calls = len(time.world.calls)
        mine.live()
        mine.keep()
        assert len(time.world.calls) == calls
        assert mine.take()
        assert not other.take()
    time.world.sleep(100)
    assert other.take()
    other.release()
    with pytest.raises(OvertakenError):
        mine.live()
    mine.live()


@pytest.mark.parametrize(("seconds", "taken"), [(599, False), (600, True)])
def test_a_lock_is_kept_ten_minutes_for_a_continuation(seconds: float, taken: bool) -> None:
    """Lambda may be throttled; the continuation itself needn't wait, and is the only heir."""
    time = Time()
    mine = lock(time)
    assert mine.take()
    mine.keep()
    time.world.sleep(seconds)
    assert lock(time, "other").take() is taken
    if not taken:
        assert lock(time, "heir", heir_of="me").take()
        assert not lock(time, "copy", heir_of="me").take()
        assert not lock(time, "stranger", heir_of="nobody").take()


def throttled(times: int) -> tuple[World, Time, Clients]:
    """Services of which one is throttled so often."""
    world = World()
    world.throttles["describe_stacks"] = times
    time = Time(world=world)
    return world, time, world.clients().patient(time)


def test_a_throttled_call_is_tried_again_for_a_minute() -> None:
    """Twice as long each time, eight seconds at most."""
    for times, works in ((11, True), (12, False)):
        _, time, clients = throttled(times)
        if works:
            clients.cloudformation.describe_stacks(StackName=STACK)
        else:
            with pytest.raises(Exception, match="Rate exceeded"):
                clients.cloudformation.describe_stacks(StackName=STACK)
        assert time.slept == [0.5, 1, 2, 4, 8, 8, 8, 8, 8, 8, 8]


@pytest.mark.parametrize(("left", "tried"), [(0.5, 1), (0.49, 0), (1.5, 2), (1.49, 1)])
def test_a_call_is_tried_again_only_if_there_is_time_to_wait(left: float, tried: int) -> None:
    """Not longer than the invocation lasts."""
    _, time, clients = throttled(9)
    time.left = left
    with pytest.raises(Exception, match=r"Rate exceeded|no time is left"):
        clients.cloudformation.describe_stacks(StackName=STACK)
    assert len(time.slept) == tried


def test_once_time_is_up_nothing_is_begun() -> None:
    """To the very end, and not after it."""
    world, time, clients = throttled(0)
    for left in (0.0, -1.0):
        time.left = left
        with pytest.raises(TimeUpError):
            clients.cloudformation.describe_stacks(StackName=STACK)
    assert world.calls == []
    time.left = 0.01
    clients.cloudformation.describe_stacks(StackName=STACK)


def test_an_answer_has_what_cloudformation_takes_and_no_byte_more() -> None:
    """4096 bytes, of characters of any length; a line of a thousand characters."""
    event = {"StackId": STACK, "RequestId": "R", "LogicalResourceId": "Before"}
    empty = len(body(event, "id", {"Status": "SUCCESS", "Reason": "", "Data": {}}))
    for length, cut in ((4096, False), (4097, True), (4098, True), (4099, True), (4100, True), (9000, True)):
        made = body(event, "id", {"Status": "SUCCESS", "Reason": "x" * (length - empty), "Data": {}})
        assert (len(made), json.loads(made)["Reason"].endswith("...")) == (4096, cut)
    for letter in "é€𝄞":
        assert 4000 < len(body(event, "id", {"Status": "FAILED", "Reason": letter * 5000, "Data": {}})) <= 4096
    assert failure("x" * 1000)["Reason"] == "x" * 1000
    assert failure("x" * 1001)["Reason"] == "x" * 997 + "..."
    assert success({}, ("one", "two  three"))["Reason"] == "one; two three"
    assert (success({})["Reason"], failure("")["Reason"]) == ("done", "the guard failed without a word; see its log")


@pytest.fixture
def refusing() -> Iterator[tuple[str, list[str]]]:
    """Who takes no answer: its address, and what came."""
    came: list[str] = []

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            came.append(str(self.headers.get("Content-Type")))
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", came
    server.shutdown()


def test_an_answer_is_sent_four_times(refusing: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A second longer between two tries each time; then Lambda has the event delivered once more."""
    url, came = refusing
    slept: list[float] = []
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setattr("shadow_ops.guard.answer.time.sleep", slept.append)
    with pytest.raises(OSError, match="503"):
        put(url, b"{}")
    assert (came, slept) == ([""] * 4, [1, 2, 3])


def test_a_refusal_names_three_findings_and_counts_the_rest() -> None:
    """Each in 160 characters."""
    rules = [Rule.latency(percentile=50), Rule.latency(percentile=90), Rule.latency(), Rule.error_rate(errors="5xx")]
    for number, more in ((3, None), (4, 1)):
        findings = tuple(Finding(one, Outcome.FAIL, True, f"{one.id} {'x' * 200}", {}) for one in rules[:number])
        said = Verdict(Outcome.FAIL, "slow", findings, (), None)
        with pytest.raises(Refusal) as refused:
            consent(SimpleNamespace(endpoint="churn"), said, Why())  # type: ignore[arg-type] # all that it reads
        lines = [f"{one.id}: {one.id} {'x' * 200}"[:160] for one in rules[:3]]
        ending = "]" if more is None else f"; and {more} more]"
        assert f"the gate says FAIL: slow [{'; '.join(lines)}{ending}" in str(refused.value)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.2, "about 1 min"),
        (89.4, "about 89 min"),
        (90, "about 2 h"),
        (89.6, "about 2 h"),
        (600, "about 10 h"),
        (5400, "about 90 h"),
    ],
)
def test_a_refusal_says_how_long_to_wait(minutes: float, said: str) -> None:
    """In minutes up to an hour and a half."""
    verdict = Verdict(Outcome.INCONCLUSIVE, "too few", (), (), minutes)
    with pytest.raises(Refusal, match=f"wait {said} and deploy again"):
        consent(SimpleNamespace(endpoint="churn"), verdict, Why())  # type: ignore[arg-type] # all that it reads


def test_what_goes_to_the_history_has_a_thousand_characters() -> None:
    """Whatever the gate or a person said."""
    asked: Any = SimpleNamespace(endpoint="churn")
    long = "x" * 2000
    passed = Verdict(Outcome.PASS, long, (), (), None)
    failed = Verdict(Outcome.FAIL, long, (), (), None)
    assert consent(asked, passed, Why())[0] == f"PASS: {long}"[:1000]
    assert consent(asked, failed, Why("now"))[0] == f"overruled: now (FAIL: {long})"[:1000]


def test_what_failed_is_kept_in_three_hundred_characters() -> None:
    """In the order in which it failed, and for each variant."""
    world = World()
    world.refused["deregister_scalable_target"] = aws_error("AccessDenied", "x" * 500, "DeregisterScalableTarget")
    world.refused["put_parameter"] = aws_error("AccessDenied", "y" * 500, "PutParameter")
    steps = (RememberKeep({}), Deregister("a"), Deregister("b", vital=True))
    actor = Actor(world.clients(), ENDPOINT, STACK)
    said = actor.run(steps, regardless=True)
    assert [len(one) for one in said] == [300]
    assert (actor.surplus, [len(one) for one in actor.vital]) == (["a"], [300])


def test_answers_are_forgotten_after_a_day() -> None:
    """Whoever asks again by then gets the same one; what can't be read is left."""
    world = World()
    ssm, day = world.clients().ssm, datetime.timedelta(days=1)
    for name, at in (("old", BEGAN - day - datetime.timedelta(seconds=1)), ("young", BEGAN - day)):
        journal.remember(ssm, ENDPOINT, name, {"Status": "SUCCESS"}, stack=STACK, now=at)
    assert journal.succeed(ssm, ENDPOINT, "R", "me", stack=STACK, now=BEGAN - 2 * day)
    world.parameters[f"/shadow-test/{ENDPOINT}/requests/damaged"] = ["{"]
    journal.forget_old(ssm, ENDPOINT, BEGAN)
    assert {name.rpartition("/")[2] for name in world.parameters} == {"young", "damaged"}


def test_ten_parameters_are_removed_at_once() -> None:
    """DeleteParameters takes no more."""
    world = World()
    removed: list[int] = []
    client: Any = SimpleNamespace(delete_parameters=lambda Names: removed.append(len(Names)))  # noqa: N803 - the API's word
    parameters.remove(client, [str(number) for number in range(21)])
    assert (removed, world.calls) == ([10, 10, 1], [])


def handed_over(throttled: int, left: float) -> tuple[list[float], list[str], bool]:
    """Go on in another invocation while Lambda throttles: the waits, the answers, and whether it goes on."""
    time = Time(left)
    world = serving(time)
    world.busy("Updating", 9000)
    world.throttles["invoke"] = throttled
    event = {
        **{"RequestType": "Update", "RequestId": "R", "StackId": STACK, "LogicalResourceId": "Before"},
        "ResponseURL": "https://nowhere.invalid/",
        "ResourceProperties": properties("before", Code(), "config-1"),
    }
    answers: list[str] = []
    on_request(event, world.clients, time, lambda _, made: answers.append(json.loads(made)["Status"]))
    return time.slept, answers, bool(world.continuations)


def test_lambda_is_asked_to_go_on_for_as_long_as_there_is_time() -> None:
    """While it throttles; a little slower each time, then every four seconds. Then the deployment is told."""
    slept, answers, goes_on = handed_over(9, 900)
    assert slept[-9:] == [0.2, 0.5, 1, 2, 4, 4, 4, 4, 4]
    assert (answers, goes_on) == ([], True)
    slept, answers, goes_on = handed_over(99, 900)
    assert (answers, goes_on) == (["FAILED"], False)
    assert 900 - 4 < sum(slept) <= 900
    assert 903 - 4 < sum(handed_over(999, 903)[0]) <= 903


def test_lambda_is_asked_six_times_where_no_time_is_left() -> None:
    """What is kept back for it at the very end is enough for that."""
    for throttled_times, answers in ((5, []), (6, ["FAILED"])):
        assert handed_over(throttled_times, 0.0)[1:] == (answers, not answers)


@pytest.mark.parametrize(("seconds", "goes_on"), [(-1, True), (0, False)])
def test_fifty_five_minutes_after_its_first_look_a_request_is_given_up(seconds: float, goes_on: bool) -> None:
    """On the very second."""
    time = Time(0.0)
    world = serving(time)
    began = time.now() - PATIENCE - datetime.timedelta(seconds=seconds)
    event = {
        **{"RequestType": "Update", "RequestId": "R", "StackId": STACK, "LogicalResourceId": "Before"},
        "ResponseURL": "https://nowhere.invalid/",
        "ResourceProperties": properties("before", Code(), "config-1"),
        "Continued": Course("me", began).to_json(),
    }
    answers: list[str] = []
    on_request(event, world.clients, time, lambda _, made: answers.append(json.loads(made)["Status"]))
    assert (answers, bool(world.continuations)) == ([] if goes_on else ["FAILED"], goes_on)


@pytest.mark.parametrize(("since", "answers"), [(datetime.timedelta(), []), (PATIENCE, ["SUCCESS"])])
def test_an_answer_is_given_once_it_is_written_down(
    since: datetime.timedelta, answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an invocation's time ends before, the next one goes on; where the request's does, it is given all the same.

    A copy of a request whose answer nobody knows would be looked at anew.
    """
    time = Time(100.0)
    world = serving(time)
    course = Course("me", time.now() - since).to_json()
    event = {
        **{"RequestType": "Update", "RequestId": "R", "StackId": STACK, "LogicalResourceId": "Before"},
        **{"ResponseURL": "https://nowhere.invalid/", "Continued": course},
        "ResourceProperties": properties("before", Code(), "config-1"),
        "OldResourceProperties": properties("before", Code(), "config-1"),
    }

    def remember(*_: object, **__: object) -> None:
        raise TimeUpError

    monkeypatch.setattr(journal, "remember", remember)
    given: list[str] = []
    on_request(event, world.clients, time, lambda _, made: given.append(json.loads(made)["Status"]))
    assert (given, bool(world.continuations)) == (answers, not answers)


@pytest.mark.parametrize(("left", "seconds"), [(30.0, 30.0), (-5.0, 0.0)])
def test_an_invocation_that_hangs_is_ended_when_its_time_is_up(left: float, seconds: float) -> None:
    """The next one goes on once this one is surely over."""
    time, set_for, given = Time(left), list[float](), list[bytes]()
    world = serving(time)
    until = (time.now() + datetime.timedelta(seconds=20)).isoformat()
    event = {
        **{"RequestType": "Update", "RequestId": "R", "StackId": STACK, "LogicalResourceId": "Before"},
        "ResponseURL": "https://nowhere.invalid/",
        "ResourceProperties": properties("before", Code(), "config-1"),
    }

    def hangs(seconds: float, end: Callable[[], None]) -> threading.Timer:
        set_for.append(seconds)
        end()
        return threading.Timer(0, lambda: None)

    on_request(event, world.clients, time, lambda _, made: given.append(made), watchdog=hangs)
    (again,) = world.continuations
    assert (set_for, given) == ([seconds], [])
    assert again["Continued"]["resumes"] == until


@pytest.mark.parametrize("resumes", [None, Time().now()])
def test_a_continuation_knows_what_its_predecessor_knew(resumes: datetime.datetime | None) -> None:
    """As another invocation, which takes its lock over."""
    began = Time().now()
    course = Course("me", began, forward=True, waiting={"alarms": began}, resumes=resumes)
    heir = Course.from_json(json.loads(json.dumps(course.to_json())))
    assert replace(heir, token="me", heir_of=None) == course
    assert (heir.heir_of, heir.token != "me") == ("me", True)


def test_the_variants_whose_scaling_is_on_record_are_looked_at() -> None:
    """Declared or not; of a record that can't be read none is known."""
    pending = Pending(
        id="R", stack=STACK, started=Time().now(), source="a", target="b", variants=("production", "main")
    )
    assert (kept_of(pending), kept_of(None), kept_of(Unread("denied"))) == (("production", "main"), (), ())


def test_only_a_continuation_takes_a_right_over() -> None:
    """A first invocation has nobody's, and an event has no request to go on with: neither claims anything."""
    for asked, heir_of in ((request(), None), (None, "before")):
        time = Time()
        lock = Lock(time.world.clients().ssm, time, ENDPOINT, asked, Course("me", time.now(), heir_of=heir_of))
        assert lock.take()
        assert [one for one in time.world.parameters if "/requests/" in one] == []


def test_what_breaks_in_an_event_is_lambdas_to_deliver_again_and_in_a_request_is_answered() -> None:
    """Whatever it is; the lock is given back by both."""
    time = Time()
    serving(time)
    broken = RuntimeError("no such thing")

    def breaks(**_: object) -> None:
        raise broken

    for asked in (None, request()):
        made = runner(time)
        made.request = asked
        made.clients = replace(made.clients, sagemaker=SimpleNamespace(describe_endpoint=breaks))
        made.clients = replace(made.clients, cloudformation=SimpleNamespace(describe_stacks=breaks))
        time.world.parameters[f"/shadow-test/{ENDPOINT}/pending"] = [json.dumps(PENDING.to_json())]
        if asked is None:
            with pytest.raises(RuntimeError, match="no such thing"):
                made.run()
        else:
            assert made.run()["Reason"].startswith("the guard failed: RuntimeError: no such thing")
        assert f"/shadow-test/{ENDPOINT}/lock" not in time.world.parameters


PENDING = Pending(id="R", stack=STACK, started=BEGAN, source="config-0", target="config-1", taken=("production",))
