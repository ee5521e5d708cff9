"""``shadow-test compare``: both variants side by side, in units in which they can be compared."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import KINDS, AgreementRule, AverageRule, OverheadRule
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, POLICY, Services
from tests.ops.cli.test_schemas import schema
from tests.ops.fake_cloudwatch import FakeCloudWatch, traffic


def row(text: str, heading: str, title: str) -> list[str]:
    """The cells of a row below a metric's heading."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(heading))
    return next(line for line in lines[at + 1 :] if line.strip().startswith(title)).split()


def test_latencies_are_in_milliseconds_with_their_difference(run: Run, services: Services) -> None:
    """Microseconds become milliseconds; the shadow's tenth shows in percent, with the gate's interval."""
    services.metrics = traffic(600, slower=1.1)
    result = run("compare", "churn")
    assert result.exit_code == 0, result.output
    text = result.stdout
    production = row(text, "Model latency, ms", "production")
    assert [float(cell) for cell in production[1:7]] == pytest.approx([5, 12, 10, 20, 40, 60.3], rel=0.01)
    assert production[7] == "3,600,000"
    difference = row(text, "Model latency, ms", "difference")
    assert difference[1] == "+10.0"
    assert difference[-1] == "%"
    assert "95 % sure" in text


def test_errors_are_a_share_of_the_requests(run: Run, services: Services) -> None:
    """Two failures in a hundred are 2 %, two points more than none."""
    services.metrics = traffic(600, failing=0.02)
    text = run("compare", "churn").stdout
    assert row(text, "5xx errors, % of the requests", "shadow")[2] == "2"
    assert "+2.00" in row(text, "5xx errors, % of the requests", "difference")


def test_a_shadows_requests_are_shown_as_its_share(run: Run) -> None:
    """Half of the requests is what was asked for, not half too few."""
    assert row(run("compare", "churn").stdout, "Requests, per minute", "share of production's")[-2:] == ["50.0", "%"]


def test_cpu_is_of_the_whole_instance(run: Run) -> None:
    """CloudWatch's sum over four cores is divided by four; memory is percent as it is."""
    text = run("compare", "churn").stdout
    assert row(text, "CPU, % of the instance", "production")[1:4] == ["2.5", "5", "7.5"]
    assert row(text, "Memory, % of the instance", "production")[1:4] == ["10", "20", "30"]


def test_cores_of_an_unknown_type_are_not_guessed(run: Run, services: Services) -> None:
    """Where the number of cores isn't known the figure stays CloudWatch's, and its unit says so."""
    for kind in ("ProductionVariants", "ShadowProductionVariants"):
        services.configs["churn-config"][kind][0]["InstanceType"] = "ml.z99.huge"
    text = run("compare", "churn").stdout
    assert row(text, "CPU, % summed over the cores", "production")[1:4] == ["10", "20", "30"]


def test_since_shortens_the_time(run: Run) -> None:
    """Two hours of six thousand requests a minute are 720,000, of which the shadow gets half."""
    found = json.loads(run("compare", "churn", "--since", "2h", "--format", "json").stdout)
    requests = next(one for one in found["metrics"] if one["name"] == "Invocations")
    assert requests["production"]["count"] <= 720_000
    assert requests["production"]["count"] >= 650_000
    assert requests["shadow"]["count"] == requests["production"]["count"] / 2


def test_since_never_reaches_before_the_test(run: Run) -> None:
    """What the variants did before this test began is another test's."""
    found = json.loads(run("compare", "churn", "--since", "30d", "--format", "json").stdout)
    assert found["start"] >= "2026-11-02T08:00"


def test_json_has_differences_and_intervals(run: Run) -> None:
    """Of each latency percentile with a rule there is an interval that holds the difference of equal variants."""
    found = json.loads(run("compare", "churn", "--format", "json").stdout)
    latency = next(one for one in found["metrics"] if one["name"] == "ModelLatency")
    low, high = latency["interval"]["p99"]
    assert low < 0.5
    assert high > -0.5
    assert latency["difference"]["p99"] == pytest.approx(0, abs=0.5)


def test_markdown_is_one_table(run: Run) -> None:
    """Every line of the table has as many cells."""
    lines = [line for line in run("compare", "churn", "--format", "markdown").stdout.splitlines() if line[:1] == "|"]
    assert {line.count(" |") for line in lines} == {9}


def test_a_metric_of_one_side_only_is_shown(run: Run, services: Services) -> None:
    """A silent shadow has an empty row, and no difference is made up."""
    services.metrics = traffic(600, shadow=False)
    text = run("compare", "churn").stdout
    assert row(text, "Model latency, ms", "shadow") == ["shadow"]
    assert "difference" not in text


def test_without_data_it_says_so(run: Run, services: Services) -> None:
    """A test without a request is compared as one without data, which is no failure."""
    services.metrics = FakeCloudWatch()
    result = run("compare", "churn")
    assert result.exit_code == 0
    assert "no data of either variant yet" in result.stdout


@pytest.mark.parametrize("since", ["1s", "30s", "59s", "61s", "119s"])
def test_a_time_that_is_too_short_is_said_to_be(run: Run, since: str) -> None:
    """Of ten hours of data the last seconds aren't measured yet, which doesn't mean that there are no data."""
    assert "nothing of that time is measured yet" in run("compare", "churn", "--since", since).stdout


def test_where_there_is_no_interval_none_is_shown(run: Run, services: Services) -> None:
    """Minutes after the beginning nothing is sure: neither null to null, nor a line of dots."""
    services.metrics = traffic(3)
    printed = json.loads(run("compare", "churn", "--since", "10h", "--format", "json").stdout)
    assert [None, None] not in [found for one in printed["metrics"] for found in one["interval"].values()]
    jsonschema.validate(printed, schema("compare"))
    assert not re.search("… *%|…  ", run("compare", "churn", "--since", "10h").stdout)


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_policy_may_have_rules_of_any_kind(run: Run, services: Services, form: str) -> None:
    """Also of what isn't compared metric by metric, such as answers."""
    usual = {one.id: one for one in GatePolicy().rules}
    more = {one.id: one for one in (AgreementRule(), OverheadRule(), AverageRule())}
    rules = tuple((usual | more).values())
    assert {one.kind for one in rules} == {*KINDS}
    services.settle(replace(DECLARED, policy=replace(POLICY, rules=rules)))
    assert run("compare", "churn", "--format", form).exit_code == 0
