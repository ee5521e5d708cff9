"""CloudWatch statistics and the store behind them."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.metrics.statistics import Summary, is_statistic, statistic
from local_aws.metrics.store import MetricKey, MetricStore, Once, dimensions_of

KEY = MetricKey("eu-west-1", "AWS/SageMaker", "ModelLatency", dimensions_of({"EndpointName": "churn"}))
OTHER = KEY._replace(dimensions=dimensions_of({"EndpointName": "fraud"}))


def summary(*values: float) -> Summary:
    """A summary of values."""
    made = Summary()
    for value in values:
        made.add(value)
    return made


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SampleCount", 10),
        ("Sum", 145),
        ("Average", 14.5),
        ("Minimum", 1),
        ("Maximum", 100),
        ("p0", 1),
        ("p50", 5.5),
        ("p100", 100),
        ("p99.9", pytest.approx(99.181)),
        ("tm90", 5.0),
        ("TM(2:4)", 3.5),
        ("TC(5:)", 5),
        ("TC(:5)", 5),
        ("TS(8:)", 109),
        ("PR(5:9)", 40),
        ("WM(:10)", 5.5),
        ("IQM", 5.5),
    ],
)
def test_statistics_of_one_to_nine_and_a_hundred(name: str, expected: float) -> None:
    """Every statistic of the catalogue, lower bounds exclusive and upper inclusive."""
    assert expected == statistic(summary(*range(1, 10), 100), name)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50), st.integers(1, 99))
def test_percentiles_are_interpolated_between_ranks(values: list[float], percent: int) -> None:
    """They are those of the standard library's inclusive method."""
    expected = statistics.quantiles(values, n=100, method="inclusive")[percent - 1]

    assert expected == pytest.approx(statistic(summary(*values), f"p{percent}"))


def test_repeated_values_count_as_often_as_they_came() -> None:
    """A value with a count is as good as so many values."""
    made = Summary()
    made.add(1.0, 99)
    made.add(100.0)

    assert (statistic(made, "p98"), statistic(made, "SampleCount")) == (1.0, 100)


def test_statistic_sets_have_no_percentiles() -> None:
    """A published set has sums but no distribution, unless it is one repeated value."""
    made = summary(1.0)
    made.add_set(2, 6, 2, 4)

    assert (statistic(made, "SampleCount"), statistic(made, "Sum"), statistic(made, "p50")) == (3, 7, None)
    repeated = Summary()
    repeated.add_set(2, 6, 3, 3)
    assert statistic(repeated, "p50") == 3


def test_fails_an_unknown_statistic() -> None:
    """An unknown name is no average in disguise."""
    assert not is_statistic("p")
    with pytest.raises(ValueError, match="unknown statistic 'Median'"):
        statistic(summary(1.0), "Median")


def test_no_data_is_no_value() -> None:
    """An empty period has no statistic at all."""
    assert statistic(Summary(), "Sum") is None
    assert statistic(Summary(), "p50") is None


def test_the_store_keeps_metrics_and_periods_apart() -> None:
    """Dimensions and periods are respected; the end of a span is exclusive."""
    store = MetricStore()
    for when, value in ((60, 1.0), (119, 2.0), (120, 4.0), (180, 8.0)):
        store.record(KEY, "Microseconds", when, value)
    store.record(OTHER, "Microseconds", 60, 100.0)

    found = store.read(KEY, 75, 180, 60)

    assert {when: s.total for when, s in found.items()} == {60: 3.0, 120: 4.0}
    assert store.keys("eu-west-1") == [KEY, OTHER]
    assert store.keys("us-east-1") == []
    assert store.unit(KEY) == "Microseconds"


def test_windows_can_slide() -> None:
    """With an origin, periods begin there instead of at their multiples."""
    store = MetricStore()
    for when in range(100, 130):
        store.record(KEY, "None", when, 1.0)

    assert {w: s.total for w, s in store.read(KEY, 105, 125, 10, origin=125).items()} == {105: 10.0, 115: 10.0}


def test_what_several_ask_for_is_read_once() -> None:
    """Each question has the store's answer, and the same one is the same object, whatever came in between."""
    store = MetricStore()
    for when in range(100, 130):
        store.record(KEY, "None", when, 1.0)
    asked: list[tuple[MetricKey, float, float, int, int | None]]
    asked = [(KEY, 105, 125, 10, 125), (KEY, 105, 125, 5, 125), (KEY, 104, 125, 10, 125), (OTHER, 105, 125, 10, 125)]
    asked += [(KEY, 105, 124, 10, 125), (KEY, 105, 125, 10, None)]
    once = Once(store)
    first = [once.read(*one) for one in asked]

    assert first == [store.read(*one) for one in asked]
    store.record(KEY, "None", 110, 1.0)
    assert all(once.read(*one) is found for one, found in zip(asked, first, strict=True))


def test_old_seconds_are_folded_into_minutes() -> None:
    """A long run costs one summary per minute, and loses neither sums nor much of its percentiles."""
    store = MetricStore()
    for second in range(3600):
        store.record(KEY, "None", second, 1000.0 + second)

    kept = store._series[KEY]
    found = store.read(KEY, 0, 3600, 3600)[0]

    assert len(kept) < 800
    assert (3600, sum(1000.0 + s for s in range(3600))) == (found.count, found.total)
    assert statistic(found, "p50") == pytest.approx(2799.5, rel=0.005)


def test_clearing_forgets_everything() -> None:
    """A reset leaves no metric behind."""
    store = MetricStore()
    store.record(KEY, "None", 1, 1.0)
    store.clear()

    assert (store.keys("eu-west-1"), store.read(KEY, 0, 60, 60)) == ([], {})
