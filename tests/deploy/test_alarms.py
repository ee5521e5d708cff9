"""The alarms evaluate for real: a bad shadow raises its own and the composite one, and none of production's."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rehearsal import seen
from shadow_constructs import Alerts, MetricsPublishing, Rule, ShadowTest
from shadow_ops.contract.declared import Declared, settings_name
from tests.deploy.support import UNGATED, Case, CaseMaker

# Fresh alarms wait a minute at least, which is the shortest warm-up there is.
_PATIENCE_SECONDS = 150


def watched(test: ShadowTest) -> ShadowTest:
    """Alarms at a rehearsal's pace: ten seconds for five minutes."""
    rules = (
        # A busy machine alone makes one of two variants several times slower for a while.
        Rule.latency(percentile=50, max_increase_percent=900),
        Rule.error_rate(errors="model", max_increase_points=5, max_percent=20),
        Rule.utilization(resource="memory", max_percent=95),
    )
    alerts = Alerts(period_seconds=10, periods=1, min_requests=10, warm_up_minutes=0)
    often = MetricsPublishing(frequency_seconds=10, enhanced=True)
    return replace(test, gate=replace(UNGATED, rules=rules), alerts=alerts, sampling_percent=100, metrics=often)


@pytest.fixture
def watching(make_case: CaseMaker) -> Iterator[Case]:
    """A shadow test with quick alarms, under traffic."""
    case = make_case(watched)
    case.deploy("shadow").check()
    with case.traffic() as traffic:
        assert traffic.wait_for(50)
        yield case


def test_a_slow_then_failing_then_missing_shadow_alarms_and_production_stays_ok(watching: Case) -> None:
    """Each trouble raises its own alarm and "not fit to promote"; production's alarms never fire."""
    case = watching
    time.sleep(5)
    seen.until("all is well", _PATIENCE_SECONDS, lambda: _firing(case) == set())

    case.local.fault("slow", endpoint=case.name, variant="shadow", milliseconds=1500)
    seen.until("the latency alarm fires", _PATIENCE_SECONDS, lambda: _firing(case) == {"RelativeLatencyP50", "NotFit"})
    case.local.clear_faults()
    seen.until("all is well again", _PATIENCE_SECONDS, lambda: _firing(case) == set())

    case.local.fault("fail", endpoint=case.name, variant="shadow", share=1, status=500)
    failing = {"RelativeErrorRateModel", "ShadowErrorRateModel", "NotFit"}
    seen.until("the error alarms fire", _PATIENCE_SECONDS, lambda: failing <= _firing(case))
    assert not {name for name in _firing(case) if name.startswith("Production")}
    case.local.clear_faults()
    seen.until("all is well again", _PATIENCE_SECONDS, lambda: _firing(case) == set())

    case.local.fault("unmirrored", endpoint=case.name)
    seen.until("the traffic alarm fires", _PATIENCE_SECONDS, lambda: _firing(case) == {"ShadowTraffic", "NotFit"})


def test_no_alarm_cries_when_the_requests_stop(make_case: CaseMaker) -> None:
    """A quiet night is no trouble: nothing fires for a while after the last request."""
    case = make_case(watched)
    case.deploy("shadow").check()
    with case.traffic() as traffic:
        assert traffic.wait_for(100)
    end = time.monotonic() + 25
    while time.monotonic() < end:
        assert _firing(case) == set()
        time.sleep(1)


def _firing(case: Case) -> set[str]:
    """The alarms of the endpoint that are in ALARM, by the end of their logical ids."""
    text = case.local.client("ssm").get_parameter(Name=settings_name(case.name))["Parameter"]["Value"]
    names = list(Declared.from_text(text, "settings").alarms)
    found = case.local.client("cloudwatch").describe_alarms(
        AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    assert len(alarms) == len(names)
    return {_short(one["AlarmName"]) for one in alarms if one["StateValue"] == "ALARM"}


def _short(name: str) -> str:
    """``case-1-EndpointAlarmsShadowTraffic4D5E6F70-XYZ`` is ``ShadowTraffic``."""
    [logical_id] = re.findall(r"EndpointAlarms(\w+)[0-9A-F]{8}-", name)
    # Alarms about a shadow are its version's and its comparison's own.
    return re.sub(r"v2[0-9a-f]{6}$", "", str(logical_id))
