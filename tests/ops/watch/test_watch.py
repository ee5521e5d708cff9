"""The watch: what it keeps, publishes and tells, and that people hear of each change once."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.watch.role import statements
from shadow_ops.aws.looks import latest, look_name
from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.reasons import Reason, reasons_path
from shadow_ops.contract.watched import METRICS, Watched
from shadow_ops.judge.verdict import Outcome
from shadow_ops.watch import handler, look, text
from shadow_ops.watch.decide import Seen, decide
from shadow_ops.watch.tell import PATIENCE
from tests.ops.cli.services import DECLARED
from tests.ops.fake_cloudwatch import START
from tests.ops.parameter_store import aws_error
from tests.ops.responses.captured import Said
from tests.ops.watch.world import WATCHED, KilledError, World

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
QUARTER = datetime.timedelta(minutes=15)
SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "schemas" / "event.json"
AGAIN = "This may come a second time"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An account with a shadow test that has just begun."""
    made = World()
    monkeypatch.setattr(look, "judge_live", made.judge)
    return made


def at(world: World, watched: Watched = WATCHED) -> None:
    """Look once."""
    look.look(world.clients, watched, world.now)


def looks(world: World, *verdicts: Outcome) -> None:
    """Look a quarter of an hour after the other, while the gate says this."""
    for world.verdict in verdicts:
        world.later(minutes=15)
        at(world)


def subjects(world: World) -> list[str]:
    """What people were told."""
    return [one["Subject"] for one in world.mail]


def test_people_hear_of_each_change_once(world: World) -> None:
    """Not of the first INCONCLUSIVE, and of nothing twice."""
    looks(world, OPEN, OPEN, PASS, PASS, FAIL, FAIL, OPEN, PASS)

    assert subjects(world) == [
        "churn: v2 is ready: PASS",
        "churn: v2 failed: FAIL",
        "churn: v2 is undecided again: INCONCLUSIVE",
        "churn: v2 is ready: PASS",
    ]
    assert world.mail[0]["Message"] == (
        "v2 is ready to be promoted: PASS since Mon 2026-11-02 08:45 UTC over 24 requests to the shadow.\n\n"
        "the gate says PASS\n\nThe test has run for 0 d 0 h; its shadow used 0.8 instance-hours.\n\n"
        "Promote it: deploy its promotion stack, whose gate judges once more.\n\n"
        "The figures: shadow-test gate churn\n"
    )


def test_a_verdict_that_is_there_at_the_first_look_is_told(world: World) -> None:
    """As by a watch that came later than the test."""
    looks(world, FAIL, FAIL)
    assert subjects(world) == ["churn: v2 failed: FAIL"]


def test_a_test_that_is_too_old_is_told_daily(world: World) -> None:
    """From the day on that it should be over, with what it has used, and money where a price is given."""
    priced = dataclasses.replace(WATCHED, expires_after_days=2, price_per_instance_hour=0.5, currency="EUR")
    for world.verdict in [OPEN, *[PASS] * 199]:
        at(world, priced)
        world.later(minutes=30)

    assert subjects(world) == [
        "churn: v2 is ready: PASS",
        *(f"churn: the test of v2 is {days} days old" for days in (2, 3, 4)),
    ]
    assert "The test of v2 is 4 days old, PASS for 3 of them." in world.mail[-1]["Message"]
    assert "its shadow used 96.0 instance-hours, about 48.00 EUR." in world.mail[-1]["Message"]


def test_another_test_begins_anew(world: World) -> None:
    """What was seen and told of another endpoint config says nothing of this one."""
    looks(world, PASS)
    world.services.configs["other"] = world.services.configs["churn-config"] | {"CreationTime": world.now}
    world.services.endpoints["churn"]["EndpointConfigName"] = "other"
    looks(world, PASS)
    assert subjects(world) == ["churn: v2 is ready: PASS"], "the stack doesn't say so yet"
    world.parameters[settings_name("churn")] = to_text(dataclasses.replace(DECLARED, config="other"))
    looks(world, OPEN, PASS)

    found = latest(world.clients.ssm, "churn")
    assert found is not None
    assert (found.config, found.turn) == ("other", 1)
    assert subjects(world) == ["churn: v2 is ready: PASS"] * 2


def no_endpoint(world: World) -> None:
    """It was deleted."""
    world.services.endpoints.clear()


def no_shadow(world: World) -> None:
    """It was promoted."""
    del world.services.configs["churn-config"]["ShadowProductionVariants"]


def no_word(world: World) -> None:
    """Its stack says nothing."""
    world.parameters.clear()


@pytest.mark.parametrize("change", [no_endpoint, no_shadow, no_word])
def test_where_nothing_is_tested_nothing_is_said(world: World, change: Callable[[World], None]) -> None:
    """No metric, no event, nobody is told, nothing is kept."""
    change(world)
    before = dict(world.parameters)
    looks(world, PASS)
    assert (world.metrics, world.events, world.mail, world.parameters) == ([], [], [], before)


def test_whoever_has_no_people_publishes_all_the_same(world: World) -> None:
    """Metrics and events are for machines."""
    world.verdict = PASS
    at(world, dataclasses.replace(WATCHED, topic_arn=None))
    assert (len(world.metrics), len(world.events), world.mail) == (1, 1, [])
    assert not [name for name in world.parameters if "told" in name]


def test_metrics_are_the_catalogues(world: World) -> None:
    """Each by its name, for the endpoint, in the one namespace."""
    looks(world, OPEN, PASS, PASS)
    request = world.metrics[-1]
    values = {one["MetricName"]: one["Value"] for one in request["MetricData"]}

    assert request["Namespace"] == "ShadowTests"
    assert {(one["MetricName"], one["Unit"]) for one in request["MetricData"]} == {(m.name, m.unit) for m in METRICS}
    assert {str(one["Dimensions"]) for one in request["MetricData"]} == {"[{'Name': 'EndpointName', 'Value': 'churn'}]"}
    assert values == {"Verdict": 1, "VerdictAge": 900, "Requests": 24, "InstanceHours": 0.75}


def test_events_are_as_published(world: World) -> None:
    """At each look one, and all of it is in the schema."""
    schema = json.loads(SCHEMA.read_text())
    world.verdict = PASS
    at(world, dataclasses.replace(WATCHED, price_per_instance_hour=1.0))
    looks(world, OPEN, FAIL)

    assert len(world.events) == 3
    for event in world.events:
        assert (event["Source"], event["DetailType"]) == ("sagemaker-shadow-constructs", "Shadow Test Verdict")
        detail = json.loads(event["Detail"])
        jsonschema.validate(detail, {**schema, "additionalProperties": False})
        assert set(detail) == set(schema["required"])


def test_an_event_says_what_people_have_on_record_for_this_shadow(world: World) -> None:
    """Not what has expired, is another shadow's, or can't be read; the watch looks on all the same."""
    usual = Reason(
        id="one",
        purpose="promotion",
        text="the sale",
        by="arn:ann",
        at=world.now,
        expires=world.now + datetime.timedelta(days=1),
        config="churn-config",
        subject="model-of-shadow",
        version="v2",
    )
    expired = dataclasses.replace(usual, expires=world.now)
    for one in (usual, expired, dataclasses.replace(usual, subject="model-9"), None):
        text = "{damaged" if one is None else json.dumps(one.to_json())
        world.parameters[f"{reasons_path('churn')}/one"] = text
        at(world)
    said = [json.loads(event["Detail"])["override"] for event in world.events]
    assert said == [{"by": "arn:ann", "reason": "the sale"}, None, None, None]
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(json.loads(world.events[0]["Detail"]), {**schema, "additionalProperties": False})


def test_an_event_that_is_not_taken_is_a_failure(world: World) -> None:
    """EventBridge says so in its answer alone."""
    world.full = True
    with pytest.raises(look.NotPutError, match="the bus is full"):
        at(world)


def test_what_could_not_be_told_is_told_later(world: World) -> None:
    """The topic is gone, or its key refuses: each look tries again."""
    world.refuses = aws_error("AuthorizationError", "no", "Publish")
    for _ in range(4):
        with pytest.raises(type(world.refuses)):
            looks(world, PASS)
    world.refuses = None
    looks(world, PASS, PASS)
    assert subjects(world) == ["churn: v2 is ready: PASS"]


def test_one_endpoint_keeps_no_other_from_being_looked_at(world: World) -> None:
    """Lambda hears of it, and tries again."""
    world.services.endpoints["chess"]["EndpointConfigName"] = "gone"
    event = {"endpoints": [{**WATCHED.to_json(), "endpoint": "chess"}, WATCHED.to_json()]}
    with pytest.raises(handler.NotLookedError, match="chess: "):
        handler.look_at_all(event, world.clients)
    assert look_name("churn") in world.parameters


def test_a_damaged_record_is_made_anew(world: World) -> None:
    """Whoever may write parameters can't silence the watch."""
    looks(world, PASS)
    world.parameters[look_name("churn")] = "{}"
    looks(world, FAIL)
    assert subjects(world)[-1] == "churn: v2 failed: FAIL" or len(subjects(world)) == 1
    found = latest(world.clients.ssm, "churn")
    assert found is not None
    assert found.verdict == "FAIL"


def test_the_role_is_neither_too_small_nor_too_large(world: World) -> None:
    """Every call is allowed, and every right is used: by the watch, by the judge, or by Lambda."""
    captured = {"churn": CaptureDestination("captures", "captured", "arn:key")}
    world.captured = hour_of(8)
    world.later(hours=2)
    for world.verdict in (OPEN, PASS, FAIL):
        world.later(minutes=15)
        at(world, READING)
    made = list(statements([READING], captured, "arn:log", in_vpc=False))
    allowed = {
        action for one in made for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    others = {"cloudwatch:GetMetricData", "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents"}
    described = {"sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"}

    assert set(world.calls) | others | described == allowed


READING = dataclasses.replace(WATCHED, answers=True)


def hour_of(hour: int, differing: int = 1) -> dict[str, bytes]:
    """Both variants' captured files of an hour: ten answers each, some of which differ."""
    return {
        f"churn/{side}/2026/11/02/{hour:02}/{minute:02}-00-000-a.jsonl": b"".join(
            Said(f"{hour}-{minute}-{n}", "0.9" if side == "shadow" and n < differing else "0.1", str(n)).line() + b"\n"
            for n in range(10)
        )
        for side in ("production", "shadow")
        for minute in (10, 40)
    }


def test_each_hour_is_counted_once_it_is_over(world: World) -> None:
    """Compared, agreeing and unjoined, with the endpoint config and without, and what was captured of what was due."""
    world.captured = hour_of(8) | hour_of(9, differing=3)
    counted = []
    for minutes in (0, 59, 6, 60, 15):
        world.later(minutes=minutes)
        at(world, READING)
        counted.append([one["Value"] for one in world.published("AgreeingAnswers")])

    assert counted == [[], [], [18], [18, 14], [18, 14]]
    [first, *_] = world.published("ComparedAnswers")
    assert (first["Value"], first["Timestamp"].isoformat()) == (20, "2026-11-02T08:59:59+00:00")
    assert [one["Value"] for one in world.published("UnjoinedAnswers")] == [0, 0]
    assert {one["Value"] for one in world.published("CapturedRecords")} == {20}
    assert {one["Value"] for one in world.published("DueRecords")} == {600}
    assert [one["Value"] for one in world.published("CaptureAge")][-2:] == [2400, 2400]
    every = [
        one for request in world.metrics for one in request["MetricData"] if one["MetricName"] == "AgreeingAnswers"
    ]
    assert {tuple(part["Value"] for part in one["Dimensions"]) for one in every} == {
        ("churn", "shadow"),
        ("churn", "shadow", "churn-config"),
    }


def test_what_was_missed_is_counted_later_the_latest_first(world: World) -> None:
    """The watch was broken for hours, or is new."""
    for hour in (8, 9, 10):
        world.captured |= hour_of(hour, differing=hour - 8)
    world.later(hours=3, minutes=10)
    at(world, READING)
    assert [one["Value"] for one in world.published("AgreeingAnswers")] == [16, 18, 20]
    assert [one["Value"] for one in world.published("CaptureAge")] == [1800, 1800]


def test_an_hour_without_answers_is_counted_as_none(world: World) -> None:
    """So that it isn't looked for again; and of a test that never captured, the age is its own."""
    world.later(hours=2)
    at(world, READING)
    assert [one["Value"] for one in world.published("ComparedAnswers")] == [0]
    assert [one["Value"] for one in world.published("CaptureAge")] == [7200, 7200]


def test_who_may_not_read_answers_still_looks(world: World) -> None:
    """A role of somebody's own without these rights: the verdict is told, and the log says what lacks."""
    world.locked = True
    world.verdict = PASS
    at(world, READING)
    assert subjects(world) == ["churn: v2 is ready: PASS"]
    assert world.published("ComparedAnswers") == []


def test_nothing_is_read_unless_it_is_said(world: World) -> None:
    """The schedule of a stack whose role may not read says so."""
    looks(world, PASS, FAIL)
    assert not [one for one in world.calls if one.startswith("s3:")]


VERDICTS = st.lists(st.sampled_from([PASS, FAIL, OPEN]), min_size=1, max_size=12)


def changes(verdicts: list[Outcome]) -> list[str]:
    """The verdicts that people must hear of."""
    return [str(now) for before, now in zip([OPEN, *verdicts[:-1]], verdicts, strict=True) if now is not before]


def told(world: World) -> list[str]:
    """The verdicts that people heard of, without what came a second time and said so."""
    return [one["Subject"].rsplit(" ", 1)[1] for one in world.mail if not one["Message"].startswith(AGAIN)]


def played(verdicts: list[Outcome], every: Callable[[World], None]) -> World:
    """A test's life, with a look each quarter of an hour."""
    with pytest.MonkeyPatch.context() as patch:
        world = World()
        patch.setattr(look, "judge_live", world.judge)
        for world.verdict in verdicts:
            world.later(minutes=15)
            every(world)
    return world


@given(VERDICTS)
def test_every_change_is_told_and_nothing_else(verdicts: list[Outcome]) -> None:
    """Whatever the gate says in which order."""
    assert told(played(verdicts, at)) == changes(verdicts)


@given(VERDICTS, st.data())
def test_a_look_that_comes_twice_or_at_once_tells_once(verdicts: list[Outcome], data: st.DataObject) -> None:
    """The same look again, or another one in the middle of it, at any of its calls."""

    def twice(world: World) -> None:
        meanwhile = data.draw(st.integers(1, 14))

        def interrupt(number: int) -> None:
            if number == meanwhile:
                world.on_call = lambda _number: None
                at(world)

        world.on_call = interrupt
        at(world)
        world.on_call = lambda _number: None
        at(world)

    assert told(played(verdicts, twice)) == changes(verdicts)


@given(VERDICTS, st.data())
def test_a_killed_function_loses_nothing_and_repeats_hardly_anything(
    verdicts: list[Outcome], data: st.DataObject
) -> None:
    """Killed at any call and repeated: each change is told, a second time at most once for each time it was killed."""
    kills = 0

    def killed(world: World) -> None:
        nonlocal kills
        last = data.draw(st.integers(1, 14))

        def kill(number: int) -> None:
            if number == last:
                raise KilledError

        world.on_call = kill
        try:
            at(world)
        except KilledError:
            kills += 1
        world.on_call = lambda _number: None
        # Lambda's repetition, and the looks that follow before the gate says something else.
        for pause in (1, 15, 15):
            world.later(minutes=pause)
            at(world)

    world = played(verdicts, killed)
    heard = [one["Subject"].rsplit(" ", 1)[1] for one in world.mail]
    without_doubles = [one for one, _ in itertools.groupby(heard)]

    assert without_doubles == changes(verdicts)
    assert len(heard) - len(without_doubles) <= kills
    assert PATIENCE > QUARTER


def seen(**changes: Any) -> Seen:  # noqa: ANN401 - fields of any type
    """A shadow test on two instances."""
    usual: dict[str, Any] = {
        **{"config": "c", "created": START, "version": "v2", "instances": 2, "verdict": OPEN},
        **{"reason": "r", "requests": 5, "now": START + QUARTER},
    }
    return Seen(**{**usual, **changes})


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8))
def test_instance_hours_are_the_same_however_often_one_looks(minutes: list[int]) -> None:
    """And a look that comes late takes nothing back."""
    last = None
    for minute in minutes:
        last = decide(WATCHED, seen(now=START + datetime.timedelta(minutes=minute)), last).look
    assert last is not None
    assert last.instance_hours == pytest.approx(2 * max(minutes) / 60)


@given(st.text(max_size=200))
def test_a_subject_is_what_sns_takes(words: str) -> None:
    """Fewer than 100 printable characters of ASCII, whatever a version is called."""
    made = text.subject(words)
    assert len(made) < 100
    assert made.isascii()
    assert made.isprintable()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
