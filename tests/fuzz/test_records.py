"""Whatever stands in a parameter or a custom resource's properties, it is read, or refused in words; nothing else.

``make fuzz`` tries ten thousand records of each reader.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadow_ops.aws import history, journal, looks, parameters, reasons, records
from shadow_ops.aws.clients import Clients
from shadow_ops.cli import durations
from shadow_ops.cli.main import cli
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.declaring import to_text
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.properties import to_properties
from shadow_ops.contract.reasons import Reason
from shadow_ops.contract.scaled import Scaled
from shadow_ops.contract.watched import Watched
from shadow_ops.managed.changed import Changed
from shadow_ops.managed.ramp import Course, Ramp
from shadow_ops.managed.ramp_words import spoken
from tests.fuzz.odd import CASES, FEW
from tests.fuzz.test_files import anything
from tests.ops.cli.services import DECLARED, NOW, Services
from tests.ops.cli.test_status import ENTRY

SETTINGS = "/shadow-test/churn/settings"
LOOK = looks.Look(
    config="churn-config", at=NOW, verdict="PASS", reason="all well", since=NOW, turn=1, requests=5, instance_hours=1.5
)
PENDING = records.Pending(
    id="1",
    stack="s",
    started=NOW,
    source="a",
    target="b",
    counts={"production": 2},
    entry=history.Entry.from_json(ENTRY),
)
HOLD = journal.Hold(token="t", until=NOW)
ASKED = Asked(
    step="before",
    endpoint="churn",
    config="churn-2",
    variant="production",
    version="v2",
    scaling={"production": Scaled("production", 1, 4, policies={"p": {"PolicyName": "p", "PolicyType": "x"}})},
    promotion=True,
    override="tested",
    promoted=Instances("ml.m5.xlarge", 2),
    alarms=("a",),
)
WATCHED = Watched(endpoint="churn", topic_arn="a", expires_after_days=14, price_per_instance_hour=0.5, answers=True)
REASON = Reason(
    id="one",
    purpose="promotion",
    text="tested",
    by="arn:aws:iam::111122223333:user/a",
    at=NOW,
    expires=NOW,
    config="c",
    subject="m",
    version="v2",
)
RAMP = Ramp(id="1", experiment="e", steps=(1, 5), every=datetime.timedelta(hours=1), by="ada", at=NOW)
ODD_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([1e999, -1, 10**400, "9" * 5000, "2026-01-01", "2026-01-01T00:00:00", "\ud800", "{", "2"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@st.composite
def altered(draw: st.DrawFn, whole: Any) -> Any:  # noqa: ANN401 - JSON
    """A good record in which a few values are others, or gone."""
    made = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(0, 2))):
        at = made
        while isinstance(at, dict | list) and at:
            key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else list(range(len(at)))))
            if isinstance(at[key], dict | list) and at[key] and draw(st.booleans()):
                at = at[key]
                continue
            if draw(st.booleans()):
                at[key] = draw(ODD_JSON)
            else:
                del at[key]
            break
    return made


def _written(whole: Any) -> st.SearchStrategy[str]:  # noqa: ANN401 - JSON
    """The record as text: whole but for some values, or with bytes that don't belong there."""
    torn = anything(json.dumps(whole).encode()).map(lambda data: data.decode("utf-8", "replace"))
    return altered(whole).map(json.dumps) | torn


class _Ssm:
    """Every parameter holds one text, and takes any."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_parameter(self, **_named: str) -> dict[str, Any]:
        return {"Parameter": {"Value": self.text}}

    def get_parameter_history(self, **_named: str) -> dict[str, Any]:
        return {"Parameters": [{"Version": 1, "Value": self.text}]}

    def get_parameters_by_path(self, **named: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        return {"Parameters": [{"Name": f"{named['Path']}/one", "Value": self.text}]}

    def put_parameter(self, **_named: Any) -> None:  # noqa: ANN401 - boto3's
        """Take it."""

    def delete_parameters(self, **_named: Any) -> None:  # noqa: ANN401 - boto3's
        """Take it away."""


def _look(ssm: _Ssm) -> object:
    found = looks.latest(ssm, "churn")
    return None if found is None else (found.to_json(), NOW - found.at, f"{found.instance_hours + 1:,.1f}", found.turn)


def _history(ssm: _Ssm) -> object:
    return [(one.to_json(), NOW - one.at) for one in history.history(ssm, "churn")]


def _pending(ssm: _Ssm) -> object:
    found = records.pending(ssm, "churn")
    return found and (found.to_json(), NOW - found.started, sorted(found.variants), {*found.taken, *found.lost})


def _journal(ssm: _Ssm) -> object:
    journal.forget_old(ssm, "churn", NOW)
    return journal.answered(ssm, "churn", "1"), journal.take(ssm, "churn", HOLD, NOW)


def _reasons(ssm: _Ssm) -> object:
    found = reasons.on_record(ssm, "churn")
    return [(one.to_json(), one.void_because(purpose="promotion", config="c", subject="m", now=NOW)) for one in found]


def _ramp(ssm: _Ssm) -> object:
    found = Ramp.from_json(parameters.unpack(ssm.text))
    return found.to_json(), spoken(found), NOW - found.at


def _settings(ssm: _Ssm) -> object:
    found = Declared.read("churn", lambda _name: ssm.text)
    return found and (to_text(found), found.sampling_percent / 2, ",".join(found.alarms), found.policy)


# What is read, a good one, and which errors say in words that it can't be.
READERS: dict[str, tuple[Callable[[_Ssm], object], Any, tuple[type[Exception], ...]]] = {
    "the watch's look": (_look, LOOK.to_json(), ()),
    "the history": (_history, ENTRY, (parameters.DamagedRecordError,)),
    "the guard's record": (_pending, PENDING.to_json(), (parameters.DamagedRecordError,)),
    "the journal": (_journal, {**HOLD.to_json(), "answer": {"Status": "SUCCESS"}, "at": NOW.isoformat()}, ()),
    "recorded scaling": (
        lambda ssm: records.scalings(ssm, "churn", "s"),
        {**ASKED.scaling["production"].to_json(), "stack": "s"},
        (),
    ),
    "the guard's state": (
        lambda ssm: records.keeps(ssm, "churn"),
        {"keep": {"a": True}, "stack": "s"},
        (parameters.DamagedRecordError,),
    ),
    "what the watch is asked": (
        lambda ssm: Watched.from_json(parameters.unpack(ssm.text)).to_json(),
        WATCHED.to_json(),
        (ValueError,),
    ),
    "reasons": (_reasons, REASON.to_json(), (parameters.DamagedRecordError,)),
    "a ramp": (_ramp, RAMP.to_json(), (parameters.DamagedRecordError,)),
    "what a deployment has changed of a managed test": (
        lambda ssm: Changed.from_json(parameters.unpack(ssm.text)).to_json(),
        Changed(by="1", share=5, end=NOW, tags={"a": None, "b": "c"}, ramp=RAMP.to_json()).to_json(),
        (parameters.DamagedRecordError,),
    ),
    "what has come of a ramp": (
        lambda ssm: Course.from_json(parameters.unpack(ssm.text)).to_json(),
        Course(ramp="1", taken=((1, NOW),), ended="FAIL").to_json(),
        (parameters.DamagedRecordError,),
    ),
    "settings": (_settings, json.loads(to_text(DECLARED)), (InvalidValueError,)),
}


@pytest.mark.parametrize("reader", READERS)
def test_any_record_is_read_or_refused_in_words(reader: str) -> None:
    """Wrong types, huge numbers, times without an offset, what is torn or packed: what is taken can be worked with."""
    read, whole, refusals = READERS[reader]
    seen: set[bool] = set()

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW)
    @given(_written(whole))
    def tried(text: str) -> None:
        try:
            read(_Ssm(text))
        except refusals as error:
            lines = error.problems if isinstance(error, InvalidValueError) else (str(error),)
            assert all(line and len(line) < 10_000 for line in lines)
            seen.add(False)
        else:
            seen.add(True)

    tried()
    # Otherwise nothing was shown.
    assert True in seen


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW)
@given(altered(to_properties(ASKED)))
def test_any_properties_of_the_guards_resource_are_read_or_refused_in_a_line(properties: dict[str, Any]) -> None:
    """Whoever writes a template by hand gets a line, not a stack that waits for an hour."""
    try:
        asked = Asked.from_properties(properties)
    except InvalidValueError as error:
        problems = error.problems
    else:
        problems = ("read",)
        assert json.dumps(to_properties(asked))
        assert all(one.minimum >= 0 for one in asked.scaling.values())
    assert len(problems) == 1


COMMANDS = (["status", "churn"], ["list"], ["history", "churn"], ["fold", "churn"])
READ = [(kept, command) for kept in ("settings", "history/1", "verdict") for command in COMMANDS]
READ += [("reasons/one", ["override", "churn"])]


# What is judged by is in the settings alone.
@pytest.mark.parametrize(
    ("kept", "command"), [*READ, ("settings", ["gate", "churn"]), ("settings", ["plan", "churn"])], ids=str
)
def test_no_parameter_breaks_a_command(kept: str, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What others wrote below ``/shadow-test`` is shown, left out or refused in a line; never a traceback."""
    whole = {
        "settings": json.loads(to_text(DECLARED)),
        "history/1": ENTRY,
        "verdict": LOOK.to_json(),
        "reasons/one": REASON.to_json(),
    }[kept]
    services = Services()
    monkeypatch.setattr(Clients, "_client", lambda _self, name, **_options: services.client(name))
    monkeypatch.setattr(durations, "now", lambda: NOW)

    @settings(
        max_examples=max(CASES // 5, 10),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=CASES < FEW,
    )
    @given(_written(whole))
    def tried(text: str) -> None:
        services.parameters[f"/shadow-test/churn/{kept}"] = [text]
        result = CliRunner().invoke(cli, command)

        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert all(line.isprintable() for line in result.stderr.split("\n"))
        assert result.exit_code in (0, 1, 2, 3, 4)

    tried()


def test_a_time_without_an_offset_is_no_time() -> None:
    """Of before and after nothing could be told."""
    text = datetime.datetime(2026, 1, 1).isoformat()
    with pytest.raises(parameters.DamagedRecordError, match="says no offset"):
        looks.Look.from_json({**LOOK.to_json(), "at": text})


@pytest.mark.parametrize("odd", [[[]], [None], [{}], {}, "ab", 5, [5]])
@pytest.mark.parametrize("name", ["variants", "taken", "lost", "surplus"])
def test_names_in_the_guards_record_are_texts(name: str, odd: object) -> None:
    """Whatever else stands there is damage, and no error of Python's later."""
    with pytest.raises(parameters.DamagedRecordError, match="names"):
        _pending(_Ssm(json.dumps({**PENDING.to_json(), name: odd})))


def test_what_is_said_of_a_record_is_bounded() -> None:
    """However long what stands in it is."""
    with pytest.raises(parameters.DamagedRecordError) as refused:
        Course.from_json({"version": 1, "ramp": ["9" * 100_000], "taken": []})
    assert 10 < len(str(refused.value)) <= 2000


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("id", "kind", "by", "stack", "from_config", "to_config")),
        *({side: odd} for side in ("from_hardware", "to_hardware") for odd in ("ml.m5.large", 3, [["a", "b"]])),
    ],
    ids=str,
)
def test_an_entry_of_the_history_without_what_each_has_is_damaged(changes: dict[str, Any]) -> None:
    """What an earlier release didn't know is null or left out; a name or a table it never was."""
    assert history.Entry.from_json(ENTRY | {"from_hardware": None, "gate": None}).gate is None
    with pytest.raises((KeyError, ValueError)):
        history.Entry.from_json(ENTRY | changes)
    (name,) = changes
    if changes[name] is None:
        with pytest.raises(KeyError):
            history.Entry.from_json({key: value for key, value in ENTRY.items() if key != name})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": "' + "9" * 5000 + '"}', "version is"),
        ("[]", "another shape"),
        ('{"version": 2}', "it lacks"),
    ],
    ids=["a number without end", "a list", "nothing"],
)
def test_damage_is_told_in_words(text: str, said: str) -> None:
    """No exception's name, and no advice about Python."""
    with pytest.raises(InvalidValueError, match=said) as refused:
        Declared.from_text(text, "settings")
    assert "Error(" not in str(refused.value)
    assert "set_int_max_str_digits" not in str(refused.value)
