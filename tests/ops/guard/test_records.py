"""The guard's records: what goes in comes out, whatever it is."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.aws import records
from shadow_ops.aws.records import LARGEST_VALUE, Entry, Pending, RecordTooLargeError, pack, unpack
from shadow_ops.contract.scaled import Scaled
from tests.ops.guard.stack import night, scaling
from tests.ops.guard.world import ENDPOINT, World

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
    keep=st.booleans(),
    entry=st.none() | entries,
    done=st.booleans(),
)


def entry(number: int) -> Entry:
    """An entry of the history."""
    return Entry(
        id=f"request-{number}",
        kind="promotion",
        at=NOW,
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
    """Page by page; an entry counts once, though it may have been written twice."""
    ssm = World().clients().ssm
    for number in (1, 2, 3, 3, 4, 5):
        records.add_entry(ssm, ENDPOINT, entry(number))

    assert records.history(ssm, ENDPOINT) == tuple(entry(number) for number in (1, 2, 3, 4, 5))


def test_an_undone_entry_is_marked_once() -> None:
    """Neither lost nor changed, and what isn't there can't be undone."""
    world = World()
    ssm = world.clients().ssm
    records.add_entry(ssm, ENDPOINT, entry(1))
    for one in ("request-1", "request-1", "request-7"):
        records.undo_entry(ssm, ENDPOINT, one, NOW)

    assert [one.undone for one in records.history(ssm, ENDPOINT)] == [NOW]
    assert len(world.parameters["/shadow-test/churn/history"]) == 2


def test_nothing_is_known_of_an_endpoint_without_records() -> None:
    """Absence is no error."""
    ssm = World().clients().ssm
    assert records.history(ssm, ENDPOINT) == ()
    assert records.pending(ssm, ENDPOINT) is None
    assert records.scaling(ssm, ENDPOINT, "production") is None
    assert records.state(ssm, ENDPOINT).keep == {}


def test_the_last_few_answers_are_remembered() -> None:
    """A config that was asked about again is the newest."""
    ssm = World().clients().ssm
    for number in (*range(12), 5):
        records.save_keep(ssm, ENDPOINT, f"config-{number}", number % 2 == 1)

    kept = records.state(ssm, ENDPOINT).keep
    assert list(kept)[-1] == "config-5"
    assert len(kept) == 10
    assert kept["config-11"]
    assert not kept["config-10"]


def test_only_the_guards_own_parameters_are_forgotten() -> None:
    """The template's settings, and those of an endpoint whose name begins alike, stay."""
    world = World()
    ssm = world.clients().ssm
    others = ("/shadow-test/churn/settings", "/shadow-test/churn-2/history")
    own = ("history", "pending", "state", "scaling/production", "scaling/shadow")
    for name in (*others, *(f"/shadow-test/churn/{one}" for one in own)):
        world.parameters[name] = ["{}"]
    records.forget(ssm, ENDPOINT, keep_history=True)
    assert set(world.parameters) == {*others, "/shadow-test/churn/history"}

    records.forget(ssm, ENDPOINT, keep_history=False)
    assert set(world.parameters) == set(others)
