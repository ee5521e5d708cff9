"""What a report draws: people's units, one grid for both variants, gaps where nothing was measured."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.instances import Instances
from shadow_ops.measure.recording import Coarse, Period, Recording, Side
from shadow_ops.report.drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, drawing_of
from shadow_ops.report.graphs import Graph, graphs_of

START = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)


def side(**numbers: float) -> Side:
    """A minute of a variant with p99 latency of 20 ms."""
    return Side({"Invocations": 60.0, **numbers}, {"ModelLatency": {"p99": 20_000.0, "count": 60.0}})


def recording(*periods: Period, **rest: object) -> Recording:
    """A recording of minutes."""
    found = {"production": Instances("ml.m5.xlarge", 2, vcpus=4, gpus=0), **rest}
    return Recording("churn", "production", "shadow", 50, 60, periods, **found)  # type: ignore[arg-type]  # by name


def by_title(seen: Recording) -> dict[str, Graph]:
    """The graphs of a recording."""
    return {graph.title: graph for graph in graphs_of(seen)}


def test_figures_are_in_the_units_that_people_read() -> None:
    """Milliseconds, requests a minute, a share of the requests and of the instance, whatever CloudWatch sums up."""
    production = side(Invocation5XXErrors=3.0, CPUUtilization=200.0, MemoryUtilization=40.0)
    found = by_title(recording(Period(START, production, Side())))
    values = {title: (graph.production, graph.unit) for title, graph in found.items()}
    assert values["Model latency, p99"] == ((20.0,), "ms")
    assert values["Requests"] == ((60.0,), "per minute")
    assert values["5xx errors"] == ((5.0,), "% of the requests")
    assert values["CPU"] == ((50.0,), "% of the instance")
    assert values["Memory"] == ((40.0,), "% of the instance")
    assert found["Requests"].shadow == (None,)


def test_without_its_cores_nothing_is_guessed_of_an_instance() -> None:
    """A sum over an unknown number of cores is no share of anything, so it isn't drawn."""
    seen = recording(Period(START, side(CPUUtilization=200.0), Side()), production=Instances("ml.new", 1))
    assert "CPU" not in by_title(seen)


def test_a_period_without_data_is_a_gap_and_not_a_zero() -> None:
    """Both variants keep their place on the clock."""
    seen = recording(Period(START, side(), side()), Period(START + 2 * MINUTE, side(), Side()))
    graph = by_title(seen)["Model latency, p99"]
    assert graph.production == (20.0, None, 20.0)
    assert graph.shadow == (20.0, None, None)
    assert len(drawing_of(graph).production) == 2


def test_a_percentile_that_minutes_are_too_short_for_comes_from_longer_periods() -> None:
    """Each statistic is drawn once, as finely as it was measured."""
    long = Coarse(300, (Period(START, Side({}, {"ModelLatency": {"p99": 9_000.0, "p99.9": 30_000.0}}), Side()),))
    found = by_title(recording(Period(START, side(), side()), coarse=(long,)))
    assert found["Model latency, p99"].production == (20.0,)
    assert found["Model latency, p99.9"].production == (30.0,)
    assert found["Model latency, p99.9"].step == 5 * MINUTE


def test_a_month_of_minutes_stays_a_picture() -> None:
    """Columns are at most 240; each shows the median of its periods."""
    periods = [Period(START + MINUTE * n, side(Invocations=float(n % 3)), side()) for n in range(2400)]
    graph = by_title(recording(*periods))["Requests"]
    assert len(graph.production) == len(graph.shadow) == 240
    assert set(graph.production) == {1.0}


def test_nothing_measured_is_nothing_drawn() -> None:
    """No periods, no graphs."""
    assert graphs_of(recording()) == ()


VALUES = st.lists(st.none() | st.floats(0, 1e12), min_size=1, max_size=50)


@given(VALUES, st.integers(1, 10**6))
def test_whatever_is_drawn_lies_within_its_axes(values: list[float | None], seconds: int) -> None:
    """Every point and mark is inside the box, every value has its place, the axis begins at zero."""
    step = datetime.timedelta(seconds=seconds)
    drawn = drawing_of(Graph("it", "ms", START, step, tuple(values), tuple(reversed(values))))
    points = [tuple(map(float, point.split(","))) for line in drawn.production for point in line.split()]
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1 for x, y in points)
    assert len({x for x, _ in points}) == sum(value is not None for value in values)
    assert drawn.values[0].label == "0"
    assert 2 <= len(drawn.values) <= 7
    assert all(TOP - 0.1 <= mark.at <= HEIGHT - BOTTOM for mark in drawn.values)
    assert 1 <= len(drawn.times) <= 5


@pytest.mark.parametrize(("highest", "labels"), [(100.0, ["0", "50", "100", "150"]), (0.0, ["0", "1"])])
def test_marks_are_round_numbers(highest: float, labels: list[str]) -> None:
    """An axis of nothing but zeros has one, too."""
    drawn = drawing_of(Graph("it", "ms", START, MINUTE, (highest,), (None,)))
    assert [mark.label for mark in drawn.values] == labels


@pytest.mark.parametrize(
    ("count", "step", "label"),
    [
        (5, datetime.timedelta(seconds=1), "08:00:00"),
        (60, MINUTE, "08:00"),
        (48, datetime.timedelta(hours=1), "02 Nov 08:00"),
        (30, datetime.timedelta(days=1), "02 Nov"),
    ],
)
def test_times_are_as_fine_as_the_span_asks_for(count: int, step: datetime.timedelta, label: str) -> None:
    """Seconds for minutes, days for a month."""
    drawn = drawing_of(Graph("it", "ms", START, step, (1.0,) * count, (1.0,) * count))
    assert drawn.times[0].label == label


def test_captured_answers_and_their_health_are_drawn() -> None:
    """The share that agrees, the records captured of those due, and the time since the last file, hour by hour."""
    production = Side({"CapturedRecords": 30.0, "DueRecords": 60.0, "CaptureAge": 120.0})
    shadow = Side({**production.numbers, "ComparedAnswers": 200.0, "AgreeingAnswers": 198.0})
    counted = Coarse(3600, (Period(START, production, shadow), Period(START + 60 * MINUTE, production, Side())))
    found = by_title(recording(Period(START, side(), side()), answers=counted))

    assert found["Answers that agree"].shadow == (99.0, None)
    assert found["Captured records"].production == (50.0, 50.0)
    assert found["Time since the last captured file"].production == (2.0, 2.0)
