"""Drawing a dashboard: what is read of its body, which data is asked for, and what comes out."""

from __future__ import annotations

import datetime
import html
import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from rehearsal.errors import RehearsalError
from rehearsal.picture import __main__ as command
from rehearsal.picture import board, charts, data, draw, markdown
from rehearsal.picture.data import Line, Span
from rehearsal.picture.numbers import figure
from shadow_constructs.dashboard import dashboard_body
from tests.values.samples import shadow_test

Json = dict[str, Any]

NAME = "churn-shadow-test-eu-west-1"
END = datetime.datetime(2026, 11, 24, 12, 0, 40, tzinfo=datetime.UTC)
START = END - datetime.timedelta(seconds=40)
ALARM = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:"


class CloudWatch:
    """A CloudWatch that knows one dashboard and gives every series the same two points."""

    def __init__(self, body: Json, *, empty: bool = False) -> None:
        self.body = body
        self.asked: list[Json] = []
        self.empty = empty

    def get_dashboard(self, *, DashboardName: str) -> Json:  # noqa: N803 - boto3's name
        """Its body, or boto3's error."""
        if DashboardName != NAME:
            raise ClientError({"Error": {"Code": "ResourceNotFound", "Message": "none"}}, "GetDashboard")
        return {"DashboardBody": json.dumps(self.body)}

    def list_dashboards(self) -> Json:
        """The one."""
        return {"DashboardEntries": [{"DashboardName": NAME}]}

    def get_metric_data(self, **request: Any) -> Json:  # noqa: ANN401 - as boto3 takes it
        """Two points a period apart, for each query that is to be shown."""
        self.asked.append(request)
        times = [] if self.empty else [START, START + datetime.timedelta(seconds=5)]
        values = [] if self.empty else [1.0, 2.0]
        shown = [one for one in request["MetricDataQueries"] if one["ReturnData"]]
        return {"MetricDataResults": [{"Id": one["Id"], "Timestamps": times, "Values": values} for one in shown]}

    def describe_alarms(self, *, AlarmNames: list[str], AlarmTypes: list[str]) -> Json:  # noqa: N803, ARG002 - boto3's names
        """One alarm that is ringing and one that is quiet."""
        states = {"quiet": "OK", "ringing": "ALARM"}
        return {"MetricAlarms": [{"AlarmName": n, "StateValue": states[n]} for n in AlarmNames if n in states]}


def real_body() -> Json:
    """The body of a real comparison dashboard."""
    arns = [ALARM + name for name in ("quiet", "ringing", "gone")]
    return dashboard_body(
        shadow_test(sampling_percent=50),
        region="eu-west-1",
        alarm_arns=arns,
        captured_uri="s3://caught/churn/",
        endpoint_config_name="churn-config",
    )


def series(*rows: list[Any]) -> list[list[str]]:
    """Path and dimensions of metrics as read, in full."""
    widget = {"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"metrics": list(rows)}}
    [found] = board.read({"widgets": [widget]})
    return [[one.namespace, one.name, *one.dimensions.values()] for one in found.series]


def test_a_real_dashboard_becomes_a_page_and_a_picture(tmp_path: Path) -> None:
    """Both are written, with every title, heading, figure and alarm state on the page."""
    body = real_body()

    paths = draw(CloudWatch(body), NAME, tmp_path / "out", start=START, end=END, period_seconds=5)

    page = html.unescape(paths.page.read_text())
    for widget in body["widgets"]:
        title = widget["properties"].get("title")
        assert title is None or title in page
    assert "<h2>Is it slower?</h2>" in page
    assert "ALARM</b>ringing" in page
    assert "gone" not in page
    with Image.open(paths.image) as image:
        assert image.size == (24 * 66 + 20, max(w["y"] + w["height"] for w in body["widgets"]) * 46 + 60)


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    """Nothing is loaded from anywhere: only links that a person may follow lead outside."""
    page = draw(CloudWatch(real_body()), NAME, tmp_path, start=START, end=END, period_seconds=5).page.read_text()

    assert {source[:10] for source in re.findall(r'src="([^"]*)"', page)} == {"data:image"}
    assert not re.search(r"<script|<link|@import|url\(", page)


def test_the_alarm_that_rings_comes_first() -> None:
    """An alarm that isn't there any more is left out."""
    found = data.alarms(CloudWatch({}), [ALARM + name for name in ("quiet", "gone", "ringing")])

    assert [(one.name, one.state) for one in found] == [("ringing", "ALARM"), ("quiet", "OK")]


def test_without_data_it_is_drawn_all_the_same(tmp_path: Path) -> None:
    """A dash stands for a figure that isn't there, not a zero."""
    paths = draw(CloudWatch(real_body(), empty=True), NAME, tmp_path, start=START, end=END, period_seconds=5)

    assert "–</b><small>p99 (ms)" in paths.page.read_text()  # noqa: RUF001 - the dash itself
    assert paths.image.exists()


def test_periods_can_be_shortened_but_figures_are_of_the_whole_range() -> None:
    """A rehearsal lasts seconds; its percentiles are still those of all its requests."""
    cloudwatch = CloudWatch({})
    graph, figures = (
        next(one for one in board.read(real_body()) if one.title == title) for title in ("Requests", "production (v1)")
    )

    data.lines(cloudwatch, graph, Span(START, END, 5))
    data.lines(cloudwatch, figures, Span(START, END, 5))
    data.lines(cloudwatch, graph, Span(START, END))

    def periods(request: Json) -> set[int]:
        return {one["MetricStat"]["Period"] for one in request["MetricDataQueries"] if "MetricStat" in one}

    assert [periods(one) for one in cloudwatch.asked] == [{5}, {60}, {60}]


@given(
    start=st.integers(1_700_000_000, 1_900_000_000),
    seconds=st.integers(1, 7 * 86_400),
)
def test_the_whole_range_falls_into_one_period(start: int, seconds: int) -> None:
    """CloudWatch's periods begin at their multiples: a range that two of them share would have two figures."""
    span = Span(
        datetime.datetime.fromtimestamp(start, datetime.UTC),
        datetime.datetime.fromtimestamp(start + seconds, datetime.UTC),
    )

    period = data.whole_range_period(span)

    assert period % 60 == 0
    assert start // period == (start + seconds - 1) // period


def test_periods_that_the_range_cuts_are_left_out() -> None:
    """Half a period looks like half the traffic."""
    [requests] = [one for one in board.read(real_body()) if one.title == "Requests"]
    late = Span(START + datetime.timedelta(seconds=1), END, 5)

    assert [len(line.values) for line in data.lines(CloudWatch({}), requests, late)] == [1, 1]


def test_the_short_form_of_metrics_is_read() -> None:
    """``...`` repeats what fits, ``.`` one part, and an expression between them is passed over."""
    found = series(
        ["AWS/SageMaker", "Invocations", "EndpointName", "churn", "VariantName", "production", {"id": "p"}],
        [{"expression": "p", "id": "e"}],
        ["...", "shadow", {"id": "s"}],
        ["...", {"id": "t"}],
        [".", "ModelLatency", ".", ".", ".", "."],
    )

    assert found == [
        ["AWS/SageMaker", "Invocations", "churn", "production"],
        ["", ""],
        ["AWS/SageMaker", "Invocations", "churn", "shadow"],
        ["AWS/SageMaker", "Invocations", "churn", "shadow"],
        ["AWS/SageMaker", "ModelLatency", "churn", "shadow"],
    ]


def test_every_metric_of_a_real_dashboard_is_of_this_endpoint() -> None:
    """What the body shortens reads as it was meant."""
    for widget in board.read(real_body()):
        for one in widget.series:
            if one.expression is None:
                assert one.dimensions["EndpointName"] == "churn"
                assert one.dimensions["VariantName"] == {"p": "production", "s": "shadow"}[one.id[0]]


def test_a_gap_is_no_line() -> None:
    """Between two points with a period missing there is nothing to draw."""
    from rehearsal.picture.charts import _with_gaps

    [requests] = [one for one in board.read(real_body()) if one.title == "Requests"]
    times = tuple(START + datetime.timedelta(seconds=second) for second in (0, 5, 15))

    _, values = _with_gaps(Line(requests.series[0], times, (1.0, 2.0, 3.0), 5))

    assert [value if value == value else None for value in values] == [1.0, 2.0, None, 3.0]


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (
            [
                "churn-EndpointAlarmsShadowLatencyP990A1B2C3D-1A2B3C4D5E6F",
                "churn-EndpointAlarmsNotFit0A1B2C3D-1A2B3C4D5E6F",
            ],
            ["shadow latency p99", "not fit"],
        ),
        (
            [
                "churn-EndpointAlarmsCapturev2ba998c0A1B2C3D-1A2B3C4D5E6F",
                "churn-EndpointAlarmsRelativeLatencyP50v2ba998c1A2B3C4D-1A2B3C4D5E6F",
                "churn-EndpointAlarmsNotFit0A1B2C3D-1A2B3C4D5E6F",
            ],
            ["capture", "relative latency p50", "not fit"],
        ),
        (["churn-EndpointAlarmsNotFit0A1B2C3D-1A2B3C4D5E6F"], ["endpoint alarms not fit"]),
        (["mine", "churn-EndpointAlarmsNotFit0A1B2C3D-1A2B3C4D5E6F"], None),
    ],
)
def test_generated_names_are_shortened(names: list[str], short: list[str] | None) -> None:
    """CloudFormation's names lose what all share and their hashes; names that people gave stay."""
    assert data.short_names(names) == (names if short is None else short)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (5195.0, "5,195"), (1183.4, "1,183"), (124.4, "124"), (14.32, "14.3"), (0.5131, "0.513")],  # noqa: RUF001
)
def test_figures_are_short(value: float | None, text: str) -> None:
    """Three digits are enough; nothing isn't zero."""
    assert figure(value) == text


def test_markdown_is_escaped() -> None:
    """What a user's image address holds is text on the page, never markup."""
    found = markdown.to_html("# a & b\n\n| x | y |\n|---|---|\n| `<i>` | p\\|q |\n\nsee [here](https://a?b=1&c=2)")

    assert "<h1>a &amp; b</h1>" in found
    assert "<code>&lt;i&gt;</code>" in found
    assert "<td>p|q</td>" in found
    assert '<a href="https://a?b=1&amp;c=2">here</a>' in found


def test_an_unknown_dashboard_is_named_with_those_there_are(tmp_path: Path) -> None:
    """One line says what there is instead."""
    with pytest.raises(RehearsalError, match=f"there is no dashboard 'other'; there are: {NAME}"):
        draw(CloudWatch({}), "other", tmp_path, start=START, end=END)


@pytest.mark.parametrize(("kind", "properties"), [("log", {}), ("metric", {"view": "pie"})])
def test_what_cannot_be_drawn_is_said(kind: str, properties: Json) -> None:
    """A widget that is skipped without a word would be missed by nobody."""
    with pytest.raises(RehearsalError, match="cannot draw"):
        board.read({"widgets": [{"type": kind, "x": 0, "y": 0, "width": 1, "height": 1, "properties": properties}]})


def test_only_this_machine_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real AWS is refused before a call is made."""
    arguments = ["--endpoint-url", "https://monitoring.eu-west-1.amazonaws.com", "--dashboard", NAME]

    assert command.main([*arguments, "--out", str(tmp_path)]) == 1
    assert "only talks to this machine" in capsys.readouterr().err


@given(st.integers(10, 45 * 86_400))
def test_any_span_of_time_gets_ticks(seconds: int) -> None:
    """Some, not a crowd, and without a word of the library that draws, whatever falls between two units."""
    axes = Figure().add_subplot()
    axes.plot([], label="nothing yet")
    widget = board.Widget(kind="metric", x=0, y=0, width=12, height=6, properties={}, series=())
    charts.time_series(axes, widget, [], Span(END - datetime.timedelta(seconds=seconds), END))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ticks = axes.xaxis.get_majorticklocs()

    assert 2 <= len(ticks) <= 8
