"""The guard's records: what goes in comes out, whatever it is."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.aws import history, journal, parameters, records
from shadow_ops.aws.history import Entry
from shadow_ops.aws.journal import Hold
from shadow_ops.aws.parameters import DamagedRecordError, RecordTooLargeError, pack, unpack
from shadow_ops.aws.records import Earlier, Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.contract.text import LARGEST_VALUE
from shadow_ops.guard.counts import remembered
from tests.ops.guard.stack import night, scaling
from tests.ops.guard.world import ENDPOINT, STACK, World

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)
maybe = st.none() | text
times = st.datetimes(timezones=st.just(datetime.UTC))
entries = st.builds(
    Entry,
    id=text,
    kind=st.sampled_from(("promotion", "rollback")),
    at=times,
    by=text,
    stack=text,
    from_version=maybe,
    from_model=maybe,
    from_config=text,
    to_version=text,
    to_model=maybe,
    to_config=text,
    gate=maybe,
    reason=maybe,
    undone=st.none() | times,
)
pendings = st.builds(
    Pending,
    id=text,
    stack=text,
    started=times,
    source=text,
    target=text,
    variants=st.lists(text).map(tuple),
    taken=st.lists(text).map(tuple),
    counts=st.dictionaries(text, st.integers(0, 1000)),
    initial=st.dictionaries(text, st.integers(0, 1000)),
    keep=st.booleans(),
    was=text,
    lost=st.lists(text).map(tuple),
    entry=st.none() | entries,
    done=st.booleans(),
    earlier=st.dictionaries(
        text, st.builds(Earlier, st.dictionaries(text, st.integers(0, 99)), st.lists(text).map(tuple))
    ),
)


def entry(number: int) -> Entry:
    """An entry of the history."""
    return Entry(
        id=f"request-{number}",
        kind="promotion",
        at=NOW + datetime.timedelta(hours=number),
        by="ann",
        stack="stack",
        from_version=f"v{number}",
        from_model=f"model-v{number}",
        from_config=f"config-{number}",
        to_version=f"v{number + 1}",
        to_model=f"model-v{number + 1}",
        to_config=f"config-{number + 1}",
    )


@given(entries)
def test_entries_survive_their_json(one: Entry) -> None:
    """Through text and back."""
    assert Entry.from_json(json.loads(json.dumps(one.to_json()))) == one


@given(pendings)
def test_deployments_under_way_survive_their_json(one: Pending) -> None:
    """Through text and back."""
    assert Pending.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_records_of_a_later_version_can_be_read() -> None:
    """What this version doesn't know is left out."""
    assert Entry.from_json({**entry(1).to_json(), "ticket": "X-1"}) == entry(1)
    pending = Pending(id="1", stack="s", started=NOW, source="a", target="b")
    assert Pending.from_json({**pending.to_json(), "ticket": "X-1"}) == pending


@given(st.dictionaries(text, text | st.integers() | st.none(), max_size=60))
def test_what_is_packed_can_be_unpacked(data: dict[str, Any]) -> None:
    """Short or long, in a form that Parameter Store takes."""
    packed = pack(data)
    assert unpack(packed) == data
    assert "{{" not in packed
    assert 0 < len(packed.encode()) <= LARGEST_VALUE


def test_a_long_record_is_compressed() -> None:
    """Sixty scheduled actions don't need an advanced parameter."""
    schedules = [night(f"action-{number}") for number in range(60)]
    data = Scaled.from_json(scaling(schedules=schedules)).to_json()
    assert len(json.dumps(data)) > LARGEST_VALUE

    assert len(pack(data)) < 4096
    assert Scaled.from_json(unpack(pack(data))) == Scaled.from_json(data)


def test_fails_to_pack_what_cannot_be_made_small() -> None:
    """Without writing anything."""
    noise = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(9000))
    with pytest.raises(RecordTooLargeError, match="Parameter Store holds 8192"):
        pack({"noise": noise})


def test_the_history_is_read_whole_and_in_order() -> None:
    """Page by page, beyond a hundred; an entry counts once, though it may have been written twice."""
    ssm = World().clients().ssm
    for number in (*range(120), 3, 7):
        history.add_entry(ssm, ENDPOINT, entry(number))

    assert history.history(ssm, ENDPOINT) == tuple(entry(number) for number in range(120))


def test_what_is_in_the_history_is_never_changed() -> None:
    """Not even by another entry of the same deployment."""
    ssm = World().clients().ssm
    history.add_entry(ssm, ENDPOINT, entry(1))
    history.add_entry(ssm, ENDPOINT, replace(entry(1), by="somebody else"))

    assert [one.by for one in history.history(ssm, ENDPOINT)] == ["ann"]


def test_the_history_of_earlier_versions_is_read() -> None:
    """They wrote the versions of one parameter, an entry perhaps twice, and marked what was undone by one more."""
    world = World()
    undone = {"id": "request-2", "kind": "undone", "at": NOW.isoformat()}
    written = [entry(1).to_json(), entry(2).to_json(), entry(2).to_json(), undone]
    world.parameters["/shadow-test/churn/history"] = [json.dumps(one) for one in written]
    history.add_entry(world.clients().ssm, ENDPOINT, entry(3))

    found = history.history(world.clients().ssm, ENDPOINT)
    assert found == (entry(1), replace(entry(2), undone=NOW), entry(3))


def test_a_test_of_hardware_is_told_by_content_where_the_model_was_made_anew() -> None:
    """Only if it moved to other instances; where one side's aren't known, nothing is said to have moved."""
    sides: dict[str, Any] = {"from_version": "v1", "to_version": "v1", "from_content": "c", "to_content": "c"}
    base = Entry.from_json(
        {
            **{"id": "1", "kind": "promotion", "at": "2026-11-24T12:00:00+00:00", "by": "", "stack": "", **sides},
            **{"from_model": "a", "to_model": "b", "from_config": "x", "to_config": "y"},
            **{"from_hardware": {"InstanceType": "ml.m5.xlarge"}, "to_hardware": {"InstanceType": "ml.c5.xlarge"}},
        }
    )
    assert (base.of_hardware, base.moved) == (True, ("InstanceType",))
    assert not replace(base, from_content=None, to_content=None).of_hardware
    assert not replace(base, to_hardware=base.from_hardware).of_hardware
    assert replace(base, to_hardware=None).moved == replace(base, from_hardware=None).moved == ()


def test_what_an_earlier_version_did_not_write_is_not_known() -> None:
    """Left out or null; what every version wrote is asked for."""
    whole = entry(1).to_json()
    for name in ("from_version", "to_model", "gate", "from_hardware"):
        assert getattr(Entry.from_json({key: one for key, one in whole.items() if key != name}), name) is None
        assert getattr(Entry.from_json(whole | {name: None}), name) is None
    with pytest.raises(KeyError, match="by"):
        Entry.from_json({key: one for key, one in whole.items() if key != "by"})


def test_an_entry_is_of_the_endpoint_that_was_there_by_then() -> None:
    """From its creation on; where that isn't known, all are."""
    first, second = entry(1), entry(2)
    assert history.since((first, second), first.at) == (first, second)
    assert history.since((first, second), first.at + datetime.timedelta(seconds=1)) == (second,)
    assert history.since((first, second), None) == (first, second)


def test_an_undone_entry_is_marked_once() -> None:
    """Neither lost nor changed, and what isn't there can't be undone."""
    world = World()
    ssm = world.clients().ssm
    history.add_entry(ssm, ENDPOINT, entry(1))
    for one in ("request-1", "request-1", "request-7"):
        history.undo_entry(ssm, ENDPOINT, one, NOW)

    assert [one.undone for one in history.history(ssm, ENDPOINT)] == [NOW]
    assert sorted(world.parameters) == [
        "/shadow-test/churn/history/request-1",
        "/shadow-test/churn/history/request-1.undone",
    ]


@pytest.mark.parametrize("text_", ["{", "[]", "?", '{"kind": "promotion", "id": "x"}'])
def test_a_damaged_history_is_no_empty_one(text_: str) -> None:
    """Whoever can't read it doesn't know what was promoted."""
    world = World()
    world.parameters["/shadow-test/churn/history/x"] = [text_]

    with pytest.raises(DamagedRecordError):
        history.history(world.clients().ssm, ENDPOINT)


def test_nothing_is_known_of_an_endpoint_without_records() -> None:
    """Absence is no error."""
    ssm = World().clients().ssm
    assert history.history(ssm, ENDPOINT) == ()
    assert records.pending(ssm, ENDPOINT) is None
    assert records.scalings(ssm, ENDPOINT, STACK) == {}
    assert records.keeps(ssm, ENDPOINT) == {}
    assert journal.answered(ssm, ENDPOINT, "request") is None


def test_the_last_few_answers_are_remembered() -> None:
    """A config that was asked about again is the newest."""
    ssm = World().clients().ssm
    for number in (*range(12), 5):
        keeps = remembered(records.keeps(ssm, ENDPOINT), None, f"config-{number}", keep=number % 2 == 1)
        records.save_keeps(ssm, ENDPOINT, keeps, STACK)

    kept = records.keeps(ssm, ENDPOINT)
    assert list(kept)[-1] == "config-5"
    assert len(kept) == 10
    assert kept["config-11"]
    assert not kept["config-10"]


def test_a_stack_finds_its_own_records_only() -> None:
    """Neither the template's settings, nor the history, nor what another stack wrote, nor what nobody can read."""
    world = World()
    own: tuple[str, ...] = ("pending", "state", "scaling/production", "requests/1", "lock")
    for name in own:
        world.parameters[f"/shadow-test/churn/{name}"] = [json.dumps({"stack": STACK})]
    own += ("verdict", "told/config.1.verdict.1")
    for name in own[-2:]:
        # The watch's say nothing of a stack: they are that of the deployment on record.
        world.parameters[f"/shadow-test/churn/{name}"] = ["{}"]
    for name in ("churn/settings", "churn/history/1", "churn-2/pending"):
        world.parameters[f"/shadow-test/{name}"] = [json.dumps({"stack": STACK})]
    world.parameters["/shadow-test/churn/scaling/shadow"] = [json.dumps({"stack": "another"})]
    world.parameters["/shadow-test/churn/scaling/second"] = ["{damaged"]

    found = records.own_names(world.clients().ssm, ENDPOINT, STACK)
    assert sorted(found) == sorted(f"/shadow-test/churn/{name}" for name in own)


@pytest.mark.parametrize(("owner", "found"), [(STACK, 2), ("another", 0)])
def test_records_of_earlier_versions_are_those_of_the_deployment_on_record(owner: str, found: int) -> None:
    """They didn't say whose they are."""
    world = World()
    world.parameters["/shadow-test/churn/pending"] = [json.dumps({"stack": owner})]
    world.parameters["/shadow-test/churn/scaling/production"] = ["{}"]

    assert len(records.own_names(world.clients().ssm, ENDPOINT, STACK)) == found


@pytest.mark.parametrize(
    ("records_of", "ours"),
    [
        ({"pending": STACK, "requests/1": "another"}, True),
        ({"pending": "another", "requests/1": STACK}, False),
        ({"state": STACK, "requests/1": "another"}, True),
        ({"requests/1": STACK, "requests/2": STACK}, True),
        ({"requests/1": STACK, "requests/2": "another"}, False),
        ({"pending": None, "requests/1": STACK}, True),
        ({}, False),
    ],
)
def test_peoples_reasons_are_those_of_the_stack_that_is_known_to_be_here(
    records_of: dict[str, str | None], ours: bool
) -> None:
    """They don't name one; whoever deletes records by hand leaves those that do."""
    world = World()
    for name, stack in records_of.items():
        text = "{damaged" if stack is None else json.dumps({"stack": stack})
        world.parameters[f"/shadow-test/churn/{name}"] = [text]
    reason = "/shadow-test/churn/reasons/reason-1"
    world.parameters[reason] = [json.dumps({"purpose": "promotion"})]

    assert (reason in records.own_names(world.clients().ssm, ENDPOINT, STACK)) is ours
    # With the endpoint gone they are left only to a stack of which there is a record.
    anothers = "another" in (records_of.get("pending"), records_of.get("state"))
    assert (reason in records.own_names(world.clients().ssm, ENDPOINT, STACK, gone=True)) is not anothers


def test_recorded_scaling_of_another_stack_is_not_read() -> None:
    """Nor what is damaged; what doesn't say whose it is, is."""
    world = World()
    texts = {"a": json.dumps({"stack": STACK}), "b": json.dumps({"stack": "another"}), "c": "{damaged", "d": "{}"}
    for name, one in texts.items():
        world.parameters[f"/shadow-test/churn/scaling/{name}"] = [one]

    assert set(records.scalings(world.clients().ssm, ENDPOINT, STACK)) == {"a", "d"}


def hold(token: str, seconds: float = 60) -> Hold:
    """A hold from now on."""
    return Hold(token=token, until=NOW + datetime.timedelta(seconds=seconds))


def test_one_works_on_an_endpoint_at_a_time() -> None:
    """Who comes second waits, until the first has let go, or is dead for certain."""
    ssm = World().clients().ssm
    assert journal.take(ssm, ENDPOINT, hold("a"), NOW)
    assert not journal.take(ssm, ENDPOINT, hold("b"), NOW)
    assert journal.take(ssm, ENDPOINT, hold("a", 90), NOW)
    assert not journal.take(ssm, ENDPOINT, hold("b"), NOW + datetime.timedelta(seconds=89))
    assert journal.take(ssm, ENDPOINT, hold("b", 200), NOW + datetime.timedelta(seconds=90))

    journal.release(ssm, ENDPOINT, "a")
    assert not journal.take(ssm, ENDPOINT, hold("c"), NOW)
    journal.release(ssm, ENDPOINT, "b")
    assert journal.take(ssm, ENDPOINT, hold("c"), NOW)


@pytest.mark.parametrize("text_", ["{damaged", "{}", '{"token": "x", "until": "soon"}', '{"token": "x"}'])
def test_a_damaged_lock_holds_nobody_up(text_: str) -> None:
    """It is replaced."""
    world = World()
    world.parameters["/shadow-test/churn/lock"] = [text_]

    assert journal.take(world.clients().ssm, ENDPOINT, hold("a"), NOW)


def test_the_first_answer_to_a_request_stays_for_a_day() -> None:
    """A copy that is delivered hours later gets it, too."""
    world = World()
    ssm = world.clients().ssm
    for status in ("SUCCESS", "FAILED"):
        journal.remember(ssm, ENDPOINT, "1", {"Status": status, "Reason": "done"}, stack=STACK, now=NOW)
    assert journal.answered(ssm, ENDPOINT, "1") == {"Status": "SUCCESS", "Reason": "done"}

    journal.forget_old(ssm, ENDPOINT, NOW + datetime.timedelta(hours=24))
    assert journal.answered(ssm, ENDPOINT, "1") is not None
    journal.forget_old(ssm, ENDPOINT, NOW + datetime.timedelta(hours=24, seconds=1))
    assert journal.answered(ssm, ENDPOINT, "1") is None


_NO_ANSWERS: tuple[object, ...] = (
    *(None, "SUCCESS", [], {}, {"Status": "SUCCESS"}, {"Status": "MAYBE", "Reason": "done"}),
    *({"Status": "FAILED", "Reason": 5}, {"Status": "SUCCESS", "Reason": "done", "Data": "KeepLiveCounts"}),
)


@pytest.mark.parametrize("kept", ["{damaged", "{}", *(json.dumps({"answer": one}) for one in _NO_ANSWERS)])
def test_what_is_no_answer_is_not_given_again(kept: str) -> None:
    """CloudFormation could not take it, and would wait an hour: the request is looked at anew."""
    world = World()
    world.parameters["/shadow-test/churn/requests/2"] = [kept]
    assert journal.answered(world.clients().ssm, ENDPOINT, "2") is None


def test_what_is_made_once_is_not_made_again() -> None:
    """Of two who try at once, one succeeds."""
    ssm = World().clients().ssm
    assert parameters.make(ssm, "/a", {"number": 1})
    assert not parameters.make(ssm, "/a", {"number": 2})
    assert parameters.read(ssm, "/a") == {"number": 1}


def test_more_than_ten_parameters_are_removed() -> None:
    """Ten at a time; that some aren't there doesn't matter."""
    world = World()
    names = [f"/a/{number}" for number in range(25)]
    for name in names[:-1]:
        world.parameters[name] = ["{}"]
    parameters.remove(world.clients().ssm, names)

    assert world.parameters == {}
    assert world.calls == ["ssm:DeleteParameters"] * 3
