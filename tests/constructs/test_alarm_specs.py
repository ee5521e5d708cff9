"""Which alarms a policy makes, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.metrics import alarms
from local_aws.metrics.queries import Span, metric_key, query_points
from local_aws.metrics.store import MetricStore
from shadow_constructs import Capture, Guardrails, Serverless, ShadowTest, Watch
from shadow_constructs.alarms import AlarmSpec, alarm_specs, rollback_alarm_specs
from shadow_constructs.alarms.spec import Term
from shadow_constructs.alarms.specs import unwatched_types
from shadow_constructs.values.alerts import Alerts
from shadow_ops.contract.metrics import BY_NAME
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import Rule
from tests.support.rules import POLICIES
from tests.values.samples import hardware, serving, shadow_test, variant


def specs(test: ShadowTest | None = None) -> dict[str, AlarmSpec]:
    """The alarms of a test by id."""
    one = shadow_test() if test is None else test
    return {spec.id: spec for spec in alarm_specs(one)}


def ids(*rules: Rule, test: ShadowTest | None = None) -> set[str]:
    """Ids of the alarms that rules make of an endpoint to whose policy the library adds nothing."""
    alone = shadow_test(capture=Capture.off(), guardrails=Guardrails(own_alarms=False))
    one = alone if test is None else test
    return {spec.id for spec in alarm_specs(replace(one, gate=GatePolicy(rules=rules)))}


def test_the_usual_alarms() -> None:
    """What `ShadowTest` alone gives on CPU instances: nothing of GPUs, no bound that nobody gave."""
    assert set(specs()) == {
        *(f"{about}-{what}" for about in ("production", "shadow") for what in ("cpu", "memory", "disk")),
        *(f"{about}-error-rate-{what}" for about in ("production", "shadow") for what in ("5xx", "model")),
        *(f"relative-error-rate-{what}" for what in ("5xx", "model", "4xx")),
        *(f"relative-latency-{what}" for what in ("p50", "p90", "p99")),
        "shadow-traffic",
    }


def test_without_a_shadow_only_production_is_watched() -> None:
    """A promoted or folded endpoint has no alarm about what isn't there."""
    assert {spec.about for spec in specs(serving()).values()} == {"production"}


def test_off_makes_no_alarm() -> None:
    """An explicit value switches all of them off."""
    assert specs(shadow_test(alerts=Alerts.off("watched elsewhere"))) == {}


def test_a_report_only_rule_makes_no_alarm() -> None:
    """What never decides wakes nobody."""
    rule = Rule.latency(percentile=90, max_milliseconds=10, report_only=True)

    assert ids(rule, Rule.utilization(resource="memory")) == {"production-memory", "shadow-memory", "shadow-traffic"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule.latency(percentile=99.9), {"relative-latency-p99.9"}),
        (
            Rule.latency(percentile=90, max_milliseconds=100),
            {"relative-latency-p90", "production-latency-p90", "shadow-latency-p90"},
        ),
        (Rule.error_rate(errors="4xx"), {"relative-error-rate-4xx"}),
        (
            Rule.error_rate(errors="model", max_percent=1),
            {"relative-error-rate-model", "production-error-rate-model", "shadow-error-rate-model"},
        ),
        (Rule.utilization(resource="disk"), set()),
        (Rule.utilization(resource="gpu"), set()),
    ],
)
def test_a_rule_makes_its_alarms_and_no_other(rule: Rule, expected: set[str]) -> None:
    """A bound makes one per variant, an allowed increase one about both; nothing full where nothing can be."""
    assert ids(rule) == expected | {"shadow-traffic"}


def test_a_disk_is_watched_where_data_is_captured() -> None:
    """Capture stops on a full disk, whether or not the policy speaks of disks; a bound of its own counts."""
    silent = shadow_test(gate=GatePolicy(rules=(Rule.latency(),)))
    spoken = shadow_test(gate=GatePolicy(rules=(Rule.latency(), Rule.utilization(resource="disk", max_percent=60))))
    reported = Rule.utilization(resource="disk", report_only=True)

    assert specs(silent)["shadow-disk"].threshold == 75
    assert specs(spoken)["shadow-disk"].threshold == 60
    assert "shadow-disk" not in specs(shadow_test(gate=GatePolicy(rules=(Rule.latency(), reported))))
    assert "shadow-disk" not in specs(shadow_test(capture=Capture.off()))


@pytest.mark.parametrize(
    ("instance_type", "alarm", "threshold"),
    [
        ("ml.m5.xlarge", "shadow-cpu", 320),
        ("ml.c5.18xlarge", "shadow-cpu", 5760),
        ("ml.g4dn.12xlarge", "shadow-gpu", 320),
        ("ml.g4dn.12xlarge", "shadow-gpu-memory", 380),
        ("ml.g4dn.12xlarge", "shadow-memory", 90),
    ],
)
def test_thresholds_are_summed_over_the_cores(instance_type: str, alarm: str, threshold: float) -> None:
    """80 percent of four cores is 320 in CloudWatch; memory isn't summed."""
    test = shadow_test(shadow=variant("v2", hardware=hardware(instance_type)))

    assert specs(test)[alarm].threshold == threshold
    assert f"{threshold:g}" in specs(test)[alarm].description


def test_an_unknown_type_is_not_guessed() -> None:
    """No CPU or GPU alarm about it, the others as usual, and its name is there to be reported."""
    test = shadow_test(shadow=variant("v2", hardware=hardware("ml.p3.2xlarge")))

    assert unwatched_types(test) == ("ml.p3.2xlarge",)
    assert {"shadow-cpu", "shadow-gpu"} & set(specs(test)) == set()
    assert {"shadow-memory", "production-cpu"} <= set(specs(test))


def test_a_serverless_variant_has_no_hosts_to_watch() -> None:
    """Errors are watched, hardware isn't."""
    test = serving(production=variant(hardware=Serverless(memory_mb=2048, max_concurrency=5)), capture=Capture.off())

    assert set(specs(test)) == {"production-error-rate-5xx", "production-error-rate-model"}
    assert unwatched_types(test) == ()


def test_every_production_variant_is_watched() -> None:
    """A second one has alarms under its own name, looking at its own metrics."""
    found = specs(serving(other_production=[variant("v2", "Other")]))

    assert {"production-cpu", "production-Other-cpu"} <= set(found)
    assert found["production-Other-cpu"].terms["m"].dimensions["VariantName"] == "Other"


def test_units_are_cloudwatchs() -> None:
    """Milliseconds become microseconds in a single metric; shares stay percent, as the expression makes them."""
    rules = (Rule.latency(percentile=90, max_milliseconds=12.5), Rule.error_rate(errors="5xx", max_percent=2))
    found = specs(shadow_test(gate=GatePolicy(rules=rules)))

    assert found["production-latency-p90"].threshold == 12_500
    assert found["production-error-rate-5xx"].threshold == 2
    assert str(found["production-error-rate-5xx"].expression).startswith("100 * e / n")


@pytest.mark.parametrize(("percentile", "floor"), [(50, 20), (90, 100), (99, 1000), (99.9, 10_000), (1, 1000)])
def test_percentiles_want_ten_requests_beyond_them(percentile: float, floor: int) -> None:
    """CloudWatch's own rule for single metrics, held in metric math."""
    found = specs(shadow_test(gate=GatePolicy(rules=(Rule.latency(percentile=percentile),))))
    spec = found[f"relative-latency-p{percentile:g}"]

    assert f"(np >= {floor}) * (ns >= {floor})" in str(spec.expression)
    assert f"at least {floor} requests" in spec.description


def test_a_single_percentile_is_ignored_where_samples_are_few() -> None:
    """CloudWatch is told so; no other alarm carries the setting, which it would refuse."""
    rules = (Rule.latency(percentile=99, max_milliseconds=100), Rule.error_rate(max_percent=1))
    found = specs(shadow_test(gate=GatePolicy(rules=rules)))

    told = {name for name, spec in found.items() if "EvaluateLowSampleCountPercentile" in spec.properties()}
    assert told == {"production-latency-p99", "shadow-latency-p99"}


@pytest.mark.parametrize(
    ("alerts", "minutes"),
    [
        (Alerts(), 15),
        (Alerts(warm_up_minutes=30), 30),
        (Alerts(warm_up_minutes=0), 15),
        (Alerts(warm_up_minutes=0, period_seconds=60, periods=3), 3),
        (Alerts(period_seconds=3600, periods=7 * 24), 2880),
    ],
)
def test_a_fresh_alarm_sees_nothing_of_what_was_before(alerts: Alerts, minutes: int) -> None:
    """It waits at least as long as it looks back, to the end; production has been there before."""
    warm_up = {"WarmUpPeriodDurationInMinutes": minutes, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}

    for spec in specs(shadow_test(alerts=alerts)).values():
        assert spec.properties().get("WarmUpConfiguration") == (None if spec.about == "production" else warm_up)


@pytest.mark.parametrize(
    "changes",
    [
        {"sampling_percent": 20},
        {"production": variant("v0", hardware=hardware(count=2))},
        {"production": variant("v1", hardware=hardware(count=4))},
        {"shadow": variant("v2", hardware=hardware("ml.c5.large"))},
    ],
    ids=["share", "production's model", "production's instances", "the shadow's instances"],
)
def test_another_comparison_gets_alarms_of_its_own(changes: dict[str, Any]) -> None:
    """The same version in another test: what was seen of the fleet before says nothing of this one."""
    first, second = specs(), specs(shadow_test(**changes))

    for name in first.keys() & second.keys():
        same = first[name].construct_id == second[name].construct_id
        assert same == (first[name].about == "production"), name


def test_another_version_gets_alarms_of_its_own() -> None:
    """Of a shadow's alarms, not of production's: they warm up anew and don't inherit a state."""
    first, second = specs(), specs(shadow_test(shadow=variant("v3")))

    assert set(first) == set(second)
    for name, spec in first.items():
        assert (spec.construct_id == second[name].construct_id) is (spec.about == "production")


def test_construct_ids_differ_where_ids_do() -> None:
    """p9.99 and p99.9 are two alarms."""
    rules = (Rule.latency(percentile=9.99), Rule.latency(percentile=99.9))
    found = specs(shadow_test(gate=GatePolicy(rules=rules)))

    assert len({spec.construct_id for spec in found.values()}) == len(found)


def test_descriptions_say_how_bad_what_and_what_to_do() -> None:
    """Severity, endpoint, numbers with units, and a next step, within CloudWatch's 1024 characters."""
    for spec in specs().values():
        text = spec.properties()["AlarmDescription"]
        assert text.startswith(f"[{spec.severity}] ")
        assert "churn" in text
        assert "3 x 300 s" in text
        assert len(text) <= 1024
    assert "its p99 model latency is more than 5 % above production's" in specs()["relative-latency-p99"].description


def test_severity_follows_who_suffers() -> None:
    """Callers of production suffer from errors: critical. A full disk, and all of the shadow, can wait."""
    critical = {name for name, spec in specs().items() if spec.severity == "critical"}

    assert critical == {"production-error-rate-5xx", "production-error-rate-model"}


def test_alarms_can_be_left_out_by_id() -> None:
    """One of them, and the rest stays."""
    without = specs(shadow_test(alerts=Alerts(without=["shadow-cpu"])))

    assert set(specs()) - set(without) == {"shadow-cpu"}


def test_what_is_left_out_may_be_of_another_phase() -> None:
    """The same value fits the endpoint after the promotion, when there is no shadow."""
    assert "production-cpu" in specs(serving(alerts=Alerts(without=["shadow-cpu", "relative-latency-p99"])))


def test_fails_an_unknown_alarm_to_leave_out() -> None:
    """A typing error would leave an alarm on that somebody wanted off."""
    with pytest.raises(
        InvalidValueError, match=r"'without' must name alarms of this endpoint \(production-cpu, .*got 'shadow-cpus'"
    ):
        specs(shadow_test(alerts=Alerts(without=["shadow-cpus"])))


def test_fails_beyond_cloudwatchs_limits() -> None:
    """Eleven metrics, a long expression, a long description, a bad id: one line each."""
    spec = specs()["relative-error-rate-5xx"]
    term = spec.terms["np"]
    for changes, said in (
        ({"terms": {f"m{number}": term for number in range(11)}}, "be at most 10 metrics"),
        ({"expression": "1 + " * 600 + "1"}, "at most 2048 characters"),
        ({"description": "x" * 1020}, "at most 1024 characters"),
        ({"terms": {"M": term}}, "begin with a small letter"),
        ({"expression": None}, "be one metric without an expression"),
    ):
        with pytest.raises(InvalidValueError, match=said) as refused:
            replace(spec, **changes).check()
        assert len(refused.value.problems) == 1


@given(
    POLICIES,
    st.sampled_from([60, 300, 900]),
    st.integers(1, 10),
    st.integers(1, 10_000),
    st.floats(0.01, 100),
)
def test_every_alarm_of_any_policy_is_one_that_cloudwatch_takes(
    policy: GatePolicy, period: int, periods: int, floor: int, sampling: float
) -> None:
    """Whatever a policy says, each alarm passes the rules of PutMetricAlarm, metric math included."""
    alerts = Alerts(period_seconds=period, periods=periods, min_requests=floor)
    test = shadow_test(gate=policy, alerts=alerts, sampling_percent=sampling, watch=Watch())

    found = alarm_specs(test)

    assert len({spec.construct_id for spec in found}) == len(found)
    for spec in (*found, *rollback_alarm_specs(test, "config")):
        alarms.check({**spec.properties(), "AlarmName": spec.id})


def test_one_alarm_sees_that_either_variant_is_not_captured() -> None:
    """It is about both, is fresh with every comparison, and is there where answers are counted and compared alone."""
    test = shadow_test(watch=Watch())
    capture = specs(test)["capture"]

    assert [name for name in specs(test) if "capture" in name] == ["capture"]
    assert (capture.about, capture.severity, capture.missing) == ("comparison", "warning", "ignore")
    assert all(said in capture.description for said in ("production (v1)", "the shadow (v2)", "50 %", "20 due"))
    assert capture.fresh_with == specs(test)["shadow-traffic"].fresh_with
    assert capture.warm_up_minutes == specs(test)["shadow-traffic"].warm_up_minutes
    for without in (
        replace(test, capture=Capture.off()),
        replace(test, watch=Watch(answers=False)),
        replace(test, alerts=Alerts(without=["capture"])),
        test.promoted(),
    ):
        assert "capture" not in specs(without)


RECORDS = st.none() | st.tuples(st.integers(0, 60), st.sampled_from([0, 1, 19, 20, 21, 60]))


@given(RECORDS, RECORDS)
def test_the_least_captured_of_two_variants_counts(
    production: tuple[int, int] | None, shadow: tuple[int, int] | None
) -> None:
    """Of those that have enough due; where neither has, there is nothing to say."""
    spec, store, start = specs(shadow_test(watch=Watch()))["capture"], MetricStore(), 1_800_000_000 // 3600 * 3600
    seen = {name: counts for name, counts in (("p", production), ("s", shadow)) if counts is not None}
    queries = alarms.queries_of(spec.properties())
    for query in queries[1:]:
        kind, name = query["Id"]
        if name in seen:
            value = seen[name]["md".index(kind)]
            store.record(metric_key("eu-west-1", query["MetricStat"]["Metric"]), "None", start + 3599, value, 1)

    found = query_points(store, "eu-west-1", queries, Span(start, start + 3600))[alarms.returned_id(queries)]

    # Records that are there twice make more than all of them; nothing hangs on how much more.
    shares = [min(100, 100 * captured / due) for captured, due in seen.values() if due >= 20]
    assert [min(100, value) for value in found.values()] == ([pytest.approx(min(shares))] if shares else [])


def rollbacks(*rules: Rule) -> dict[str, AlarmSpec]:
    """The alarms that take an update back, by id."""
    test = shadow_test(gate=GatePolicy(rules=rules) if rules else GatePolicy())
    return {spec.id: spec for spec in rollback_alarm_specs(test, "${Token[Config.1]}")}


def test_an_update_is_taken_back_for_productions_new_fleet_alone() -> None:
    """Never for the shadow's sake, and never because the old fleet fails."""
    for spec in rollbacks().values():
        [term] = spec.terms.values()
        assert term.dimensions == {
            "EndpointName": "churn",
            "VariantName": "production",
            "EndpointConfigName": "${Token[Config.1]}",
        }


def test_an_update_is_taken_back_by_plain_metrics() -> None:
    """Errors as rates from 0 to 1, by the minute, and no data is no failure: no math, no composite."""
    found = rollbacks()

    assert set(found) == {"update-error-rate-5xx", "update-error-rate-model"}
    for spec in found.values():
        properties = spec.properties()
        assert (properties["Statistic"], properties["Threshold"], properties["Period"]) == ("Average", 0.05, 60)
        assert properties["TreatMissingData"] == "notBreaching"
        assert "Metrics" not in properties


def test_a_latency_bound_takes_an_update_back_too() -> None:
    """In microseconds; an allowed increase against a shadow says nothing about an update."""
    found = rollbacks(Rule.latency(percentile=99, max_milliseconds=80), Rule.latency(percentile=50))

    assert found["update-latency-p99"].threshold == 80_000
    assert "update-latency-p50" not in found


def test_a_policy_without_bounds_does_not_leave_an_update_unwatched() -> None:
    """Errors get the usual bound, because a bake that nothing watches is none; report-only is a choice that stands."""
    assert rollbacks(Rule.error_rate(errors="5xx"))["update-error-rate-5xx"].threshold == 0.05
    assert rollbacks(Rule.error_rate(errors="5xx", max_percent=1))["update-error-rate-5xx"].threshold == 0.01
    reported = rollbacks(Rule.error_rate(errors="5xx", report_only=True), Rule.latency())
    assert set(reported) == {"update-error-rate-model"}


def test_a_term_knows_its_metric_by_the_catalogue() -> None:
    """Names and namespaces of all alarms come from one place."""
    terms: list[Term] = [term for spec in specs().values() for term in spec.terms.values()]

    assert {term.entry for term in terms} <= set(BY_NAME.values())
