"""What the comparison dashboard shows, as plain data."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import Capture, Guard, InvalidValueError, Serverless, ShadowTest, Watch
from shadow_constructs.dashboard import colours, dashboard_body, dashboard_name, limits
from shadow_constructs.dashboard.grid import COLUMNS, place
from shadow_constructs.dashboard.widgets import Widget
from shadow_constructs.values.dashboard import Dashboard
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.contract.watched import METRICS, VERDICT_VALUES
from tests.values.samples import hardware, serving, shadow_test, variant

Json = dict[str, Any]
ALARM = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:churn-{}"


def body(test: ShadowTest | None = None, policy: GatePolicy | None = None, **changes: Any) -> Json:  # noqa: ANN401 - whatever it takes
    """The body of a test's dashboard."""
    given_test = shadow_test(sampling_percent=50) if test is None else test
    return dashboard_body(replace(given_test, gate=policy or given_test.gate), region="eu-west-1", **changes)


def texts(found: Json) -> str:
    """Everything written on it."""
    return "\n".join(one["properties"]["markdown"] for one in found["widgets"] if one["type"] == "text")


def headings(found: Json) -> list[str]:
    """Its questions."""
    return [line.removeprefix("## ") for line in texts(found).splitlines() if line.startswith("## ")]


def widget(found: Json, title: str) -> Json:
    """The properties of the widget of a title."""
    [one] = [one["properties"] for one in found["widgets"] if one["properties"].get("title") == title]
    return dict(one)


def titles(found: Json) -> list[str]:
    """The titles of all graphs and figures."""
    return [one["properties"]["title"] for one in found["widgets"] if one["type"] == "metric"]


def options(properties: Json) -> list[Json]:
    """The options of each metric and expression of a widget."""
    return [row[-1] for row in properties["metrics"]]


def lines(properties: Json) -> dict[str, str]:
    """The colour of each line that is drawn, by its label."""
    return {one["label"]: one["color"] for one in options(properties) if one.get("visible", True)}


def thresholds(properties: Json) -> list[float]:
    """The heights at which lines are drawn."""
    return [one["value"] for one in properties.get("annotations", {}).get("horizontal", [])]


def expression(properties: Json, number: int = 0) -> str:
    """One of the widget's expressions."""
    return str([one["expression"] for one in options(properties) if "expression" in one][number])


def test_it_asks_the_questions_a_person_asks() -> None:
    """Each row answers one question, in the order in which people ask."""
    assert headings(body()) == [
        "Is the shadow getting its share?",
        "Is it slower?",
        "Does it fail more?",
        "Would it carry all the traffic?",
        "Is there more overhead?",
        "The whole range in figures",
    ]


def test_the_header_says_what_is_compared() -> None:
    """Endpoint, both models by version and container, hardware, sampling, and where things are in the console."""
    test = shadow_test(
        production=variant("v1", hardware=hardware(count=2)), shadow=variant("v2"), sampling_percent=12.5
    )

    header = texts(body(test, captured_uri="s3://caught/captured/churn/", endpoint_config_name="churn-config"))

    for said in (
        "# churn: shadow test",
        "| **production** | v1 | `xgboost 3.0-5` | 2 x ml.m5.xlarge |",
        "| **shadow** | v2 | `xgboost 3.0-5` | 1 x ml.m5.xlarge |",
        "**12.5 %**",
        "/endpointConfig/churn-config",
        "shadow-test status churn",
        "#/endpoints/churn)",
        "log-group/$252Faws$252Fsagemaker$252FEndpoints$252Fchurn)",
        "/s3/buckets/caught?region=eu-west-1&prefix=captured/churn/)",
    ):
        assert said in header


def test_without_captures_there_is_no_link_to_them() -> None:
    """What doesn't exist isn't linked."""
    assert "Captured" not in texts(body(shadow_test(capture=Capture.off())))


def test_alarms_stand_beside_the_header() -> None:
    """Both fit on the first screen; without alarms the header has it for itself."""
    arns = [ALARM.format(number) for number in range(3)]

    header, alarms = body(alarm_arns=arns)["widgets"][:2]

    assert (header["y"], alarms["y"], alarms["x"]) == (0, 0, header["width"])
    assert alarms["properties"]["alarms"] == arns
    assert body()["widgets"][0]["width"] == COLUMNS


def test_more_alarms_than_a_widget_takes_fill_several() -> None:
    """An alarm widget shows at most 100 alarms; none is left out."""
    arns = [ALARM.format(number) for number in range(201)]

    shown = [one["properties"]["alarms"] for one in body(alarm_arns=arns)["widgets"] if one["type"] == "alarm"]

    assert [len(one) for one in shown] == [100, 100, 1]
    assert [arn for one in shown for arn in one] == arns


def test_the_watchs_verdict_stands_below_the_header() -> None:
    """With its age and what it rests on, as of the last look: each metric is one that the watch publishes."""
    found = body(shadow_test(watch=Watch(every_minutes=30)))
    [verdict] = [one for one in found["widgets"] if "verdict" in one["properties"].get("title", "")]
    shown = verdict["properties"]

    assert (verdict["y"], verdict["width"]) == (found["widgets"][0]["height"], COLUMNS)
    assert (shown["view"], shown["period"], shown.get("setPeriodToTimeRange")) == ("singleValue", 1800, None)
    published = [row[:-1] for row in shown["metrics"] if len(row) > 1]
    assert published == [["ShadowTests", one.name, "EndpointName", "churn"] for one in METRICS]
    assert [one["label"] for one in options(shown) if one.get("visible", True)] == [
        "verdict",
        "unchanged for (hours)",
        "requests to the shadow",
        "instance-hours of the shadow",
    ]
    assert all(f"{value} " in shown["title"] for value in VERDICT_VALUES.values())


@pytest.mark.parametrize(
    "test",
    [
        shadow_test(watch=Watch.off("looked at elsewhere")),
        shadow_test(watch=Watch(), guard=Guard.off("no function may run")),
        replace(shadow_test(), watch=Watch()).promoted(),
    ],
)
def test_where_no_watch_looks_no_verdict_is_shown(test: ShadowTest) -> None:
    """A figure that nobody publishes would stay empty for ever."""
    assert [title for title in titles(body(test)) if "verdict" in title] == []


def test_the_share_is_drawn_against_what_is_expected() -> None:
    """The sampling percentage is the line to compare with; below half of it nothing is judged."""
    found = widget(body(), "The shadow's share of the requests")

    assert thresholds(found) == [50, 25]
    assert "fill" not in found["annotations"]["horizontal"][0]


def test_latency_shows_the_usual_percentiles_and_the_policys() -> None:
    """p50, p90 and p99 are always there, another percentile where the policy names it."""
    policy = GatePolicy(rules=[Rule.latency(percentile=99.9, max_increase_percent=8, max_milliseconds=250)])

    found = body(policy=policy)

    assert [title for title in titles(found) if title.endswith("latency")] == [
        "p50 latency",
        "p90 latency",
        "p99 latency",
        "p99.9 latency",
    ]
    assert thresholds(widget(found, "p99.9 latency")) == [250]
    assert thresholds(widget(found, "p99.9: shadow against production")) == [8]
    assert thresholds(widget(found, "p50: shadow against production")) == []


def test_the_policys_thresholds_are_drawn() -> None:
    """Each threshold of the policy stands in its graph, in the unit of the graph, zero included."""
    rules = [
        Rule.latency(percentile=50, max_increase_percent=0),
        Rule.error_rate(errors="5xx", max_increase_points=0.2, max_percent=3),
        Rule.utilization(resource="cpu", max_percent=70),
        Rule.utilization(resource="disk", max_percent=60, report_only=True),
    ]

    found = body(policy=GatePolicy(rules=rules))

    assert thresholds(widget(found, "p50: shadow against production")) == [0]
    assert thresholds(widget(found, "5xx errors")) == [3]
    assert thresholds(widget(found, "5xx errors: shadow minus production")) == [0.2]
    assert thresholds(widget(found, "CPU")) == [70]
    assert thresholds(widget(found, "CPU, projected to 100 %")) == [70]
    assert thresholds(widget(found, "Disk")) == [60]
    assert thresholds(widget(found, "Memory")) == []


def test_utilisation_is_divided_by_each_variants_own_cores() -> None:
    """CloudWatch sums CPU over the cores, so that sizes can't be compared as they come."""
    test = shadow_test(shadow=variant("v2", hardware=hardware("ml.m5.2xlarge")))

    found = widget(body(test), "CPU")

    assert [expression(found, 0), expression(found, 1)] == ["p/4", "s/8"]


def test_gpus_have_a_row_only_where_there_are_some() -> None:
    """On instances without GPUs nothing is drawn of them, and they are divided by their number where there are."""
    gpu = shadow_test(
        production=variant("v1", hardware=hardware("ml.g5.12xlarge")),
        shadow=variant("v2", hardware=hardware("ml.g5.xlarge")),
        promote_on="shadow",
    )

    assert not [title for title in titles(body()) if "GPU" in title]
    found = body(gpu)
    assert [title for title in titles(found) if "GPU" in title] == ["GPU", "GPU, projected to 100 %", "GPU memory"]
    assert [expression(widget(found, "GPU memory"), number) for number in (0, 1)] == ["p/4", "s/1"]


def test_an_unlisted_types_cpu_is_raw_and_says_so() -> None:
    """How many cores it has isn't guessed: no division, no threshold, no projection."""
    test = shadow_test(shadow=variant("v2", hardware=hardware("ml.z9.xlarge", unlisted_type=True)))

    found = body(test)

    raw = widget(found, "CPU, summed over the cores of an unlisted type")
    assert list(lines(raw)) == ["shadow (v2)"]
    assert thresholds(raw) == []
    assert list(lines(widget(found, "CPU"))) == ["production (v1)"]
    assert not [title for title in titles(found) if "projected" in title]


def test_production_and_shadow_have_one_colour_each() -> None:
    """Whatever the graph, its lines are blue for production and orange for the shadow; thresholds have a third."""
    found = body()
    drawn = [item for one in found["widgets"] if one["type"] == "metric" for item in lines(one["properties"]).items()]

    for label, colour in drawn:
        if label.startswith("production"):
            assert colour == colours.PRODUCTION
        if label.startswith("shadow"):
            assert colour == colours.SHADOW
    assert len({colours.PRODUCTION, colours.SHADOW, colours.DIFFERENCE, colours.THRESHOLD}) == 4


def test_what_is_promoted_on_another_type_is_not_projected() -> None:
    """What the shadow would use on instances where nobody saw it isn't guessed, and the text says so."""
    found = body(shadow_test(promote_on=hardware("ml.m5.2xlarge", count=3)))

    assert not [title for title in titles(found) if "projected" in title]
    assert "goes to 3 x ml.m5.2xlarge, where it hasn't been seen" in str(found)


def test_after_the_promotion_only_production_is_left() -> None:
    """No graph compares anything, and no word speaks of a shadow that is gone."""
    found = body(shadow_test(sampling_percent=50).promoted())

    assert headings(found)[0] == "How much traffic is there?"
    assert not [title for title in titles(found) if "shadow" in title or "projected" in title]
    assert 'VariantName": "shadow' not in json.dumps(found)
    assert len(found["widgets"]) < len(body()["widgets"])


def test_every_production_variant_is_shown() -> None:
    """Variants that share the requests have a line each, in colours of their own."""
    test = serving(other_production=[variant("v2", "second"), variant("v3", "third")])

    drawn = lines(widget(body(test), "p99 latency"))

    assert list(drawn) == ["production (v1)", "second (v2)", "third (v3)"]
    assert len(set(drawn.values())) == 3


def test_serverless_has_no_instances_to_fill() -> None:
    """A serverless variant has no row about hardware."""
    test = serving(
        production=variant("v1", hardware=Serverless(memory_mb=2048, max_concurrency=5)), capture=Capture.off()
    )

    assert "Is there room?" not in headings(body(test))


def test_figures_are_of_the_whole_range() -> None:
    """A percentile of an hour isn't an average of the percentiles of its minutes."""
    found = widget(body(), "production (v1)")

    assert found["setPeriodToTimeRange"] is True
    assert list(lines(found)) == [
        "requests", "min (ms)", "average (ms)", "p50 (ms)", "p90 (ms)", "p99 (ms)", "max (ms)",
    ]  # fmt: skip


def test_a_period_given_is_kept() -> None:
    """By default CloudWatch chooses the period by the range; one that is given holds."""
    given_one, default = body(dashboard=Dashboard(period_seconds=300)), body()

    assert (given_one["periodOverride"], widget(given_one, "Requests")["period"]) == ("inherit", 300)
    assert (default["periodOverride"], default["start"]) == ("auto", "-PT3H")


def test_every_metric_names_its_region() -> None:
    """Without it the console would look in whichever region the reader is in."""
    assert {one["properties"]["region"] for one in body()["widgets"] if one["type"] == "metric"} == {"eu-west-1"}


def test_the_name_tells_endpoints_and_regions_apart() -> None:
    """Dashboards of all regions share one list."""
    test = shadow_test()

    assert dashboard_name(test, Dashboard(), "eu-west-1") == "churn-shadow-test-eu-west-1"
    assert dashboard_name(test, Dashboard(name="ours"), "eu-west-1") == "ours"


def test_it_stays_small() -> None:
    """A template takes a megabyte; many endpoints share one."""
    arns = [ALARM.format(number) for number in range(20)]

    assert len(json.dumps(body(alarm_arns=arns), separators=(",", ":"))) < 20_000


@given(
    policy=st.lists(st.integers(1, 99), unique=True, max_size=12),
    alarms=st.integers(0, 150),
    shadow=st.booleans(),
    kind=st.sampled_from(["ml.m5.xlarge", "ml.g5.xlarge"]),
)
def test_widgets_never_overlap(policy: list[int], alarms: int, shadow: bool, kind: str) -> None:
    """Whatever is shown, each widget lies within 24 columns and on no other."""
    rules = [Rule.latency(percentile=one) for one in policy] or [Rule.latency()]
    test = shadow_test(shadow=variant("v2", hardware=hardware(kind))) if shadow else serving()
    arns = [ALARM.format(number) for number in range(alarms)]

    widgets = body(test, GatePolicy(rules=rules), alarm_arns=arns)["widgets"]

    assert all(one["x"] >= 0 and one["x"] + one["width"] <= COLUMNS for one in widgets)
    assert not any(_overlap(one, other) for one, other in combinations(widgets, 2))


@given(st.lists(st.lists(st.tuples(st.integers(1, 24), st.integers(1, 9)), max_size=9), max_size=9))
def test_any_rows_can_be_placed(rows: list[list[tuple[int, int]]]) -> None:
    """Rows that are too wide go on below, and nothing is lost."""
    placed = place([[Widget("text", width, height, {}) for width, height in row] for row in rows])

    assert len(placed) == sum(len(row) for row in rows)
    assert all(one["x"] + one["width"] <= COLUMNS for one in placed)
    assert not any(_overlap(one, other) for one, other in combinations(placed, 2))


def test_ids_are_unique_in_a_widget() -> None:
    """CloudWatch refuses two lines of one id."""
    for one in body()["widgets"]:
        ids = [each["id"] for each in options(one["properties"])] if one["type"] == "metric" else []
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("widgets", "per_widget", "said"),
    [(501, 0, "at most 500"), (1, 501, "at most 500 in a widget"), (6, 450, "at most 2500 in a dashboard")],
)
def test_cloudwatchs_limits_are_held(widgets: int, per_widget: int, said: str) -> None:
    """What CloudWatch would refuse is refused at synth, in one line."""
    made: Json = {"widgets": [{"properties": {"metrics": [[]] * per_widget}}] * widgets}

    with pytest.raises(InvalidValueError, match=said) as caught:
        limits.check(made)
    assert len(caught.value.problems) == 1


def test_limits_are_checked_of_every_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dashboard that is too large isn't rendered."""
    monkeypatch.setattr(limits, "MAX_WIDGETS", 3)

    with pytest.raises(InvalidValueError, match="'widgets' must be at most 3, got"):
        body()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": "churn dashboard"}, "'name' must be 1 to 255 letters, digits, hyphens or underscores"),
        ({"name": "x" * 256}, "'name' must be 1 to 255"),
        ({"name": ""}, "'name' must be 1 to 255"),
        ({"period_seconds": 90}, "'period_seconds' must be a multiple of 60 up to 86400, got 90"),
        ({"period_seconds": 0}, "'period_seconds' must be a multiple of 60"),
        ({"start": "3h"}, "'start' must be a span back from now such as -PT3H or -P7D"),
        ({"start": "-P"}, "'start' must be a span"),
        ({"enabled": "no"}, "'enabled' must be True or False"),
    ],
)
def test_bad_values_are_refused(changes: Json, line: str) -> None:
    """One line says what, got and allowed."""
    with pytest.raises(InvalidValueError) as caught:
        Dashboard(**changes)
    assert len(caught.value.problems) == 1
    assert line in str(caught.value)


@pytest.mark.parametrize("start", ["-PT3H", "-P7D", "-PT90M", "-P1DT12H"])
def test_spans_are_accepted(start: str) -> None:
    """Days, hours and minutes back from now."""
    assert Dashboard(start=start).start == start


def _overlap(one: Json, other: Json) -> bool:
    apart_x = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    apart_y = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    return not (apart_x or apart_y)
