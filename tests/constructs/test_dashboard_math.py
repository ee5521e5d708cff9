"""What the dashboard's expressions come to on invented data, with the local AWS's metric math."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.metrics import queries
from local_aws.metrics.store import MetricKey, MetricStore, dimensions_of
from shadow_constructs import ShadowTest
from shadow_constructs.dashboard.widgets import Json
from shadow_ops.contract.metrics import BY_NAME
from tests.constructs.test_dashboard_body import body, widget
from tests.values.samples import hardware, shadow_test, variant

REGION = "eu-west-1"
MINUTE = 60
SHARE = "The shadow's share of the requests"
INCREASE = "p99: shadow against production"
DIFFERENCE = "5xx errors: shadow minus production"
PROJECTED = "CPU, projected to 100 %"


class Recorded:
    """Metrics of an endpoint's two variants over two minutes."""

    def __init__(self) -> None:
        self._store = MetricStore()

    def add(self, variant_name: str, metric: str, minute: int, *values: float) -> Recorded:
        """Add values of a minute."""
        dimensions = dimensions_of({"EndpointName": "churn", "VariantName": variant_name})
        key = MetricKey(REGION, BY_NAME[metric].namespace, metric, dimensions)
        for value in values:
            self._store.record(key, "None", minute * MINUTE, value)
        return self

    def drawn(self, title: str, test: ShadowTest | None = None) -> dict[str, list[tuple[int, float]]]:
        """The points of each line of a widget, by its label: minute and value."""
        found = queries.metric_data(self._store, REGION, _request(widget(body(test), title)), 0, 2 * MINUTE)
        return {
            one["Label"]: [
                (int(when) // MINUTE, value) for when, value in zip(one["Timestamps"], one["Values"], strict=True)
            ]
            for one in found["MetricDataResults"]
        }


def _request(properties: Json) -> Json:
    rows: list[dict[str, Any]] = []
    before: list[str] = []
    for *path, options in properties["metrics"]:
        query = {"Id": options["id"], "Label": options.get("label"), "ReturnData": options.get("visible", True)}
        if "expression" in options:
            rows.append({**query, "Expression": options["expression"]})
            continue
        if path[0] == "...":
            path = [*before[: len(before) - len(path) + 1], *path[1:]]
        path = [old if new == "." else new for new, old in zip(path, before or path, strict=True)]
        namespace, name, *pairs = before = path
        dimensions = [{"Name": pairs[n], "Value": pairs[n + 1]} for n in range(0, len(pairs), 2)]
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
        rows.append(
            {
                **query,
                "MetricStat": {"Metric": metric, "Period": MINUTE, "Stat": options.get("stat", properties.get("stat"))},
            }
        )
    return {"MetricDataQueries": rows, "ScanBy": "TimestampAscending"}


def test_requests_are_per_minute_and_the_share_in_percent() -> None:
    """30 of 60 requests are a share of 50 %."""
    recorded = Recorded().add("production", "Invocations", 0, *[1] * 60).add("shadow", "Invocations", 0, *[1] * 30)

    assert recorded.drawn("Requests") == {"production (v1)": [(0, 60)], "shadow (v2)": [(0, 30)]}
    assert recorded.drawn(SHARE) == {"share": [(0, 50)]}


def test_a_shadow_without_copies_has_a_share_of_nothing() -> None:
    """Requests without any copy are 0 %, not a gap: that is what somebody must see."""
    recorded = Recorded().add("production", "Invocations", 0, 1).add("shadow", "Invocations", 0, 1)
    recorded.add("production", "Invocations", 1, 1)

    assert recorded.drawn(SHARE) == {"share": [(0, 100), (1, 0)]}


def test_latency_is_drawn_in_milliseconds_and_its_increase_in_percent() -> None:
    """12 against 10 ms is 20 % more."""
    recorded = Recorded().add("production", "ModelLatency", 0, 10_000).add("shadow", "ModelLatency", 0, 12_000)

    assert recorded.drawn("p99 latency") == {"production (v1)": [(0, 10)], "shadow (v2)": [(0, 12)]}
    [(minute, increase)] = recorded.drawn(INCREASE)["increase"]
    assert minute == 0
    assert increase == pytest.approx(20)


@pytest.mark.parametrize("only", ["production", "shadow"])
def test_one_side_alone_is_compared_with_nothing(only: str) -> None:
    """Missing data is no good news: no increase of -100 %, no difference of errors."""
    recorded = Recorded().add(only, "ModelLatency", 0, 10_000).add(only, "Invocation5XXErrors", 0, 0)
    other = "shadow" if only == "production" else "production"
    recorded.add(other, "ModelLatency", 1, 10_000).add(other, "Invocation5XXErrors", 1, 1)

    assert recorded.drawn(INCREASE) == {"increase": []}
    assert recorded.drawn(DIFFERENCE) == {"difference": []}


def test_errors_are_in_percent_and_points() -> None:
    """One in four against none is 25 points more; none against none is a difference of 0, not a gap."""
    recorded = Recorded().add("production", "Invocation5XXErrors", 0, 0).add("shadow", "Invocation5XXErrors", 0, 0)
    recorded.add("production", "Invocation5XXErrors", 1, 0).add("shadow", "Invocation5XXErrors", 1, 0, 0, 0, 1)

    assert recorded.drawn("5xx errors")["shadow (v2)"] == [(0, 0), (1, 25)]
    assert recorded.drawn(DIFFERENCE) == {"difference": [(0, 0), (1, 25)]}


def _busy(production_per_instance: float, shadow_per_instance: float) -> Recorded:
    return (
        Recorded()
        .add("shadow", "CPUUtilization", 0, 80)
        .add("production", "InvocationsPerInstance", 0, production_per_instance)
        .add("shadow", "InvocationsPerInstance", 0, shadow_per_instance)
    )


def test_utilisation_is_projected_to_all_the_traffic() -> None:
    """80 of 400 at half the requests that an instance of production gets would be 40 % of the instance."""
    label = "shadow (v2) with all requests"

    assert _busy(100, 50).drawn(PROJECTED) == {label: [(0, 40)]}


def test_the_projection_is_for_the_instances_that_would_serve() -> None:
    """Where the promoted hardware is the shadow's on more instances than production has, each gets fewer requests."""
    tested = shadow_test(
        production=variant("v1", hardware=hardware("ml.m5.xlarge", count=1)),
        shadow=variant("v1", hardware=hardware("ml.m5.large", count=2)),
    )

    [(_, projected)] = _busy(100, 50).drawn(PROJECTED, tested)["shadow (v1) with all requests"]

    assert projected == pytest.approx(80 / 2 * (100 * 1 / 2) / 50)


def test_an_idle_shadow_projects_nothing() -> None:
    """Without a copy there is no telling what a request costs, and nothing is divided by 0."""
    assert list(_busy(100, 0).drawn(PROJECTED).values()) == [[]]


def test_figures_stand_one_above_the_other() -> None:
    """Of the whole range, in milliseconds, each statistic of both variants."""
    recorded = Recorded().add("production", "ModelLatency", 0, 10_000, 20_000)
    recorded.add("shadow", "ModelLatency", 0, 10_000, 30_000)

    production, shadow = recorded.drawn("production (v1)"), recorded.drawn("shadow (v2)")

    assert production["min (ms)"] == shadow["min (ms)"] == [(0, 10)]
    assert (production["max (ms)"], shadow["max (ms)"]) == ([(0, 20)], [(0, 30)])
