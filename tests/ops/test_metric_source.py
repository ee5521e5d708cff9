"""What is read of CloudWatch, and how it tells "no data" from "could not answer"."""

from __future__ import annotations

import datetime
from dataclasses import replace

import boto3
import pytest
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract import catalogue
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.measure.metric_data import MetricQueryError, Series, kept_period, read_series, whole_periods
from shadow_ops.measure.metric_source import SETTLE_SECONDS, Subject, goes_on, record, settle_seconds
from shadow_ops.measure.recording import Recording
from tests.ops.fake_cloudwatch import START, FakeCloudWatch, traffic

POLICY = GatePolicy(period_seconds=60)
CPU_ONLY = Instances("ml.m5.xlarge", 1, vcpus=4, gpus=0)
SUBJECT = Subject(
    endpoint="churn",
    production_variant="production",
    shadow_variant="shadow",
    sampling_percent=50,
    production=CPU_ONLY,
    shadow=CPU_ONLY,
)
MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)


def never(_rate: float, _policy: GatePolicy) -> int:
    """A choice of period that must not be asked for."""
    raise AssertionError("the policy has a period")


def read(
    cloudwatch: FakeCloudWatch, minutes: float, policy: GatePolicy = POLICY, settle: int | None = None
) -> Recording:
    """Read what is there so many minutes after the test began."""
    return record(cloudwatch, SUBJECT, policy, since=START, now=START + minutes * MINUTE, choose=never, settle=settle)


def test_both_variants_are_read_under_cloudwatchs_own_names_and_units() -> None:
    """Counts, percentages and latencies of the same minute stand side by side, nothing converted."""
    cloudwatch = FakeCloudWatch()
    for variant, factor in (("production", 2), ("shadow", 1)):
        cloudwatch.put(variant, "Invocations", "Sum", 0, 100 * factor)
        cloudwatch.put(variant, "InvocationsPerInstance", "Sum", 0, 50)
        cloudwatch.put(variant, "CPUUtilization", "Average", 0, 130 * factor)
        cloudwatch.put(variant, "ModelLatency", "SampleCount", 0, 100 * factor)
        cloudwatch.put(variant, "ModelLatency", "p99", 0, 41_000 * factor)
        cloudwatch.put(variant, "OverheadLatency", "Average", 0, 900 * factor)
    (period,) = read(cloudwatch, 10).periods
    assert period.start == START
    assert period.production.numbers == {"Invocations": 200, "InvocationsPerInstance": 50, "CPUUtilization": 260}
    assert period.shadow.numbers == {"Invocations": 100, "InvocationsPerInstance": 50, "CPUUtilization": 130}
    assert period.shadow.distributions == {
        "ModelLatency": {"count": 100, "p99": 41_000},
        "OverheadLatency": {"avg": 900},
    }


def test_missing_errors_are_not_zero_errors() -> None:
    """A minute with requests of which CloudWatch gives no error count has none in the recording either."""
    cloudwatch = FakeCloudWatch()
    cloudwatch.put("shadow", "Invocations", "Sum", 0, 10)
    cloudwatch.put("shadow", "Invocation5XXErrors", "Sum", 0, 0)
    (period,) = read(cloudwatch, 10).periods
    assert period.shadow.numbers == {"Invocations": 10, "Invocation5XXErrors": 0}


def test_a_silent_shadow_is_recorded_as_such() -> None:
    """Where only production has data, the period is there, with nothing on the shadow's side."""
    cloudwatch = FakeCloudWatch()
    cloudwatch.put("production", "Invocations", "Sum", 3, 7)
    (period,) = read(cloudwatch, 10).periods
    assert (period.start, period.shadow.numbers, period.shadow.distributions) == (START + 3 * MINUTE, {}, {})


def test_without_any_data_there_are_no_periods() -> None:
    """An endpoint without a request has an empty recording, and that is no error."""
    assert read(FakeCloudWatch(), 60).periods == ()


@pytest.mark.parametrize("word", ["InternalError", "PartialData", "Forbidden"])
def test_an_answer_that_is_not_complete_is_an_error(word: str) -> None:
    """A query that failed is never taken for one without data; the sentence names the metric and the variant."""
    cloudwatch = FakeCloudWatch()
    cloudwatch.status["ModelLatency"] = word
    with pytest.raises(MetricQueryError, match=f"of ModelLatency of churn/production: it answered {word}.*try again"):
        read(cloudwatch, 10)


def test_all_pages_are_read() -> None:
    """An answer in many pages is read to its end, and a page's PartialData is no failure."""
    cloudwatch = FakeCloudWatch(page_size=3)
    for minute in range(10):
        cloudwatch.put("production", "Invocations", "Sum", minute, minute)
    periods = read(cloudwatch, 20).periods
    assert [period.production.numbers["Invocations"] for period in periods] == list(range(10))


def test_more_than_500_queries_go_out_in_batches() -> None:
    """No call has more queries than GetMetricData takes, and no series is lost."""
    cloudwatch = FakeCloudWatch()
    wanted = [Series("churn", f"v{number}", catalogue.INVOCATIONS, "Sum") for number in range(1201)]
    cloudwatch.put("v1200", "Invocations", "Sum", 0, 5)
    found = read_series(cloudwatch, wanted, whole_periods(START, START + 5 * MINUTE, 60))
    assert [len(request["MetricDataQueries"]) for request in cloudwatch.requests] == [500, 500, 201]
    assert len(found) == 1201
    assert found[wanted[-1]] == {START: 5}


def test_the_latest_minutes_are_left_out() -> None:
    """A period that may still change isn't read: its metrics arrive late."""
    cloudwatch = FakeCloudWatch()
    for minute in range(10):
        cloudwatch.put("production", "Invocations", "Sum", minute, 1)
    assert [one.start for one in read(cloudwatch, 10.5).periods][-1] + MINUTE <= START + 10.5 * MINUTE - MINUTE * (
        SETTLE_SECONDS / 60
    )
    assert len(read(cloudwatch, 10.5).periods) == 8
    assert len(read(cloudwatch, 10.5, settle=0).periods) == 10


def test_short_periods_are_read_sooner() -> None:
    """Who asks for ten-second periods waits ten seconds for the last of them, not two minutes."""
    assert settle_seconds(GatePolicy(period_seconds=10)) == 10
    assert settle_seconds(GatePolicy(period_seconds=300)) == settle_seconds(GatePolicy()) == SETTLE_SECONDS


def test_a_test_that_has_just_begun_asks_nothing() -> None:
    """Without one whole period, CloudWatch isn't called, which would refuse such a span."""
    cloudwatch = FakeCloudWatch()
    assert read(cloudwatch, 1).periods == ()
    assert read(cloudwatch, -5).periods == ()
    assert cloudwatch.requests == []


def test_a_percentile_of_few_copies_has_periods_of_its_own() -> None:
    """The recording's periods are five minutes; a percentile for which the shadow gets too little has longer ones."""
    cloudwatch = traffic(600)
    asked: list[float] = []

    def choose(rate: float, policy: GatePolicy) -> int:
        asked.append(rate)
        return 900 if policy.rules[0].id == "latency-p99" else 300

    found = record(cloudwatch, SUBJECT, GatePolicy(), since=START, now=START + DAY, choose=choose)
    (coarse,) = found.coarse
    assert set(asked) == {3000}
    assert (found.period_seconds, coarse.period_seconds) == (300, 900)
    assert set(coarse.periods[0].shadow.distributions["ModelLatency"]) == {"count", "p99"}
    assert coarse.periods[0].shadow.numbers == {}
    assert len(coarse.periods) == len(found.periods) / 3


def test_a_config_is_read_alone_where_its_figures_go_on() -> None:
    """What its predecessor served under the same variants' names is no part of the test."""
    cloudwatch = traffic(600)
    subject = replace(SUBJECT, config="churn-2")

    def first() -> datetime.datetime:
        found = record(cloudwatch, subject, POLICY, since=START, now=START + DAY, choose=never)
        return min(one.start for one in found.periods if "Invocations" in one.shadow.numbers)

    assert first() == START
    cloudwatch.config_since = START + datetime.timedelta(minutes=300)
    assert first() == START + datetime.timedelta(minutes=300)


@pytest.mark.parametrize(
    ("of_config", "alone"),
    [({}, False), ({2: 10, 3: 10}, True), ({2: 10}, False), ({2: 9, 3: 9}, True), ({2: 9, 3: 8}, False)],
    ids=["none", "since its update", "only during its update", "nine in ten", "less"],
)
def test_a_config_whose_figures_end_or_lack_something_is_not_read_alone(
    of_config: dict[int, float], alone: bool
) -> None:
    """Whether SageMaker goes on with them isn't documented: they count if they are there to the end, and whole."""
    every = {START + datetime.timedelta(minutes=5 * one): 10.0 for one in range(4)}
    own = {START + datetime.timedelta(minutes=5 * one): value for one, value in of_config.items()}
    assert goes_on(own, every) is alone


def test_a_silent_shadow_has_a_period_too() -> None:
    """Without any traffic the rate is zero, not an error."""
    asked: list[float] = []
    record(
        FakeCloudWatch(),
        SUBJECT,
        GatePolicy(),
        since=START,
        now=START + DAY,
        choose=lambda rate, _policy: asked.append(rate) or 300,  # type: ignore[func-returns-value] # appends, then chooses
    )
    assert set(asked) == {0}


@pytest.mark.parametrize(
    ("wanted", "days", "kept"),
    [
        (10, 0.1, 10),
        (7, 0.1, 10),
        (31, 0.1, 60),
        (61, 0.1, 120),
        (10, 0.2, 60),
        (60, 14.9, 60),
        (60, 15.1, 300),
        (900, 15.1, 900),
        (300, 64, 3600),
        (60, 500, 3600),
    ],
)
def test_periods_are_no_finer_than_what_is_kept(wanted: int, days: float, kept: int) -> None:
    """CloudWatch keeps minutes for 15 days and five minutes for 63; finer points of older times are gone."""
    assert kept_period(wanted, START, START + days * DAY) == kept


def test_a_period_between_is_rounded_up_to_one_that_is_kept() -> None:
    """Seven minutes of a month ago become ten, because only multiples of five are left."""
    assert kept_period(420, START, START + 30 * DAY) == 600


@given(
    st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2027, 1, 1)),
    st.floats(0, 1e6),
    st.sampled_from((1, 5, 60, 300, 900, 3600)),
)
def test_spans_hold_whole_periods_only(since: datetime.datetime, seconds: float, period: int) -> None:
    """A span begins and ends on multiples of the period, inside of what was asked for, and is never inverted."""
    since = since.replace(tzinfo=datetime.UTC)
    until = since + datetime.timedelta(seconds=seconds)
    span = whole_periods(since, until, period)
    assert span.start.timestamp() % period == span.end.timestamp() % period == 0
    assert since <= span.start <= span.end
    assert span.empty or span.end <= until


def test_percentiles_are_those_of_the_policy() -> None:
    """Each latency rule's percentile is asked for, of ModelLatency only, which alone documents percentiles."""
    cloudwatch = FakeCloudWatch()
    rules = (Rule.latency(percentile=99.9), Rule.latency(percentile=75, report_only=True))
    read(cloudwatch, 10, GatePolicy(rules=rules, period_seconds=60))
    percentiles = {(name, stat) for name, stat in cloudwatch.asked() if stat.startswith("p")}
    assert percentiles == {("ModelLatency", "p99.9"), ("ModelLatency", "p75")}


def test_gpus_are_asked_for_unless_there_is_none() -> None:
    """An instance without a GPU has no such metrics; one that isn't known may have."""
    without, unknown = FakeCloudWatch(), FakeCloudWatch()
    read(without, 10)
    bare = Subject(endpoint="churn", production_variant="production", shadow_variant="shadow", sampling_percent=50)
    record(unknown, bare, POLICY, since=START, now=START + 10 * MINUTE, choose=never)
    assert ("GPUUtilization", "Average") not in without.asked()
    assert ("GPUUtilization", "Average") in unknown.asked()


def test_the_request_is_one_that_boto3_accepts() -> None:
    """The real client takes the request as it is made, with the dimensions and the namespace of each metric."""
    client = boto3.client("cloudwatch", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s")
    expected = {
        "MetricDataQueries": [
            {
                "Id": "q0",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "/aws/sagemaker/Endpoints",
                        "MetricName": "CPUUtilization",
                        "Dimensions": [
                            {"Name": "EndpointName", "Value": "churn"},
                            {"Name": "VariantName", "Value": "shadow"},
                        ],
                    },
                    "Period": 60,
                    "Stat": "Average",
                },
            }
        ],
        "StartTime": START,
        "EndTime": START + 5 * MINUTE,
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": ANY,
    }
    answer = {"MetricDataResults": [{"Id": "q0", "Timestamps": [START], "Values": [50.0], "StatusCode": "Complete"}]}
    wanted = Series("churn", "shadow", catalogue.CPU_UTILIZATION, "Average")
    with Stubber(client) as stubber:
        stubber.add_response("get_metric_data", answer, expected)
        assert read_series(client, [wanted], whole_periods(START, START + 5 * MINUTE, 60)) == {wanted: {START: 50}}
