from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.judge import judge
from shadow_ops.measure.recording import Coarse, Period, Recording, Side
from shadow_ops.measure.recording_file import dumps, load, loads
from tests.ops.judge.samples import QUICK, recording

PERIOD: dict[str, Any] = {
    "start": "2026-11-24T20:00:00Z",
    "production": {"Invocations": 10, "Invocation5XXErrors": 1, "ModelLatency": {"count": 10, "p50": 2.5, "p99": 9}},
    "shadow": {"Invocations": 5},
}
FILE: dict[str, Any] = {
    "endpoint": "churn",
    "production_variant": "production",
    "shadow_variant": "shadow",
    "sampling_percent": 50,
    "period_seconds": 300,
    "periods": [PERIOD],
}


def _period(**sides: object) -> dict[str, Any]:
    return {**FILE, "periods": [{**PERIOD, **sides}]}


def _starting(*starts: object) -> dict[str, Any]:
    return {**FILE, "periods": [{**PERIOD, "start": start} for start in starts]}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in FILE.items() if key != name}


def test_the_documented_format_is_read() -> None:
    """CloudWatch's names and units, times in UTC, what is missing absent."""
    read = loads(json.dumps(FILE))

    period = read.periods[0]
    assert (read.endpoint, read.sampling_percent, read.policy, read.shadow) == ("churn", 50, None, None)
    assert period.start == datetime.datetime(2026, 11, 24, 20, tzinfo=datetime.UTC)
    assert period.production.numbers == {"Invocations": 10, "Invocation5XXErrors": 1}
    assert period.production.distributions == {"ModelLatency": {"count": 10, "p50": 2.5, "p99": 9}}
    assert period.shadow == Side({"Invocations": 5})


def test_the_document_of_the_format_has_an_example_that_can_be_read() -> None:
    """What people copy from docs/recording.md works."""
    text = (Path(__file__).parents[2] / "docs" / "recording.md").read_text(encoding="utf-8")
    example = text.split("```json\n")[1].split("```")[0]

    assert loads(example).periods[0].shadow.numbers["Invocations"] == 1512


def test_hardware_policy_and_other_metrics_are_kept() -> None:
    """Optional keys, other time zones, and metrics that nobody knows yet."""
    instances = {"instance_type": "ml.m5.xlarge", "count": 2, "vcpus": 4}
    data = {
        **_period(start="2026-11-24T21:00:00+01:00", shadow={"Tomorrows": 3}),
        "shadow_instances": instances,
        "policy": {"confidence_percent": 99},
    }
    read = loads(json.dumps(data))

    assert read.shadow == Instances("ml.m5.xlarge", 2, 4, None)
    assert read.policy == GatePolicy(confidence_percent=99)
    assert read.periods[0].shadow.numbers == {"Tomorrows": 3}
    assert read.periods[0].start == datetime.datetime(2026, 11, 24, 20, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ([], "churn.json must be an object, got []"),
        (_without("endpoint"), "churn.json: 'endpoint' is missing; see docs/recording.md"),
        (
            {**FILE, "shadow_variant": FILE["production_variant"]},
            "churn.json: shadow_variant must be another than the production variant, got 'production'",
        ),
        (
            {**FILE, "until": "2020-01-01T00:00:00Z"},
            "churn.json: until must be after the last period's start, got '2020-01-01T00:00:00Z'",
        ),
        ({**FILE, "perods": []}, "churn.json: unknown key 'perods'; allowed are endpoint, "),
        ({**FILE, "endpoint": ""}, "churn.json: endpoint must be a name, got ''"),
        ({**FILE, "sampling_percent": 0}, "churn.json: sampling_percent must be above 0 and at most 100, got 0"),
        ({**FILE, "sampling_percent": 101}, "churn.json: sampling_percent must be above 0 and at most 100, got 101"),
        ({**FILE, "period_seconds": 1.5}, "churn.json: period_seconds must be a whole number from 1 to 86400, got 1.5"),
        ({**FILE, "periods": {}}, "churn.json: periods must be a list, got {}"),
        ({**FILE, "periods": [3]}, "churn.json: periods[0] must be an object, got 3"),
        (_period(shadw={}), "churn.json: periods[0]: unknown key 'shadw'; allowed are start, production, shadow"),
        (_period(start="noon"), "churn.json: periods[0].start must be a time in UTC such as 2026-11-24T20:05:00Z, got"),
        (_period(start="2026-11-24T20:00:00"), "churn.json: periods[0].start must be a time in UTC"),
        (_period(shadow={"Invocations": -1}), "churn.json: periods[0].shadow.Invocations must be a number"),
        (
            _period(shadow={"Invocations": "7"}),
            "churn.json: periods[0].shadow.Invocations must be a number of at least",
        ),
        (_period(shadow={"Invocations": None}), "got None; leave out what there is no data of"),
        (
            _period(shadow={"Invocations": True}),
            "churn.json: periods[0].shadow.Invocations must be a number of at least",
        ),
        (
            _period(shadow={"CPUUtilization": float("nan")}),
            "churn.json: periods[0].shadow.CPUUtilization must be a num",
        ),
        (
            _period(shadow={"CPUUtilization": float("inf")}),
            "churn.json: periods[0].shadow.CPUUtilization must be a num",
        ),
        (_period(shadow={"ModelLatency": 4}), "churn.json: periods[0].shadow.ModelLatency must be an object, got 4"),
        (
            _period(shadow={"ModelLatency": {"p50": 9, "p99": 3}}),
            "churn.json: periods[0].shadow.ModelLatency.p99 must be at least p50, 9, got 3",
        ),
        (
            _period(shadow={"Invo\ncations": 3}),
            "churn.json: periods[0].shadow must have names that can be printed, got 'Invo\\ncations'",
        ),
        ({**FILE, "coarse": {}}, "churn.json: coarse must be a list, got {}"),
        (
            {**FILE, "coarse": [{"period_seconds": 900}]},
            "churn.json: coarse[0] must have period_seconds and periods, and nothing else, got ['period_seconds']",
        ),
        (
            {**FILE, "coarse": [{"period_seconds": 0, "periods": []}]},
            "churn.json: coarse[0].period_seconds must be a whole number from 1 to 86400, got 0",
        ),
        (_starting("2026-11-24T20:05:00Z", "2026-11-24T20:00:00Z"), "put the periods in order"),
        (_starting("2026-11-24T20:05:00Z", "2026-11-24T20:05:00Z"), "it is there twice"),
        (_starting("2026-11-24T20:05:00Z", "2026-11-24T20:07:00Z"), "the periods overlap"),
        (
            {**FILE, "shadow_instances": {"instance_type": "a", "count": -1}},
            "churn.json: shadow_instances.count must be",
        ),
        ({**FILE, "shadow_instances": {"cores": 1}}, "churn.json: shadow_instances: unknown key 'cores'; allowed are"),
        ({**FILE, "policy": {"rules": [{"kind": "vibes"}]}}, "churn.json: policy.rules[0]: 'kind' must be one of"),
        (
            {**FILE, "policy": {"rules": [{"kind": "latency", "max_increase_percent": -5}]}},
            "churn.json: policy.rules[0]: Rule.latency: 'max_increase_percent' must be from 0 to 1000, got -5",
        ),
    ],
)
def test_fails_in_one_line_that_names_the_place(data: object, line: str) -> None:
    """What is wrong, what was given and what is allowed."""
    with pytest.raises(InvalidValueError) as refused:
        loads(json.dumps(data), "churn.json")

    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "churn.json: not JSON"),
        ("shadow", "churn.json: not JSON"),
        (dumps(recording(3))[:-40], "is it cut off?"),
        ('{"endpoint": "a", "endpoint": "b"}', "key 'endpoint' is there twice in one object"),
        ("[" * 100_000, "churn.json: lists in lists without end"),
    ],
)
def test_fails_on_text_that_is_no_recording(text: str, line: str) -> None:
    """Empty, cut off, or with a key twice."""
    with pytest.raises(InvalidValueError) as refused:
        loads(text, "churn.json")

    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_fails_on_a_file_that_is_no_text(tmp_path: Path) -> None:
    """A model archive given by mistake."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"\x1f\x8b\xff\xfe")

    with pytest.raises(InvalidValueError, match="not a text file in UTF-8"):
        load(path)


def test_a_recording_judged_again_from_its_file_gives_the_same_verdict(tmp_path: Path) -> None:
    """Recorded today, replayed in a year."""
    path = tmp_path / "churn.json"
    seen = recording(40, slower=1.06)
    path.write_text(dumps(seen), encoding="utf-8")

    assert judge(load(path), QUICK) == judge(seen, QUICK)


_NUMBERS = st.floats(1e-12, 1e12) | st.just(0.0) | st.integers(0, 10**9)
_SIDES = st.builds(
    Side,
    st.builds(
        lambda count, others: {**count, **others},
        st.dictionaries(st.just("Invocations"), st.integers(0, 10**9)),
        st.dictionaries(st.sampled_from(["CPUUtilization", "Tomorrows"]), _NUMBERS),
    ),
    st.dictionaries(
        st.sampled_from(["ModelLatency", "OverheadLatency"]),
        st.dictionaries(st.sampled_from(["count", "avg", "p50"]), _NUMBERS),
    ),
)
_INSTANCES = st.none() | st.builds(
    Instances,
    st.just("ml.g5.xlarge"),
    st.integers(0, 40),
    st.none() | st.integers(0, 99),
    st.none() | st.integers(0, 8),
)
_START = datetime.datetime(2026, 11, 24, 20, 0, 0, 250_000, tzinfo=datetime.UTC)
_PERIODS = st.lists(st.tuples(_SIDES, _SIDES), max_size=5).map(
    lambda sides: tuple(Period(_START + datetime.timedelta(hours=n), *both) for n, both in enumerate(sides))
)


@given(
    st.builds(
        Recording,
        st.text(min_size=1).filter(str.strip),
        st.just("AllTraffic"),
        st.just("shadow"),
        st.floats(0.001, 100),
        st.integers(1, 3600),
        _PERIODS,
        _INSTANCES,
        _INSTANCES,
        _INSTANCES,
        st.sampled_from([None, GatePolicy(), GatePolicy.none("a rehearsal")]),
        st.lists(st.builds(Coarse, st.sampled_from([900, 3600]), _PERIODS), max_size=2).map(tuple),
    )
)
def test_what_is_written_is_read_back_as_it_was(seen: Recording) -> None:
    """Every number, every absence."""
    assert loads(dumps(seen)) == seen


def test_an_error_counted_a_minute_after_its_request_is_read() -> None:
    """What is judged of a live endpoint can be judged again: more errors than requests in a period are no mistake."""
    (period,) = loads(json.dumps(_period(shadow={"Invocations": 3, "Invocation5XXErrors": 4}))).periods

    assert period.shadow.numbers == {"Invocations": 3, "Invocation5XXErrors": 4}


@pytest.mark.parametrize("name", ["Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"])
def test_a_count_that_is_an_average_is_refused(name: str) -> None:
    """CloudWatch's Average of errors is a share: judged as a count it would pass anything."""
    with pytest.raises(InvalidValueError, match=rf"shadow\.{name} must be a whole number, got 0\.02; write .* Sum"):
        loads(json.dumps(_period(shadow={name: 0.02})))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_nothing_that_is_no_recording_gets_through(data: object) -> None:
    """Any JSON is read or refused, and never fails otherwise."""
    for text in (json.dumps(data), json.dumps({**FILE, "periods": data}), json.dumps(_period(shadow=data))):
        try:
            loads(text)
        except InvalidValueError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017 - either is fine
